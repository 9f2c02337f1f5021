import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { askOne, citation, days, hours } from '../../test/made-up.ts'
import { distance, walk, walkMonths } from '../../test/twin/civil.ts'
import { walkWorkdays } from '../../test/twin/holidays.ts'
import { dateAt } from '../../test/twin/zone.ts'
import { formatDay, parseDay, type Rounding } from '../calendar/civil-date.ts'
import type { Basis } from '../rule/rule.ts'

const dueOf = (basis: Basis, happened: string, timeZone?: string) =>
  askOne({ basis }, { happened, ...(timeZone && { timeZone }) }).due

const anyDay = fc.integer({ min: parseDay('2000-01-01'), max: parseDay('2150-12-31') }).map(formatDay)

describe('calendar days', () => {
  it.each([
    ['2026-01-15', 30, '2026-02-14'],
    ['2026-01-31', 30, '2026-03-02'],
    ['2024-02-01', 30, '2024-03-02'],
    ['2027-12-31', 60, '2028-02-29'],
    ['2025-12-31', 60, '2026-03-01'],
    ['2013-10-22', 60, '2013-12-21'],
  ])('after %s, %i: %s, with the trigger day as day 0', (from, amount, due) => {
    expect(dueOf(days(amount), from)).toBe(due)
    expect(dueOf(days(amount, { counts: 'beginning-on' }), from)).toBe(walk(due, -1))
  })

  it('OCR counted 101, 104 and 106 days in its settlement of 9 January 2017', () => {
    for (const [done, count] of [
      ['2014-01-31', 101],
      ['2014-02-03', 104],
      ['2014-02-05', 106],
    ] as const) {
      const found = askOne({ basis: days(60) }, { happened: '2013-10-22', done })
      expect(found).toMatchObject({ status: 'late', done: { daysAfterTrigger: count, daysLate: count - 60 } })
    }
  })

  it('are walked one by one, do not roll, and do not depend on the zone', () => {
    fc.assert(
      fc.property(
        anyDay,
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom('Asia/Tokyo', 'America/Santiago'),
        (from, n, zone) => {
          expect(dueOf(days(n), from)).toBe(walk(from, n))
          expect(dueOf(days(n), from, zone)).toBe(walk(from, n))
        },
      ),
      { numRuns: process.env.PHI_LONG === '1' ? 10_000 : 150 },
    )
  })
})

describe('months and years', () => {
  it.each([
    ['months', 1, '2026-01-31', '2026-02-28', '2026-03-01'],
    ['months', 6, '2026-08-31', '2027-02-28', '2027-03-01'],
    ['years', 6, '2020-02-29', '2026-02-28', '2026-03-01'],
    ['years', 4, '2020-02-29', '2024-02-29', '2024-02-29'],
    ['years', 7, '2019-03-01', '2026-03-01', '2026-03-01'],
  ] as const)('%s, %i after %s: %s to act, %s to keep', (unit, amount, from, earlier, later) => {
    expect(dueOf(days(amount, { unit, rounding: 'earlier' }), from)).toBe(earlier)
    expect(dueOf(days(amount, { unit, rounding: 'later' }), from)).toBe(later)
  })

  it('that begin on a day end on the day before its anniversary', () => {
    expect(dueOf(days(1, { unit: 'years', counts: 'beginning-on' }), '2026-03-01')).toBe('2027-02-28')
    expect(dueOf(days(1, { unit: 'years', counts: 'beginning-on' }), '2027-03-01')).toBe('2028-02-29')
    expect(dueOf(days(1, { unit: 'months', counts: 'beginning-on' }), '2026-05-01')).toBe('2026-05-31')
  })

  it('are as the twin walks them', () => {
    fc.assert(
      fc.property(
        anyDay,
        fc.integer({ min: 1, max: 360 }),
        fc.constantFrom<Rounding>('earlier', 'later'),
        (from, n, rounding) => {
          expect(dueOf(days(n, { unit: 'months', rounding }), from)).toBe(walkMonths(from, n, rounding))
        },
      ),
      { numRuns: process.env.PHI_LONG === '1' ? 10_000 : 150 },
    )
  })
})

const businessDays = (amount: number, more: object = {}): Basis => ({
  unit: 'business-days',
  amount,
  counts: 'after',
  roll: 'none',
  rounding: 'earlier',
  calendar: { strict: 'us-undisputed', lawful: 'us-federal' },
  ...more,
})

describe('business days', () => {
  it('give the strict date, and beside it the lawful one', () => {
    const found = askOne({ basis: businessDays(5) }, { happened: '2026-06-18' })
    expect(found).toMatchObject({ due: '2026-06-25', lawfulUntil: '2026-06-26', overdueFrom: '2026-06-27' })
    expect(found.steps).toContainEqual(expect.objectContaining({ step: 'count', calendar: 'us-undisputed', to: '2026-06-25' }))
  })

  it('say nothing of a lawful date where no calendar is named for it', () => {
    const found = askOne({ basis: businessDays(5, { calendar: { strict: 'us-federal' } }) }, { happened: '2026-06-18' })
    expect(found.due).toBe('2026-06-26')
    expect(found).not.toHaveProperty('lawfulUntil')
  })

  it('count the trigger day only where the text begins on it', () => {
    expect(dueOf(businessDays(1, { counts: 'beginning-on' }), '2026-05-04')).toBe('2026-05-04')
    expect(dueOf(businessDays(1, { counts: 'beginning-on' }), '2026-05-02')).toBe('2026-05-04')
    expect(dueOf(businessDays(1), '2026-05-04')).toBe('2026-05-05')
  })

  it('are as the twin walks them, and the strict date is never the later', () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: 1, max: 40 }), (from, n) => {
        const { due, lawfulUntil } = askOne({ basis: businessDays(n) }, { happened: from })
        expect(lawfulUntil).toBe(walkWorkdays(from, n))
        expect((due as string) <= (lawfulUntil as string)).toBe(true)
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 5_000 : 80 },
    )
  })
})

describe('a last day on a weekend or holiday', () => {
  const rolled = (by: 'rule' | 'statute') => days(30, { roll: { by, citation, calendar: 'us-federal' } })

  it('stays where no text moves it', () => {
    expect(dueOf(days(30), '2026-04-30')).toBe('2026-05-30')
  })

  it('gives both dates where a statute on computing time moves it, and acts on the strict', () => {
    const found = askOne({ basis: rolled('statute') }, { happened: '2026-04-30' }, { today: '2026-06-01' })
    expect(found).toMatchObject({ due: '2026-05-30', lawfulUntil: '2026-06-01', overdueFrom: '2026-06-02', status: 'due' })
    expect(askOne({ basis: rolled('statute') }, { happened: '2026-04-30' }, { today: '2026-06-02' }).status).toBe('late')
  })

  it('moves where the rule itself moves it', () => {
    const found = askOne({ basis: rolled('rule') }, { happened: '2026-04-30' })
    expect(found).toMatchObject({ due: '2026-06-01', base: '2026-06-01' })
    expect(found).not.toHaveProperty('lawfulUntil')
    expect(found.steps).toContainEqual(expect.objectContaining({ step: 'roll', from: '2026-05-30', to: '2026-06-01' }))
  })

  it('is never moved to an earlier day, nor past the next business day', () => {
    fc.assert(
      fc.property(anyDay, (from) => {
        const strict = dueOf(days(30), from) as string
        const moved = dueOf(rolled('rule'), from) as string
        expect(moved >= strict && moved <= walkWorkdays(strict, 1)).toBe(true)
        expect(moved).toBe(walkWorkdays(walk(strict, -1), 1))
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 5_000 : 80 },
    )
  })
})

describe('hours', () => {
  it('S99 S157 run on the clock, also across a change of the clocks', () => {
    const found = askOne({ basis: hours(72) }, { happened: '2026-03-06T20:00:00-05:00', timeZone: 'America/New_York' })
    expect(found).toMatchObject({ due: '2026-03-09', dueInstant: '2026-03-09T21:00:00-04:00' })
    const autumn = askOne({ basis: hours(24) }, { happened: '2026-10-31T12:00:00-04:00', timeZone: 'America/New_York' })
    expect(autumn).toMatchObject({ due: '2026-11-01', dueInstant: '2026-11-01T11:00:00-05:00' })
  })

  it('begin with the day, where the time of day is not known: never later than it could be', () => {
    const found = askOne({ basis: hours(72) }, { happened: '2026-05-04', timeZone: 'America/New_York' })
    expect(found).toMatchObject({ due: '2026-05-06', dueInstant: '2026-05-07T00:00:00-04:00' })
    expect(found.unknown).toContain('happened (time of day)')
    expect(askOne({ basis: hours(24) }, { happened: '2026-05-04' })).toMatchObject({ due: '2026-05-04' })
    expect(askOne({ basis: hours(25) }, { happened: '2026-05-04' })).toMatchObject({ due: '2026-05-05' })
  })

  it('are judged by the instant, and a date alone never makes them met', () => {
    const happened = '2026-01-01T10:00:00Z'
    const status = (done: string) => askOne({ basis: hours(24) }, { happened, done, timeZone: 'UTC' })
    expect(status('2026-01-02T10:00:00Z').status).toBe('met')
    expect(status('2026-01-02T10:00:01Z').status).toBe('late')
    expect(status('2026-01-01').status).toBe('met')
    expect(status('2026-01-03').status).toBe('late')
    expect(status('2026-01-02')).toMatchObject({ status: 'pending-facts', because: 'time-not-known' })
    const open = (today: string) => askOne({ basis: hours(24) }, { happened, timeZone: 'UTC' }, { today }).status
    expect(open('2026-01-02T10:00:00Z')).toBe('due')
    expect(open('2026-01-02T10:00:01Z')).toBe('late')
    expect(open('2026-01-02')).toBe('due')
    expect(open('2026-01-03')).toBe('late')
  })

  it('end so many hours after the instant in every zone, and never later for want of a time', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
        fc.integer({ min: Date.UTC(2001, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 }),
        fc.integer({ min: 1, max: 400 }),
        (zone, second, amount) => {
          const instant = new Date(second * 1000).toISOString()
          const found = askOne({ basis: hours(amount) }, { happened: instant, timeZone: zone })
          const end = second * 1000 + amount * 3_600_000
          expect(Date.parse(found.dueInstant as string)).toBe(end)
          expect(found.due).toBe(dateAt(end, zone))
          const dateOnly = askOne({ basis: hours(amount) }, { happened: dateAt(second * 1000, zone), timeZone: zone })
          expect(Date.parse(dateOnly.dueInstant as string)).toBeLessThanOrEqual(end)
          expect((dateOnly.due as string) <= (found.due as string)).toBe(true)
        },
      ),
      { numRuns: process.env.PHI_LONG === '1' ? 5_000 : 80 },
    )
  })
})

describe('the same day, and the end of the year', () => {
  it('are the day of the trigger, and 31 December', () => {
    const sameDay: Basis = { unit: 'same-day', counts: 'after', roll: 'none', rounding: 'earlier' }
    expect(dueOf(sameDay, '2026-05-04')).toBe('2026-05-04')
    const annual = (happened: string) =>
      askOne(
        { basis: days(60), trigger: { fact: 'happened', event: 'discovery', anchor: 'end-of-calendar-year' } },
        { happened },
      )
    // Discovery years and dates as published or computed: 60 days after 31 December, 29 February in leap years.
    for (const [year, due] of [
      [2013, '2014-03-01'],
      [2019, '2020-02-29'],
      [2020, '2021-03-01'],
      [2023, '2024-02-29'],
      [2024, '2025-03-01'],
      [2027, '2028-02-29'],
      [2099, '2100-03-01'],
    ] as const) {
      for (const day of ['01-01', '06-15', '12-31']) expect(annual(`${year}-${day}`).due).toBe(due)
    }
    expect(annual('2025-12-31').steps.map(({ step }) => step)).toEqual(['trigger', 'count'])
    expect(annual('2025-12-30').steps.map(({ step }) => step)).toEqual(['trigger', 'anchor', 'count'])
  })
})

describe('what cannot be counted', () => {
  it('is refused at the end of the years that are known', async () => {
    for (const basis of [days(60), days(100_000), days(600, { unit: 'years' }), businessDays(5000), hours(100_000)]) {
      const error = await refusal(() => askOne({ basis }, { happened: '2400-12-01', timeZone: 'UTC' }))
      expect(error.code).toBe('PHI_DEADLINES_RANGE')
    }
  })

  it('and everything else says how it was reached', () => {
    const found = askOne({ basis: days(60) }, { happened: '2026-05-04' })
    expect(found.steps).toEqual([
      { step: 'trigger', fact: 'happened', event: 'other', on: '2026-05-04' },
      {
        step: 'count',
        from: '2026-05-04',
        amount: 60,
        unit: 'calendar-days',
        counts: 'after',
        to: '2026-07-03',
        citation: '45 CFR 164.404(b)',
      },
    ])
    expect(distance('2026-05-04', found.due as string)).toBe(60)
  })
})
