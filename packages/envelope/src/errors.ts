import { errorsOf } from '@phi/core'

/** The errors of this package. None holds a plaintext, a ciphertext, a key, a row id or a patient's id. */
export const envelopeErrors = {
  PHI_ENVELOPE_OPEN: {
    problem: 'The sealed value does not open here',
    remedy:
      'It was altered, cut, moved from another row, column or tenant, or sealed under a key this tenant does not hold. Do not retry; compare with a backup, and run the scanner to find out how many values are concerned.',
  },
  PHI_ENVELOPE_NOT_SEALED: {
    problem: 'The value is not sealed',
    remedy:
      'Nothing was returned. While old plaintext is being migrated, declare the field with `plaintext: { until, onPlaintext }`.',
  },
  PHI_ENVELOPE_ALREADY_SEALED: {
    problem: 'The value is sealed already, and was not sealed a second time',
    remedy: 'Open it first, or store it as it is: a failed decryption may have been swallowed before this call.',
  },
  PHI_ENVELOPE_VALUE: {
    problem: 'The value cannot be sealed, and nothing was written',
    remedy: 'Pass a value of the type that the field declares.',
  },
  PHI_ENVELOPE_ROW: {
    problem: 'A field is sealed for a row, and no valid row id was given',
    remedy:
      'Pass `{ row }`: the primary key as text, known before the insert. To do without, declare the field with `unboundRow: true`.',
  },
  PHI_ENVELOPE_OPTIONS: {
    problem: 'An option is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_ENVELOPE_KEY_SIZE: {
    problem: 'The key, nonce or salt has the wrong length',
    remedy: 'Pass exactly the number of bytes that the primitive documents.',
  },
  PHI_ENVELOPE_NO_KEY: {
    problem: 'The tenant holds no key that may be used for this',
    remedy:
      'Load the tenant with this purpose: `keyring.tenant(id, { purposes: [...] })`. Revoked and destroyed keys are never used.',
  },
  PHI_ENVELOPE_KEY_STATE: {
    problem: 'The key does not allow this step from its present state',
    remedy:
      'Read the states on the page about keys: active, retiring, revoked, destruction scheduled, destroyed, past the backup horizon.',
  },
  PHI_ENVELOPE_STALE: {
    problem: 'The tenant’s keys were loaded too long ago, used too often, or evicted',
    remedy:
      'Call `await keyring.tenant(id)` again, once a request or a batch: it answers from memory while the keys are fresh.',
    retryable: true,
  },
  PHI_ENVELOPE_KEY_MISMATCH: {
    problem: 'The data key that came back is not the one that was stored',
    remedy:
      'Nothing was opened or sealed with it. Check which KMS key the service is configured with, and whether the key store was restored or altered.',
  },
  PHI_ENVELOPE_KMS_UNAVAILABLE: {
    problem: 'The KMS could not be reached or did not answer in time',
    remedy: 'Retry with a delay. Nothing was sealed, opened or created.',
    retryable: true,
  },
  PHI_ENVELOPE_KMS_DENIED: {
    problem: 'The KMS refused the credentials or the permission',
    remedy: 'Grant the service the four verbs on the key, or renew its credentials.',
  },
  PHI_ENVELOPE_KMS_KEY_UNUSABLE: {
    problem: 'The key-encryption key is disabled or waits for its destruction',
    remedy: 'Enable it, cancel the destruction, or rewrap the data keys under another key while this one still opens.',
  },
  PHI_ENVELOPE_KMS_KEY_GONE: {
    problem: 'The KMS says that the key-encryption key does not exist or is destroyed',
    remedy: 'Check the configured name, region and account. What was wrapped under a destroyed key cannot be opened by anyone.',
  },
  PHI_ENVELOPE_KMS_REFUSED: {
    problem: 'The KMS says that the wrapped key does not belong to this key and context',
    remedy: 'The record was altered, moved between tenants, or wrapped under another key. Do not retry; restore the record.',
  },
  PHI_ENVELOPE_KMS_ANSWER: {
    problem: 'The KMS answered with something that is no answer to the request',
    remedy: 'Nothing was used of it. Check the endpoint and any proxy between.',
  },
  PHI_ENVELOPE_KMS_UNSUPPORTED: {
    problem: 'This KMS cannot do this',
    remedy: 'See the table of adapters for what each can do.',
  },
  PHI_ENVELOPE_KEY_FILE: {
    problem: 'The keyring file cannot be used',
    remedy: 'Check its path, mode (0600), owner, and the passphrase or secret.',
  },
  PHI_ENVELOPE_STORE: {
    problem: 'The key store answered with something that is not a data key record',
    remedy: 'Do not write to this store until it is explained; restore it, or run the store’s conformance suite.',
  },
  PHI_ENVELOPE_STORE_UNAVAILABLE: {
    problem: 'The key store could not be reached',
    remedy: 'Retry with a delay. Nothing was sealed, opened or created.',
    retryable: true,
  },
  PHI_ENVELOPE_CONFLICT: {
    problem: 'Somebody else changed the key record at the same time',
    remedy: 'Read the record again and decide anew.',
    retryable: true,
  },
  PHI_ENVELOPE_RESTORED: {
    problem: 'The key store holds keys that were destroyed: it was restored from a backup, or a destruction was cut off',
    remedy:
      'Run `keyring.restoreGuard()` before serving; it destroys them again and reports each. Or call `destroy` again, where it was cut off.',
  },
  PHI_ENVELOPE_FILE: {
    problem: 'The file does not open here',
    remedy:
      'It was altered, cut, or sealed for another name or tenant. Nothing unverified was handed out; discard what was written of it.',
  },
  PHI_ENVELOPE_FILE_RANGE: {
    problem: 'The range lies outside the file',
    remedy: 'Ask for bytes below the plaintext size, which `size()` tells after authenticating it.',
  },
  PHI_ENVELOPE_FILE_SOURCE: {
    problem: 'The source of the file failed or answered with the wrong number of bytes',
    remedy: 'Check the storage behind `read`; retry where the storage says so.',
    retryable: true,
  },
  PHI_ENVELOPE_FILE_TARGET: {
    problem: 'The destination of the file cannot be written',
    remedy:
      'Nothing stands under the final name. Check the folder, its permissions and the space left; retry where that may pass.',
    retryable: true,
  },
  PHI_ENVELOPE_INDEX: {
    problem: 'The value cannot be indexed',
    remedy: 'Pass a value that the index’s normaliser knows, or store no index value for it.',
  },
  PHI_ENVELOPE_JOB: {
    problem: 'The job cannot go on',
    remedy: 'Correct what the detail names and run it again: it resumes where it stopped.',
  },
  PHI_ENVELOPE_CERTIFICATE: {
    problem: 'The destruction cannot be certified',
    remedy:
      'A deletion window, an unreachable KMS or a key that still opens is not destruction. Try again when the detail no longer holds.',
  },
} as const

/** @internal */
export const envelopeError = errorsOf(envelopeErrors)
