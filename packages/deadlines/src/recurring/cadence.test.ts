import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, test } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { formatDay, parseDay } from '../calendar/civil-date.ts'
import { type Every, everyInWords, indexOnOrBefore, occurrence } from './cadence.ts'

const days = (anchor: string, every: Every, count: number) =>
  Array.from({ length: count }, (_, index) => formatDay(occurrence(parseDay(anchor), every, index)))

const day = fc.integer({ min: parseDay('1990-01-01'), max: parseDay('2050-12-31') })
const every: fc.Arbitrary<Every> = fc.oneof(
  fc.constantFrom<Every>('monthly', 'quarterly', 'yearly'),
  fc.record({ days: fc.integer({ min: 1, max: 800 }) }),
  fc.record({ months: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ years: fc.integer({ min: 1, max: 5 }) }),
)

describe('the days of a cadence', () => {
  test('the end of a short month does not stay', () => {
    expect(days('2026-01-31', 'monthly', 6)).toEqual([
      '2026-01-31',
      '2026-02-28',
      '2026-03-31',
      '2026-04-30',
      '2026-05-31',
      '2026-06-30',
    ])
  })

  test('S104: each quarter, from the end of a month', () => {
    expect(days('2025-11-30', 'quarterly', 5)).toEqual(['2025-11-30', '2026-02-28', '2026-05-30', '2026-08-30', '2026-11-30'])
  })

  test('29 February comes back in leap years', () => {
    expect(days('2024-02-29', 'yearly', 5)).toEqual(['2024-02-29', '2025-02-28', '2026-02-28', '2027-02-28', '2028-02-29'])
    expect(days('2096-02-29', { years: 4 }, 3)).toEqual(['2096-02-29', '2100-02-28', '2104-02-29'])
  })

  test('S90: 90 days are not three months', () => {
    expect(days('2026-01-31', { days: 90 }, 4)).toEqual(['2026-01-31', '2026-05-01', '2026-07-30', '2026-10-28'])
  })

  test('as Temporal counts months and days', () => {
    fc.assert(
      fc.property(day, every, fc.integer({ min: 0, max: 60 }), (anchor, each, index) => {
        const start = Temporal.PlainDate.from(formatDay(anchor))
        const step =
          typeof each === 'string'
            ? { months: { monthly: 1, quarterly: 3, yearly: 12 }[each] * index }
            : Object.fromEntries(Object.entries(each).map(([unit, amount]) => [unit, amount * index]))
        expect(formatDay(occurrence(anchor, each, index))).toBe(start.add(step, { overflow: 'constrain' }).toString())
      }),
    )
  })

  test('each day lies after the one before it', () => {
    fc.assert(
      fc.property(day, every, fc.nat({ max: 60 }), (anchor, each, index) => {
        expect(occurrence(anchor, each, index + 1)).toBeGreaterThan(occurrence(anchor, each, index))
      }),
    )
  })

  test('the last on or before a day, against looking at each', () => {
    fc.assert(
      fc.property(day, every, fc.integer({ min: -500, max: 2000 }), (anchor, each, offset) => {
        const at = anchor + offset
        let index = -1
        while (occurrence(anchor, each, index + 1) <= at) index++
        expect(indexOnOrBefore(anchor, each, at)).toBe(index)
      }),
    )
  })

  test('leaves the known years with an error', async () => {
    expect((await refusal(() => occurrence(parseDay('2399-01-01'), { years: 50 }, 1))).code).toBe('PHI_DEADLINES_RANGE')
    expect((await refusal(() => occurrence(parseDay('2399-01-01'), { days: 3650 }, 1))).code).toBe('PHI_DEADLINES_RANGE')
  })

  test('in words', () => {
    expect(everyInWords('quarterly')).toBe('quarterly')
    expect(everyInWords({ days: 90 })).toBe('every 90 days')
    expect(everyInWords({ years: 3 })).toBe('every 36 months')
    expect(everyInWords({ months: 1 })).toBe('every month')
  })
})
