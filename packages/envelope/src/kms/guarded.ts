import { equalBytes, isPhiError, type PhiError, randomBytes } from '@phi/core'
import { envelopeError } from '../errors.ts'
import { contextOf, type DataKeyRecord, keyCommitment } from '../keys/key-record.ts'
import { contains } from './contains.ts'
import type { WrapContext } from './context.ts'
import type { KekDescription, KekDestruction, Kms, WrappedKey } from './kms.ts'

/** A KMS as the keyring uses it: with a time limit, and with every answer looked at before it is believed. @internal */
export interface GuardedKms {
  readonly name: string
  wrap(dataKey: Uint8Array, context: WrapContext, kek: string | undefined): Promise<WrappedKey>
  /** The data key of a record, held against the record's commitment. */
  unwrap(record: DataKeyRecord): Promise<Uint8Array>
  describe(kek?: string): Promise<KekDescription>
  destroy(kek: string): Promise<KekDestruction>
}

const KEY = 32
const answer = (detail: string) => envelopeError('PHI_ENVELOPE_KMS_ANSWER', { detail })

/** Whatever an adapter throws becomes one of our errors; what is none of ours may hold anything, so it is not kept. */
function ours(error: unknown): PhiError {
  if (isPhiError(error)) return error
  return envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'the adapter failed with an error of its own' })
}

async function limited<T>(work: (signal: AbortSignal) => Promise<T>, timeoutMs: number): Promise<T> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'no answer in time', info: { timeoutMs } }))
      controller.abort()
    }, timeoutMs)
  })
  try {
    return await Promise.race([work(controller.signal), late])
  } catch (error) {
    throw ours(error)
  } finally {
    clearTimeout(timer)
  }
}

/** @internal */
export function guardedKms(kms: Kms, timeoutMs: number): GuardedKms {
  const unwrap = async (wrapped: WrappedKey, context: WrapContext): Promise<Uint8Array> => {
    const { kek, mechanism } = wrapped
    const dataKey = await limited(
      (signal) => kms.unwrap({ kek, mechanism, wrapped: Uint8Array.from(wrapped.wrapped), context, signal }),
      timeoutMs,
    )
    if (!(dataKey instanceof Uint8Array) || dataKey.length !== KEY) throw answer('unwrapping gave no 32 bytes')
    return dataKey
  }

  return {
    name: kms.name,
    async wrap(dataKey, context, kek) {
      const request = { dataKey: Uint8Array.from(dataKey), context, ...(kek === undefined ? {} : { kek }) }
      try {
        const wrapped = await limited((signal) => kms.wrap({ ...request, signal }), timeoutMs)
        const { kek: by, mechanism, wrapped: bytes } = (wrapped ?? {}) as Partial<WrappedKey>
        if (typeof by !== 'string' || by === '' || typeof mechanism !== 'string' || mechanism === '')
          throw answer('no name of a key or mechanism')
        if (!(bytes instanceof Uint8Array) || bytes.length < KEY) throw answer('wrapping gave too few bytes')
        if (contains(bytes, dataKey)) throw answer('wrapping gave the data key itself')
        // A key is only used once it has come back: what is sealed under one that cannot be unwrapped is lost.
        const back = await unwrap({ kek: by, mechanism, wrapped: bytes }, context)
        const same = equalBytes(back, dataKey)
        back.fill(0)
        if (!same) throw answer('what was wrapped does not unwrap to itself')
        return { kek: by, mechanism, wrapped: Uint8Array.from(bytes) }
      } finally {
        request.dataKey.fill(0)
      }
    },
    async unwrap(record) {
      const context = contextOf(record)
      const dataKey = await unwrap(record, context)
      if (equalBytes(keyCommitment(dataKey, context), record.commitment)) return dataKey
      dataKey.fill(0)
      throw envelopeError('PHI_ENVELOPE_KEY_MISMATCH', { info: { keyId: record.id } })
    },
    async describe(kek) {
      const description = await limited((signal) => kms.describe(kek, { signal }), timeoutMs)
      if (typeof description?.kek !== 'string' || typeof description.state !== 'string') throw answer('no description of a key')
      return description
    },
    async destroy(kek) {
      const done = await limited((signal) => kms.destroy(kek, { signal }), timeoutMs)
      if (done?.state !== 'destroyed' && done?.state !== 'destruction-scheduled') throw answer('no state after destroying')
      return done
    },
  }
}

const PROBE_TENANT = 'phi.probe'

/**
 * The probe at start: wraps a random key, sees it come back, and sees it refused for another tenant. A KMS that ignores the
 * context would open one tenant's keys for another.
 * @throws PhiError whatever the KMS says, and PHI_ENVELOPE_KMS_ANSWER where it does not bind
 */
export async function probeKms(kms: GuardedKms): Promise<void> {
  const context: WrapContext = { tenant: PROBE_TENANT, purpose: 'field', id: '00000000' }
  const dataKey = randomBytes(KEY)
  const wrapped = await kms.wrap(dataKey, context, undefined)
  const elsewhere: WrapContext = { ...context, tenant: `${PROBE_TENANT}.other` }
  const record = (bound: WrapContext): DataKeyRecord => ({
    ...wrapped,
    id: bound.id,
    tenant: bound.tenant,
    purpose: bound.purpose,
    subject: null,
    version: 1,
    state: 'active',
    kms: kms.name,
    commitment: keyCommitment(dataKey, bound),
    createdAt: '1970-01-01T00:00:00.000Z',
    changedAt: '1970-01-01T00:00:00.000Z',
    usage: { seals: 0, bytes: 0 },
    revision: 0,
  })
  let bound = false
  try {
    ;(await kms.unwrap(record(elsewhere))).fill(0)
  } catch (error) {
    if (!isPhiError(error, 'PHI_ENVELOPE_KMS_REFUSED')) throw error
    bound = true
  }
  dataKey.fill(0)
  if (!bound) throw answer('a key wrapped for one tenant was unwrapped for another')
}
