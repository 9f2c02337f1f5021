import { aesCtr, blockChain, blockDecryptor, blockEncryptor, importKey, type SecretKey } from '#aead'
import { envelopeError } from '../errors.ts'

/**
 * The AES of one platform. The primitives are written over it rather than over `#aead` itself, so that tests can run each of them
 * on Node's twin and on the portable one in the same process.
 */
export interface AesTwin<Key> {
  importKey(bytes: Uint8Array): Key
  blockEncryptor(key: Key): (blocks: Uint8Array) => Uint8Array
  blockDecryptor(key: Key): (blocks: Uint8Array) => Uint8Array
  blockChain(key: Key): (blocks: Uint8Array) => Uint8Array
  aesCtr(key: Key, counter: Uint8Array, data: Uint8Array): Uint8Array
}

/** The AES of the platform this runs on. */
export const platformAes: AesTwin<SecretKey> = { importKey, blockEncryptor, blockDecryptor, blockChain, aesCtr }

/** An AES block, in bytes (FIPS 197). */
export const BLOCK = 16

/** Imports a key of AES-128, AES-192 or AES-256. @throws PhiError PHI_ENVELOPE_KEY_SIZE */
export function importAesKey<Key>(twin: AesTwin<Key>, bytes: Uint8Array): Key {
  requireKeySize(bytes, 1)
  return twin.importKey(bytes)
}

/**
 * Lets pass what holds `count` AES keys of one size, side by side. Text is refused too: its length would pass for a key's.
 * @throws PhiError PHI_ENVELOPE_KEY_SIZE
 */
export function requireKeySize(bytes: Uint8Array, count: number): void {
  const fits = bytes instanceof Uint8Array && [16, 24, 32].includes(bytes.length / count)
  if (!fits) throw envelopeError('PHI_ENVELOPE_KEY_SIZE')
}
