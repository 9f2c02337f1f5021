import { Temporal } from 'temporal-polyfill'
import { deadlinesError } from '../errors.ts'
import { type CivilDate, type Day, dayOf, formatDay, inRange, readDay } from './civil-date.ts'

/**
 * A moment as a fact: a civil date, `2026-05-04`; or an instant with Z or an offset, `2026-05-31T23:50:00-04:00`; or a local
 * time with its zone, `2026-05-31T23:50:00[America/New_York]`. A time without any of these names no instant and is refused.
 */
export type Moment = string

/** A moment as read: its day in the zone of the obliged entity, and the instant (ms since 1970) where one was given. */
export interface ReadMoment {
  readonly day: Day
  readonly instant?: number
}

export interface Zone {
  readonly id: string
  /** The civil date at an instant. */
  dayAt(instant: number): Day
  /** The first instant of a civil date, or of the next one that exists. */
  startOf(day: Day): number
  /** The last second of a civil date, with its offset: `2026-07-03T23:59:59-04:00`. */
  endOf(day: Day): string
  /** An instant with the offset of the zone. */
  format(instant: number): string
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/
// What Temporal.ZonedDateTime prints: both, and they must agree.
const ZONED = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?[+-]\d\d:\d\d\[([A-Za-z0-9_+\-/]{1,64})\]$/
const LOCAL = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\[([A-Za-z0-9_+\-/]{1,64})\]$/
// Old names of fixed offsets: no zone of the United States has one all year under such a name, and "EST" in July is a mistake.
const FIXED = new Set(['EST', 'MST', 'HST', 'CST', 'PST', 'EDT', 'CDT', 'MDT', 'PDT'])

const KEPT = 4096
const zones = new Map<string, Zone>()

/**
 * The zone by its IANA name.
 * @throws PhiError PHI_DEADLINES_ZONE for names that do not exist, for bare offsets and for abbreviations such as EST
 */
export function zoneOf(id: string): Zone {
  const known = zones.get(id)
  if (known) return known
  if (typeof id !== 'string' || !/^[A-Za-z]/.test(id) || id.length > 64 || FIXED.has(id.toUpperCase())) {
    throw deadlinesError('PHI_DEADLINES_ZONE')
  }
  let epoch: Temporal.ZonedDateTime
  try {
    epoch = Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(id)
  } catch {
    throw deadlinesError('PHI_DEADLINES_ZONE')
  }
  const made = makeZone(epoch.timeZoneId)
  // The names that exist are a few hundred, and cases of letters beside them are the caller's.
  if (zones.size < KEPT) zones.set(id, made)
  return made
}

function makeZone(id: string): Zone {
  const ends = new Map<Day, string>()
  const startOf = (day: Day) => Temporal.PlainDate.from(formatDay(day)).toZonedDateTime({ timeZone: id }).epochMilliseconds
  const format = (instant: number) =>
    Temporal.Instant.fromEpochMilliseconds(instant)
      .toZonedDateTimeISO(id)
      .toString({ timeZoneName: 'never', fractionalSecondDigits: instant % 1000 === 0 ? 0 : 3 })
  return {
    id,
    dayAt: (instant) => {
      const { year, month, day } = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(id)
      return inRange(dayOf(year, month, day))
    },
    startOf,
    endOf: (day) => {
      const known = ends.get(day)
      if (known !== undefined) return known
      const end = format(startOf(day + 1) - 1000)
      if (ends.size >= KEPT) ends.clear()
      ends.set(day, end)
      return end
    },
    format,
  }
}

/** Whether a text is the IANA name of a zone that this runtime knows. */
export function isTimeZone(id: string): boolean {
  try {
    return zoneOf(id).id !== ''
  } catch {
    return false
  }
}

/**
 * Reads a moment. An instant needs the zone of the obliged entity to become a civil date; a local time names its own, but its
 * civil date is again that of the obliged entity's zone.
 * @throws PhiError PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE
 */
export function readMoment(text: Moment, zone: Zone | undefined, path: string): ReadMoment {
  const day = readDay(text)
  if (day !== undefined) return { day }
  if (typeof text !== 'string' || text.length > 120) throw deadlinesError('PHI_DEADLINES_DATE', { path })
  const local = LOCAL.exec(text)
  const zoned = ZONED.exec(text)
  if (!local && !zoned && !INSTANT.test(text)) {
    const detail = /T\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text) ? 'the instant names neither an offset nor a zone' : undefined
    throw deadlinesError('PHI_DEADLINES_DATE', { path, ...(detail && { detail }) })
  }
  if (!zone) throw deadlinesError('PHI_DEADLINES_ZONE', { path, detail: 'an instant has a date only in a zone' })
  const instant = local
    ? localInstant(local[1] as string, local[2] as string, path)
    : zoned
      ? zonedInstant(text, zoned[1] as string, path)
      : plainInstant(text, path)
  return { day: zone.dayAt(instant), instant }
}

function plainInstant(text: string, path: string): number {
  // Temporal takes 24:00 for no time and 23:59:60 for 23:59:59; a day that does not exist it refuses.
  try {
    return Temporal.Instant.from(text).epochMilliseconds
  } catch {
    throw deadlinesError('PHI_DEADLINES_DATE', { path })
  }
}

function zonedInstant(text: string, name: string, path: string): number {
  zoneOf(name)
  try {
    return Temporal.ZonedDateTime.from(text, { offset: 'reject' }).epochMilliseconds
  } catch {
    throw deadlinesError('PHI_DEADLINES_DATE', { path, detail: 'the offset is not that of the zone at that time' })
  }
}

function localInstant(text: string, name: string, path: string): number {
  const own = zoneOf(name)
  try {
    // A local time that the clocks skipped does not exist; one that they repeated is taken as the earlier, which is stricter.
    const time = Temporal.PlainDateTime.from(text)
    const earlier = time.toZonedDateTime(own.id, { disambiguation: 'earlier' })
    if (!earlier.toPlainDateTime().equals(time)) throw new RangeError()
    return earlier.epochMilliseconds
  } catch {
    throw deadlinesError('PHI_DEADLINES_DATE', { path, detail: 'the local time does not exist in its zone' })
  }
}

/** The civil date on which an instant falls in a zone. @throws PhiError PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE */
export function civilDateIn(timeZone: string, moment: Moment): CivilDate {
  return formatDay(readMoment(moment, zoneOf(timeZone), 'moment').day)
}
