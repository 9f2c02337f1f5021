import { deadlinesError } from '../errors.ts'

/** A civil date of the Gregorian calendar, `YYYY-MM-DD`: a square on a calendar, without a time or a zone. */
export type CivilDate = string

/** A civil date as the number of days since 1970-01-01. All counting is done on these. */
export type Day = number

/**
 * Where a count of months or years meets a day that the month does not have (29 February, 31 April): `earlier` takes the last
 * day of that month, `later` the first of the next. Duties to act round earlier, duties to keep round later.
 */
export type Rounding = 'earlier' | 'later'

const FIRST_YEAR = 1800
const LAST_YEAR = 2400
const MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const
const DATE = /^\d{4}-\d\d-\d\d$/

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

/** The number of days of a month (1 to 12). */
const daysIn = (year: number, month: number): number => (month === 2 && isLeap(year) ? 29 : (MONTHS[month - 1] as number))

/** Days from 1970-01-01 to a date, by eras of 400 years that begin on 1 March, so that the leap day comes last. */
export function dayOf(year: number, month: number, date: number): Day {
  const y = month > 2 ? year : year - 1
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + date - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

const FIRST_DAY = dayOf(FIRST_YEAR, 1, 1)
const LAST_DAY = dayOf(LAST_YEAR, 12, 31)

interface Parts {
  readonly year: number
  readonly month: number
  readonly date: number
}

/** The inverse of `dayOf`. */
export function partsOf(day: Day): Parts {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const date = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, date }
}

/** The day, when the year is one that this package knows. @throws PhiError PHI_DEADLINES_RANGE */
export function inRange(day: Day): Day {
  if (!(Number.isInteger(day) && day >= FIRST_DAY && day <= LAST_DAY)) throw deadlinesError('PHI_DEADLINES_RANGE')
  return day
}

const digits = (text: string, from: number, to: number): number => {
  let value = 0
  for (let i = from; i < to; i++) value = value * 10 + text.charCodeAt(i) - 48
  return value
}

/** The day that a text names, or `undefined` when it is not `YYYY-MM-DD` of a day that exists in the years 1800 to 2400. */
export function readDay(text: unknown): Day | undefined {
  if (typeof text !== 'string' || text.length !== 10 || !DATE.test(text)) return undefined
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 7)
  const date = digits(text, 8, 10)
  if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12 || date < 1 || date > daysIn(year, month))
    return undefined
  return dayOf(year, month, date)
}

/** Whether a value is `YYYY-MM-DD` of a day that exists, in the years 1800 to 2400. */
export const isCivilDate = (value: unknown): value is CivilDate => readDay(value) !== undefined

/** The day of a civil date. @throws PhiError PHI_DEADLINES_DATE */
export function parseDay(text: CivilDate): Day {
  const day = readDay(text)
  if (day === undefined) throw deadlinesError('PHI_DEADLINES_DATE')
  return day
}

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)

// The same days are written again and again: a trigger, a due date. A few thousand are kept.
const written = new Map<Day, CivilDate>()
const KEPT = 4096

/** `YYYY-MM-DD`. @throws PhiError PHI_DEADLINES_RANGE */
export function formatDay(day: Day): CivilDate {
  const known = written.get(day)
  if (known !== undefined) return known
  const { year, month, date } = partsOf(inRange(day))
  const text = `${year}-${two(month)}-${two(date)}`
  if (written.size >= KEPT) written.clear()
  written.set(day, text)
  return text
}

/** 0 for Sunday to 6 for Saturday. */
export const weekdayOf = (day: Day): number => (((day + 4) % 7) + 7) % 7

export const isWeekend = (day: Day): boolean => weekdayOf(day) % 6 === 0

/** The same date some months on, or back. Where that month is too short, `rounding` decides. */
export function addMonths(day: Day, months: number, rounding: Rounding): Day {
  const { year, month, date } = partsOf(day)
  const index = year * 12 + (month - 1) + months
  const toYear = Math.floor(index / 12)
  const toMonth = index - toYear * 12 + 1
  const last = daysIn(toYear, toMonth)
  if (date <= last) return inRange(dayOf(toYear, toMonth, date))
  return inRange(dayOf(toYear, toMonth, last) + (rounding === 'later' ? 1 : 0))
}

/** The same date some years on, or back. 29 February of a year without one is rounded. */
export const addYears = (day: Day, years: number, rounding: Rounding): Day => addMonths(day, years * 12, rounding)

/** 31 December of the day's year. */
export const endOfYear = (day: Day): Day => dayOf(partsOf(day).year, 12, 31)
