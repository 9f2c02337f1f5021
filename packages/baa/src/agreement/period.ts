import * as z from 'zod'

/** A period as a document states it. `days` are days without another word, which are calendar days. */
export type Period =
  | { readonly hours: number }
  | { readonly days: number }
  | { readonly businessDays: number }
  | { readonly months: number }
  | { readonly years: number }

/** What starts a clock of an agreement, as its clause says. The law runs from discovery, 45 CFR 164.410(a)(2). */
export const triggers = ['discovery', 'awareness', 'detection', 'determination', 'confirmation', 'notification'] as const
export type ClockTrigger = (typeof triggers)[number]

/**
 * What 45 CFR 164.410(c)(1) and 164.404(c)(1)(A) to (E) want a business associate's notice to hold. `@phi/deadlines/contract` has the same
 * words for what a profile states: neither package imports the other, so the list stands in both, and the words are part of two formats.
 */
export const noticeElements = [
  'identification of each individual',
  'what happened',
  'date of the breach',
  'date of discovery',
  'types of information',
  'steps for individuals',
  'what is being done',
  'contact procedures',
] as const
export type NoticeElement = (typeof noticeElements)[number]

const amount = z.int().min(1).max(10_000)

export const periodSchema: z.ZodType<Period> = z.union([
  z.strictObject({ hours: amount }).readonly(),
  z.strictObject({ days: amount }).readonly(),
  z.strictObject({ businessDays: amount }).readonly(),
  z.strictObject({ months: amount }).readonly(),
  z.strictObject({ years: z.int().min(1).max(100) }).readonly(),
])

/** The shortest and the longest that a period can last, in hours of 24 to the day. */
export interface HourSpan {
  readonly shortest: number
  readonly longest: number
}

const DAY = 24

/**
 * A month has 28 to 31 days and a year 365 or 366. Business days: the shortest count runs from Monday to Friday, and the longest
 * meets weekends and the federal holidays: an upper bound, which a test holds against every day of 28 years.
 */
export function hoursOf(period: Period): HourSpan {
  if ('hours' in period) return { shortest: period.hours, longest: period.hours }
  if ('days' in period) return { shortest: period.days * DAY, longest: period.days * DAY }
  if ('months' in period) return monthsOf(period.months)
  if ('years' in period) return monthsOf(period.years * 12)
  const count = period.businessDays
  const weekends = (days: number) => Math.floor((days - 1) / 5) * 2
  const holidays = Math.ceil((count / 250) * 12) + 3
  const longest = count + holidays
  return { shortest: (count + weekends(count)) * DAY, longest: (longest + weekends(longest) + 2) * DAY }
}

/** Over the days of four years, which hold every run of months: the fewest and the most that so many months can have. */
function monthsOf(count: number): HourSpan {
  const lengths: number[] = []
  for (let start = 0; start < 48; start++) {
    const at = (month: number) => Date.UTC(2024, month, 1) / 86_400_000
    lengths.push(at(start + count) - at(start))
  }
  return { shortest: Math.min(...lengths) * DAY, longest: Math.max(...lengths) * DAY }
}

const counted = (amount: number, unit: string): string => `${amount} ${unit}${amount === 1 ? '' : 's'}`

/** A period in words: `72 hours`, `2 business days`. */
export function periodInWords(period: Period): string {
  if ('hours' in period) return counted(period.hours, 'hour')
  if ('days' in period) return counted(period.days, 'day')
  if ('months' in period) return counted(period.months, 'month')
  if ('years' in period) return counted(period.years, 'year')
  return counted(period.businessDays, 'business day')
}
