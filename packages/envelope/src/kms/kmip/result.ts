import { isPhiError, type PhiError } from '@phi/core'
import { envelopeError } from '../../errors.ts'
import { type Reason, reason } from './tags.ts'

const names = new Map<number, Reason>(Object.entries(reason).map(([name, value]) => [value, name as Reason]))

/** The server carried out no operation, and said why. Its own sentence is not kept: it quotes what it was sent. */
export class KmipRefusal extends Error {
  readonly reason: Reason | 'Other'
  readonly value: number

  constructor(value: number) {
    super()
    this.reason = names.get(value) ?? 'Other'
    this.value = value
  }
}

export const refusedWith = (error: unknown, ...wanted: readonly Reason[]): boolean =>
  error instanceof KmipRefusal && wanted.some((each) => each === error.reason)

export const saysGone = (error: unknown): boolean => refusedWith(error, 'ItemNotFound', 'ObjectDestroyed', 'ObjectNotFound')

const codes = {
  ItemNotFound: 'PHI_ENVELOPE_KMS_KEY_GONE',
  ObjectDestroyed: 'PHI_ENVELOPE_KMS_KEY_GONE',
  ObjectNotFound: 'PHI_ENVELOPE_KMS_KEY_GONE',
  AuthenticationNotSuccessful: 'PHI_ENVELOPE_KMS_DENIED',
  PermissionDenied: 'PHI_ENVELOPE_KMS_DENIED',
  NotAuthorised: 'PHI_ENVELOPE_KMS_DENIED',
  ObjectArchived: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  IncompatibleUsageMask: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  UsageLimitExceeded: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  WrongKeyLifecycleState: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  OperationNotSupported: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  FeatureNotSupported: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  InvalidMessage: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  InvalidField: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  BadCryptographicParameters: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  UnsupportedCryptographicParameters: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  UnsupportedProtocolVersion: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
} as const satisfies Partial<Record<Reason, string>>

/** What the server says nothing certain about is PHI_ENVELOPE_KMS_UNAVAILABLE. */
export function toPhiError(error: unknown): PhiError {
  if (isPhiError(error)) return error
  if (!(error instanceof KmipRefusal)) {
    return envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'the call failed before it reached the server' })
  }
  const code = Object.hasOwn(codes, error.reason) ? codes[error.reason as keyof typeof codes] : 'PHI_ENVELOPE_KMS_UNAVAILABLE'
  return envelopeError(code, {
    detail: 'the server carried out no operation',
    info: { reason: error.reason, value: error.value },
  })
}

export const notAnAnswer = (detail: string): PhiError => envelopeError('PHI_ENVELOPE_KMS_ANSWER', { detail })

// TLS alerts by which a server refuses the client's certificate, as OpenSSL names them.
const CERTIFICATE_ALERT = /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)$/

/** The connection failed. The cause is not kept: it holds addresses and certificates. */
export function toTransportError(error: unknown): PhiError {
  const code = (error as { code?: unknown } | undefined)?.code
  if (typeof code === 'string' && CERTIFICATE_ALERT.test(code)) {
    return envelopeError('PHI_ENVELOPE_KMS_DENIED', { detail: 'the server refused the client certificate' })
  }
  return envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'the connection to the server failed' })
}
