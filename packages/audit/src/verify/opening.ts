import { commitment, type GroupName, MAX_GROUP_BYTES, SALT_BYTES } from '../group.ts'
import { isCanonicalObject } from './canonical.ts'

const SALT_CHARACTERS = 24
/** Above every value of six bits, and an OR over values keeps it. */
const INVALID = 64
const values = new Uint8Array(128).fill(INVALID)
for (const [value, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  values[character.charCodeAt(0)] = value
}
const PADDING = 0x3d

const salt = new Uint8Array(SALT_BYTES)

/**
 * Decodes a salt into the module's buffer: 24 characters of padded base64, no stray bits. Five salts an entry are too many for
 * a decoder that allocates.
 */
function decodeSalt(text: string): boolean {
  if (text.length !== SALT_CHARACTERS || text.charCodeAt(22) !== PADDING || text.charCodeAt(23) !== PADDING) return false
  let codes = 0
  let seen = 0
  let bits = 0
  let out = 0
  for (let i = 0; i < 22; i++) {
    const code = text.charCodeAt(i)
    const value = values[code & 127] as number
    codes |= code
    seen |= value
    bits = (bits << 6) | value
    // Four characters are three bytes.
    if ((i & 3) === 3) {
      salt[out++] = bits >> 16
      salt[out++] = bits >> 8
      salt[out++] = bits
      bits = 0
    }
  }
  salt[out] = bits >> 4
  return codes < 128 && seen < INVALID && (bits & 0x0f) === 0
}

/**
 * The commitment that an opening opens, or '' when it is none: the salt is not 16 bytes in base64, or the text is not a text of
 * allowed length. Never throws, whatever it is given.
 */
export function openedCommitment(name: GroupName, opening: unknown): string {
  const { salt: saltText, json } = opening as { salt?: unknown; json?: unknown }
  if (typeof saltText !== 'string' || typeof json !== 'string') return ''
  if (!decodeSalt(saltText)) return ''
  // UTF-8 takes at most three bytes a code unit: shorter texts always fit.
  if (json.length * 3 > MAX_GROUP_BYTES && byteLength(json) > MAX_GROUP_BYTES) return ''
  return commitment(name, salt, json)
}

const encoder = new TextEncoder()
const limit = new Uint8Array(MAX_GROUP_BYTES)

function byteLength(json: string): number {
  const { read, written } = encoder.encodeInto(json, limit)
  return read < json.length ? MAX_GROUP_BYTES + 1 : written
}

/** How an opening stands to the commitment in its leaf. */
type OpeningState = 'genuine' | 'altered' | 'not-canonical'

/** Checks an opening against the commitment in its leaf. */
export function checkOpening(name: GroupName, opening: unknown, committed: string): OpeningState {
  if (typeof opening !== 'object' || opening === null || openedCommitment(name, opening) !== committed) return 'altered'
  return isCanonicalObject((opening as { json: string }).json) ? 'genuine' : 'not-canonical'
}
