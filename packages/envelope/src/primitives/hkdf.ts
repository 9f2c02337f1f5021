import { hmac512, type SecretKey } from '#aead'

/** HKDF-Expand with SHA-512 (RFC 5869 §2.3), without the extract step: the key is uniformly random already. */
export function hkdfExpandSha512(key: SecretKey, info: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length)
  let previous = new Uint8Array(0)
  for (let at = 0, counter = 1; at < length; at += previous.length, counter++) {
    const block = new Uint8Array(previous.length + info.length + 1)
    block.set(previous)
    block.set(info, previous.length)
    block[block.length - 1] = counter
    previous = Uint8Array.from(hmac512(key, block))
    out.set(previous.subarray(0, length - at), at)
  }
  return out
}
