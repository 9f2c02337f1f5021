import { federalCalendar, isBusinessDay } from '../calendar/business-days.ts'
import { addMonths, type Day, dayOf } from '../calendar/civil-date.ts'
import type { StatedPeriod } from './profile.ts'

/** How many calendar days a stated period can last, at least and at most: months differ, and so do weeks with holidays. */
export interface Span {
  readonly shortest: number
  readonly longest: number
}

/** The first days of the months of two stretches of years: one with 29 February as often as it comes, one around 1900 without it. */
const months: readonly Day[] = [1892, 2020].flatMap((year) =>
  Array.from({ length: 12 * 12 }, (_, index) => dayOf(year + Math.floor(index / 12), (index % 12) + 1, 1)),
)

function spanOfMonths(count: number): Span {
  const lengths = months.map((day) => addMonths(day, count, 'earlier') - day)
  return { shortest: Math.min(...lengths), longest: Math.max(...lengths) }
}

const businessSpans = new Map<number, Span>()

/** Over every day of 28 years, which is how long weekdays and dates take to come round, by the federal holidays. */
function spanOfBusinessDays(count: number): Span {
  const known = businessSpans.get(count)
  if (known) return known
  const first = dayOf(2023, 1, 1)
  const last = dayOf(2051, 1, 1)
  // Weekends alone stretch the count by 7 to 5; 40 more days leave room for the holidays of a thousand business days.
  const end = last + Math.ceil(count * 1.5) + 40
  const business: Day[] = []
  for (let day = first + 1; day <= end; day++) if (isBusinessDay(day, federalCalendar)) business.push(day)
  let [shortest, longest] = [Number.POSITIVE_INFINITY, 0]
  for (let day = first, next = 0; day < last; day++) {
    while ((business[next] as Day) <= day) next++
    const length = (business[next + count - 1] as Day) - day
    shortest = Math.min(shortest, length)
    longest = Math.max(longest, length)
  }
  const span = { shortest, longest }
  businessSpans.set(count, span)
  return span
}

/** The span of a stated period in calendar days. Hours are parts of a day. */
export function spanOf(period: StatedPeriod): Span {
  if ('hours' in period) return { shortest: period.hours / 24, longest: period.hours / 24 }
  if ('days' in period) return { shortest: period.days, longest: period.days }
  if ('months' in period) return spanOfMonths(period.months)
  if ('years' in period) return spanOfMonths(period.years * 12)
  return spanOfBusinessDays(period.businessDays)
}

/** The months of a period that is counted on the calendar. */
const monthsIn = (period: StatedPeriod): number | undefined =>
  'months' in period ? period.months : 'years' in period ? period.years * 12 : undefined

/** Whether a period can be shorter than so many years. 2190 days can: years have leap days. */
export function isShorterThan(period: StatedPeriod, years: number): boolean {
  const months = monthsIn(period)
  return months === undefined ? spanOf(period).shortest < spanOf({ years }).longest : months < years * 12
}

/** Whether a period can be longer than so many months. */
export function isLongerThan(period: StatedPeriod, limit: number): boolean {
  const months = monthsIn(period)
  return months === undefined ? spanOf(period).longest > spanOf({ months: limit }).shortest : months > limit
}

const counted = (amount: number, unit: string): string => `${amount} ${unit}${amount === 1 ? '' : 's'}`

/** A period in words: `72 hours`, `2 business days`. */
export function periodInWords(period: StatedPeriod): string {
  if ('hours' in period) return counted(period.hours, 'hour')
  if ('days' in period) return counted(period.days, 'day')
  if ('months' in period) return counted(period.months, 'month')
  if ('years' in period) return counted(period.years, 'year')
  return counted(period.businessDays, 'business day')
}
