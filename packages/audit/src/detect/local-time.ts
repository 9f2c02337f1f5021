import { utf8 } from '@phi/core'

/** A local time of a zone. */
export interface LocalTime {
  /** Civil days since 1970-01-01. */
  readonly day: number
  /** Minutes since local midnight, 0 to 1439. */
  readonly minute: number
  /** 1 Monday to 7 Sunday. */
  readonly weekday: number
}

export interface LocalClock {
  at(instant: number): LocalTime
}

const QUARTER = 900_000
const DAY = 86_400_000
/** Outside of these years no zone has rules of its own, and Intl counts eras. */
const FIRST = Date.UTC(1970, 0, 1)
const LAST = Date.UTC(2200, 0, 1)
const KEPT = 4096

function formatOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
}

/** Whether the text names a zone. Bare offsets are refused: they have no summer time. */
export function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone) || utf8(zone).length > 64) return false
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

function offsetAt(format: Intl.DateTimeFormat, instant: number): number {
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  return local - instant
}

const clocks = new Map<string, LocalClock>()

/** Local times of a zone. */
export function localClock(zone: string): LocalClock {
  const known = clocks.get(zone)
  if (known !== undefined) return known
  if (clocks.size >= KEPT) clocks.clear()
  const made = makeClock(zone)
  clocks.set(zone, made)
  return made
}

/** Clocks change on quarters of an hour, so that an offset is looked up once for each quarter. */
function makeClock(zone: string): LocalClock {
  const format = formatOf(zone)
  const offsets = new Map<number, number>()
  const offset = (instant: number): number => {
    const quarter = Math.floor(Math.min(Math.max(instant, FIRST), LAST) / QUARTER)
    const known = offsets.get(quarter)
    if (known !== undefined) return known
    if (offsets.size >= KEPT) offsets.clear()
    const found = offsetAt(format, quarter * QUARTER)
    offsets.set(quarter, found)
    return found
  }
  return {
    at(instant) {
      const local = instant + offset(instant)
      const day = Math.floor(local / DAY)
      // 1970-01-01 was a Thursday.
      return { day, minute: Math.floor((local - day * DAY) / 60_000), weekday: ((((day + 3) % 7) + 7) % 7) + 1 }
    },
  }
}

/** A civil day as text, `2026-03-08`. */
export const dayText = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10)
