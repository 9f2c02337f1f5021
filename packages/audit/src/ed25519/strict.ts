import { noteError } from '../note/errors.ts'

/**
 * What both implementations check before they look at a signature, so that they agree on every input.
 *
 * RFC 8032 §5.1.7 leaves room: it lets a verifier use the equation with or without the cofactor, and libraries differ in
 * whether they take non-canonical encodings and keys of small order. OpenSSL takes both of the latter and uses the equation
 * without the cofactor; @noble/curves refuses both and uses the cofactor. Here a signature counts only where the strictest
 * reading counts it: canonical encodings, no key of small order, and the equation without the cofactor.
 */

export const SECRET_KEY_LENGTH = 32
const PUBLIC_KEY_LENGTH = 32
const SIGNATURE_LENGTH = 64

/** The field prime 2^255 - 19 (RFC 8032 §5.1). */
const P = 2n ** 255n - 19n
/** The order of the base point (RFC 8032 §5.1). */
const L = 2n ** 252n + 27742317777372353535851937790883648493n

/** y of a point of order 8. The other such value is its negative. */
const Y8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n

/** y of the points whose order divides 8: of order 1, 2, 4 and, twice, 8. Either sign of x belongs to each. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([1n, P - 1n, 0n, Y8, P - Y8])

/** The number that bytes stand for, the least significant first (RFC 8032 §5.1). */
export function littleEndian(bytes: Uint8Array): bigint {
  let number = 0n
  for (let i = bytes.length - 1; i >= 0; i--) number = (number << 8n) | BigInt(bytes[i] as number)
  return number
}

/** The y coordinate of an encoded point, without the sign of x (RFC 8032 §5.1.2). */
const yOf = (point: Uint8Array): bigint => littleEndian(point) & (2n ** 255n - 1n)

/** Whether the inputs are bytes of the right lengths, canonically encoded, under a key that is not of small order. */
export function isStrict(publicKey: unknown, message: unknown, signature: unknown): boolean {
  if (!(publicKey instanceof Uint8Array) || publicKey.length !== PUBLIC_KEY_LENGTH) return false
  if (!(message instanceof Uint8Array)) return false
  if (!(signature instanceof Uint8Array) || signature.length !== SIGNATURE_LENGTH) return false
  const y = yOf(publicKey)
  return (
    y < P &&
    !SMALL_ORDER_Y.has(y) &&
    yOf(signature.subarray(0, 32)) < P &&
    // Otherwise S + L would be a second signature for the same message (RFC 8032 §8.4).
    littleEndian(signature.subarray(32)) < L
  )
}

/** @throws PhiError PHI_AUDIT_SKEY */
export function checkSecretKey(secretKey: unknown): asserts secretKey is Uint8Array {
  if (!(secretKey instanceof Uint8Array) || secretKey.length !== SECRET_KEY_LENGTH) {
    throw noteError('PHI_AUDIT_SKEY', { detail: 'the secret key must be a Uint8Array of 32 bytes' })
  }
}
