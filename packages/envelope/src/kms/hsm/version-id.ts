import { fromHex, randomBytes, toHex } from '@phi/core'

// Versions of one key-encryption key share its label and are told apart by an id, read as an unsigned big-endian number: the
// greatest is the current one. Ids from here are 8 bytes: a count, and 4 random bytes, so that two processes that rotate at the
// same moment make two versions and not one id twice. Keys made elsewhere, with ids like 01 and 02, take their place in the order.

const RANDOM_BITS = 32n
const LENGTH = 8

const numberOf = (id: Uint8Array): bigint => (id.length === 0 ? 0n : BigInt(`0x${toHex(id)}`))

/** Sorts ascending; the last is the current version. Of two spellings of one number the longer counts as the later. */
export function compareIds(a: Uint8Array, b: Uint8Array): number {
  const [x, y] = [numberOf(a), numberOf(b)]
  return x < y ? -1 : x > y ? 1 : a.length - b.length
}

/** An id that comes after all of these. */
export function nextId(ids: readonly Uint8Array[]): Uint8Array {
  const greatest = ids.toSorted(compareIds).at(-1) ?? new Uint8Array()
  const count = (numberOf(greatest) >> RANDOM_BITS) + 1n
  const hex = count.toString(16) + toHex(randomBytes(Number(RANDOM_BITS / 8n)))
  // Never shorter than the greatest: its leading zeros are kept, and growth past its length adds a byte.
  const length = Math.max(LENGTH, greatest.length, Math.ceil(hex.length / 2))
  return fromHex(hex.padStart(length * 2, '0'))
}
