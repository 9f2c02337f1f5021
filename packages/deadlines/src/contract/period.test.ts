import { describe, expect, test } from 'vitest'
import { addBusinessDays, federalCalendar } from '../calendar/business-days.ts'
import { parseDay } from '../calendar/civil-date.ts'
import { isLongerThan, isShorterThan, periodInWords, spanOf } from './period.ts'

describe('how long a stated period can be', () => {
  test('known spans', () => {
    expect(spanOf({ hours: 72 })).toEqual({ shortest: 3, longest: 3 })
    expect(spanOf({ days: 60 })).toEqual({ shortest: 60, longest: 60 })
    expect(spanOf({ months: 1 })).toEqual({ shortest: 28, longest: 31 })
    expect(spanOf({ months: 2 })).toEqual({ shortest: 59, longest: 62 })
    expect(spanOf({ years: 1 })).toEqual({ shortest: 365, longest: 366 })
    // 1897 to 1903 had no 29 February.
    expect(spanOf({ years: 6 })).toEqual({ shortest: 2190, longest: 2192 })
  })

  test('business days: the longest and the shortest of every start, against counting each', () => {
    for (const count of [1, 2, 5, 10, 30]) {
      let [shortest, longest] = [Number.POSITIVE_INFINITY, 0]
      for (let day = parseDay('2023-01-01'); day < parseDay('2051-01-01'); day++) {
        const length = addBusinessDays(day, count, federalCalendar) - day
        shortest = Math.min(shortest, length)
        longest = Math.max(longest, length)
      }
      expect(spanOf({ businessDays: count })).toEqual({ shortest, longest })
    }
  })

  test('a thousand business days are still found', () => {
    expect(spanOf({ businessDays: 1000 }).longest).toBeGreaterThan(1400)
  })

  test('days are not years: 2190 can be shorter than six, and six years are not', () => {
    expect(isShorterThan({ days: 2190 }, 6)).toBe(true)
    expect(isShorterThan({ days: 2191 }, 6)).toBe(true)
    expect(isShorterThan({ days: 2192 }, 6)).toBe(false)
    expect(isShorterThan({ years: 6 }, 6)).toBe(false)
    expect(isShorterThan({ months: 72 }, 6)).toBe(false)
    expect(isShorterThan({ months: 71 }, 6)).toBe(true)
    expect(isLongerThan({ years: 3 }, 36)).toBe(false)
    expect(isLongerThan({ months: 37 }, 36)).toBe(true)
    expect(isLongerThan({ days: 1096 }, 36)).toBe(true)
  })

  test('in words', () => {
    expect(periodInWords({ hours: 1 })).toBe('1 hour')
    expect(periodInWords({ businessDays: 2 })).toBe('2 business days')
    expect(periodInWords({ years: 6 })).toBe('6 years')
  })
})
