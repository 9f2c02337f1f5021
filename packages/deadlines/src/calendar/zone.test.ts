import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { dateAt, lastSecondOf, offsetAt, wall } from '../../test/twin/zone.ts'
import { formatDay, parseDay } from './civil-date.ts'
import { civilDateIn, isTimeZone, readMoment, zoneOf } from './zone.ts'

const long = process.env.PHI_LONG === '1'
const ids: readonly string[] = [...Intl.supportedValuesOf('timeZone'), 'UTC', 'Etc/GMT+12', 'Etc/GMT-14']

const DAY = 86_400_000

/**
 * The days of a year on whose morning the offset is another than on the next: days of a change of the clocks. In the short form a
 * week whose ends have one offset is not looked into: to ask for each day of the year in each zone takes most of the time.
 */
function changes(id: string, year: number): string[] {
  const found: string[] = []
  const step = long ? DAY : 7 * DAY
  const end = Date.UTC(year + 1, 0, 1)
  let week = Date.UTC(year, 0, 1)
  let before = offsetAt(week, id)
  while (week < end - DAY) {
    const next = Math.min(week + step, end - DAY)
    if (offsetAt(next, id) !== before) {
      for (let instant = week + DAY; instant <= next; instant += DAY) {
        const offset = offsetAt(instant, id)
        if (offset !== before) for (const at of [-2, -1, 0, 1]) found.push(dateAt(instant + at * DAY, id))
        before = offset
      }
    }
    week = next
  }
  return found
}

describe('the last second of a civil day', () => {
  it.each([
    ['America/New_York', '2026-03-21', '2026-03-21T23:59:59-04:00', 'after the clocks went forward'],
    ['America/New_York', '2026-03-08', '2026-03-08T23:59:59-04:00', 'a day of 23 hours'],
    ['America/New_York', '2026-11-01', '2026-11-01T23:59:59-05:00', 'a day of 25 hours'],
    ['America/Phoenix', '2026-07-03', '2026-07-03T23:59:59-07:00', 'no change of the clocks'],
    ['Pacific/Honolulu', '2026-07-03', '2026-07-03T23:59:59-10:00', 'no change of the clocks'],
    ['Pacific/Guam', '2026-07-03', '2026-07-03T23:59:59+10:00', 'a territory west of the date line'],
    ['Pacific/Pago_Pago', '2026-07-03', '2026-07-03T23:59:59-11:00', 'a territory east of it'],
    ['America/Santiago', '2026-04-04', '2026-04-04T23:59:59-04:00', 'back an hour at midnight: the second 23:59:59'],
    ['America/Santiago', '2026-09-05', '2026-09-05T23:59:59-04:00', 'the next day begins at 01:00'],
    ['Asia/Beirut', '2026-03-28', '2026-03-28T23:59:59+02:00', 'the next day begins at 01:00'],
    ['Asia/Beirut', '2026-10-24', '2026-10-24T23:59:59+02:00', 'back an hour at midnight'],
    ['America/Havana', '2026-03-07', '2026-03-07T23:59:59-05:00', 'the next day begins at 01:00'],
    ['Africa/Cairo', '2026-04-23', '2026-04-23T23:59:59+02:00', 'the next day begins at 01:00'],
    ['Australia/Lord_Howe', '2026-04-05', '2026-04-05T23:59:59+10:30', 'half an hour'],
    ['Australia/Lord_Howe', '2026-10-04', '2026-10-04T23:59:59+11:00', 'half an hour'],
    ['Asia/Kathmandu', '2026-07-03', '2026-07-03T23:59:59+05:45', 'three quarters'],
    ['Pacific/Apia', '2011-12-29', '2011-12-29T23:59:59-10:00', 'the next day was left out'],
    ['Pacific/Apia', '2011-12-31', '2011-12-31T23:59:59+14:00', 'the day after the one left out'],
    ['Pacific/Kwajalein', '1993-08-20', '1993-08-20T23:59:59-12:00', 'the next day was left out'],
    ['Pacific/Kwajalein', '1993-08-22', '1993-08-22T23:59:59+12:00', 'the day after the one left out'],
    ['UTC', '2026-07-03', '2026-07-03T23:59:59+00:00', 'Greenwich'],
  ])('%s %s: %s (%s)', (id, date, end) => {
    expect(zoneOf(id).endOf(parseDay(date))).toBe(end)
    expect(lastSecondOf(date, id)).toBe(end)
  })

  it('of a day that a zone left out is that of the day before: earlier, never later', () => {
    expect(zoneOf('Pacific/Apia').endOf(parseDay('2011-12-30'))).toBe('2011-12-29T23:59:59-10:00')
    expect(zoneOf('Pacific/Kwajalein').endOf(parseDay('1993-08-21'))).toBe('1993-08-20T23:59:59-12:00')
  })

  it('where midnight came twice (St. John’s until 2011, back at 00:01) is before the first: earlier, never later', () => {
    expect(zoneOf('America/St_Johns').endOf(parseDay('2010-11-06'))).toBe('2010-11-06T23:59:59-02:30')
  })

  it('is as a clock on the wall shows it, in every zone, on days around each change of the clocks and on others', () => {
    const wrong: string[] = []
    const years = long ? [1985, 1999, 2012, 2024, 2025, 2026, 2027, 2030, 2036] : [2026]
    const plain = ['1999-12-31', '2012-02-29', '2024-02-29', '2026-01-01', '2026-07-03', '2026-12-31', '2036-06-30']
    for (const id of ids) {
      const zone = zoneOf(id)
      const dates = new Set([...plain, ...years.flatMap((year) => changes(id, year))])
      for (const date of dates) {
        const end = zone.endOf(parseDay(date))
        const instant = Date.parse(end)
        const isLast = dateAt(instant, id) === date && dateAt(instant + 1000, id) > date
        if (!isLast || !end.startsWith(`${date}T`) || (end !== lastSecondOf(date, id) && !/St_Johns|Goose_Bay/.test(id))) {
          wrong.push(`${id} ${date} ${end} ${lastSecondOf(date, id)}`)
        }
      }
    }
    expect(wrong).toEqual([])
  })
})

describe('the civil date of an instant', () => {
  it('is the one on the wall, in every zone', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ids),
        // Until 1972 a zone had an offset with seconds, which ISO 8601 cannot print.
        fc.integer({ min: Date.UTC(1973, 0, 1), max: Date.UTC(2100, 0, 1) }),
        (id, instant) => {
          const date = formatDay(zoneOf(id).dayAt(instant))
          expect(date).toBe(dateAt(instant, id))
          expect(civilDateIn(id, new Date(instant).toISOString())).toBe(date)
          expect(Date.parse(zoneOf(id).format(instant))).toBe(instant)
        },
      ),
      { numRuns: long ? 200_000 : 1_500 },
    )
  })

  it('changes only where the civil date changes, whatever the offset it is written with', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ids),
        fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2050, 0, 1) / 1000 }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (id, second, offset) => {
          const sign = offset < 0 ? '-' : '+'
          const clock = `${String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0')}:${String(Math.abs(offset) % 60).padStart(2, '0')}`
          const shifted = `${new Date(second * 1000 + offset * 60_000).toISOString().slice(0, 19)}${sign}${clock}`
          expect(civilDateIn(id, shifted)).toBe(civilDateIn(id, new Date(second * 1000).toISOString()))
        },
      ),
      { numRuns: long ? 30_000 : 1_000 },
    )
  })

  it('begins at the first instant of the day', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ids.filter((id) => !/St_Johns|Goose_Bay|Moncton/.test(id))),
        fc.integer({ min: parseDay('1995-01-01'), max: parseDay('2060-12-31') }),
        (id, day) => {
          const start = zoneOf(id).startOf(day)
          expect(dateAt(start, id) >= formatDay(day)).toBe(true)
          expect(dateAt(start - 1, id) < formatDay(day)).toBe(true)
        },
      ),
      { numRuns: long ? 30_000 : 1_000 },
    )
  })

  it('S126 of a request late in the evening is not that of Greenwich', () => {
    expect(civilDateIn('America/New_York', '2026-06-01T03:50:00Z')).toBe('2026-05-31')
    expect(civilDateIn('America/Los_Angeles', '2026-08-01T03:00:00Z')).toBe('2026-07-31')
    expect(civilDateIn('America/New_York', '2026-01-01T04:30:00Z')).toBe('2025-12-31')
  })
})

describe('names of zones', () => {
  it('are all those that the runtime lists', () => {
    expect(ids.length).toBeGreaterThan(400)
    expect(ids.filter((id) => !isTimeZone(id))).toEqual([])
  })

  it.each(['America/New_York', 'america/new_york', 'US/Eastern', 'EST5EDT', 'UTC', 'Etc/GMT+5'])('%s is one', (id) => {
    expect(isTimeZone(id)).toBe(true)
    expect(zoneOf(id)).toBe(zoneOf(id))
  })

  it.each([
    '',
    ' ',
    'Mars/Olympus',
    'EST',
    'est',
    'MST',
    'HST',
    'PDT',
    '+05:00',
    '-05:00',
    '+0500',
    '5',
    'Z',
    'America',
    'New York',
    'America/New York',
    'America/New_York ',
    'America/New_York\0',
    'Eastern Standard Time',
    '__proto__',
    'constructor',
    'toString',
    '2026-01-01T00:00:00+00:00[America/New_York]',
    'A'.repeat(65),
    'A'.repeat(100_000),
  ])('%j is none', async (id) => {
    expect(isTimeZone(id)).toBe(false)
    const error = await refusal(() => zoneOf(id))
    expect(error.code).toBe('PHI_DEADLINES_ZONE')
    if (id.length > 3) expect(error.message.replace(error.remedy, '')).not.toContain(id)
  })

  it.each([[null], [undefined], [5], [{}], [['America/New_York']], [Symbol('UTC')]])('%s is none', async (id) => {
    expect((await refusal(() => zoneOf(id as never as string))).code).toBe('PHI_DEADLINES_ZONE')
  })
})

describe('reading a moment', () => {
  const newYork = zoneOf('America/New_York')
  const dayOf = (text: string) => formatDay(readMoment(text, newYork, 'facts.x').day)

  it.each([
    ['2026-05-31', '2026-05-31'],
    ['2026-05-31T23:59:59-04:00', '2026-05-31'],
    ['2026-06-01T03:59:59Z', '2026-05-31'],
    ['2026-06-01T03:59:59.999Z', '2026-05-31'],
    ['2026-06-01T03:59:59.999999999Z', '2026-05-31'],
    ['2026-06-01T04:00:00Z', '2026-06-01'],
    ['2026-06-01T04:00Z', '2026-06-01'],
    ['2026-06-01T13:30:00+09:30', '2026-06-01'],
    ['2026-05-31T23:50:00[America/New_York]', '2026-05-31'],
    ['2026-05-31T23:50[America/New_York]', '2026-05-31'],
    ['2026-05-31T21:50:00[America/Los_Angeles]', '2026-06-01'],
    ['2026-06-01T12:00:00[Asia/Tokyo]', '2026-05-31'],
    ['2026-05-31T23:50:00-04:00[America/New_York]', '2026-05-31'],
  ])('%s is %s in New York', (text, date) => {
    expect(dayOf(text)).toBe(date)
  })

  it('takes a local time that came twice as the earlier of the two', () => {
    expect(readMoment('2026-11-01T01:30:00[America/New_York]', newYork, 'x').instant).toBe(Date.parse('2026-11-01T05:30:00Z'))
    expect(readMoment('2026-11-01T01:30:00-05:00[America/New_York]', newYork, 'x').instant).toBe(
      Date.parse('2026-11-01T06:30:00Z'),
    )
  })

  it.each([
    ['2026-05-31T23:50:00', 'the instant names neither an offset nor a zone'],
    ['2026-05-31T23:50', 'the instant names neither an offset nor a zone'],
    ['2026-05-31 23:50:00Z', undefined],
    ['2026-05-31T23:50:00z', undefined],
    ['2026-05-31T24:00:00Z', undefined],
    ['2026-05-31T24:00:00-04:00', undefined],
    ['2026-05-31T23:60:00Z', undefined],
    ['2026-02-30T10:00:00Z', undefined],
    ['2025-02-29T10:00:00-05:00', undefined],
    ['2026-05-31T23:50:00+24:00', undefined],
    ['2026-05-31T23:50:00+0400', undefined],
    ['2026-05-31T23Z', undefined],
    ['2026-05-31T', undefined],
    ['2026-05-31Z', undefined],
    ['2026-05-31T23:50:00[-04:00]', undefined],
    ['2026-03-08T02:30:00[America/New_York]', 'the local time does not exist in its zone'],
    ['2026-02-30T10:00:00[America/New_York]', 'the local time does not exist in its zone'],
    ['2026-05-31T23:50:00-05:00[America/New_York]', 'the offset is not that of the zone at that time'],
    ['1748735400', undefined],
    ['yesterday', undefined],
    ['', undefined],
    ['9'.repeat(200), undefined],
  ])('refuses %j', async (text, detail) => {
    const error = await refusal(() => readMoment(text, newYork, 'facts.x'))
    expect(error.code).toBe('PHI_DEADLINES_DATE')
    expect(error.path).toBe('facts.x')
    if (detail !== undefined) expect(error.message).toContain(detail)
    if (text !== '') expect(error.message.replace(error.remedy, '')).not.toContain(text)
  })

  it('refuses an instant where no zone is given, and a zone of its own that does not exist', async () => {
    for (const text of ['2026-05-31T23:50:00Z', '2026-05-31T23:50:00[America/New_York]']) {
      expect((await refusal(() => readMoment(text, undefined, 'facts.x'))).code).toBe('PHI_DEADLINES_ZONE')
    }
    for (const name of ['Mars/Olympus', 'EST', '+05:00']) {
      const error = await refusal(() => readMoment(`2026-05-31T23:50:00[${name}]`, newYork, 'facts.x'))
      expect(['PHI_DEADLINES_ZONE', 'PHI_DEADLINES_DATE']).toContain(error.code)
      expect(error.message).not.toContain(name === 'EST' ? '[EST]' : name)
    }
  })

  it('refuses years that are not known', async () => {
    for (const text of ['1700-01-01T00:00:00Z', '2500-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '0000-01-01T00:00:00Z']) {
      expect((await refusal(() => readMoment(text, newYork, 'facts.x'))).code).toBe('PHI_DEADLINES_RANGE')
    }
  })

  it('reads any instant as the clock on the wall, also as a local time with its zone', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ids),
        fc.integer({ min: Date.UTC(1980, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 }),
        (id, second) => {
          const local = wall(second * 1000, id)
          const { instant } = readMoment(`${local}[${id}]`, zoneOf(id), 'x')
          // A time that came twice is read as the first of the two.
          expect(instant).toBeLessThanOrEqual(second * 1000)
          expect(wall(instant as number, id)).toBe(local)
        },
      ),
      { numRuns: long ? 30_000 : 1_000 },
    )
  })
})
