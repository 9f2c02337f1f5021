import { CHECK_BYTES, type Frame, ID_BYTES, nextMagic, openFrame, type SpoolKeys } from './seal.ts'

/*
 * A spool's files: <ordinal>-<spool id>.mark and <ordinal>-<spool id>-<number>.segment. The ordinal orders the spools of a
 * directory. A segment is a header and frames, one behind the other:
 *
 *   header = "PHISPOOL" ‖ spool id [16] ‖ number u32 ‖ check [8]
 */
const MAGIC = Buffer.from('PHISPOOL')
export const HEADER_BYTES = MAGIC.length + ID_BYTES + 4 + CHECK_BYTES

const NAME = /^(\d{8})-([0-9a-f]{32})(?:-(\d{8}))?\.(mark|segment)$/
const digits = (value: number): string => String(value).padStart(8, '0')

export const markName = (ordinal: number, id: string): string => `${digits(ordinal)}-${id}.mark`
export const segmentName = (ordinal: number, id: string, number: number): string =>
  `${digits(ordinal)}-${id}-${digits(number)}.segment`
/** Files put aside: no longer a part of the spool, and not removed by it. */
export const KEPT = 'kept-'

/** What a file name says. @returns undefined for other files */
export function parseName(
  name: string,
): { readonly ordinal: number; readonly id: string; readonly segment: number | undefined } | undefined {
  const [, ordinal, id, segment, kind] = NAME.exec(name) ?? []
  if (ordinal === undefined || id === undefined || (segment === undefined) !== (kind === 'mark')) return undefined
  return { ordinal: Number(ordinal), id, segment: segment === undefined ? undefined : Number(segment) }
}

export function segmentHeader(keys: SpoolKeys, number: number): Buffer {
  const at = Buffer.alloc(4)
  at.writeUInt32BE(number)
  return Buffer.concat([MAGIC, keys.id, at, keys.check])
}

/** A stretch of a segment that is not a record. */
export interface Stretch {
  readonly segment: number
  readonly offset: number
  readonly length: number
}

/** A record in a segment. */
export interface FoundFrame extends Omit<Frame, 'previous' | 'hash'> {
  readonly segment: number
  readonly offset: number
  readonly previous: string
  readonly hash: string
}

/** Everything that is in a segment. */
export interface Scan {
  readonly segment: number
  readonly size: number
  /** The header carries the check of this key. */
  readonly keyed: boolean
  readonly frames: readonly FoundFrame[]
  readonly unreadable: readonly Stretch[]
}

/**
 * Reads a segment. Where a record cannot be read, the next one is searched for: records name their own place and the one before
 * them, so one stands without the other.
 */
export function scanSegment(keys: SpoolKeys, segment: number, bytes: Buffer): Scan {
  const frames: FoundFrame[] = []
  const unreadable: Stretch[] = []
  const header = segmentHeader(keys, segment)
  const hasHeader = bytes.length >= HEADER_BYTES && header.equals(bytes.subarray(0, HEADER_BYTES))
  const keyed = keys.check.every((byte, i) => bytes[HEADER_BYTES - CHECK_BYTES + i] === byte)
  let at = Math.min(HEADER_BYTES, bytes.length)
  if (!hasHeader) unreadable.push({ segment, offset: 0, length: at })
  while (at < bytes.length) {
    const start = at
    let frame = openFrame(keys, bytes, at)
    while (frame === undefined && at !== -1) {
      at = nextMagic(bytes, at + 1)
      if (at !== -1) frame = openFrame(keys, bytes, at)
    }
    if (at === -1) at = bytes.length
    if (at > start) {
      // A header that was never written whole and what follows it are one stretch.
      const before = unreadable[0]?.length === start ? (unreadable.pop() as Stretch).length : 0
      unreadable.push({ segment, offset: start - before, length: at - start + before })
    }
    if (frame === undefined) break
    const { previous, hash } = frame
    frames.push({ ...frame, segment, offset: at, previous: previous.toString('base64'), hash: hash.toString('base64') })
    at += frame.length
  }
  return { segment, size: bytes.length, keyed, frames, unreadable }
}
