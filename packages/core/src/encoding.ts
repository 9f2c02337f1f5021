import { coreError } from './core-errors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 bytes of a text. The text must be well formed: a lone surrogate is refused, never replaced. */
export function utf8(text: string): Uint8Array {
  if (!text.isWellFormed()) throw coreError('PHI_CORE_ENCODING', { detail: 'the text holds a lone surrogate' })
  return encoder.encode(text)
}

/** The text of UTF-8 bytes. @throws PhiError PHI_CORE_ENCODING when the bytes are not UTF-8 */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw coreError('PHI_CORE_ENCODING', { detail: 'the bytes are not UTF-8', cause })
  }
}

interface BufferInstance extends Uint8Array {
  toString(encoding?: string): string
}
interface BufferLike {
  new (): BufferInstance
  from(source: ArrayBufferLike, offset: number, length: number): BufferInstance
  from(source: string, encoding: string): BufferInstance
}
const NodeBuffer = (globalThis as unknown as { Buffer?: BufferLike }).Buffer

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Standard base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  if (NodeBuffer) {
    const buffer = bytes instanceof NodeBuffer ? bytes : NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return buffer.toString('base64')
  }
  let out = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] as number
    const b = bytes[i + 1]
    const c = bytes[i + 2]
    out += ALPHABET.charAt(a >> 2)
    out += ALPHABET.charAt(((a & 3) << 4) | ((b ?? 0) >> 4))
    out += b === undefined ? '=' : ALPHABET.charAt(((b & 15) << 2) | ((c ?? 0) >> 6))
    out += c === undefined ? '=' : ALPHABET.charAt(c & 63)
  }
  return out
}

/** Reads what it can of base64: `Buffer` skips foreign characters, `atob` throws on most and skips white space. */
function decodeBase64(text: string): Uint8Array {
  // Copied out of the pool that short Buffers share: decoded keys do not lie side by side with other data.
  if (NodeBuffer) return new Uint8Array(NodeBuffer.from(text, 'base64'))
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return new Uint8Array(0)
  }
}

/**
 * Reads standard base64 with padding, in its one canonical spelling: no white space, and no stray bits in the last character.
 * @throws PhiError PHI_CORE_ENCODING
 */
export function fromBase64(text: string): Uint8Array {
  const bytes = decodeBase64(text)
  // Only the canonical spelling comes back from its bytes. No pattern is matched: on long texts one exhausts the stack.
  if (toBase64(bytes) !== text) throw coreError('PHI_CORE_ENCODING', { detail: 'not padded standard base64' })
  return bytes
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let out = ''
  for (let i = 0; i < bytes.length; i++) out += HEX[bytes[i] as number]
  return out
}

/** The value of a lower-case hexadecimal digit by its character code, or NaN. */
const nibble = (code: number): number =>
  code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : Number.NaN

/** Reads lower-case hexadecimal. @throws PhiError PHI_CORE_ENCODING */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1)
  for (let i = 0; i < text.length; i += 2) {
    const byte = nibble(text.charCodeAt(i)) * 16 + nibble(text.charCodeAt(i + 1))
    // Past the end of an odd text the code is NaN, and so is the byte.
    if (Number.isNaN(byte)) throw coreError('PHI_CORE_ENCODING', { detail: 'not lower-case hexadecimal' })
    bytes[i >> 1] = byte
  }
  return bytes
}

/** Whether two byte strings are equal, in time that depends on their length only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}
