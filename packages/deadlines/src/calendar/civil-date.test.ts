import * as fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { julian, tomorrow, walkMonths, weekday } from '../../test/twin/civil.ts'
import {
  addMonths,
  addYears,
  dayOf,
  endOfYear,
  formatDay,
  inRange,
  isCivilDate,
  isWeekend,
  parseDay,
  partsOf,
  readDay,
  weekdayOf,
} from './civil-date.ts'

const FIRST = parseDay('1800-01-01')
const LAST = parseDay('2400-12-31')

describe('days as numbers', () => {
  it('begin at 1970-01-01 and know every day of 1800 to 2400: as walked, in Julian day numbers, and as Date.UTC has them', () => {
    let date = '1800-01-01'
    const julianEpoch = julian('1970-01-01')
    const wrong: string[] = []
    for (let day = FIRST; day <= LAST; day++, date = tomorrow(date)) {
      const { year, month, date: dayOfMonth } = partsOf(day)
      const agrees =
        formatDay(day) === date &&
        readDay(date) === day &&
        dayOf(year, month, dayOfMonth) === day &&
        julian(date) - julianEpoch === day &&
        Date.UTC(year, month - 1, dayOfMonth) === day * 86_400_000 &&
        new Date(day * 86_400_000).getUTCDay() === weekdayOf(day) &&
        weekday(date) === weekdayOf(day) &&
        isWeekend(day) === (weekdayOf(day) === 0 || weekdayOf(day) === 6)
      if (!agrees) wrong.push(date)
    }
    expect(wrong).toEqual([])
    expect(date).toBe('2401-01-01')
    expect(parseDay('1970-01-01')).toBe(0)
    expect(parseDay('1969-12-31')).toBe(-1)
  })

  it('agree with Temporal.PlainDate on every day of 1900 to 2200', () => {
    const epoch = Temporal.PlainDate.from('1970-01-01')
    const wrong: string[] = []
    for (let day = parseDay('1900-01-01'); day <= parseDay('2200-12-31'); day++) {
      const plain = epoch.add({ days: day })
      const { year, month, date } = partsOf(day)
      if (plain.year !== year || plain.month !== month || plain.day !== date || plain.toString() !== formatDay(day)) {
        wrong.push(plain.toString())
      }
      if (plain.dayOfWeek % 7 !== weekdayOf(day)) wrong.push(`weekday of ${plain.toString()}`)
    }
    expect(wrong).toEqual([])
  })

  it.each([
    [1800, false],
    [1900, false],
    [2000, true],
    [2023, false],
    [2024, true],
    [2096, true],
    [2100, false],
    [2104, true],
    [2200, false],
    [2300, false],
    [2400, true],
  ])('know whether %i is a leap year', (year, leap) => {
    expect(isCivilDate(`${year}-02-29`)).toBe(leap)
    expect(parseDay(`${year}-03-01`) - parseDay(`${year}-02-28`)).toBe(leap ? 2 : 1)
    expect(parseDay(`${year}-12-31`) - parseDay(`${year}-01-01`)).toBe(leap ? 365 : 364)
  })

  it('end their years on 31 December', () => {
    for (const date of ['2026-01-01', '2024-02-29', '2025-12-30', '2025-12-31']) {
      expect(formatDay(endOfYear(parseDay(date)))).toBe(`${date.slice(0, 4)}-12-31`)
    }
  })
})

describe('reading a civil date', () => {
  it.each([
    '',
    '2026-02-30',
    '2025-02-29',
    '2100-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-1-1',
    '2026-2-3',
    '26-01-01',
    '02026-01-01',
    '+002026-01-01',
    '-2026-01-01',
    '20260101',
    '2026/01/01',
    '01-01-2026',
    ' 2026-01-01',
    '2026-01-01 ',
    '2026-01-01\n',
    '2026-01-01T00:00:00Z',
    '2026-W01-1',
    '2026-001',
    '٢٠٢٦-٠١-٠١',
    '2026-01-0１',
    '1799-12-31',
    '2401-01-01',
    '0000-01-01',
    '9999-12-31',
  ])('refuses %j', async (text) => {
    expect(readDay(text)).toBeUndefined()
    expect(isCivilDate(text)).toBe(false)
    const error = await refusal(() => parseDay(text))
    expect(error.code).toBe('PHI_DEADLINES_DATE')
    if (text !== '') expect(error.message).not.toContain(text)
  })

  it.each([[null], [undefined], [20_260_101], [new Date(0)], [{}], [['2026-01-01']], [new String('2026-01-01')], [NaN], [0n]])(
    'refuses what is no text: %s',
    async (value) => {
      expect(isCivilDate(value)).toBe(false)
      expect((await refusal(() => parseDay(value as string))).code).toBe('PHI_DEADLINES_DATE')
    },
  )

  it('takes nothing that it would not print', () => {
    const alphabet = fc.constantFrom(...'0123456789-'.split(''))
    const near = fc.oneof(
      fc.array(alphabet, { minLength: 9, maxLength: 11 }).map((parts) => parts.join('')),
      fc
        .tuple(fc.integer({ min: 1790, max: 2410 }), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }))
        .map(([y, m, d]) => `${y}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`),
    )
    fc.assert(
      fc.property(near, (text) => {
        const day = readDay(text)
        let known: string | undefined
        try {
          known = Temporal.PlainDate.from(text, { overflow: 'reject' }).toString()
        } catch {}
        const year = Number(text.slice(0, 4))
        const expected = known === text && year >= 1800 && year <= 2400
        expect(day !== undefined).toBe(expected)
        if (day !== undefined) expect(formatDay(day)).toBe(text)
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 200_000 : 5_000 },
    )
  })
})

describe('the years that are known', () => {
  it('end at both ends with a refusal, and never with a wrong date', async () => {
    expect(formatDay(FIRST)).toBe('1800-01-01')
    expect(formatDay(LAST)).toBe('2400-12-31')
    for (const day of [FIRST - 1, LAST + 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e15]) {
      expect((await refusal(() => formatDay(day))).code).toBe('PHI_DEADLINES_RANGE')
      expect((await refusal(() => inRange(day))).code).toBe('PHI_DEADLINES_RANGE')
    }
    for (const months of [12, 13, 100_000, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect((await refusal(() => addMonths(parseDay('2400-01-31'), months, 'later'))).code).toBe('PHI_DEADLINES_RANGE')
      expect((await refusal(() => addMonths(parseDay('1800-12-31'), -months, 'earlier'))).code).toBe('PHI_DEADLINES_RANGE')
    }
  })
})

describe('months and years', () => {
  const days = fc.oneof(
    fc.integer({ min: parseDay('1900-01-01'), max: parseDay('2200-12-31') }),
    fc
      .tuple(
        fc.integer({ min: 1900, max: 2200 }),
        fc.constantFrom('01-29', '01-30', '01-31', '02-28', '03-31', '08-31', '12-31'),
      )
      .map(([year, rest]) => parseDay(`${year}-${rest}`)),
    fc.integer({ min: 475, max: 550 }).map((quarter) => dayOf(quarter * 4, 3, 1) - 1),
  )
  const months = fc.integer({ min: -1100, max: 1100 })

  it.each([
    ['2026-01-31', 1, '2026-02-28', '2026-03-01'],
    ['2024-01-31', 1, '2024-02-29', '2024-03-01'],
    ['2026-03-31', 1, '2026-04-30', '2026-05-01'],
    ['2026-12-31', 2, '2027-02-28', '2027-03-01'],
    ['2026-03-31', -1, '2026-02-28', '2026-03-01'],
    ['2026-01-15', 1, '2026-02-15', '2026-02-15'],
    ['2026-12-15', 1, '2027-01-15', '2027-01-15'],
    ['2026-01-15', -1, '2025-12-15', '2025-12-15'],
    ['2026-05-04', 0, '2026-05-04', '2026-05-04'],
  ])('from %s by %i: %s or %s', (from, amount, earlier, later) => {
    expect(formatDay(addMonths(parseDay(from), amount, 'earlier'))).toBe(earlier)
    expect(formatDay(addMonths(parseDay(from), amount, 'later'))).toBe(later)
  })

  it.each([
    ['2020-02-29', 6, '2026-02-28', '2026-03-01'],
    ['2020-02-29', 4, '2024-02-29', '2024-02-29'],
    ['2096-02-29', 4, '2100-02-28', '2100-03-01'],
    ['2028-02-29', -6, '2022-02-28', '2022-03-01'],
    ['2026-02-28', 2, '2028-02-28', '2028-02-28'],
  ])('S96 from %s by %i years: %s or %s', (from, years, earlier, later) => {
    expect(formatDay(addYears(parseDay(from), years, 'earlier'))).toBe(earlier)
    expect(formatDay(addYears(parseDay(from), years, 'later'))).toBe(later)
  })

  it('S96 seven years are more than 2555 days, and six more than 2190, from any day of this century that ends in it', () => {
    for (let day = parseDay('2001-01-01'); day <= parseDay('2093-02-28'); day++) {
      if (addYears(day, 7, 'later') - day <= 2555 || addYears(day, 6, 'later') - day <= 2190) throw new Error(formatDay(day))
    }
    expect(addYears(parseDay('2019-03-01'), 7, 'later') - parseDay('2019-03-01')).toBe(2557)
    // Only across 2100, which is no leap year, is the product of 365 ever right.
    expect(addYears(parseDay('2097-03-01'), 7, 'later') - parseDay('2097-03-01')).toBe(2556)
    expect(addYears(parseDay('2096-03-01'), 7, 'later') - parseDay('2096-03-01')).toBe(2555)
  })

  it('are as Temporal constrains them, and as leaves are turned', () => {
    fc.assert(
      fc.property(days, months, (day, amount) => {
        const plain = Temporal.PlainDate.from(formatDay(day)).add({ months: amount }, { overflow: 'constrain' })
        const earlier = formatDay(addMonths(day, amount, 'earlier'))
        expect(earlier).toBe(plain.toString())
        expect(earlier).toBe(walkMonths(formatDay(day), amount, 'earlier'))
        expect(formatDay(addMonths(day, amount, 'later'))).toBe(walkMonths(formatDay(day), amount, 'later'))
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 300_000 : 2_500 },
    )
  })

  it('rounded later are at most a day later, and only where the month has no such day', () => {
    fc.assert(
      fc.property(days, months, (day, amount) => {
        const earlier = addMonths(day, amount, 'earlier')
        const same = partsOf(earlier).date === partsOf(day).date
        expect(addMonths(day, amount, 'later')).toBe(same ? earlier : earlier + 1)
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 50_000 : 1_500 },
    )
  })

  it('never go back as the day goes on', () => {
    fc.assert(
      fc.property(days, months, fc.constantFrom('earlier' as const, 'later' as const), (day, amount, rounding) => {
        expect(addMonths(day + 1, amount, rounding)).toBeGreaterThanOrEqual(addMonths(day, amount, rounding))
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 50_000 : 1_500 },
    )
  })
})
