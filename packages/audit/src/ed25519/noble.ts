import { ed25519, ed25519_hasher } from '@noble/curves/ed25519.js'
import { equalBytes, randomBytes } from '@phi/core'
import { checkSecretKey, isStrict, littleEndian, SECRET_KEY_LENGTH } from './strict.ts'

/** A fresh secret key (the 32-byte seed of RFC 8032 §5.1.5). */
export const generateSecretKey = (): Uint8Array => randomBytes(SECRET_KEY_LENGTH)

/** The 32-byte public key. @throws PhiError PHI_AUDIT_SKEY when the secret key is not 32 bytes */
export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  checkSecretKey(secretKey)
  return ed25519.getPublicKey(secretKey)
}

/** The 64-byte signature (RFC 8032 §5.1.6). @throws PhiError PHI_AUDIT_SKEY when the secret key is not 32 bytes */
export function sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array {
  checkSecretKey(secretKey)
  return ed25519.sign(message, secretKey)
}

/** Whether the signature is valid under the strict rules of `strict.ts`. Never throws: bad lengths and encodings are false. */
export function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isStrict(publicKey, message, signature)) return false
  try {
    return (
      ed25519.verify(signature, message, publicKey, { zip215: false }) && holdsWithoutCofactor(publicKey, message, signature)
    )
  } catch {
    return false
  }
}

/**
 * R = [S]B - [k]A, compared as bytes. The library checks the same times 8 (both are in RFC 8032 §5.1.7), which also takes
 * signatures whose R or A has a part of small order; OpenSSL and Go refuse them, so they are refused here too.
 */
function holdsWithoutCofactor(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const { Point } = ed25519
  const R = signature.subarray(0, 32)
  const input = new Uint8Array(64 + message.length)
  input.set(R)
  input.set(publicKey, 32)
  input.set(message, 64)
  // The library's own SHA-512: node:crypto has one, but this file is for where there is no node:crypto.
  const k = Point.Fn.create(littleEndian(ed25519_hasher.defaults.hash(input)))
  const S = littleEndian(signature.subarray(32))
  const expected = Point.BASE.multiplyUnsafe(S).subtract(Point.fromBytes(publicKey, false).multiplyUnsafe(k))
  return equalBytes(expected.toBytes(), R)
}
