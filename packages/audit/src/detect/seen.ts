import type { AuditRecord } from '../record.ts'

/**
 * How late a record may come and still be judged at the time it happened: a spool that stands in for a log that is away is drained within
 * a day. What comes later is judged at the time the log took it, and coverage counts it.
 */
export const LATENESS_MS = 86_400_000
/** How far the clocks of a service and of the log may be apart. */
const SKEW_MS = 300_000

/** A record as detectors see it. Times are milliseconds since 1970. */
export interface Seen {
  readonly record: AuditRecord
  readonly index: number
  readonly event: AuditRecord['event']
  /** The log's time: the latest `recordedAt` so far. It goes back only where a record is more than a day older, after a clock was set. */
  readonly now: number
  /** When it happened, as the service says; the time it was recorded, where that is not known or lies in the future. */
  readonly happened: number
  /** The time for windows: `happened` if it lies within the last day before `now`, else `now`. */
  readonly at: number
  /** Why the time is in doubt. */
  readonly doubt: 'time withheld' | 'time ahead of the log' | 'recorded late' | undefined
}

/** Reads the times of a record. `now` is the one before, undefined at the start. */
export function seenAt(record: AuditRecord, before: number | undefined): Seen {
  const recorded = Date.parse(record.recordedAt)
  const now = before === undefined || recorded > before || recorded < before - LATENESS_MS ? recorded : before
  const occurred = record.event.occurredAt === undefined ? undefined : Date.parse(record.event.occurredAt)
  const base = { record, index: record.index, event: record.event, now }
  if (occurred === undefined) return { ...base, happened: recorded, at: now, doubt: 'time withheld' }
  if (occurred > recorded + SKEW_MS) return { ...base, happened: recorded, at: now, doubt: 'time ahead of the log' }
  if (occurred < now - LATENESS_MS) return { ...base, happened: occurred, at: now, doubt: 'recorded late' }
  return { ...base, happened: occurred, at: Math.min(occurred, now), doubt: undefined }
}
