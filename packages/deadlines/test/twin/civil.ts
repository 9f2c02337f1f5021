/**
 * Days counted as on a wall calendar: one square after the other. No code is shared with the library, and nothing is fast. Julian
 * day numbers, a second way, serve for distances.
 */

/** `YYYY-MM-DD`. */
export type Date10 = string

const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const lengthOf = (year: number, month: number): number => {
  if (month !== 2) return LENGTHS[month - 1] as number
  if (year % 400 === 0) return 29
  if (year % 100 === 0) return 28
  return year % 4 === 0 ? 29 : 28
}

export const split = (date: Date10): [year: number, month: number, day: number] => [
  Number(date.slice(0, 4)),
  Number(date.slice(5, 7)),
  Number(date.slice(8, 10)),
]

export const join = (year: number, month: number, day: number): Date10 =>
  `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`

export function tomorrow(date: Date10): Date10 {
  const [year, month, day] = split(date)
  if (day < lengthOf(year, month)) return join(year, month, day + 1)
  return month < 12 ? join(year, month + 1, 1) : join(year + 1, 1, 1)
}

export function yesterday(date: Date10): Date10 {
  const [year, month, day] = split(date)
  if (day > 1) return join(year, month, day - 1)
  return month > 1 ? join(year, month - 1, lengthOf(year, month - 1)) : join(year - 1, 12, 31)
}

/** So many days on, or back, by turning the leaves. */
export function walk(date: Date10, days: number): Date10 {
  let at = date
  for (let left = days; left > 0; left--) at = tomorrow(at)
  for (let left = days; left < 0; left++) at = yesterday(at)
  return at
}

/** The Julian day number (Fliegel and Van Flandern, 1968), where division drops the remainder towards zero. */
export function julian(date: Date10): number {
  const [year, month, day] = split(date)
  const a = Math.trunc((month - 14) / 12)
  return (
    day -
    32_075 +
    Math.trunc((1461 * (year + 4800 + a)) / 4) +
    Math.trunc((367 * (month - 2 - a * 12)) / 12) -
    Math.trunc((3 * Math.trunc((year + 4900 + a) / 100)) / 4)
  )
}

/** How many days the second date is after the first. */
export const distance = (from: Date10, to: Date10): number => julian(to) - julian(from)

/** Sunday is 0. Julian day 0 was a Monday. */
export const weekday = (date: Date10): number => (julian(date) + 1) % 7

/** Some months on, or back, leaf by leaf. A day that the month does not have: its last day, or the first of the next. */
export function walkMonths(date: Date10, months: number, rounding: 'earlier' | 'later'): Date10 {
  let [year, month] = split(date)
  for (let left = months; left > 0; left--) [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1]
  for (let left = months; left < 0; left++) [year, month] = month === 1 ? [year - 1, 12] : [year, month - 1]
  const day = split(date)[2]
  const last = lengthOf(year, month)
  if (day <= last) return join(year, month, day)
  return rounding === 'earlier' ? join(year, month, last) : tomorrow(join(year, month, last))
}

export const latest = (...dates: Date10[]): Date10 => dates.reduce((a, b) => (a > b ? a : b))
export const earliest = (...dates: Date10[]): Date10 => dates.reduce((a, b) => (a < b ? a : b))
