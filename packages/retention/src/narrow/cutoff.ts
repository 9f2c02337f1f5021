import { type Day, parseDay } from '@phi/deadlines'

/**
 * The years of the dates that a table of cut-offs answers for. Counting any period from a later one could leave the calendar, and then
 * the record is not readable; so such records are assessed one by one.
 */
export const NARROW_FROM = '1800-01-01'
export const NARROW_THROUGH = '2150-12-31'

const FIRST: Day = parseDay(NARROW_FROM)

/**
 * The first start whose period has not ended before `today`: whatever starts on this day or later still runs, and whatever starts
 * earlier is over. Counting to the same date of another month or year never turns two days around, so halving finds it.
 */
export function firstRunning(end: (start: Day) => Day, today: Day): Day {
  let low = FIRST
  // A period of no length that starts today ends today.
  let high = Math.max(today, FIRST)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (end(middle) >= today) high = middle
    else low = middle + 1
  }
  return low
}
