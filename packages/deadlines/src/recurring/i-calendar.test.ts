import fc from 'fast-check'
import ICAL from 'ical.js'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { chromiumPath, inChromium } from '../../../core/test/chromium.ts'
import { refusal } from '../../../core/test/refusal.ts'
import { formatDay } from '../calendar/civil-date.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { federal } from '../federal/index.ts'
import { recurringDuties } from './catalogue.ts'
import { type CalendarOptions, toICalendar } from './i-calendar.ts'
import { escapeText, fold, unfold } from './i-calendar-text.ts'
import { nextDue } from './next-due.ts'
import { type Occurrence, schedule } from './schedule.ts'

const options: CalendarOptions = { stamp: '2026-05-04T08:00:00-04:00', domain: 'example.org' }

/** The events, as an independent reader sees them. */
function read(text: string): readonly ICAL.Component[] {
  const calendar = new ICAL.Component(ICAL.parse(text))
  expect(calendar.name).toBe('vcalendar')
  return calendar.getAllSubcomponents('vevent')
}
const value = (event: ICAL.Component | undefined, name: string) => String(event?.getFirstPropertyValue(name))

const breach = evaluate(
  federal.breachNotice,
  { discovered: '2026-05-04', timeZone: 'America/New_York', residents: { OH: 501, TX: null } },
  { today: '2026-05-05' },
)
const year = schedule(
  [
    { ...recurringDuties.contingencyTest, anchor: '2026-01-31', lastDone: '2026-01-31' },
    { ...recurringDuties.noticeReminder, lastDone: '2024-02-29' },
  ],
  '2026-05-04',
  '2027-05-03',
)
const example = breach[0] as Deadline
const withText = (title: string, note: string): Deadline => ({ ...example, title, note })

const bytes = (text: string) => new TextEncoder().encode(text).length

describe('the calendar', () => {
  test('deadlines of evaluate: dates, count, unique UIDs, as an independent reader has them', () => {
    const { text, entries, undated } = toICalendar(breach, options)
    const events = read(text)
    const wanted = breach.filter(({ due, planFor }) => (due ?? planFor) !== undefined)
    expect(wanted.length).toBeGreaterThan(3)
    expect(events).toHaveLength(wanted.length)
    expect(entries).toBe(wanted.length)
    expect(undated).toEqual([])
    expect(events.map((event) => value(event, 'dtstart'))).toEqual(wanted.map(({ due, planFor }) => due ?? planFor))
    expect(new Set(events.map((event) => value(event, 'uid'))).size).toBe(wanted.length)
    for (const event of events) {
      const start = event.getFirstPropertyValue('dtstart') as ICAL.Time
      expect(start.isDate).toBe(true)
      expect((event.getFirstPropertyValue('dtend') as ICAL.Time).subtractDate(start).toSeconds()).toBe(86_400)
      expect(value(event, 'dtstamp')).toBe('2026-05-04T12:00:00Z')
      expect(value(event, 'uid')).toMatch(/^[0-9a-f]{32}@example\.org$/)
      expect(value(event, 'transp')).toBe('TRANSPARENT')
      expect(event.getFirstProperty('rrule')).toBeNull()
    }
  })

  test('an entry says to whom, by which text, and what the text says beside the number', () => {
    const [event] = read(toICalendar([example], options).text)
    expect(value(event, 'summary')).toBe('Notify each affected individual')
    expect(value(event, 'status')).toBe('CONFIRMED')
    expect(value(event, 'description').split('\n')).toEqual([
      'To: individuals',
      'Status: due',
      'Through: 2026-07-03T23:59:59-04:00',
      'Standard: without unreasonable delay',
      'Source: 45 CFR 164.404(b); 45 CFR 164.404(a)(2); 45 CFR 164.402',
    ])
  })

  test('a pending date is tentative and to be planned for, with its State', () => {
    const texas = breach.find(({ jurisdiction }) => jurisdiction === 'TX') as Deadline
    expect(texas.status).toBe('pending-facts')
    const [event] = read(toICalendar([texas], options).text)
    expect(value(event, 'summary')).toMatch(/^Plan for: .* \(TX\)$/)
    expect(value(event, 'status')).toBe('TENTATIVE')
    expect(value(event, 'description')).toContain('Not known: residents')
  })

  test('S104, S103: occurrences of a schedule, and overdue ones', () => {
    const events = read(toICalendar(year.occurrences, options).text)
    expect(events.map((event) => [value(event, 'dtstart'), value(event, 'summary')])).toEqual([
      ['2026-04-30', 'Overdue: Test and revise the contingency plans'],
      ['2026-07-31', 'Test and revise the contingency plans'],
      ['2026-10-31', 'Test and revise the contingency plans'],
      ['2027-01-31', 'Test and revise the contingency plans'],
      [
        '2027-02-28',
        'Tell the individuals covered by the plan that the notice of privacy practices is available, and how to get it',
      ],
      ['2027-04-30', 'Test and revise the contingency plans'],
    ])
    expect(value(events[0], 'description')).toContain('The law has no number')
    const late = nextDue(recurringDuties.training, { lastDone: '2025-01-01', today: '2026-02-01' })
    expect(value(read(toICalendar(late, options).text)[0], 'summary')).toBe('Overdue: Train the workforce')
  })

  test('a target of the house is one', () => {
    const [, event] = nextDue(
      { ...recurringDuties.training, targetDays: 14 },
      { lastDone: '2026-01-01', events: [{ event: 'on hire', on: '2026-02-01' }] },
    )
    const [entry] = read(toICalendar([event as Deadline], options).text)
    expect([value(entry, 'dtstart'), value(entry, 'summary')]).toEqual(['2026-02-15', 'Target: Train the workforce'])
  })

  test('what is over is left out, and what has no date is handed back', () => {
    const [met] = evaluate(federal.accessRequest, { received: '2026-05-04', acted: '2026-05-05' }) as [Deadline]
    const [late] = evaluate(federal.accessRequest, { received: '2026-01-01', acted: '2026-05-05' }) as [Deadline]
    const [pending] = evaluate(federal.accessRequest, {}) as [Deadline]
    expect([met.status, late.status, pending.status]).toEqual(['met', 'late', 'pending-facts'])
    const found = toICalendar([met, late, pending], options)
    expect(found.entries).toBe(0)
    expect(found.undated).toEqual([{ rule: 'access.act', addressee: 'individual', status: 'pending-facts' }])
  })

  test('nothing of the facts goes in', () => {
    const facts = { ...example.facts, discovered: 'SECRET-FACT' }
    expect(toICalendar([{ ...example, facts }], options).text).not.toContain('SECRET-FACT')
  })

  test('alarms, in hours that are valid durations', () => {
    const { text } = toICalendar([withText('a; b, c\\d', 'n')], { ...options, alarmDaysBefore: 7 })
    const [event] = read(text)
    const [alarm, second] = event?.getAllSubcomponents('valarm') ?? []
    expect(second).toBeUndefined()
    expect(value(alarm, 'action')).toBe('DISPLAY')
    expect(value(alarm, 'description')).toBe('a; b, c\\d')
    // The reader would forgive a bare comma; RFC 5545 3.3.11 does not.
    expect(text).toContain('ACTION:DISPLAY\r\nDESCRIPTION:a\\; b\\, c\\\\d\r\n')
    expect((alarm?.getFirstPropertyValue('trigger') as ICAL.Duration | undefined)?.toSeconds()).toBe(-7 * 86_400)
    expect(toICalendar([example], { ...options, alarmDaysBefore: 7 }).text).toContain('\r\nTRIGGER:-PT168H\r\n')
  })
})

describe('UIDs', () => {
  const uid = (entry: Deadline | Occurrence, more: object = {}) =>
    value(read(toICalendar([entry], { ...options, ...more }).text)[0], 'uid')

  test('stay from one export to the next, whatever else is in it and whatever the day', () => {
    const later = evaluate(
      federal.breachNotice,
      { discovered: '2026-05-04', timeZone: 'America/New_York', residents: { OH: 501, TX: null } },
      { today: '2026-07-20' },
    )[0] as Deadline
    expect(later.status).toBe('late')
    expect(uid(later, { stamp: '2026-07-20T00:00:00Z' })).toBe(uid(example))
    expect(value(read(toICalendar([...year.occurrences, example], options).text).at(-1), 'uid')).toBe(uid(example))
  })

  test('differ by rule, addressee, State, day of the trigger, date and scope', () => {
    const others: readonly Deadline[] = [
      { ...example, rule: 'other' },
      { ...example, addressee: 'other' },
      { ...example, jurisdiction: 'OH' },
      { ...example, trigger: { fact: 'discovered', event: 'discovery', on: '2026-05-03' } },
      { ...example, due: '2026-07-04' },
    ]
    const all = [
      uid(example),
      uid(example, { scope: 'case-7' }),
      uid(example, { scope: '' }),
      ...others.map((each) => uid(each)),
    ]
    expect(new Set(all).size).toBe(all.length)
  })

  test('two entries that agree in everything are both kept', () => {
    const events = read(toICalendar([example, example, example], options).text)
    expect(new Set(events.map((event) => value(event, 'uid'))).size).toBe(3)
    expect(value(events[0], 'uid')).toBe(uid(example))
  })
})

describe('text', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('commas, semicolons, backslashes, line ends and other scripts come back as they were', () => {
    const title = 'Notify; the, customer \\ "now" : é ß 通知 🏥 עברית'
    const note = 'One; two, three\nfour \\n five\r\nsix\rseven\u2028eight'
    const [event] = read(toICalendar([withText(title, note)], { ...options, name: 'Duties, due; \\ 通知' }).text)
    expect(value(event, 'summary')).toBe(title)
    // The note is one line of the description.
    expect(value(event, 'description').split('\n').at(-1)).toBe('One; two, three four \\n five six seven eight')
    const text = toICalendar([], { ...options, name: 'Duties, due; \\ 通知' }).text
    expect(new ICAL.Component(ICAL.parse(text)).getFirstPropertyValue('x-wr-calname')).toBe(escapeText('Duties, due; \\ 通知'))
  })

  test('a text cannot bring in lines of its own', () => {
    const hostile = 'x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil\r\nATTACH:http://evil.example/\rURL:y\u0085Z\u0000\u0007'
    const entry = { ...example, title: hostile, note: hostile, addressee: hostile, standard: hostile }
    const { text } = toICalendar([entry], { ...options, name: hostile, alarmDaysBefore: 1 })
    const lines = unfold(text).split('\r\n')
    expect(lines.filter((line) => /^(BEGIN|END):VEVENT/.test(line))).toEqual(['BEGIN:VEVENT', 'END:VEVENT'])
    expect(lines.filter((line) => /^(UID:evil|ATTACH|URL)/.test(line))).toEqual([])
    expect(text.replaceAll('\r\n', '')).not.toMatch(/\p{Cc}/u)
    expect(read(text)).toHaveLength(1)
  })

  test('any text comes back, in lines of at most 75 octets that are whole UTF-8', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(text, text, (title, note) => {
        const found = toICalendar([withText(`a${title}z`, `a${note}z`)], { ...options, alarmDaysBefore: 3 }).text
        for (const line of found.split('\r\n')) {
          expect(bytes(line)).toBeLessThanOrEqual(75)
          expect(line.isWellFormed()).toBe(true)
        }
        const [event] = read(found)
        const plain = (raw: string) =>
          raw
            .toWellFormed()
            .replace(/[\r\n\t\v\f\u0085\u2028\u2029]+/g, ' ')
            .replace(/\p{Cc}/gu, '')
        const squeezed = (raw: string) => plain(raw).replace(/\s+/g, ' ')
        expect(squeezed(value(event, 'summary'))).toBe(squeezed(`a${title}z`))
        expect(squeezed(value(event, 'description'))).toContain(squeezed(`a${note}z`))
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 20_000 : 60 },
    )
  })

  test('folding and unfolding are inverse', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (line) => {
        fc.pre(!/[\r\n]/.test(line))
        expect(unfold(fold(line))).toBe(line)
        for (const part of fold(line).split('\r\n')) expect(bytes(part)).toBeLessThanOrEqual(75)
      }),
    )
  })

  test('the same bytes at any time and in any zone', () => {
    const all = [...breach, ...year.occurrences]
    const expected = toICalendar(all, options).text
    const zone = process.env.TZ
    try {
      for (const [now, tz] of [
        ['1999-12-31T23:59:59Z', 'Pacific/Auckland'],
        ['2050-03-12T07:30:00Z', 'America/New_York'],
      ] as const) {
        process.env.TZ = tz
        vi.useFakeTimers({ now: new Date(now) })
        expect(toICalendar(all, options).text).toBe(expected)
        vi.useRealTimers()
      }
    } finally {
      if (zone === undefined) delete process.env.TZ
      else process.env.TZ = zone
    }
  })

  test('the bytes of a small calendar', () => {
    const [duty] = schedule(
      [
        {
          ...recurringDuties.activityReview,
          cadence: { every: 'monthly', by: 'house' },
          anchor: '2026-05-31',
          note: undefined,
        },
      ],
      '2026-05-31',
      '2026-05-31',
    ).occurrences
    expect(toICalendar([duty as Occurrence], options).text.split('\r\n')).toEqual([
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'CALSCALE:GREGORIAN',
      'PRODID:-//phi//deadlines//EN',
      'METHOD:PUBLISH',
      'X-PUBLISHED-TTL:PT1H',
      'BEGIN:VEVENT',
      expect.stringMatching(/^UID:[0-9a-f]{32}@example\.org$/),
      'SUMMARY:Review audit logs\\, access reports and security incident tracking r',
      ' eports',
      'DTSTAMP:20260504T120000Z',
      'DTSTART;VALUE=DATE:20260531',
      'DTEND;VALUE=DATE:20260601',
      'DESCRIPTION:To: own records\\nStatus: planned\\nStandard: "regularly"\\nSource',
      ' : 45 CFR 164.308(a)(1)(ii)(D)',
      'STATUS:CONFIRMED',
      'TRANSP:TRANSPARENT',
      'CLASS:PRIVATE',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ])
  })
})

describe('what is refused', () => {
  const code = async (entries: unknown, more: object) =>
    (await refusal(() => toICalendar(entries as Deadline[], { ...options, ...more }))).code

  test('options and entries that are none', async () => {
    for (const stamp of ['2026-05-04', 'now', '', '2026-05-04T08:00:00', 5]) {
      expect(await code([], { stamp })).toMatch(/^PHI_DEADLINES_(CALENDAR|DATE)$/)
    }
    for (const domain of ['', 'a b', 'a\r\nb', '-a', 'a..b', 'é.example', `${'a'.repeat(101)}`]) {
      expect(await code([], { domain })).toBe('PHI_DEADLINES_CALENDAR')
    }
    for (const alarmDaysBefore of [0, -1, 1.5, Number.NaN, 367]) {
      expect(await code([], { alarmDaysBefore })).toBe('PHI_DEADLINES_CALENDAR')
    }
    expect(await code([], { surprise: 1 })).toBe('PHI_DEADLINES_CALENDAR')
    for (const entries of [
      null,
      {},
      [null],
      [{}],
      [{ ...example, due: '2026-02-30' }],
      [{ ...example, title: 'a'.repeat(5000) }],
    ]) {
      expect(await code(entries, {})).toBe('PHI_DEADLINES_CALENDAR')
    }
  })

  test('no value reaches the error', async () => {
    for (const entry of [
      { ...example, due: 'Jane Doe' },
      { ...example, title: 'Jane Doe'.repeat(999) },
    ]) {
      const error = await refusal(() => toICalendar([entry], options))
      expect(`${error.message} ${JSON.stringify(error)} ${error.path} ${String(error.cause)}`).not.toContain('Jane')
    }
  })

  test('a list that is too long', async () => {
    expect(
      await code(
        Array.from({ length: 10_001 }, () => example),
        {},
      ),
    ).toBe('PHI_DEADLINES_CALENDAR')
    const some = Array.from({ length: 200 }, (_, index) => ({ ...example, due: formatDay(20_000 + index) }))
    expect(read(toICalendar(some, options).text)).toHaveLength(200)
  })
})

test.skipIf(chromiumPath() === undefined)('writes the same bytes in a browser', async () => {
  const script = `
    import { recurringDuties, schedule, toICalendar } from './index.ts'
    const { occurrences } = schedule([{ ...recurringDuties.contingencyTest, anchor: '2026-01-31', lastDone: '2026-01-31' }], '2026-05-04', '2027-05-03')
    globalThis.result = toICalendar(occurrences, ${JSON.stringify(options)}).text`
  const { occurrences } = schedule(
    [{ ...recurringDuties.contingencyTest, anchor: '2026-01-31', lastDone: '2026-01-31' }],
    '2026-05-04',
    '2027-05-03',
  )
  expect(await inChromium<string>(script, import.meta.dirname)).toBe(toICalendar(occurrences, options).text)
})
