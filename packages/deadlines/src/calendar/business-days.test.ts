import Holidays from 'date-holidays'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { tomorrow } from '../../test/twin/civil.ts'
import { isFederalHoliday, isWorkday, lastWorkdayUpTo, walkWorkdays } from '../../test/twin/holidays.ts'
import {
  addBusinessDays,
  businessDayOnOrAfter,
  businessDayOnOrBefore,
  federalCalendar,
  isBusinessDay,
  undisputedCalendar,
} from './business-days.ts'
import { type Day, formatDay, isWeekend, parseDay, weekdayOf } from './civil-date.ts'

const datesOf = (days: Iterable<Day>): string[] => [...days].map(formatDay).sort()

describe('federal holidays, 5 USC 6103', () => {
  it('of 2026, with the day on which Independence Day is observed', () => {
    expect(datesOf(federalCalendar.holidays(2026))).toEqual([
      '2026-01-01',
      '2026-01-19',
      '2026-02-16',
      '2026-05-25',
      '2026-06-19',
      '2026-07-03',
      '2026-07-04',
      '2026-09-07',
      '2026-10-12',
      '2026-11-11',
      '2026-11-26',
      '2026-12-25',
    ])
  })

  it.each([
    ['2021-12-31', true, "New Year's Day of 2022 is a Saturday: closed in the year before"],
    ['2027-12-31', true, "New Year's Day of 2028 is a Saturday"],
    ['2023-01-02', true, "New Year's Day on a Sunday"],
    ['2021-06-18', true, 'the first Juneteenth, a Saturday'],
    ['2020-06-19', false, 'no holiday yet'],
    ['2023-11-10', true, 'Veterans Day on a Saturday, 6103(b)'],
    ['2018-11-12', true, 'Veterans Day on a Sunday'],
    ['1985-01-21', false, 'no King Day yet'],
    ['1986-01-20', true, 'the first King Day'],
    ['2026-11-27', false, 'the day after Thanksgiving is no federal holiday'],
    ['2026-03-03', false, 'Town Meeting Day is one of Vermont'],
    ['2020-05-25', true, 'Memorial Day, the last Monday of a May with four'],
    ['2021-05-31', true, 'Memorial Day on the last day of May'],
  ])('%s is one: %s (%s)', (date, expected) => {
    expect(federalCalendar.holidays(Number(date.slice(0, 4))).has(parseDay(date))).toBe(expected)
  })

  it('are those of a plain twin on every day of 1978 to 2200', () => {
    const wrong: string[] = []
    for (let date = '1978-01-01'; date < '2201-01-01'; date = tomorrow(date)) {
      if (isBusinessDay(parseDay(date), federalCalendar) !== isWorkday(date)) wrong.push(date)
    }
    expect(wrong).toEqual([])
  })

  it('are those of date-holidays, which has no observed day for Veterans Day', () => {
    const peer = new Holidays('US', { types: ['public'] })
    const missing: string[] = []
    for (let year = 2022; year <= 2100; year++) {
      const theirs = new Set(
        peer
          .getHolidays(year)
          .filter(({ type }) => type === 'public')
          .map(({ date }) => date.slice(0, 10)),
      )
      const ours = datesOf(federalCalendar.holidays(year))
      // Theirs lists the observed day of next New Year's Day under its own year or not at all: looked at apart.
      const weekdays = ours.filter((date) => !isWeekend(parseDay(date)))
      for (const date of weekdays) if (!theirs.has(date)) missing.push(date)
      for (const date of theirs) if (date.startsWith(`${year}-`)) expect(ours, `${date} of date-holidays`).toContain(date)
    }
    const observedVeterans = missing.filter((date) => /-11-1[02]$/.test(date))
    expect(observedVeterans.slice(0, 3)).toEqual(['2023-11-10', '2028-11-10', '2029-11-12'])
    // Beside those, only 31 December before a New Year's Day on a Saturday, which it lists under the next year.
    const rest = missing.filter((date) => !observedVeterans.includes(date))
    for (const date of rest) {
      expect(date).toMatch(/-12-31$/)
      expect(weekdayOf(parseDay(date))).toBe(5)
    }
  })

  it('include the six that nobody disputes, on their own dates', () => {
    for (let year = 1978; year <= 2200; year++) {
      const six = undisputedCalendar.holidays(year)
      expect(six.size).toBe(6)
      for (const day of six) {
        expect(federalCalendar.holidays(year).has(day)).toBe(true)
        expect(isFederalHoliday(formatDay(day))).toBe(true)
      }
    }
    expect(datesOf(undisputedCalendar.holidays(2026))).toEqual([
      '2026-01-01',
      '2026-05-25',
      '2026-07-04',
      '2026-09-07',
      '2026-11-26',
      '2026-12-25',
    ])
  })
})

const calendars = fc.constantFrom(federalCalendar, undisputedCalendar)
const days = fc.integer({ min: parseDay('1980-01-01'), max: parseDay('2150-12-31') })
const amounts = fc.integer({ min: 0, max: 60 })

describe('counting business days', () => {
  it.each([
    ['2026-06-18', 5, '2026-06-25', '2026-06-26'],
    ['2026-11-16', 15, '2026-12-08', '2026-12-08'],
    ['2026-03-02', 15, '2026-03-23', '2026-03-23'],
    ['2026-07-02', 1, '2026-07-03', '2026-07-06'],
    ['2026-07-04', 1, '2026-07-06', '2026-07-06'],
    ['2026-05-04', 0, '2026-05-04', '2026-05-04'],
  ])('from %s, %i: %s by the undisputed calendar, %s by the federal one', (from, amount, strict, federal) => {
    expect(formatDay(addBusinessDays(parseDay(from), amount, undisputedCalendar))).toBe(strict)
    expect(formatDay(addBusinessDays(parseDay(from), amount, federalCalendar))).toBe(federal)
  })

  it('is as the twin counts', () => {
    fc.assert(
      fc.property(days, amounts, (day, amount) => {
        expect(formatDay(addBusinessDays(day, amount, federalCalendar))).toBe(walkWorkdays(formatDay(day), amount))
        expect(formatDay(businessDayOnOrBefore(day, federalCalendar))).toBe(lastWorkdayUpTo(formatDay(day)))
      }),
      { numRuns: 3_000 },
    )
  })

  it('ends on a business day, with as many on the way as were asked', () => {
    fc.assert(
      fc.property(days, amounts, calendars, (day, amount, calendar) => {
        const end = addBusinessDays(day, amount, calendar)
        let passed = 0
        for (let at = day + 1; at <= end; at++) if (isBusinessDay(at, calendar)) passed++
        expect(passed).toBe(amount)
        if (amount > 0) expect(isBusinessDay(end, calendar)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('never goes back, adds up, and is never later under the strict calendar', () => {
    fc.assert(
      fc.property(days, amounts, amounts, calendars, (day, a, b, calendar) => {
        const end = addBusinessDays(day, a, calendar)
        expect(addBusinessDays(day + 1, a, calendar)).toBeGreaterThanOrEqual(end)
        expect(addBusinessDays(day, a + 1, calendar)).toBeGreaterThan(end)
        expect(addBusinessDays(end, b, calendar)).toBe(addBusinessDays(day, a + b, calendar))
        expect(addBusinessDays(day, a, undisputedCalendar)).toBeLessThanOrEqual(addBusinessDays(day, a, federalCalendar))
      }),
      { numRuns: 2_000 },
    )
  })

  it('finds the nearest business days on both sides', () => {
    fc.assert(
      fc.property(days, calendars, (day, calendar) => {
        const [before, after] = [businessDayOnOrBefore(day, calendar), businessDayOnOrAfter(day, calendar)]
        expect(before).toBeLessThanOrEqual(day)
        expect(after).toBeGreaterThanOrEqual(day)
        expect([before, after].every((at) => isBusinessDay(at, calendar))).toBe(true)
        for (let at = before + 1; at < after; at++) expect(at === day || !isBusinessDay(at, calendar)).toBe(true)
        if (isBusinessDay(day, calendar)) expect([before, after]).toEqual([day, day])
      }),
      { numRuns: 2_000 },
    )
  })

  it('refuses counts that are none, and to leave the years that are known', async () => {
    for (const amount of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 10_001]) {
      expect((await refusal(() => addBusinessDays(0, amount, federalCalendar))).code).toBe('PHI_DEADLINES_RANGE')
    }
    expect((await refusal(() => addBusinessDays(parseDay('2400-12-30'), 5, federalCalendar))).code).toBe('PHI_DEADLINES_RANGE')
    const never = { id: 'never', holidays: () => ({ has: () => true }) as unknown as ReadonlySet<Day> }
    expect((await refusal(() => addBusinessDays(parseDay('2399-01-01'), 1, never))).code).toBe('PHI_DEADLINES_RANGE')
  })
})
