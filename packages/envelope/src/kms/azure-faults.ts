import { type FaultReport, isNetworkFault } from './remote.ts'

interface VaultErrorBody {
  readonly error?: { readonly code?: unknown; readonly innerError?: { readonly code?: unknown } | null }
}

/** The service's own error codes, {"error": {"code", "message", "innererror": {"code"}}}, as the SDK spells them. */
function codesOf(error: unknown): { status?: number; code?: string; inner?: string } {
  const { statusCode, details } = (error ?? {}) as { statusCode?: unknown; details?: VaultErrorBody | undefined }
  const code = details?.error?.code
  const inner = details?.error?.innerError?.code
  return {
    ...(typeof statusCode === 'number' ? { status: statusCode } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof inner === 'string' ? { inner } : {}),
  }
}

/** The only thing the vault says of a wrapped key that does not unwrap. */
export function isBadParameter(error: unknown): boolean {
  const { status, code } = codesOf(error)
  return status === 400 && code === 'BadParameter'
}

const CREDENTIAL_ERRORS = new Set([
  'CredentialUnavailableError',
  'AuthenticationError',
  'AggregateAuthenticationError',
  'AuthenticationRequiredError',
])

/**
 * By status and the service's codes. A 4xx without them is no answer of this service (a proxy, a firewall's page), nor is one
 * that is not listed: ANSWER, which neither repeats nor proves anything.
 */
export function explainAzure(error: unknown): FaultReport {
  const { status, code, inner } = codesOf(error)
  const shown = status === undefined ? {} : { status }
  if (status !== undefined && (status === 408 || status === 429 || status >= 500))
    return { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE', ...shown }
  if (status === 401 && code !== undefined) return { fault: 'PHI_ENVELOPE_KMS_DENIED', error: 'Unauthorized', ...shown }
  if (status === 403 && code !== undefined) {
    if (inner === 'KeyDisabled' || inner === 'KeyExpired' || inner === 'KeyNotYetValid')
      return { fault: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE', error: inner, ...shown }
    if (inner === 'KeyOperationForbidden') return { fault: 'PHI_ENVELOPE_KMS_UNSUPPORTED', error: inner, ...shown }
    return { fault: 'PHI_ENVELOPE_KMS_DENIED', error: 'Forbidden', ...shown }
  }
  if (status === 404 && (code === 'KeyNotFound' || code === 'DeletedKeyNotFound'))
    return { fault: 'PHI_ENVELOPE_KMS_KEY_GONE', error: code, ...shown }
  // ObjectIsBeingDeleted, ObjectIsDeletedButRecoverable, ObjectIsBeingRecovered.
  if (status === 409 && code !== undefined) return { fault: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE', error: 'Conflict', ...shown }
  if (status === undefined) {
    const { name, message } = (error ?? {}) as { name?: unknown; message?: unknown }
    if (typeof name === 'string' && CREDENTIAL_ERRORS.has(name)) return { fault: 'PHI_ENVELOPE_KMS_DENIED', error: name }
    // What the SDK itself says of a key, in sentences only, before it asks the vault.
    if (/can't be used before|expired at/.test(String(message)))
      return { fault: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE', detail: 'the key is not valid at this time' }
    if (/is not supported on key/.test(String(message)))
      return { fault: 'PHI_ENVELOPE_KMS_UNSUPPORTED', detail: 'the key does not permit this operation' }
    if (isNetworkFault(error)) return { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE' }
  }
  return { fault: 'PHI_ENVELOPE_KMS_ANSWER', detail: 'neither an answer nor an error of Key Vault', ...shown }
}
