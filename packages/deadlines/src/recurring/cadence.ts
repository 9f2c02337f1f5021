import { addMonths, type Day, inRange, partsOf } from '../calendar/civil-date.ts'

/** How often. Months and years are counted on the calendar: a quarter is three months, a year is twelve. */
export type Every =
  | 'monthly'
  | 'quarterly'
  | 'yearly'
  | { readonly days: number }
  | { readonly months: number }
  | { readonly years: number }

/** The months of a cadence, or `undefined` where it is one of days. */
export function monthsOf(every: Every): number | undefined {
  if (every === 'monthly') return 1
  if (every === 'quarterly') return 3
  if (every === 'yearly') return 12
  if ('days' in every) return undefined
  return 'months' in every ? every.months : every.years * 12
}

/** `90 calendar days`, `3 months`: the amount and the unit of one period. */
export function amountOf(every: Every): { readonly amount: number; readonly unit: 'calendar-days' | 'months' } {
  const months = monthsOf(every)
  if (months !== undefined) return { amount: months, unit: 'months' }
  return { amount: (every as { readonly days: number }).days, unit: 'calendar-days' }
}

/**
 * The n-th day (from 0) of a cadence that begins on a day. Always counted from that day, so that the end of a short month does not
 * stay: 31 January, 28 February, 31 March.
 * @throws PhiError PHI_DEADLINES_RANGE
 */
export function occurrence(anchor: Day, every: Every, index: number): Day {
  const { amount, unit } = amountOf(every)
  // Whoever has to act rounds earlier.
  return unit === 'months' ? addMonths(anchor, amount * index, 'earlier') : inRange(anchor + amount * index)
}

/** The index of the last day of the cadence on or before a day: -1 where the cadence begins later. */
export function indexOnOrBefore(anchor: Day, every: Every, day: Day): number {
  if (day < anchor) return -1
  const { amount, unit } = amountOf(every)
  if (unit === 'calendar-days') return Math.floor((day - anchor) / amount)
  const [from, to] = [partsOf(anchor), partsOf(day)]
  const index = Math.floor(((to.year - from.year) * 12 + to.month - from.month) / amount)
  // In the month of an occurrence, the day may still lie before it.
  return occurrence(anchor, every, index) > day ? index - 1 : index
}

/** `every 90 days`, `every 3 months`. */
export function everyInWords(every: Every): string {
  if (typeof every === 'string') return every
  const { amount, unit } = amountOf(every)
  const noun = unit === 'months' ? 'month' : 'day'
  return amount === 1 ? `every ${noun}` : `every ${amount} ${noun}s`
}
