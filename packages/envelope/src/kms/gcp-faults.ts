import { type FaultReport, isNetworkFault, type KmsFault } from './remote.ts'

// google.rpc.Code by number and name. UNKNOWN (2), ALREADY_EXISTS (6), OUT_OF_RANGE (11) and DATA_LOSS (15) are no errors of
// these methods, and INVALID_ARGUMENT (3) says that this module and the service do not understand each other.
const faults: Readonly<Record<string, KmsFault>> = {
  CANCELLED: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  DEADLINE_EXCEEDED: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  NOT_FOUND: 'PHI_ENVELOPE_KMS_KEY_GONE',
  PERMISSION_DENIED: 'PHI_ENVELOPE_KMS_DENIED',
  RESOURCE_EXHAUSTED: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  FAILED_PRECONDITION: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  ABORTED: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  UNIMPLEMENTED: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  INTERNAL: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  UNAVAILABLE: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  UNAUTHENTICATED: 'PHI_ENVELOPE_KMS_DENIED',
}
const names: Readonly<Record<number, string>> = {
  1: 'CANCELLED',
  3: 'INVALID_ARGUMENT',
  4: 'DEADLINE_EXCEEDED',
  5: 'NOT_FOUND',
  7: 'PERMISSION_DENIED',
  8: 'RESOURCE_EXHAUSTED',
  9: 'FAILED_PRECONDITION',
  10: 'ABORTED',
  12: 'UNIMPLEMENTED',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
  16: 'UNAUTHENTICATED',
}

export interface ClientError {
  /** Of gRPC: 1 to 16. Over REST the HTTP status, with the body of the answer as `message`; or a text such as ECONNRESET. */
  readonly code?: unknown
  readonly message?: unknown
}

/** The name of the google.rpc.Code that the service answered with, over either transport. */
function codeName({ code, message }: ClientError): string | undefined {
  if (typeof code !== 'number') return undefined
  if (code < 100) return names[code]
  try {
    const status: unknown = JSON.parse(String(message)).error.status
    return typeof status === 'string' ? status : undefined
  } catch {
    return undefined
  }
}

/**
 * INVALID_ARGUMENT to Decrypt is how the service says that a ciphertext does not verify. It says it of a checksum that was wrong
 * on arrival too, which is damage on the way.
 */
export const isRefusal = (error: ClientError): boolean => codeName(error) === 'INVALID_ARGUMENT' && !damagedOnTheWay(error)

const damagedOnTheWay = ({ message }: ClientError): boolean => /checksum|crc32c/i.test(String(message))

export function explainGcp(thrown: unknown): FaultReport {
  const error = (thrown ?? {}) as ClientError
  const status = typeof error.code === 'number' && error.code >= 100 ? { status: error.code } : {}
  const name = codeName(error)
  if (name === 'INVALID_ARGUMENT' && damagedOnTheWay(error))
    return { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE', detail: 'the request was damaged on the way', ...status }
  if (name !== undefined && Object.hasOwn(faults, name)) return { fault: faults[name] as KmsFault, error: name, ...status }
  // An HTTP status without the service's own error: a proxy between.
  if (status.status === 429 || (status.status ?? 0) >= 500) return { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE', ...status }
  if (isNetworkFault(thrown)) return { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE' }
  return { fault: 'PHI_ENVELOPE_KMS_ANSWER', detail: 'neither an answer nor an error of Cloud KMS', ...status }
}
