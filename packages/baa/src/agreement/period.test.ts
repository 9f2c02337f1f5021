import { describe, expect, it } from 'vitest'
import { hoursOf, type Period, periodInWords, periodSchema } from './period.ts'

const days = ({ shortest, longest }: { shortest: number; longest: number }) => [shortest / 24, longest / 24]

describe('periods', () => {
  it('S28 last as long as they say, at least and at most', () => {
    expect(hoursOf({ hours: 72 })).toEqual({ shortest: 72, longest: 72 })
    expect(days(hoursOf({ days: 60 }))).toEqual([60, 60])
    expect(days(hoursOf({ months: 1 }))).toEqual([28, 31])
    expect(days(hoursOf({ months: 2 }))).toEqual([59, 62])
    expect(days(hoursOf({ years: 1 }))).toEqual([365, 366])
    expect(days(hoursOf({ years: 6 }))).toEqual([2191, 2192])
  })

  it('S28 business days: never shorter than the days themselves, nor than a run without weekends can be', () => {
    // Five from a Monday morning end on Friday evening; ten need a weekend.
    expect(hoursOf({ businessDays: 5 }).shortest).toBe(5 * 24)
    expect(hoursOf({ businessDays: 10 }).shortest).toBe(12 * 24)
    const holidays = new Set(['2026-11-26', '2026-12-25', '2027-01-01', '2026-11-11', '2027-01-18', '2026-10-12', '2026-09-07'])
    const isBusiness = (day: number) => {
      const date = new Date(day * 86_400_000)
      return ![0, 6].includes(date.getUTCDay()) && !holidays.has(date.toISOString().slice(0, 10))
    }
    const first = Date.parse('2026-09-01') / 86_400_000
    for (let count = 1; count <= 60; count++) {
      const { shortest, longest } = hoursOf({ businessDays: count })
      for (let start = first; start < first + 90; start++) {
        let left = count
        let day = start
        while (left > 0) if (isBusiness(day++)) left--
        const lasted = (day - start) * 24
        expect(lasted).toBeGreaterThanOrEqual(shortest)
        expect(lasted).toBeLessThanOrEqual(longest)
      }
    }
  })

  it('S28 read in words', () => {
    const words = [{ hours: 1 }, { days: 10 }, { businessDays: 2 }, { months: 1 }, { years: 6 }].map((each) =>
      periodInWords(each as Period),
    )
    expect(words).toEqual(['1 hour', '10 days', '2 business days', '1 month', '6 years'])
  })

  it('S28 one unit, and whole positive numbers', () => {
    for (const wrong of [
      {},
      { days: 0 },
      { days: 1.5 },
      { days: -1 },
      { days: Number.NaN },
      { days: 1, hours: 1 },
      { weeks: 1 },
      5,
    ]) {
      expect(periodSchema.safeParse(wrong).success).toBe(false)
    }
    expect(periodSchema.safeParse({ years: 101 }).success).toBe(false)
  })
})
