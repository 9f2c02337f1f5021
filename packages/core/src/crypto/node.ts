import { createHmac, getRandomValues, hash } from 'node:crypto'

// One-shot crypto.hash is about twice as fast as createHash for inputs of log-entry size.
export const sha256 = (data: Uint8Array): Uint8Array => hash('sha256', data, 'buffer')

export const hmacSha256 = (key: Uint8Array, data: Uint8Array): Uint8Array => createHmac('sha256', key).update(data).digest()

export const randomBytes = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}
