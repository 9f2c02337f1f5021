import { deadlinesError } from '../errors.ts'
import { type Day, dayOf, inRange, isWeekend, partsOf, weekdayOf } from './civil-date.ts'

/** Which weekdays are not business days. Saturdays and Sundays never are; a calendar adds its holidays. */
export interface BusinessCalendar {
  /** For rules to name it, and for results to show: `us-federal`, `us-ny`. */
  readonly id: string
  /** Days of a year, as numbers since 1970-01-01, on which nobody is expected to work. */
  holidays(year: number): ReadonlySet<Day>
}

interface Holiday {
  readonly name: string
  /** A fixed date, or the n-th weekday of a month (negative: from its end). */
  readonly on: { month: number; date: number } | { month: number; weekday: number; nth: number }
  /** The first year in which it was a legal public holiday at its present date. */
  readonly since: number
  /** No calendar of a State leaves it out. */
  readonly undisputed: boolean
}

/**
 * The legal public holidays of 5 USC 6103(a), as they stand since 1971 (Pub. L. 90-363), with the two added since (Pub. L.
 * 98-144 for 1986, Pub. L. 117-17 for 2021) and Veterans Day back on 11 November since 1978 (Pub. L. 94-97). [memory]
 */
const federalHolidays: readonly Holiday[] = [
  { name: "New Year's Day", on: { month: 1, date: 1 }, since: 1870, undisputed: true },
  { name: 'Birthday of Martin Luther King, Jr.', on: { month: 1, weekday: 1, nth: 3 }, since: 1986, undisputed: false },
  { name: "Washington's Birthday", on: { month: 2, weekday: 1, nth: 3 }, since: 1971, undisputed: false },
  { name: 'Memorial Day', on: { month: 5, weekday: 1, nth: -1 }, since: 1971, undisputed: true },
  { name: 'Juneteenth National Independence Day', on: { month: 6, date: 19 }, since: 2021, undisputed: false },
  { name: 'Independence Day', on: { month: 7, date: 4 }, since: 1870, undisputed: true },
  { name: 'Labor Day', on: { month: 9, weekday: 1, nth: 1 }, since: 1894, undisputed: true },
  { name: 'Columbus Day', on: { month: 10, weekday: 1, nth: 2 }, since: 1971, undisputed: false },
  { name: 'Veterans Day', on: { month: 11, date: 11 }, since: 1978, undisputed: false },
  { name: 'Thanksgiving Day', on: { month: 11, weekday: 4, nth: 4 }, since: 1942, undisputed: true },
  { name: 'Christmas Day', on: { month: 12, date: 25 }, since: 1870, undisputed: true },
]

function dateIn(year: number, on: Holiday['on']): Day {
  if ('date' in on) return dayOf(year, on.month, on.date)
  const first = on.nth > 0 ? dayOf(year, on.month, 1) : dayOf(year, on.month + 1, 1) - 1
  if (on.nth > 0) return first + ((on.weekday - weekdayOf(first) + 7) % 7) + 7 * (on.nth - 1)
  return first - ((weekdayOf(first) - on.weekday + 7) % 7) + 7 * (on.nth + 1)
}

/** 5 USC 6103(b)(1), and Executive Order 11582 for Sundays: the day on which offices close instead. */
const observed = (day: Day): Day => (weekdayOf(day) === 6 ? day - 1 : weekdayOf(day) === 0 ? day + 1 : day)

/** A calendar that works out each year once. */
export function yearly(id: string, holidaysOf: (year: number) => Iterable<Day>): BusinessCalendar {
  const years = new Map<number, ReadonlySet<Day>>()
  return Object.freeze({
    id,
    holidays: (year: number) => {
      const known = years.get(year)
      if (known) return known
      const made: ReadonlySet<Day> = new Set(holidaysOf(year))
      years.set(year, made)
      return made
    },
  })
}

/** The legal public holidays of the United States and the days on which they are observed. */
export const federalCalendar: BusinessCalendar = yearly('us-federal', (year) => {
  const all = [year - 1, year, year + 1].flatMap((each) =>
    federalHolidays.filter(({ since }) => each >= since).map(({ on }) => dateIn(each, on)),
  )
  return all.flatMap((day) => [day, observed(day)]).filter((day) => partsOf(day).year === year)
})

/**
 * Only the six holidays that every calendar of the United States has, on their own dates. A count that leaves out fewer days
 * ends earlier, so this is the strict calendar where a statute says "business days" and does not say which.
 */
export const undisputedCalendar: BusinessCalendar = yearly('us-undisputed', (year) =>
  federalHolidays.filter(({ undisputed, since }) => undisputed && year >= since).map(({ on }) => dateIn(year, on)),
)

export const isBusinessDay = (day: Day, calendar: BusinessCalendar): boolean =>
  !isWeekend(day) && !calendar.holidays(partsOf(day).year).has(day)

/** The n-th business day after a day (n ≥ 1), or the day itself for 0. */
export function addBusinessDays(day: Day, count: number, calendar: BusinessCalendar): Day {
  if (!Number.isInteger(count) || count < 0 || count > 10_000) throw deadlinesError('PHI_DEADLINES_RANGE')
  let at = day
  for (let left = count; left > 0; ) {
    at = inRange(at + 1)
    if (isBusinessDay(at, calendar)) left--
  }
  return at
}

/** The day itself when it is a business day, else the last one before it. */
export function businessDayOnOrBefore(day: Day, calendar: BusinessCalendar): Day {
  let at = day
  while (!isBusinessDay(at, calendar)) at = inRange(at - 1)
  return at
}

/** The day itself when it is a business day, else the first one after it. */
export function businessDayOnOrAfter(day: Day, calendar: BusinessCalendar): Day {
  let at = day
  while (!isBusinessDay(at, calendar)) at = inRange(at + 1)
  return at
}
