import { type FaultReport, isNetworkFault } from './remote.ts'

export function explainVault(error: unknown): FaultReport {
  // fetch rejects with a TypeError whose cause says what the network did. A header that cannot be sent is a TypeError without one.
  if (isNetworkFault(error)) return { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE' }
  return { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE', detail: 'the request could not be sent' }
}

// Vault tells failures apart in sentences only: {"errors": ["…"]}. These are the ones of the transit engine, with status 400.
const sentences: readonly [RegExp, FaultReport][] = [
  [/encryption key not found/, { fault: 'PHI_ENVELOPE_KMS_KEY_GONE' }],
  [/message authentication failed|invalid ciphertext/, { fault: 'PHI_ENVELOPE_KMS_REFUSED' }],
  [/disallowed by policy|soft.deleted/, { fault: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE' }],
  [/deletion is not allowed/, { fault: 'PHI_ENVELOPE_KMS_UNSUPPORTED', detail: 'the key’s deletion_allowed is false' }],
]

/**
 * By status, then by sentence. Another 400, a 404 that is not about a key, a redirect and a body without `errors` are no answer
 * this adapter knows: ANSWER, which neither repeats nor proves anything.
 */
export function explainVaultStatus(status: number, parsed: unknown, operation: string): FaultReport {
  const unknown: FaultReport = { fault: 'PHI_ENVELOPE_KMS_ANSWER', detail: 'neither an answer nor an error of Vault' }
  // 412 and 472/473 say that this node is behind or a standby; 503 that Vault is sealed.
  if (status >= 500 || [408, 412, 425, 429, 472, 473].includes(status)) return { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE' }
  const { errors } = (parsed ?? {}) as { errors?: unknown }
  if (!Array.isArray(errors)) return unknown
  if (status === 401 || status === 403) return { fault: 'PHI_ENVELOPE_KMS_DENIED' }
  // A missing key reads as 404 without a sentence; with one, it is the mount that is missing, or its path that is wrong.
  if (status === 404) return operation === 'keys' && errors.length === 0 ? { fault: 'PHI_ENVELOPE_KMS_KEY_GONE' } : unknown
  return (status === 400 ? sentences.find(([pattern]) => pattern.test(errors.join('\n')))?.[1] : undefined) ?? unknown
}
