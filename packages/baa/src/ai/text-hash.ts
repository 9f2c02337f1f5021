import { equalBytes, fromHex, hmacSha256, toHex, utf8 } from '@phi/core'
import { aiError } from './errors.ts'

/** 32 random bytes or more. A plain hash of a short text can be guessed: "yes", a name, a date of birth. */
export type TextKey = Uint8Array

/** HMAC-SHA-256 of a text, 64 lower-case hexadecimal digits. */
export type TextHash = string

export const isTextHash = (value: string): boolean => /^[0-9a-f]{64}$/.test(value)

/** What is hashed begins with this, so that the key can serve nothing else by accident. */
const DOMAIN = 'phi.ai.text/v1\n'

/** FIPS 198-1 section 3, with the key length that RFC 2104 section 3 recommends: that of the hash. */
const KEY_BYTES = 32

/** @throws PhiError PHI_BAA_AI_KEY */
export function refuseKey(key: TextKey): void {
  if (!(key instanceof Uint8Array) || key.length < KEY_BYTES) throw aiError('PHI_BAA_AI_KEY', { path: 'key' })
}

/**
 * The hash that stands for a text in logs, drafts and receipts: it tells whether a text is the same, and not what it says.
 * @throws PhiError PHI_BAA_AI_KEY; PHI_CORE_ENCODING for a text with a lone surrogate
 */
export function textHash(key: TextKey, text: string): TextHash {
  refuseKey(key)
  return toHex(hmacSha256(key, utf8(DOMAIN + text)))
}

/** Whether a hash is that of this text. False for anything that is no hash. @throws as `textHash` */
export function isHashOf(key: TextKey, text: string, hash: TextHash): boolean {
  const made = textHash(key, text)
  return typeof hash === 'string' && isTextHash(hash) && equalBytes(fromHex(hash), fromHex(made))
}
