/** Civil days of a time zone. A day is a number: days since 1970-01-01. Times are milliseconds since 1970. */

export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 86_400_000

export interface Calendar {
  /** The instant of a local time: minutes since local midnight, which may be above 1,440. What the clocks skip is moved forward. */
  at(day: number, minute: number): number
  /** The civil day of an instant. */
  dayOf(at: number): number
}

export function calendarOf(timeZone: string): Calendar {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  // Clocks change on quarters of an hour. Few are kept, since days are walked in order.
  const offsets = new Map<number, number>()
  const offsetAt = (at: number): number => {
    const quarter = Math.floor(at / 900_000)
    const known = offsets.get(quarter)
    if (known !== undefined) return known
    const parts = new Map(format.formatToParts(quarter * 900_000).map(({ type, value }) => [type, Number(value)]))
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
    const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'))
    if (offsets.size > 1000) offsets.clear()
    const offset = local - quarter * 900_000
    offsets.set(quarter, offset)
    return offset
  }
  return {
    at(day, minute) {
      const local = day * DAY + Math.round(minute * MINUTE)
      const before = local - offsetAt(local - DAY / 2)
      const guess = local - offsetAt(before)
      return guess + offsetAt(guess) === local ? guess : before
    },
    dayOf: (at) => Math.floor((at + offsetAt(at)) / DAY),
  }
}

/** 1 Monday to 7 Sunday; 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1

export const dayText = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10)
export const dayNumber = (text: string): number => Date.parse(`${text}T00:00:00.000Z`) / DAY

/** Days on which an outpatient practice in the United States is closed: six that nearly all employers there give. */
export function isHoliday(day: number): boolean {
  const date = new Date(day * DAY)
  const month = date.getUTCMonth() + 1
  const of = date.getUTCDate()
  const weekday = weekdayOf(day)
  return (
    (month === 1 && of === 1) ||
    (month === 5 && weekday === 1 && of > 24) ||
    (month === 7 && of === 4) ||
    (month === 9 && weekday === 1 && of <= 7) ||
    (month === 11 && weekday === 4 && of > 21 && of <= 28) ||
    (month === 12 && of === 25)
  )
}
