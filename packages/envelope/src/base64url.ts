interface BufferInstance extends Uint8Array {
  toString(encoding?: string): string
}
interface BufferLike {
  from(source: ArrayBufferLike, offset: number, length: number): BufferInstance
  from(source: string, encoding: 'base64url'): BufferInstance
}
const NodeBuffer = (globalThis as unknown as { Buffer?: BufferLike }).Buffer

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function encodePortably(bytes: Uint8Array): string {
  let out = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] as number
    const b = bytes[i + 1]
    const c = bytes[i + 2]
    out += ALPHABET.charAt(a >> 2)
    out += ALPHABET.charAt(((a & 3) << 4) | ((b ?? 0) >> 4))
    if (b !== undefined) out += ALPHABET.charAt(((b & 15) << 2) | ((c ?? 0) >> 6))
    if (c !== undefined) out += ALPHABET.charAt(c & 63)
  }
  return out
}

function decodePortably(text: string): Uint8Array {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    return Uint8Array.from(binary, (character) => character.charCodeAt(0))
  } catch {
    return new Uint8Array(0)
  }
}

/** base64url without padding (RFC 4648 §5). */
export const toBase64Url: (bytes: Uint8Array) => string = NodeBuffer
  ? (bytes) => NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
  : encodePortably

const decode: (text: string) => Uint8Array = NodeBuffer ? (text) => NodeBuffer.from(text, 'base64url') : decodePortably

/**
 * Reads base64url without padding in its one canonical spelling; undefined for any other: padding, white space, the other alphabet,
 * stray bits in the last character.
 */
export function fromBase64Url(text: string): Uint8Array | undefined {
  const bytes = decode(text)
  // Only the canonical spelling comes back from its bytes.
  return toBase64Url(bytes) === text ? bytes : undefined
}
