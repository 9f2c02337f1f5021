import { type FaultReport, isNetworkFault, type KmsFault } from './remote.ts'

// The exceptions of the API reference: those of each action, and the common errors.
const faults: Readonly<Record<string, KmsFault>> = {
  NotFoundException: 'PHI_ENVELOPE_KMS_KEY_GONE',
  DisabledException: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  KMSInvalidStateException: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  InvalidCiphertextException: 'PHI_ENVELOPE_KMS_REFUSED',
  IncorrectKeyException: 'PHI_ENVELOPE_KMS_REFUSED',
  InvalidKeyUsageException: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  UnsupportedOperationException: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  InvalidArnException: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  AccessDeniedException: 'PHI_ENVELOPE_KMS_DENIED',
  AccessDenied: 'PHI_ENVELOPE_KMS_DENIED',
  NotAuthorized: 'PHI_ENVELOPE_KMS_DENIED',
  OptInRequired: 'PHI_ENVELOPE_KMS_DENIED',
  UnrecognizedClientException: 'PHI_ENVELOPE_KMS_DENIED',
  InvalidClientTokenId: 'PHI_ENVELOPE_KMS_DENIED',
  InvalidSignatureException: 'PHI_ENVELOPE_KMS_DENIED',
  SignatureDoesNotMatch: 'PHI_ENVELOPE_KMS_DENIED',
  IncompleteSignature: 'PHI_ENVELOPE_KMS_DENIED',
  IncompleteSignatureException: 'PHI_ENVELOPE_KMS_DENIED',
  MissingAuthenticationToken: 'PHI_ENVELOPE_KMS_DENIED',
  MissingAuthenticationTokenException: 'PHI_ENVELOPE_KMS_DENIED',
  ExpiredToken: 'PHI_ENVELOPE_KMS_DENIED',
  ExpiredTokenException: 'PHI_ENVELOPE_KMS_DENIED',
  RequestExpired: 'PHI_ENVELOPE_KMS_DENIED',
  RequestTimeTooSkewed: 'PHI_ENVELOPE_KMS_DENIED',
  InvalidGrantTokenException: 'PHI_ENVELOPE_KMS_DENIED',
  // The SDK found no credentials at all, or could not renew them.
  CredentialsProviderError: 'PHI_ENVELOPE_KMS_DENIED',
  TokenProviderError: 'PHI_ENVELOPE_KMS_DENIED',
  ThrottlingException: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  Throttling: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  RequestLimitExceeded: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  LimitExceededException: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  KMSInternalException: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  KeyUnavailableException: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  DependencyTimeoutException: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  InternalFailure: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  ServiceUnavailable: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  ServiceUnavailableException: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
}

/**
 * By the exception's name; then 429 and 5xx, and failures before any answer, as unavailable. An unknown 4xx, a redirect and a
 * body that cannot be read are no answer of this service (ANSWER, not retryable): a second try would meet the same proxy or the
 * same mistake, and neither code is ever read as proof about a key.
 */
export function explainAws(error: unknown): FaultReport {
  const { name, $metadata } = (error ?? {}) as { name?: unknown; $metadata?: { httpStatusCode?: number; requestId?: string } }
  const status = $metadata?.httpStatusCode
  const shown = {
    ...(status === undefined ? {} : { status }),
    ...($metadata?.requestId === undefined ? {} : { requestId: $metadata.requestId }),
  }
  const known = typeof name === 'string' && Object.hasOwn(faults, name) ? name : undefined
  if (known !== undefined) return { fault: faults[known] as KmsFault, error: known, ...shown }
  if (status === 429 || (status !== undefined && status >= 500)) return { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE', ...shown }
  if (isNetworkFault(error)) return { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE', ...shown }
  return { fault: 'PHI_ENVELOPE_KMS_ANSWER', detail: 'neither an answer nor an error of AWS KMS', ...shown }
}
