/** A day of the calendar without a time or a zone, YYYY-MM-DD. Two of them compare as texts do. */
export type CivilDate = string

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/

const pad = (value: number, width: number) => String(value).padStart(width, '0')
const daysIn = (year: number, month: number) => new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()

function partsOf(date: CivilDate): [year: number, month: number, day: number] | undefined {
  const match = DATE.exec(date)
  if (match === null) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) ? [year, month, day] : undefined
}

/** Whether a text is a day that exists, in the years 1900 to 9999. */
export const isCivilDate = (value: unknown): value is CivilDate =>
  typeof value === 'string' && value >= '1900' && partsOf(value) !== undefined

/** So many months before. Where that month has no such day, its last: 29 February 2028 less six years is 28 February 2022. */
export function monthsBefore(date: CivilDate, months: number): CivilDate {
  const [year, month, day] = partsOf(date) as [number, number, number]
  const at = year * 12 + month - 1 - months
  const [toYear, toMonth] = [Math.floor(at / 12), (at % 12) + 1]
  return `${pad(toYear, 4)}-${pad(toMonth, 2)}-${pad(Math.min(day, daysIn(toYear, toMonth)), 2)}`
}

/** So many days after. */
export function daysAfter(date: CivilDate, days: number): CivilDate {
  return new Date(Date.parse(`${date}T00:00:00.000Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** Tells the civil date in a zone at an instant. */
type DayOf = (instant: string) => CivilDate

/** Whether a text is the name of a time zone that this runtime knows. Bare offsets are none: they know no summer time. */
export function isTimeZone(id: unknown): id is string {
  if (typeof id !== 'string' || !/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(id)) return false
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: id })
    return true
  } catch {
    return false
  }
}

/** The day in a zone at an instant in UTC (`YYYY-MM-DDTHH:mm:ss.sssZ`). */
export function dayInZone(timeZone: string): DayOf {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  })
  return (instant) => {
    const parts = new Map(format.formatToParts(Date.parse(instant)).map(({ type, value }) => [type, value]))
    return `${pad(Number(parts.get('year')), 4)}-${pad(Number(parts.get('month')), 2)}-${pad(Number(parts.get('day')), 2)}`
  }
}
