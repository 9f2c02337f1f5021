import { fromHex, parseAs } from '@phi/core'
import { type DataKeyRecord, dataKeySchema, envelopeErrors, type KeyStore } from '@phi/envelope'
import { type Handle, refusals } from './database.ts'
import { documents, padded } from './documents.ts'
import { storeOf, type Verbs } from './store.ts'

const [wrong, unavailable] = refusals(envelopeErrors, 'PHI_ENVELOPE_STORE', 'PHI_ENVELOPE_STORE_UNAVAILABLE')
const [invalid] = refusals(envelopeErrors, 'PHI_ENVELOPE_OPTIONS', 'PHI_ENVELOPE_STORE_UNAVAILABLE')

/** Wrapped data keys. The tenant's own keys are about '', which no subject is. */
export function sqliteKeyStore(handle: Handle): KeyStore {
  const bytes = (value: unknown) => (typeof value === 'string' ? fromHex(value) : value)
  const parse = (value: unknown): DataKeyRecord => {
    const { wrapped, commitment, ...rest } = value as Record<'wrapped' | 'commitment', unknown>
    return parseAs(dataKeySchema, { ...rest, wrapped: bytes(wrapped), commitment: bytes(commitment) }, 'dataKey', wrong)
  }
  const keys = documents(handle, 'key', wrong, ({ id, tenant, subject }) => [id, tenant, subject ?? ''], parse)
  const list = (owner: string, subject: string | null) => keys.list({ owner, about: subject ?? '' })
  const order = ({ purpose, version }: DataKeyRecord): string => `${purpose} ${padded(version)}`
  const verbs: Verbs<KeyStore> = {
    find: keys.get,
    list: (tenant, subject) => list(tenant, subject).sort((a, b) => (order(a) < order(b) ? -1 : 1)),
    scan({ tenant, after, limit }) {
      if (!Number.isSafeInteger(limit) || limit < 1) throw invalid({ path: 'limit' })
      return keys.list({ owner: tenant, after, limit })
    },
    insert(record) {
      const { id, tenant, purpose, subject, version } = record
      if (keys.get(id) !== undefined) return 'id-taken'
      const isTaken = list(tenant, subject).some((key) => key.purpose === purpose && key.version === version)
      return isTaken ? 'version-taken' : keys.put(parse(record), 'inserted')
    },
    replace(record, expectedRevision) {
      const now = keys.get(record.id)
      if (now?.revision !== expectedRevision) return 'conflict'
      const { tenant, purpose, subject, version, commitment, createdAt, usage } = now
      const fixed = { tenant, purpose, subject, version, commitment, createdAt, usage, revision: expectedRevision + 1 }
      return keys.put(parse({ ...record, ...fixed }), 'replaced')
    },
    addUsage(id, work) {
      const now = keys.get(id)
      const usage = now && { seals: now.usage.seals + work.seals, bytes: now.usage.bytes + work.bytes }
      if (now !== undefined) keys.put(parse({ ...now, usage }), undefined)
    },
  }
  return storeOf(handle, [unavailable], verbs, ['find', 'list', 'scan'])
}
