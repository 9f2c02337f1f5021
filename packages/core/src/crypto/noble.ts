import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { toBase64 } from '../encoding.ts'

export const sha256 = (data: Uint8Array): Uint8Array => nobleSha256(data)

export function sha256Parts(): { update(data: Uint8Array): void; digest(): Uint8Array } {
  const parts = nobleSha256.create()
  return { update: (data) => void parts.update(data), digest: () => parts.digest() }
}

export const hmacSha256 = (key: Uint8Array, data: Uint8Array): Uint8Array => hmac(nobleSha256, key, data)

export const randomBytes = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  // The Web Crypto API hands out at most 65,536 bytes a call.
  for (let at = 0; at < length; at += 65_536) globalThis.crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

export const sha256Base64 = (data: Uint8Array): string => toBase64(nobleSha256(data))
