import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject, randomFillSync } from 'node:crypto'
import { giveBack } from '../give-back.ts'

/** A key as the platform likes it best. In Node a KeyObject: a raw Buffer costs 4 to 6 times as much a call on Node 24. */
export type SecretKey = KeyObject

export const importKey = (bytes: Uint8Array): SecretKey => createSecretKey(bytes)

/** The key's bytes, a fresh copy. */
export const exportKey = (key: SecretKey): Uint8Array => key.export()

const ecbName = (key: SecretKey) => `aes-${(key.symmetricKeySize as number) * 8}-ecb`

/** AES on whole blocks of 16 bytes, each by itself (FIPS 197). The context stays open: setting one up costs more than a block. */
export function blockEncryptor(key: SecretKey): (blocks: Uint8Array) => Uint8Array {
  const cipher = createCipheriv(ecbName(key), key, null).setAutoPadding(false)
  return (blocks) => cipher.update(blocks)
}

/** The inverse of {@link blockEncryptor}. */
export function blockDecryptor(key: SecretKey): (blocks: Uint8Array) => Uint8Array {
  const decipher = createDecipheriv(ecbName(key), key, null).setAutoPadding(false)
  return (blocks) => decipher.update(blocks)
}

/**
 * CBC-MAC of whole blocks: the last block of their chain from zero (SP 800-38A §6.2), 16 bytes. One context serves every message: where it
 * goes on from the message before, the first block takes that back.
 */
export function blockChain(key: SecretKey): (blocks: Uint8Array) => Uint8Array {
  const cipher = createCipheriv(`aes-${(key.symmetricKeySize as number) * 8}-cbc`, key, Buffer.alloc(16)).setAutoPadding(false)
  const carried = new Uint8Array(16)
  return (blocks) => {
    const first = Uint8Array.from(blocks)
    for (let i = 0; i < 16; i++) (first[i] as number) ^= carried[i] as number
    const out = cipher.update(first)
    carried.set(out.subarray(out.length - 16))
    return Uint8Array.from(carried)
  }
}

/** AES-CTR with a full 16-byte counter block (SP 800-38A §6.5): encrypts and decrypts. */
export function aesCtr(key: SecretKey, counter: Uint8Array, data: Uint8Array): Uint8Array {
  return createCipheriv(`aes-${(key.symmetricKeySize as number) * 8}-ctr`, key, counter).update(data)
}

const TAG = 16

// Measured: where a cipher takes raw key bytes, Node 23 to 25 need 4 to 6 times as long; the other lines do without the KeyObject.
const [major = 0] = process.versions.node.split('.').map(Number)
const rawKeysAreSlow = major >= 23 && major <= 25
const cipherKey = (key: SecretKey | Uint8Array): SecretKey | Uint8Array =>
  rawKeysAreSlow && key instanceof Uint8Array ? createSecretKey(key) : key

/** Writes AES-256-GCM (SP 800-38D), 12-byte nonce, as ciphertext ‖ tag[16] into `out` from `at` on. */
export function gcmSealInto(
  out: Uint8Array,
  at: number,
  key: SecretKey | Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad?: Uint8Array,
): void {
  const cipher = createCipheriv('aes-256-gcm', cipherKey(key), nonce)
  if (aad !== undefined) cipher.setAAD(aad)
  const body = cipher.update(plaintext)
  out.set(body, at)
  giveBack(body)
  cipher.final()
  out.set(cipher.getAuthTag(), at + plaintext.length)
}

/** AES-256-GCM (SP 800-38D), 12-byte nonce: ciphertext ‖ tag[16]. */
export function gcmSeal(key: SecretKey | Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad?: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafeSlow(plaintext.length + TAG)
  gcmSealInto(out, 0, key, nonce, plaintext, aad)
  return out
}

/** The plaintext of ciphertext ‖ tag[16], or undefined: no reason is told, and no unverified byte. */
export function gcmOpen(
  key: SecretKey | Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad?: Uint8Array,
): Uint8Array | undefined {
  const size = sealed.length - TAG
  if (size < 0) return undefined
  const decipher = createDecipheriv('aes-256-gcm', cipherKey(key), nonce)
  if (aad !== undefined) decipher.setAAD(aad)
  // Always 16 bytes: a shorter tag would be taken, and be easier to guess.
  decipher.setAuthTag(sealed.subarray(size))
  const plaintext = decipher.update(sealed.subarray(0, size))
  try {
    decipher.final()
  } catch {
    plaintext.fill(0)
    return undefined
  }
  return plaintext
}

/** HMAC-SHA-256 (RFC 2104), 32 bytes. */
export const hmac256 = (key: SecretKey, data: Uint8Array): Uint8Array => createHmac('sha256', key).update(data).digest()

/** HMAC-SHA-512, 64 bytes. */
export const hmac512 = (key: SecretKey, data: Uint8Array): Uint8Array => createHmac('sha512', key).update(data).digest()

const pool = new Uint8Array(16_384)
let unused = 0

/**
 * Random bytes for nonces and salts, which are public: a copy out of a pool that is refilled from the system's generator, 40
 * times as fast as asking it each time. Used bytes are overwritten. Keys come from `randomBytes` of `@phi/core`, not from here.
 */
export function nonceInto(out: Uint8Array, at: number, length: number): void {
  if (unused < length) {
    randomFillSync(pool)
    unused = pool.length
  }
  const start = pool.length - unused
  for (let i = 0; i < length; i++) {
    out[at + i] = pool[start + i] as number
    pool[start + i] = 0
  }
  unused -= length
}

/** {@link nonceInto} into bytes of their own. */
export function nonceBytes(length: number): Uint8Array {
  const out = new Uint8Array(length)
  nonceInto(out, 0, length)
  return out
}

/** Overwrites a key that is no longer used, where the runtime allows: a KeyObject's memory is OpenSSL's, freed with the object. */
export const wipe = (_key: SecretKey): void => undefined
