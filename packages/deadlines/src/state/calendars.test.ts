import { type UsState, usStates } from '@phi/core'
import Holidays from 'date-holidays'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { addBusinessDays, isBusinessDay, undisputedCalendar } from '../calendar/business-days.ts'
import { formatDay, isWeekend, parseDay } from '../calendar/civil-date.ts'
import { stateCalendar, stateCalendarId } from './calendars.ts'

const without = new Set<UsState>(['GU', 'VI', 'AS', 'MP'])
const having = usStates.filter((state) => !without.has(state))

const listed = (state: UsState, year: number) => [...stateCalendar(state).holidays(year)].map(formatDay).sort()
const open = (state: UsState, date: string) => isBusinessDay(parseDay(date), stateCalendar(state))

describe('the calendar of a State', () => {
  it('has the public holidays of its State on their own dates', () => {
    expect(listed('VT', 2026)).toEqual([
      '2026-01-01',
      '2026-01-19',
      '2026-02-16',
      '2026-03-03',
      '2026-05-25',
      '2026-06-19',
      '2026-07-04',
      '2026-08-17',
      '2026-09-07',
      '2026-10-12',
      '2026-11-11',
      '2026-11-26',
      '2026-12-25',
    ])
  })

  it.each([
    ['CA', '2026-11-27', 'the day after Thanksgiving'],
    ['CA', '2026-03-31', 'César Chávez Day'],
    ['NY', '2026-06-19', 'Juneteenth'],
    ['NY', '2026-02-12', "Lincoln's Birthday"],
    ['ME', '2026-04-20', "Patriots' Day"],
    ['VT', '2026-03-03', 'Town Meeting Day'],
    ['TX', '2026-11-27', 'the day after Thanksgiving'],
  ] as const)('%s: %s is closed, %s', (state, date, _why) => {
    expect(open(state, date)).toBe(false)
    expect(isBusinessDay(parseDay(date), undisputedCalendar)).toBe(true)
  })

  it.each([
    ['CA', '2026-12-24', 'Christmas Eve is optional'],
    ['NY', '2026-11-27', 'the day after Thanksgiving is an observance there'],
    ['TX', '2026-03-31', 'Cesar Chavez Day is an observance there'],
    ['TX', '2026-10-12', 'Columbus Day is left out for Texas'],
    ['IL', '2026-05-19', 'Malcolm X Day is left out'],
    ['IL', '2026-03-02', 'Casimir Pulaski Day is left out'],
    ['IL', '2026-11-03', 'Election Day is left out for Illinois'],
    ['NY', '2028-02-15', 'Susan B. Anthony Day is left out'],
    ['PA', '2027-06-14', 'Flag Day is left out'],
  ] as const)('%s: %s is open, %s', (state, date, _why) => {
    expect(isWeekend(parseDay(date))).toBe(false)
    expect(open(state, date)).toBe(true)
  })

  it('counts no day on which a holiday of a weekend is observed', () => {
    // Independence Day 2026 is a Saturday, New Year's Day 2028 a Saturday, Juneteenth 2022 a Sunday.
    for (const date of ['2026-07-03', '2027-12-31', '2022-06-20']) expect(open('TX', date)).toBe(true)
  })

  // What `date-holidays` does today. A release that changes it changes dates: then look again at what is left out.
  it('rests on quirks of date-holidays that are known', () => {
    const named = (state: string, year: number, date: string) =>
      new Holidays('US', state)
        .getHolidays(year)
        .filter((each) => each.date.startsWith(date))
        .map(({ name, type, substitute }) => `${name}/${type}${substitute ? '/substitute' : ''}`)
    // The day on which Veterans Day is observed is of type bank, that of others public.
    expect(named('CA', 2028, '2028-11-10')).toEqual(['Veterans Day (substitute day)/bank/substitute'])
    expect(named('CA', 2026, '2026-07-03')).toEqual(['Independence Day (substitute day)/public/substitute'])
    // A substitute day can lie in the year before its holiday, and is listed with that year.
    expect(named('CA', 2027, '2027-12-31')[0]).toContain('substitute')
    expect(named('CA', 2028, '2027-12-31')).toEqual([])
    expect(named('TX', 2026, '2026-10-12')).toEqual(['Columbus Day/public'])
    expect(named('IL', 2026, '2026-05-19')).toEqual(['Malcolm X Day/public'])
    expect(new Set(having)).toEqual(new Set(Object.keys(new Holidays().getStates('US')).concat('PR')))
  })

  it('is made once, by the id us- and the postal code', () => {
    expect(stateCalendar('CA')).toBe(stateCalendar('CA'))
    expect(stateCalendar('CA').id).toBe('us-ca')
    expect(stateCalendarId('NY')).toBe('us-ny')
    expect(stateCalendar('CA').holidays(2026)).toBe(stateCalendar('CA').holidays(2026))
  })

  it('does not exist for four territories, nor for what is no State', async () => {
    for (const state of [...without, 'XX', 'ca', '__proto__', '', undefined]) {
      expect((await refusal(() => stateCalendar(state as UsState))).code).toBe('PHI_DEADLINES_OPTIONS')
    }
  })

  it('knows every State, and never gives a date before the strict one', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...having),
        fc.integer({ min: parseDay('2015-01-01'), max: parseDay('2035-12-31') }),
        fc.integer({ min: 0, max: 30 }),
        (state, day, count) => {
          const strict = addBusinessDays(day, count, undisputedCalendar)
          const lawful = addBusinessDays(day, count, stateCalendar(state))
          expect(lawful).toBeGreaterThanOrEqual(strict)
          expect(lawful - strict).toBeLessThanOrEqual(12)
        },
      ),
      { numRuns: process.env.PHI_LONG === '1' ? 5000 : 40 },
    )
  })

  it('has only days of the year that is asked for, also at the ends of the years that are known', () => {
    for (const year of [1800, 1900, 2026, 2027, 2028, 2400]) {
      for (const day of stateCalendar('TX').holidays(year)) expect(formatDay(day).slice(0, 4)).toBe(String(year))
    }
  })
})
