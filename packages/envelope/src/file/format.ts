import { equalBytes, toHex, utf8 } from '@phi/core'
import { envelopeError } from '../errors.ts'
import { lengthPrefixed } from '../length-prefixed.ts'

/** "phif" ‖ version ‖ suite: version 1, suite 3 (Cobblestone-256). The key id of 4 bytes follows. */
const MARK = Uint8Array.of(0x70, 0x68, 0x69, 0x66, 0x01, 0x03)
const KEY_ID = 4
/** Bytes before the Cobblestone message. */
export const HEADER = MARK.length + KEY_ID

const LABEL = utf8('phi.envelope/file/v1')

export function writeHeader(keyId: Uint8Array): Uint8Array {
  const header = new Uint8Array(HEADER)
  header.set(MARK)
  header.set(keyId, MARK.length)
  return header
}

/** The key id of a file's first 10 bytes. @throws PhiError PHI_ENVELOPE_FILE for another format, version or suite */
export function readHeader(header: Uint8Array): string {
  if (header.length < HEADER || !equalBytes(header.subarray(0, MARK.length), MARK)) {
    throw envelopeError('PHI_ENVELOPE_FILE', { detail: 'not a sealed file of a version and suite that is known here' })
  }
  return toHex(header.subarray(MARK.length, HEADER))
}

/** What a file is bound to, beside its header. */
export interface FileBinding {
  readonly tenant: string
  readonly collection: string
  /** Undefined for a file that was sealed without an id. */
  readonly file: string | undefined
  readonly subject: string | undefined
}

/**
 * The context of a file's Cobblestone message: recomputed, never stored. Each part has its length in bytes before it, as an
 * unsigned 32-bit big-endian integer: label, header[10], tenant, collection, file id, subject. The last two begin with a byte
 * that says whether there is one: 0x00 for none, 0x01 before its UTF-8 bytes.
 */
export function fileContext(header: Uint8Array, { tenant, collection, file, subject }: FileBinding): Uint8Array {
  return lengthPrefixed([LABEL, header, utf8(tenant), utf8(collection), optional(file), optional(subject)])
}

function optional(text: string | undefined): Uint8Array {
  if (text === undefined) return Uint8Array.of(0)
  const bytes = utf8(text)
  const out = new Uint8Array(1 + bytes.length)
  out[0] = 1
  out.set(bytes, 1)
  return out
}
