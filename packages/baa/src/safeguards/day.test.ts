import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { dayAfter, dayBefore, type Every, everyInWords, readDay } from './day.ts'

const day = fc
  .date({ min: new Date('1950-01-01'), max: new Date('2150-12-31'), noInvalidDate: true })
  .map((each) => each.toISOString().slice(0, 10))
const every: fc.Arbitrary<Every> = fc.oneof(
  fc.constantFrom<Every>('monthly', 'quarterly', 'yearly'),
  fc.record({ days: fc.integer({ min: 1, max: 3650 }) }),
  fc.record({ months: fc.integer({ min: 1, max: 600 }) }),
  fc.record({ years: fc.integer({ min: 1, max: 50 }) }),
)

describe('days', () => {
  it.each([
    ['2026-01-31', 'monthly', '2026-02-28', '2026-03-01'],
    ['2024-02-29', 'yearly', '2025-02-28', '2025-03-01'],
    ['2026-12-31', { months: 2 }, '2027-02-28', '2027-03-01'],
    ['2026-11-30', 'quarterly', '2027-02-28', '2027-03-01'],
    ['2026-11-22', { years: 6 }, '2032-11-22', '2032-11-22'],
    ['2026-01-01', { days: 90 }, '2026-04-01', '2026-04-01'],
    ['9990-06-15', { years: 50 }, '9999-12-31', '9999-12-31'],
  ] as const)('%s and %j', (from, each, earlier, later) => {
    expect(dayAfter(from, each)).toBe(earlier)
    expect(dayAfter(from, each, 'later')).toBe(later)
  })

  it('as Temporal counts', () => {
    fc.assert(
      fc.property(day, every, (from, each) => {
        const step = typeof each === 'string' ? { months: { monthly: 1, quarterly: 3, yearly: 12 }[each] } : each
        const wanted = Temporal.PlainDate.from(from).add(step, { overflow: 'constrain' }).toString()
        expect(dayAfter(from, each)).toBe(wanted)
        expect(dayAfter(from, each, 'later') >= wanted).toBe(true)
        expect(dayBefore(dayAfter(from, { days: 1 }))).toBe(from)
      }),
      { numRuns: 300 },
    )
  })

  it('in words, and nothing else is a day', async () => {
    expect(everyInWords('quarterly')).toBe('every 3 months')
    expect(everyInWords({ days: 1 })).toBe('every day')
    for (const bad of ['2026-02-30', '2026-1-1', '', 5, null, undefined, '2026-01-01T00:00:00.000Z', '9'.repeat(100_000)]) {
      const error = await refusal(() => readDay(bad, 'at'))
      expect(error.code).toBe('PHI_BAA_QUESTION')
      expect(error.message).not.toContain('2026-02-30')
    }
  })
})
