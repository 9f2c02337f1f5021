/**
 * HKDF-Expand with SHA-512 (RFC 5869 §2.3), without the extract step: the key is uniformly random already.
 * @param hmac HMAC-SHA-512 under that key
 */
export function hkdfExpandSha512(hmac: (data: Uint8Array) => Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length)
  let previous: Uint8Array = new Uint8Array(0)
  for (let at = 0, counter = 1; at < length; counter++) {
    const block = new Uint8Array(previous.length + info.length + 1)
    block.set(previous)
    block.set(info, previous.length)
    block[block.length - 1] = counter
    const next = hmac(block)
    block.fill(0)
    previous.fill(0)
    out.set(next.subarray(0, length - at), at)
    at += next.length
    previous = next
  }
  previous.fill(0)
  return out
}
