import { fromHex, toHex } from '@phi/core'
import { envelopeError } from '../errors.ts'

/**
 * What an index column holds for a value: key id[4] ‖ the first ⌈bits / 8⌉ bytes of the HMAC, with the bits over zero. As text, which
 * is the default, the same bytes in small hexadecimal letters.
 *
 * The key id stands in front so that one column and one plain b-tree serve `=` and `in (…)` also while two keys are in use, and
 * so that `left(email_idx, 8)` counts what a key still holds. Hexadecimal rather than base64url, because collations that do not tell
 * capitals from small letters (the default of MySQL) would take two terms for one.
 */
export type IndexTerm<Output extends IndexOutput = IndexOutput> = Output extends 'bytes' ? Uint8Array : string

/** How a term is stored: in a text column, or in half the room in a binary one. */
export type IndexOutput = 'text' | 'bytes'

const ID = 4

/** The bytes of a term. */
export function termBytes(idBytes: Uint8Array, mac: Uint8Array, bits: number): Uint8Array {
  const size = Math.ceil(bits / 8)
  const out = new Uint8Array(ID + size)
  out.set(idBytes)
  out.set(mac.subarray(0, size), ID)
  const last = out.length - 1
  out[last] = (out[last] as number) & (0xff << (size * 8 - bits))
  return out
}

/** @throws PhiError PHI_ENVELOPE_INDEX for what no index of so many bits wrote in this form */
export function parseTerm(stored: unknown, bits: number, output: IndexOutput): Uint8Array {
  const bytes = output === 'bytes' ? stored : fromText(stored)
  const size = Math.ceil(bits / 8)
  const spare = size * 8 - bits
  const wellFormed =
    bytes instanceof Uint8Array && bytes.length === ID + size && ((bytes[ID + size - 1] as number) & ((1 << spare) - 1)) === 0
  if (!wellFormed) throw envelopeError('PHI_ENVELOPE_INDEX', { detail: 'what is stored is no term of this index' })
  return bytes
}

function fromText(stored: unknown): Uint8Array | undefined {
  try {
    return typeof stored === 'string' && stored.length <= 72 ? fromHex(stored) : undefined
  } catch {
    return undefined
  }
}

/** The id of the key under which a term was made, 8 hexadecimal digits. */
export const keyIdOfTerm = (bytes: Uint8Array): string => toHex(bytes.subarray(0, ID))

export const toOutput = <Output extends IndexOutput>(bytes: Uint8Array, output: Output): IndexTerm<Output> =>
  (output === 'text' ? toHex(bytes) : bytes) as IndexTerm<Output>
