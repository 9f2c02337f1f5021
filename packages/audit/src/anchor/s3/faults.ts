import { isPhiError, type PhiError } from '@phi/core'
import { anchorError, type anchorErrors } from '../errors.ts'

type AnchorCode = keyof typeof anchorErrors

// Error names of the Amazon S3 API reference ("Error responses") and of the SDK's credential providers.
const faults: Readonly<Record<string, AnchorCode>> = {
  AccessDenied: 'PHI_AUDIT_ANCHOR_DENIED',
  InvalidAccessKeyId: 'PHI_AUDIT_ANCHOR_DENIED',
  SignatureDoesNotMatch: 'PHI_AUDIT_ANCHOR_DENIED',
  ExpiredToken: 'PHI_AUDIT_ANCHOR_DENIED',
  InvalidToken: 'PHI_AUDIT_ANCHOR_DENIED',
  RequestTimeTooSkewed: 'PHI_AUDIT_ANCHOR_CLOCK',
  CredentialsProviderError: 'PHI_AUDIT_ANCHOR_DENIED',
  TokenProviderError: 'PHI_AUDIT_ANCHOR_DENIED',
  ConditionalRequestConflict: 'PHI_AUDIT_ANCHOR_UNAVAILABLE',
  OperationAborted: 'PHI_AUDIT_ANCHOR_UNAVAILABLE',
  SlowDown: 'PHI_AUDIT_ANCHOR_UNAVAILABLE',
  RequestTimeout: 'PHI_AUDIT_ANCHOR_UNAVAILABLE',
  InternalError: 'PHI_AUDIT_ANCHOR_UNAVAILABLE',
  ServiceUnavailable: 'PHI_AUDIT_ANCHOR_UNAVAILABLE',
  // What a bucket without Object Lock, an object without a lock, or a server that knows none answers to a lock.
  InvalidRequest: 'PHI_AUDIT_ANCHOR_UNLOCKED',
  NoSuchObjectLockConfiguration: 'PHI_AUDIT_ANCHOR_UNLOCKED',
  ObjectLockConfigurationNotFoundError: 'PHI_AUDIT_ANCHOR_UNLOCKED',
  NotImplemented: 'PHI_AUDIT_ANCHOR_UNLOCKED',
  MethodNotAllowed: 'PHI_AUDIT_ANCHOR_UNLOCKED',
  NoSuchBucket: 'PHI_AUDIT_ANCHOR_ANSWER',
  NoSuchKey: 'PHI_AUDIT_ANCHOR_ANSWER',
  NoSuchVersion: 'PHI_AUDIT_ANCHOR_ANSWER',
  NotFound: 'PHI_AUDIT_ANCHOR_ANSWER',
}

const NETWORK_CODE =
  /^(E(CONN|HOST|NET|AI_|PIPE|PROTO)|ENOTFOUND|ETIMEDOUT|ERR_(TLS|SSL|SOCKET|HTTP2|STREAM)|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/

/** Whether there was no answer at all. */
function isNetworkFault(error: unknown): boolean {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  if (name === 'TimeoutError' || name === 'AbortError') return true
  return typeof code === 'string' && NETWORK_CODE.test(code)
}

/** The name and the status of a failure of the SDK. */
export function failureOf(error: unknown): { readonly name: string | undefined; readonly status: number | undefined } {
  const { name, $metadata } = (error ?? {}) as { name?: unknown; $metadata?: { httpStatusCode?: unknown } }
  const status = $metadata?.httpStatusCode
  return {
    name: typeof name === 'string' ? name : undefined,
    status: typeof status === 'number' ? status : undefined,
  }
}

/**
 * The error for a failure of the SDK. Its own is not kept as `cause`: the SDK hangs the request and the response on it, with the
 * bucket's name and at times a signed address.
 */
export function explainS3(error: unknown): PhiError {
  if (isPhiError(error)) return error
  const { name, status } = failureOf(error)
  const known = name !== undefined && Object.hasOwn(faults, name) ? name : undefined
  const info = { ...(known === undefined ? {} : { error: known }), ...(status === undefined ? {} : { status }) }
  if (known !== undefined) return anchorError(faults[known] as AnchorCode, { info })
  if (status === 403 || status === 401) return anchorError('PHI_AUDIT_ANCHOR_DENIED', { info })
  if (status === 429 || (status !== undefined && status >= 500)) return anchorError('PHI_AUDIT_ANCHOR_UNAVAILABLE', { info })
  if (isNetworkFault(error)) return anchorError('PHI_AUDIT_ANCHOR_UNAVAILABLE', { detail: 'no answer' })
  return anchorError('PHI_AUDIT_ANCHOR_ANSWER', { detail: 'neither an answer nor an error of S3', info })
}
