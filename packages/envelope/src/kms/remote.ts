import { formatInstant, isPhiError, type PhiError } from '@phi/core'
import { envelopeError, type envelopeErrors } from '../errors.ts'
import { contains } from './contains.ts'
import type { WrapRequest } from './kms.ts'

/** The codes a verb of a KMS may reject with. */
export type KmsFault = Extract<keyof typeof envelopeErrors, `PHI_ENVELOPE_KMS_${string}`>

/** What an adapter knows of a failure and may show: fixed phrases, a status, a request id. Never the service's own sentence. */
export interface FaultReport {
  readonly fault: KmsFault
  readonly detail?: string
  /** The service's name for the failure, when it is one that the adapter lists: 'ThrottlingException'. */
  readonly error?: string
  readonly status?: number
  readonly requestId?: string
}

/**
 * The error of a failed call. The client's own error is not kept as `cause`: SDKs hang the request, the response and at times
 * the whole body on it, and the body of a call to a KMS is a data key.
 */
export function kmsFault(service: string, { fault, detail, error, status, requestId }: FaultReport): PhiError {
  const id = shownRequestId(requestId)
  return envelopeError(fault, {
    ...(detail === undefined ? {} : { detail }),
    info: {
      service,
      ...(error === undefined ? {} : { error }),
      ...(status === undefined ? {} : { status }),
      ...(id === undefined ? {} : { requestId: id }),
    },
  })
}

const REQUEST_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A request id is shown only in the form of a UUID, too short for a data key: whatever else stands there was not made to be read. */
export const shownRequestId = (id: unknown): string | undefined =>
  typeof id === 'string' && REQUEST_ID.test(id) ? id : undefined

/** The service's answer is not one. */
export const notAnAnswer = (service: string, detail: string): PhiError =>
  kmsFault(service, { fault: 'PHI_ENVELOPE_KMS_ANSWER', detail })

/**
 * Runs one call under the caller's signal, also where the client takes none, and turns whatever it fails with into one of the
 * codes of the contract.
 */
export async function remoteCall<T>(
  service: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
  explain: (error: unknown) => FaultReport,
): Promise<T> {
  const gaveUp = () => kmsFault(service, { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE', detail: 'the caller gave up waiting' })
  if (signal?.aborted) throw gaveUp()
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(gaveUp())
    signal?.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work(), aborted])
  } catch (error) {
    if (isPhiError(error)) throw error
    if (signal?.aborted) throw gaveUp()
    throw kmsFault(service, explain(error))
  } finally {
    if (stop !== undefined) signal?.removeEventListener('abort', stop)
  }
}

// What Node, undici and TLS say when there was no answer, or none that may be believed.
const NETWORK_CODE =
  /^(E(CONN|HOST|NET|AI_|PIPE|PROTO|TIMEDOUT|NOTFOUND|ADDR|SOCKET)|ENOTFOUND|ETIMEDOUT|EAI_|UND_ERR_|ERR_(TLS|SSL|SOCKET|HTTP2|STREAM)|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|REQUEST_SEND_ERROR)/
const NETWORK_NAME = new Set(['TimeoutError', 'AbortError', 'RequestTimeout', 'SocketError'])

/** Whether the error, or one it was caused by, says that no answer came: refused, reset, timed out, not resolved, TLS failed. */
export function isNetworkFault(error: unknown): boolean {
  let at: unknown = error
  for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth++) {
    const { code, name, cause } = at as { code?: unknown; name?: unknown; cause?: unknown }
    if (typeof code === 'string' && NETWORK_CODE.test(code)) return true
    if (typeof name === 'string' && NETWORK_NAME.has(name)) return true
    at = cause
  }
  return false
}

/** Refuses a data key that is none, before it goes anywhere. */
export function assertDataKey(service: string, { dataKey }: WrapRequest): void {
  if (!(dataKey instanceof Uint8Array) || dataKey.length !== 32)
    throw kmsFault(service, { fault: 'PHI_ENVELOPE_KMS_UNSUPPORTED', detail: 'only data keys of 32 bytes are wrapped' })
}

/** The wrapped key, held against two things a broken or lying service could do: answer with nothing, or with the key itself. */
export function checkWrapped(service: string, wrapped: unknown, dataKey: Uint8Array, atMost: number): Uint8Array {
  if (!(wrapped instanceof Uint8Array) || wrapped.length <= dataKey.length || wrapped.length > atMost)
    throw notAnAnswer(service, 'the wrapped key is missing or has an impossible length')
  if (contains(wrapped, dataKey)) throw notAnAnswer(service, 'the wrapped key holds the data key in clear')
  // A copy: some clients hand out a view of a pooled buffer.
  return Uint8Array.from(wrapped)
}

/** Copies an unwrapped key out of the client's buffer, which is then overwritten, and checks its length. */
export function takeUnwrapped(service: string, plaintext: unknown, length: number): Uint8Array {
  if (!(plaintext instanceof Uint8Array)) throw notAnAnswer(service, 'no unwrapped key in the answer')
  const taken = Uint8Array.from(plaintext)
  plaintext.fill(0)
  if (taken.length === length) return taken
  taken.fill(0)
  throw notAnAnswer(service, 'the unwrapped key has another length')
}

/** The body of a response as text, or undefined when it is longer than any answer: the rest is not read. */
export async function textOf(response: Response, atMost: number): Promise<string | undefined> {
  const decoder = new TextDecoder()
  const reader = response.body?.getReader()
  let text = ''
  for (let read = 0; ; ) {
    const part = await reader?.read()
    if (part === undefined || part.done) return text + decoder.decode()
    read += part.value.length
    if (read > atMost) {
      await reader?.cancel()
      return undefined
    }
    text += decoder.decode(part.value, { stream: true })
  }
}

/** A date of the service as RFC 3339 UTC with milliseconds; undefined for whatever is no date. */
export function instantOf(date: unknown): string | undefined {
  const time = date instanceof Date ? date.getTime() : typeof date === 'number' ? date : Number.NaN
  // Only years of four digits: another width would not compare as text.
  return time >= 0 && time < 253_402_300_800_000 ? formatInstant(time) : undefined
}

/** Refuses an option. */
export const badOption = (path: string, detail: string): PhiError => envelopeError('PHI_ENVELOPE_OPTIONS', { path, detail })
