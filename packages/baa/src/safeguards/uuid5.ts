import { toHex, utf8 } from '@phi/core'

// OSCAL allows UUIDs of versions 4 and 5 only. Version 4 is random, and the same register would be written differently each time; version
// 5 is made of SHA-1, which the packages of this family use for nothing else. It names things here and protects none.

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by))

/** SHA-1, FIPS 180-4 section 6.1. Not for security. @returns 20 bytes */
export function sha1(data: Uint8Array): Uint8Array {
  const padded = new Uint8Array((((data.length + 8) >> 6) + 1) * 64)
  padded.set(data)
  padded[data.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(data.length / 2 ** 29))
  view.setUint32(padded.length - 4, data.length << 3)
  const hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
  const words = new Int32Array(80)
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(block + i * 4)
    for (let i = 16; i < 80; i++) {
      const [a, b, c, d] = [words[i - 3], words[i - 8], words[i - 14], words[i - 16]] as [number, number, number, number]
      words[i] = rotated(a ^ b ^ c ^ d, 1)
    }
    let [a, b, c, d, e] = hash as [number, number, number, number, number]
    for (let i = 0; i < 80; i++) {
      const mixed = i < 20 ? (b & c) | (~b & d) : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d
      const constant = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6
      const next = (rotated(a, 5) + mixed + e + constant + (words[i] as number)) | 0
      e = d
      d = c
      c = rotated(b, 30)
      b = a
      a = next
    }
    for (const [i, each] of [a, b, c, d, e].entries()) hash[i] = ((hash[i] as number) + each) | 0
  }
  const out = new DataView(new ArrayBuffer(20))
  for (const [i, each] of hash.entries()) out.setInt32(i * 4, each)
  return new Uint8Array(out.buffer)
}

/** A UUID of version 5 for a name in a namespace, RFC 9562 section 5.5. The namespace is a UUID in its hex-and-dash form. */
export function uuid5(namespace: string, name: string): string {
  const space = namespace.replaceAll('-', '').match(/../g) ?? []
  const bytes = Uint8Array.from([...space.map((each) => Number.parseInt(each, 16)), ...utf8(name)])
  const hash = sha1(bytes).slice(0, 16)
  hash[6] = ((hash[6] as number) & 0x0f) | 0x50
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80
  const hex = toHex(hash)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
