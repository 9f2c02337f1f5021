import { parseAs } from '@phi/core'
import * as z from 'zod'
import { civilDate } from '../agreement/date.ts'
import { safeguardError } from './errors.ts'

/** A day without a zone, `YYYY-MM-DD`. Two of them compare as texts do. */
export type Day = string

/** How often something comes round. Months and years are counted on the calendar. The same words as `Every` of @phi/deadlines. */
export type Every =
  | 'monthly'
  | 'quarterly'
  | 'yearly'
  | { readonly days: number }
  | { readonly months: number }
  | { readonly years: number }

export const everySchema: z.ZodType<Every> = z.union([
  z.enum(['monthly', 'quarterly', 'yearly']),
  z.strictObject({ days: z.int().min(1).max(3650) }).readonly(),
  z.strictObject({ months: z.int().min(1).max(600) }).readonly(),
  z.strictObject({ years: z.int().min(1).max(50) }).readonly(),
])

/** @throws PhiError PHI_BAA_QUESTION */
export const readDay = (value: unknown, path: string): Day =>
  parseAs(civilDate, value, path, (context) => safeguardError('PHI_BAA_QUESTION', context))

const monthsOf = (every: Every): number | undefined => {
  if (every === 'monthly') return 1
  if (every === 'quarterly') return 3
  if (every === 'yearly') return 12
  if ('days' in every) return undefined
  return 'months' in every ? every.months : every.years * 12
}

const DAY = 86_400_000

/** The texts of days compare only with four digits to the year: what lies beyond ends at the last of them. */
function shifted(day: Day, days: number): Day {
  const text = new Date(Date.parse(`${day}T00:00:00.000Z`) + days * DAY).toISOString()
  if (text.length === 24) return text.slice(0, 10)
  return days < 0 ? '0000-01-01' : '9999-12-31'
}

/** The day before. */
export const dayBefore = (day: Day): Day => shifted(day, -1)

/**
 * The day one period later. The 31st of a month that has none is the last day of that month: `earlier`, for whoever has to act; or the
 * first of the next: `later`, for whoever has to keep something.
 */
export function dayAfter(day: Day, every: Every, round: 'earlier' | 'later' = 'earlier'): Day {
  const months = monthsOf(every)
  if (months === undefined) return shifted(day, (every as { readonly days: number }).days)
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  const total = year * 12 + month - 1 + months
  const first = (at: number) => `${String(Math.floor(at / 12)).padStart(4, '0')}-${String((at % 12) + 1).padStart(2, '0')}-01`
  if (total >= 9999 * 12) return '9999-12-31'
  const length = Math.round((Date.parse(first(total + 1)) - Date.parse(first(total))) / DAY)
  if (date <= length) return shifted(first(total), date - 1)
  return shifted(first(total), round === 'earlier' ? length - 1 : length)
}

/** `every 90 days`, `every 12 months`. */
export function everyInWords(every: Every): string {
  const months = monthsOf(every)
  const amount = months ?? (every as { readonly days: number }).days
  const unit = months === undefined ? 'day' : 'month'
  return amount === 1 ? `every ${unit}` : `every ${amount} ${unit}s`
}
