import { type Date10, split, tomorrow, walk, weekday, yesterday } from './civil.ts'

/** Which Monday (or Thursday) of its month a date is: days 1 to 7 are the first. */
const nth = (day: number): number => Math.floor((day + 6) / 7)

/** Whether 5 USC 6103(a) names the day itself. Each day is asked, none is computed. */
export function isFederalHoliday(date: Date10): boolean {
  const [year, month, day] = split(date)
  const isMonday = weekday(date) === 1
  if (month === 1 && day === 1) return true
  if (year >= 1986 && month === 1 && isMonday && nth(day) === 3) return true
  if (month === 2 && isMonday && nth(day) === 3) return true
  // The last Monday of May: the next one is in June.
  if (month === 5 && isMonday && day + 7 > 31) return true
  if (year >= 2021 && month === 6 && day === 19) return true
  if (month === 7 && day === 4) return true
  if (month === 9 && isMonday && nth(day) === 1) return true
  if (month === 10 && isMonday && nth(day) === 2) return true
  if (month === 11 && day === 11) return true
  if (month === 11 && weekday(date) === 4 && nth(day) === 4) return true
  return month === 12 && day === 25
}

/** Whether federal offices close: on the holiday, on the Friday before one on Saturday, on the Monday after one on Sunday. */
function isFederalClosure(date: Date10): boolean {
  if (isFederalHoliday(date)) return true
  if (weekday(date) === 5 && isFederalHoliday(tomorrow(date))) return true
  return weekday(date) === 1 && isFederalHoliday(yesterday(date))
}

export const isWorkday = (date: Date10): boolean => weekday(date) !== 0 && weekday(date) !== 6 && !isFederalClosure(date)

/** The n-th working day after a date. */
export function walkWorkdays(date: Date10, count: number, works: (date: Date10) => boolean = isWorkday): Date10 {
  let at = date
  for (let done = 0; done < count; ) {
    at = tomorrow(at)
    if (works(at)) done++
  }
  return at
}

export function lastWorkdayUpTo(date: Date10): Date10 {
  let at = date
  while (!isWorkday(at)) at = walk(at, -1)
  return at
}
