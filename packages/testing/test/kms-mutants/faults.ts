import { PhiError, toHex } from '@phi/core'
import { envelopeError, type KmsCallOptions, type WrapContext } from '@phi/envelope/kms'
import { seal, underTest } from '../memory-kms.ts'
import { type Change, codeOf, declared, fixedKey, type KmsMutant, mapsCode, mutant, translates } from './mutant.ts'

const CONTEXT = 'refuses a wrapped key under another tenant, purpose or id'
const SUBJECT = 'refuses a wrapped key under another subject'
const ROTATED = 'after a rotation'
const UNREACHABLE = 'says of a service that it cannot reach'
const DENIED = 'says that it is denied'
const NONSENSE = 'takes nothing from an answer that is none'
const SILENT = 'gives up on a silent service'
const ABORTED = 'does not begin a call whose signal is aborted'
const CLOSED = 'closes twice'
const HONEST = 'is declared with no gap that it does not have'

const withoutSignal = <T extends KmsCallOptions>({ signal: _, ...rest }: T) => rest

/** Leaks into the error of a refused wrap what was to be wrapped. */
const leaks = (make: (dataKey: Uint8Array) => unknown): Change =>
  translates((error, request) => {
    const { dataKey } = request as { dataKey?: Uint8Array }
    return dataKey?.length === 32 ? make(dataKey) : error
  })

/** Wrong about faults, in what errors tell, and in what is declared. */
export const faultMutants: readonly KmsMutant[] = [
  mutant('says denied for not reached', UNREACHABLE, mapsCode('PHI_ENVELOPE_KMS_UNAVAILABLE', 'PHI_ENVELOPE_KMS_DENIED')),
  mutant('answers from a fallback when the service is not reached', UNREACHABLE, (good) => ({
    wrap: (request) =>
      good.wrap(request).catch((error) => {
        if (codeOf(error) !== 'PHI_ENVELOPE_KMS_UNAVAILABLE' || request.signal?.aborted) throw error
        return { kek: 'fallback', mechanism: 'none', wrapped: seal(fixedKey, request.dataKey, request.context) }
      }),
  })),
  mutant('says not reached for denied', DENIED, mapsCode('PHI_ENVELOPE_KMS_DENIED', 'PHI_ENVELOPE_KMS_UNAVAILABLE')),
  mutant('makes a key of nonsense', NONSENSE, (good) => ({
    unwrap: (request) =>
      good.unwrap(request).catch((error) => {
        if (codeOf(error) === 'PHI_ENVELOPE_KMS_ANSWER') return fixedKey.slice()
        throw error
      }),
  })),
  mutant('is broken for good by a fault', NONSENSE, (good) => {
    let broken = false
    return {
      unwrap: (request) => {
        if (broken) return Promise.reject(envelopeError('PHI_ENVELOPE_KMS_ANSWER'))
        return good.unwrap(request).catch((error) => {
          broken = codeOf(error) === 'PHI_ENVELOPE_KMS_ANSWER'
          throw error
        })
      },
    }
  }),
  mutant('takes no signal', SILENT, (good) => ({
    unwrap: (request) => (request.signal?.aborted ? good.unwrap(request) : good.unwrap(withoutSignal(request))),
  })),
  mutant('begins a call that is aborted already', ABORTED, (good) => ({ describe: (kek) => good.describe(kek) })),
  mutant('destroys although aborted', ABORTED, (good) => ({
    destroy: async (kek, options) => {
      const told = good.destroy(kek)
      if (options?.signal?.aborted) throw envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE')
      return told
    },
  })),
  mutant('lets the reason of an abort through', SILENT, (good) => ({
    wrap: (request) =>
      good.wrap(request).catch((error) => {
        throw request.signal?.aborted ? request.signal.reason : error
      }),
  })),
  mutant('cannot be closed twice', CLOSED, () => {
    let open = true
    return {
      close: async () => {
        if (!open) throw new Error('closed')
        open = false
      },
    }
  }),
  mutant('throws its own error after close', CLOSED, (good) => {
    let open = true
    return {
      describe: async (kek, options) => {
        if (!open) throw new TypeError('socket is null')
        return good.describe(kek, options)
      },
      close: async () => {
        open = false
      },
    }
  }),

  // What errors tell.
  mutant(
    'puts the key into a message, as hexadecimal',
    UNREACHABLE,
    leaks((key) => leakyError(toHex(key))),
  ),
  mutant(
    'puts the key into a message, as base64 within more',
    UNREACHABLE,
    leaks((key) => leakyError(base64Of([1], key, [2, 3]))),
  ),
  mutant(
    'keeps the request in the cause',
    DENIED,
    leaks((key) => deniedError({ config: { data: key.toString() } })),
  ),
  mutant(
    'keeps the key in the cause, as bytes',
    DENIED,
    leaks((key) => deniedError({ body: Buffer.from(key) })),
  ),
  mutant(
    'keeps a Map with the key in the cause’s cause',
    DENIED,
    leaks((key) => deniedError({ cause: { headers: new Map([['x', Buffer.from(key).toString('base64url')]]) } })),
  ),
  mutant(
    'names the tenant in a message',
    CONTEXT,
    translates((error, request) => {
      const { context } = request as { context?: WrapContext }
      return codeOf(error) === 'PHI_ENVELOPE_KMS_REFUSED' ? refusedFor(context?.tenant ?? '') : error
    }),
  ),
  mutant(
    'names the subject in the cause',
    SUBJECT,
    translates((error, request) => {
      const { context } = request as { context?: WrapContext }
      if (codeOf(error) !== 'PHI_ENVELOPE_KMS_REFUSED') return error
      return envelopeError('PHI_ENVELOPE_KMS_REFUSED', { cause: new Error(`context ${context?.subject}`) })
    }),
  ),

  // What is declared.
  declared('is declared without rotation and rotates', HONEST, { rotate: false }),
  declared('is declared without a fault that it can bring about', HONEST, { faults: { silent: false } }),
  declared('is declared without contexts', HONEST, { contexts: false as unknown as true }),
  declared('is declared to rotate and gives no hook', ROTATED, {}, () => {
    const { rotate: _, ...rest } = underTest()
    return rest
  }),
]

const base64Of = (...parts: Iterable<number>[]) => Buffer.from(parts.flatMap((part) => [...part])).toString('base64')
const entry = { problem: 'a problem', remedy: 'a remedy' }

function leakyError(text: string): PhiError {
  return new PhiError('PHI_ENVELOPE_KMS_UNAVAILABLE', { ...entry, problem: `request ${text} failed` })
}

function deniedError(properties: object): PhiError {
  return envelopeError('PHI_ENVELOPE_KMS_DENIED', { cause: Object.assign(new Error('403'), properties) })
}

function refusedFor(tenant: string): PhiError {
  return new PhiError('PHI_ENVELOPE_KMS_REFUSED', { ...entry, problem: `refused for ${tenant}` })
}
