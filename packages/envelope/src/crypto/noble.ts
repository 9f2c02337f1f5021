import { cbc, ctr, ecb, gcm } from '@noble/ciphers/aes.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { randomBytes } from '@phi/core'

export type SecretKey = Uint8Array

export const importKey = (bytes: Uint8Array): SecretKey => Uint8Array.from(bytes)
export const exportKey = (key: SecretKey): Uint8Array => Uint8Array.from(key)

// A cipher of noble's encrypts once; it expands the key at every call anyway.
export const blockEncryptor =
  (key: SecretKey): ((blocks: Uint8Array) => Uint8Array) =>
  (blocks) =>
    ecb(key, { disablePadding: true }).encrypt(blocks)

export const blockDecryptor =
  (key: SecretKey): ((blocks: Uint8Array) => Uint8Array) =>
  (blocks) =>
    ecb(key, { disablePadding: true }).decrypt(blocks)

export const blockChain =
  (key: SecretKey): ((blocks: Uint8Array) => Uint8Array) =>
  (blocks) =>
    cbc(key, new Uint8Array(16), { disablePadding: true }).encrypt(blocks).subarray(-16)

export const aesCtr = (key: SecretKey, counter: Uint8Array, data: Uint8Array): Uint8Array => ctr(key, counter).encrypt(data)

export function gcmSealInto(
  out: Uint8Array,
  at: number,
  key: SecretKey,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad?: Uint8Array,
): void {
  out.set(gcm(key, nonce, aad).encrypt(plaintext), at)
}

export const gcmSeal = (key: SecretKey, nonce: Uint8Array, plaintext: Uint8Array, aad?: Uint8Array): Uint8Array =>
  gcm(key, nonce, aad).encrypt(plaintext)

export function gcmOpen(key: SecretKey, nonce: Uint8Array, sealed: Uint8Array, aad?: Uint8Array): Uint8Array | undefined {
  if (sealed.length < 16) return undefined
  try {
    return gcm(key, nonce, aad).decrypt(sealed)
  } catch {
    return undefined
  }
}

export const hmac256 = (key: SecretKey, data: Uint8Array): Uint8Array => hmac(sha256, key, data)
export const hmac512 = (key: SecretKey, data: Uint8Array): Uint8Array => hmac(sha512, key, data)

export const nonceInto = (out: Uint8Array, at: number, length: number): void => out.set(randomBytes(length), at)

export const nonceBytes = (length: number): Uint8Array => randomBytes(length)

export const wipe = (key: SecretKey): void => {
  key.fill(0)
}
