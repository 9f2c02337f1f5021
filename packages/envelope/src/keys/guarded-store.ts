import { isPhiError } from '@phi/core'
import { envelopeError } from '../errors.ts'
import { type DataKeyRecord, parseDataKey } from './key-record.ts'
import type { KeyStore } from './key-store.ts'

const unavailable = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    // What is none of ours may hold anything, so it is not kept.
    throw isPhiError(error) ? error : envelopeError('PHI_ENVELOPE_STORE_UNAVAILABLE')
  }
}

const nonsense = (detail: string) => envelopeError('PHI_ENVELOPE_STORE', { detail })

function listOf(answer: unknown): readonly DataKeyRecord[] {
  if (!Array.isArray(answer)) throw nonsense('what should be a list is none')
  return answer.map(parseDataKey)
}

/** A key store whose every answer is parsed, and held against what was asked. @internal */
export function guardedStore(store: KeyStore): KeyStore {
  return {
    async insert(record) {
      const outcome = await unavailable(() => store.insert(parseDataKey(record)))
      if (outcome === 'inserted' || outcome === 'id-taken' || outcome === 'version-taken') return outcome
      throw nonsense('insert answered neither inserted nor taken')
    },
    async find(id) {
      const found = await unavailable(() => store.find(id))
      if (found === undefined) return undefined
      const record = parseDataKey(found)
      if (record.id !== id) throw nonsense('find answered with another key')
      return record
    },
    async list(tenant, subject) {
      const records = listOf(await unavailable(() => store.list(tenant, subject)))
      for (const record of records) {
        if (record.tenant !== tenant || record.subject !== subject)
          throw nonsense('list answered with another tenant’s or subject’s key')
      }
      return records
    },
    async scan(options) {
      const records = listOf(await unavailable(() => store.scan(options)))
      let after = options.after
      for (const record of records) {
        if (options.tenant !== undefined && record.tenant !== options.tenant)
          throw nonsense('scan answered with another tenant’s key')
        // Otherwise a walk over all keys could skip some, or never end.
        if (after !== undefined && record.id <= after) throw nonsense('scan answered out of order')
        after = record.id
      }
      return records
    },
    async replace(record, expectedRevision) {
      const outcome = await unavailable(() => store.replace(parseDataKey(record), expectedRevision))
      if (outcome === 'replaced' || outcome === 'conflict') return outcome
      throw nonsense('replace answered neither replaced nor conflict')
    },
    addUsage: (id, work) => unavailable(() => store.addUsage(id, work)),
  }
}

/** All keys of the store or of a tenant, page by page. @internal */
export async function* eachKey(store: KeyStore, tenant?: string): AsyncGenerator<DataKeyRecord> {
  const limit = 500
  let after: string | undefined
  for (;;) {
    const page = await store.scan({
      limit,
      ...(tenant === undefined ? {} : { tenant }),
      ...(after === undefined ? {} : { after }),
    })
    yield* page
    if (page.length < limit) return
    after = page[page.length - 1]?.id
  }
}
