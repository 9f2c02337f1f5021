import { createPrivateKey, createPublicKey, sign as nodeSign, verify as nodeVerify } from 'node:crypto'
import { randomBytes } from '@phi/core'
import { checkSecretKey, isStrict, SECRET_KEY_LENGTH } from './strict.ts'

// node:crypto takes Ed25519 keys in DER only. The wrapping of a 32-byte key is constant (RFC 8410 §4 and §7).
const SPKI_HEAD = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00)
const PKCS8_HEAD = Uint8Array.of(0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20)

function privateKeyOf(secretKey: Uint8Array) {
  checkSecretKey(secretKey)
  const der = Buffer.concat([PKCS8_HEAD, secretKey])
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  } finally {
    der.fill(0)
  }
}

/** A fresh secret key (the 32-byte seed of RFC 8032 §5.1.5). */
export const generateSecretKey = (): Uint8Array => randomBytes(SECRET_KEY_LENGTH)

/** The 32-byte public key. @throws PhiError PHI_AUDIT_SKEY when the secret key is not 32 bytes */
export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  const spki = createPublicKey(privateKeyOf(secretKey)).export({ format: 'der', type: 'spki' })
  return new Uint8Array(spki.subarray(SPKI_HEAD.length))
}

/** The 64-byte signature (RFC 8032 §5.1.6). @throws PhiError PHI_AUDIT_SKEY when the secret key is not 32 bytes */
export function sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(nodeSign(null, message, privateKeyOf(secretKey)))
}

/** Whether the signature is valid under the strict rules of `strict.ts`. Never throws: bad lengths and encodings are false. */
export function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isStrict(publicKey, message, signature)) return false
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, publicKey]), format: 'der', type: 'spki' })
    return nodeVerify(null, message, key, signature)
  } catch {
    return false
  }
}
