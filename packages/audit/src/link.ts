import { formatInstant, toBase64 } from '@phi/core'
import { auditError } from './errors.ts'
import type { PreparedEntry } from './group.ts'
import { frontierOf, headOf } from './head.ts'
import { entryHashBytes, leafText } from './leaf.ts'
import { FrontierBuilder } from './merkle/index.ts'
import type { Extension, Head, NewEntry } from './store/store.ts'

/** How far the clock may have gone back and still count as jitter between machines. */
export const CLOCK_TOLERANCE_MS = 60_000

/**
 * The recorded time of entries written now. Recorded times do not run backwards by jitter: a clock up to a minute behind the
 * last entry records the last entry's time again. A clock that is further behind is recorded as it is, and the verifier
 * reports the regression: hiding it would date everything after one wrong clock by that clock.
 */
export function recordedTime(now: number, last: string): string {
  const text = formatInstant(now)
  // Texts of one width: the earlier one is the lesser.
  if (text >= last) return text
  return Date.parse(last) - now <= CLOCK_TOLERANCE_MS ? last : text
}

/** Chains prepared entries onto a head: leaves, entry hashes, Merkle frontier. Pure. */
export function linkEntries(
  origin: string,
  head: Head,
  prepared: readonly PreparedEntry[],
  now: number,
): Extension & { readonly hashes: readonly string[] } {
  if (head.size + prepared.length > Number.MAX_SAFE_INTEGER) throw auditError('PHI_AUDIT_STORE', { path: 'head.size' })
  const recordedAt = recordedTime(now, head.recordedAt)
  const builder = new FrontierBuilder(frontierOf(head))
  const entries: NewEntry[] = new Array(prepared.length)
  const hashes: string[] = new Array(prepared.length)
  let previous = head.lastHash
  for (let i = 0; i < prepared.length; i++) {
    const { eventId, open, terms, commitments } = prepared[i] as PreparedEntry
    const index = head.size + i
    const leaf = leafText(origin, index, recordedAt, previous, commitments)
    const hash = entryHashBytes(leaf)
    builder.push(hash)
    previous = toBase64(hash)
    hashes[i] = previous
    entries[i] = { index, leaf, open, eventId, terms }
  }
  const tiles = builder.completed.map(({ level, index, hash }) => ({ level, index, hash: toBase64(hash) }))
  return { entries, tiles, head: headOf(previous, recordedAt, builder.frontier(), head), hashes }
}
