import { hmacSha256, toHex, utf8 } from '@phi/core'
import { lengthPrefixed } from '../length-prefixed.ts'

const LABEL = 'phi.envelope/destruction-subject/v1'

/**
 * How a certificate names a subject: HMAC-SHA-256(salt, label, tenant, subject), 64 hexadecimal digits. A certificate goes to
 * outsiders, and patient ids are few enough to try them all, so the salt stays with whoever may know: with it, they make this
 * digest again and compare.
 * @param salt 32 bytes, `subjectSalt` of the result of `keyring.destroy`
 */
export const subjectDigest = (salt: Uint8Array, tenant: string, subject: string): string =>
  toHex(hmacSha256(salt, lengthPrefixed([LABEL, tenant, subject].map(utf8))))
