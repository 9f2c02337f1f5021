import { HASH_BYTES, markBinding, type SpoolKeys, seal, unseal } from './seal.ts'

/**
 * What a spool remembers beside its records, in a small file of its own. It is written over in place after every group of
 * records, before they are acknowledged, and not waited for: the death of the process does not undo it, and after the death of
 * the machine it says too little, never too much. So a record that is missing below `acknowledged` was lost or taken away, and
 * a torn record at or above it was never acknowledged.
 */
export interface Mark {
  /** Counts the marks; the larger of the two slots holds. */
  readonly count: number
  /** Records 0 up to and without this one were acknowledged, or are about to be. */
  readonly acknowledged: number
  /** Hash of the last of them. */
  readonly head: Uint8Array
  /** The log has taken the record of the spool's opening. */
  readonly announced: boolean
  /** Being drained: takes no more records. */
  readonly frozen: boolean
  /** The log has everything, and the record of it: only the files are left. */
  readonly drained: boolean
  /** With `drained`: the files are put aside, not removed, because something in them is not in the log. */
  readonly kept: boolean
  /** Milliseconds since 1970, UTC. */
  readonly createdAt: number
  readonly name: string
}

// Two slots, each in a disk sector of its own, written in turn: a torn one leaves the other.
const SLOTS = 2
const SLOT_STRIDE = 512
export const MARK_BYTES = SLOTS * SLOT_STRIDE
export const MAX_NAME_LENGTH = 64
const PLAIN_BYTES = 8 + 8 + HASH_BYTES + 1 + 8 + 1 + MAX_NAME_LENGTH
const SLOT_BYTES = 12 + PLAIN_BYTES + 16

/** Where the mark goes: the slots take turns. */
export const slotPosition = (mark: Mark): number => (mark.count % SLOTS) * SLOT_STRIDE

/** The bytes of the slot in which this mark goes. */
export function sealMark(keys: SpoolKeys, mark: Mark): Buffer {
  const plain = Buffer.alloc(PLAIN_BYTES)
  plain.writeBigUInt64BE(BigInt(mark.count), 0)
  plain.writeBigUInt64BE(BigInt(mark.acknowledged), 8)
  plain.set(mark.head, 16)
  const flags = [mark.announced, mark.frozen, mark.drained, mark.kept]
  plain.writeUInt8(
    flags.reduce((bits, flag, i) => bits | (flag ? 1 << i : 0), 0),
    48,
  )
  plain.writeDoubleBE(mark.createdAt, 49)
  const name = Buffer.from(mark.name, 'latin1')
  plain.writeUInt8(name.length, 57)
  plain.set(name, 58)
  const slot = Buffer.alloc(SLOT_STRIDE)
  slot.set(seal(keys.mark, markBinding(keys, mark.count % SLOTS), plain))
  return slot
}

function readSlot(keys: SpoolKeys, bytes: Uint8Array, slot: number): Mark | undefined {
  const sealed = bytes.subarray(slot * SLOT_STRIDE, slot * SLOT_STRIDE + SLOT_BYTES)
  const plain = unseal(keys.mark, markBinding(keys, slot), sealed)
  if (plain === undefined || plain.length !== PLAIN_BYTES) return undefined
  const flags = plain.readUInt8(48)
  return {
    count: Number(plain.readBigUInt64BE(0)),
    acknowledged: Number(plain.readBigUInt64BE(8)),
    head: Uint8Array.from(plain.subarray(16, 48)),
    announced: (flags & 1) !== 0,
    frozen: (flags & 2) !== 0,
    drained: (flags & 4) !== 0,
    kept: (flags & 8) !== 0,
    createdAt: plain.readDoubleBE(49),
    name: plain.toString('latin1', 58, 58 + Math.min(plain.readUInt8(57), MAX_NAME_LENGTH)),
  }
}

/** Reads a mark file. `whole` says that both slots, and the padding, are as they were written. */
export function readMark(keys: SpoolKeys, bytes: Uint8Array): { readonly mark: Mark | undefined; readonly whole: boolean } {
  const found = [0, 1].map((slot) => readSlot(keys, bytes, slot))
  const marks = found.filter((mark) => mark !== undefined)
  const padded = Array.from({ length: SLOTS }, (_, slot) =>
    bytes.subarray(slot * SLOT_STRIDE + SLOT_BYTES, (slot + 1) * SLOT_STRIDE),
  )
  const clean = bytes.length === MARK_BYTES && padded.every((padding) => padding.every((byte) => byte === 0))
  return {
    mark: marks.sort((a, b) => b.count - a.count)[0],
    whole: clean && marks.length === SLOTS,
  }
}
