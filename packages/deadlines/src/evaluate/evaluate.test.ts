import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { ask, askOne, citation, days, hours, type MadeUpFacts } from '../../test/made-up.ts'
import type { Rule } from '../rule/rule.ts'
import { statuses } from './deadline.ts'

const happened = '2026-05-04'

describe('the status of a duty', () => {
  it.each([
    ['2026-05-04', 'due', undefined],
    ['2026-05-14', 'due', undefined],
    ['2026-05-15', 'late', 1],
    ['2027-05-14', 'late', 365],
  ])('on %s: %s', (today, status, daysLate) => {
    const found = askOne({}, { happened }, { today })
    expect(found).toMatchObject({ status, due: '2026-05-14', overdueFrom: '2026-05-15' })
    expect(found.daysLate).toBe(daysLate)
  })

  it.each([
    ['2026-05-04', 'met', 'done-in-time', 0, undefined],
    ['2026-05-14', 'met', 'done-in-time', 10, undefined],
    ['2026-05-15', 'late', 'done-late', 11, 1],
  ])('done on %s: %s', (done, status, because, daysAfterTrigger, daysLate) => {
    const found = askOne({}, { happened, done })
    expect(found).toMatchObject({ status, because, done: { on: done, daysAfterTrigger } })
    expect(found.done?.daysLate).toBe(daysLate)
    // Today does not make late what was done in time.
    expect(askOne({}, { happened, done }, { today: '2030-01-01' })).toMatchObject({ status, because })
    expect(found.steps.at(-1)).toEqual({ step: 'done', on: done, daysAfterTrigger })
  })

  it('is pending, without a date, while the trigger is not known or lies in the future', () => {
    for (const [facts, because] of [
      [{}, 'trigger-not-known'],
      [{ happened: '2026-05-05' }, 'trigger-in-the-future'],
      [{ done: '2026-05-01' }, 'trigger-not-known'],
    ] as const) {
      const found = askOne({}, facts, { today: happened })
      expect(found).toMatchObject({ status: 'pending-facts', because, unknown: ['happened'] })
      expect([found.due, found.planFor, found.dueInstant]).toEqual([undefined, undefined, undefined])
    }
    expect(askOne({}, { happened: '2026-05-05' }).status).toBe('due')
  })

  it('takes a scheduled trigger from the future', () => {
    const scheduled: Partial<Rule> = { trigger: { fact: 'happened', event: 'other', scheduled: true } }
    expect(askOne(scheduled, { happened: '2026-06-01' }, { today: happened })).toMatchObject({
      status: 'due',
      due: '2026-06-11',
    })
    expect(askOne(scheduled, { happened: '2026-06-01', done: '2026-05-20' })).toMatchObject({ status: 'met' })
  })

  it('is qualitative where the text has no number, and met when it was done: how soon is for a person to judge', () => {
    const promptly: Partial<Rule> = { basis: { unit: 'qualitative', standard: 'promptly' } }
    expect(askOne(promptly, { happened }, { today: '2036-05-04' })).toMatchObject({
      status: 'qualitative',
      standard: 'promptly',
    })
    expect(askOne(promptly, { happened, done: '2036-05-04' })).toMatchObject({
      status: 'met',
      because: 'done-without-a-number-to-judge-by',
    })
    expect(askOne(promptly, {})).toMatchObject({ status: 'pending-facts', standard: 'promptly' })
  })

  it('does not apply only where its conditions are known not to be met', () => {
    const serious: Partial<Rule> = { applies: { fact: 'serious', is: true } }
    expect(askOne(serious, { happened, serious: false })).toMatchObject({
      status: 'not-applicable',
      because: 'condition-not-met',
    })
    expect(askOne(serious, { happened, serious: true })).toMatchObject({ status: 'due', due: '2026-05-14' })
    const open = askOne(serious, { happened })
    expect(open).toMatchObject({ status: 'pending-facts', planFor: '2026-05-14', unknown: ['serious'] })
    expect(open.due).toBeUndefined()
    expect(open.changesIf).toEqual([
      { fact: 'serious', when: 'serious is true', becomes: 'due', due: '2026-05-14' },
      { fact: 'serious', when: 'serious is not true', becomes: 'not-applicable' },
    ])
    expect(askOne(serious, { happened, done: '2026-05-10' }).status).toBe('met')
    expect(askOne(serious, { happened, done: '2026-05-20' })).toMatchObject({ status: 'pending-facts', planFor: '2026-05-14' })
  })

  it('is one of those that are documented', () => {
    expect(new Set(statuses).size).toBe(8)
  })
})

describe('what was done before it was due to be done', () => {
  it.each(['discovery', 'receipt'] as const)('contradicts the %s', async (event) => {
    const error = await refusal(() => askOne({ trigger: { fact: 'happened', event } }, { happened, done: '2026-05-03' }))
    expect(error).toMatchObject({ code: 'PHI_DEADLINES_CONTRADICTION', path: 'facts.done' })
    expect(error.message).not.toContain('2026')
  })

  it('but not on the day itself, and what was done today was done', () => {
    for (const event of ['discovery', 'receipt'] as const) {
      const trigger = { fact: 'happened', event } as const
      expect(askOne({ trigger }, { happened, done: happened }, { today: happened }).status).toBe('met')
    }
  })

  it.each(['confirmation', 'determination', 'notification', 'release'] as const)('is met before the %s', (event) => {
    expect(askOne({ trigger: { fact: 'happened', event } }, { happened, done: '2026-05-03' })).toMatchObject({
      status: 'met',
      done: { daysAfterTrigger: -1 },
    })
  })

  it('and what was done tomorrow contradicts today', async () => {
    const error = await refusal(() => askOne({}, { happened, done: '2026-05-06' }, { today: '2026-05-05' }))
    expect(error).toMatchObject({ code: 'PHI_DEADLINES_CONTRADICTION', path: 'facts.done' })
  })
})

describe('alternatives of one duty', () => {
  const slow: Partial<Rule> = { id: 'slow', duty: 'd', basis: days(60) }
  const fast: Partial<Rule> = { id: 'fast', duty: 'd', basis: days(5), applies: { fact: 'serious', is: true } }

  it.each([
    [true, 'fast', 'due', '2026-05-09'],
    [false, 'slow', 'due', '2026-07-03'],
    [null, 'fast', 'pending-facts', '2026-05-09'],
  ] as const)('serious %s: %s, %s, %s', (serious, rule, status, date) => {
    for (const rows of [
      [slow, fast],
      [fast, slow],
    ]) {
      const found = askOne(rows, { happened, serious })
      expect(found).toMatchObject({ rule, duty: 'd', status })
      expect(found.due ?? found.planFor).toBe(date)
    }
  })

  it('are one result, the strictest, and never more', () => {
    const rows = [
      slow,
      fast,
      { ...fast, id: 'faster', basis: days(2), applies: { fact: 'colour', is: 'red' } } as Partial<Rule>,
    ]
    expect(askOne(rows, { happened, serious: true, colour: 'red' }).rule).toBe('faster')
    expect(askOne(rows, { happened, serious: true })).toMatchObject({ rule: 'faster', status: 'pending-facts' })
    expect(askOne(rows, { happened, serious: true, colour: 'blue' })).toMatchObject({ rule: 'fast', status: 'due' })
  })
})

describe('a plan from an earlier event', () => {
  const determined: Partial<Rule> = {
    trigger: { fact: 'happened', event: 'determination', planFrom: 'noticed' },
    basis: days(30),
  }

  it('is given while the trigger is not known, and gives way to it', () => {
    const planned = askOne(determined, { noticed: '2026-05-01' })
    expect(planned).toMatchObject({ status: 'pending-facts', because: 'trigger-not-known', planFor: '2026-05-31' })
    expect(planned.unknown).toContain('happened')
    expect(planned.due).toBeUndefined()
    expect(askOne(determined, { noticed: '2026-05-01', happened })).toMatchObject({ status: 'due', due: '2026-06-03' })
    expect(askOne(determined, {})).toMatchObject({ status: 'pending-facts', because: 'trigger-not-known' })
    expect(askOne(determined, {}).planFor).toBeUndefined()
  })

  it('stays pending after its date: nobody has said that the trigger happened', () => {
    expect(askOne(determined, { noticed: '2026-05-01' }, { today: '2027-01-01' })).toMatchObject({
      status: 'pending-facts',
      planFor: '2026-05-31',
    })
  })
})

describe('a duty to keep', () => {
  const keep: Partial<Rule> = { limit: { kind: 'keep' }, basis: days(6, { unit: 'years', rounding: 'later' }), metBy: 'done' }

  it('runs through its last day, is not met by an act, and names no day to act by', () => {
    const found = askOne(keep, { happened: '2020-02-29' })
    expect(found).toMatchObject({ status: 'due', due: '2026-03-01' })
    expect([found.actBy, found.overdueFrom]).toEqual([undefined, undefined])
    expect(askOne(keep, { happened: '2020-02-29' }, { today: '2026-03-01' }).status).toBe('due')
    expect(askOne(keep, { happened: '2020-02-29' }, { today: '2026-03-02' })).toMatchObject({
      status: 'met',
      because: 'period-over',
    })
  })
})

describe('duties by State', () => {
  const each: Partial<Rule> = { id: 'e', jurisdiction: 'each', applies: { count: 'residents', moreThan: 500 }, metBy: 'doneBy' }
  const ofEach = (facts: MadeUpFacts) =>
    Object.fromEntries(ask(each, facts).map((found) => [found.jurisdiction ?? 'elsewhere', found.status]))

  it('C4 S160 ask each State of its own', () => {
    expect(ofEach({ happened, residents: { OH: 501, TX: 500, CA: null } })).toEqual({
      OH: 'due',
      TX: 'not-applicable',
      CA: 'pending-facts',
      // Without a total, nobody has said that the map names everybody.
      elsewhere: 'pending-facts',
    })
  })

  it.each([
    [{}, { elsewhere: 'pending-facts' }],
    [{ residents: null }, { elsewhere: 'pending-facts' }],
    [{ residents: {} }, { elsewhere: 'pending-facts' }],
    [{ individuals: 500 }, { elsewhere: 'not-applicable' }],
    [{ individuals: 501 }, { elsewhere: 'pending-facts' }],
    [{ residents: {}, individuals: 501 }, { elsewhere: 'pending-facts' }],
    [{ residents: { OH: 5 } }, { OH: 'not-applicable', elsewhere: 'pending-facts' }],
    [{ residents: { OH: 600 }, individuals: 600 }, { OH: 'due' }],
    [{ residents: { OH: 5 }, individuals: 505 }, { OH: 'not-applicable' }],
    [
      { residents: { OH: 5 }, individuals: 506 },
      { OH: 'not-applicable', elsewhere: 'pending-facts' },
    ],
    [{ residents: { OH: null }, individuals: 500 }, { OH: 'not-applicable' }],
    [
      { residents: { OH: null, TX: 10 }, individuals: 510 },
      { OH: 'not-applicable', TX: 'not-applicable' },
    ],
    [
      { residents: { OH: null, TX: 10 }, individuals: 511 },
      { OH: 'pending-facts', TX: 'not-applicable', elsewhere: 'pending-facts' },
    ],
  ] as const)('%j: %j', (facts, expected) => {
    expect(ofEach({ happened, ...facts } as MadeUpFacts)).toEqual(expected)
  })

  it('ask for the one person who lives elsewhere, where no threshold lets him go', () => {
    const anybody: Partial<Rule> = { jurisdiction: 'each' }
    const places = (individuals: number) =>
      ask(anybody, { happened, individuals, residents: { OH: 5 } }).map(({ jurisdiction }) => jurisdiction)
    expect(places(5)).toEqual(['OH'])
    expect(new Set(places(6))).toEqual(new Set(['OH', undefined]))
  })

  it('are met State by State', () => {
    const found = ask(each, {
      happened,
      individuals: 1800,
      residents: { OH: 600, TX: 600, CA: 600 },
      doneBy: { OH: '2026-05-14', TX: '2026-05-15', CA: null },
    })
    expect(Object.fromEntries(found.map(({ jurisdiction, status }) => [jurisdiction, status]))).toEqual({
      OH: 'met',
      TX: 'late',
      CA: 'due',
    })
  })

  it('of one State are asked where people live there, or where nothing is known of where they live', () => {
    const ohio: Partial<Rule> = { jurisdiction: 'OH' }
    expect(ask(ohio, { happened, residents: { TX: 5 } })).toEqual([])
    for (const residents of [{ OH: 5 }, { OH: null }, null, {}]) {
      expect(askOne(ohio, { happened, residents })).toMatchObject({ jurisdiction: 'OH', status: 'due' })
    }
  })

  it('may have a trigger of each State', () => {
    const told: Partial<Rule> = { jurisdiction: 'each', trigger: { fact: 'told', event: 'notification' }, basis: days(15) }
    const found = ask(told, {
      told: { OH: '2026-05-04', TX: '2026-06-01' },
      residents: { OH: 5, TX: 5, CA: 5 },
      individuals: 15,
    })
    expect(Object.fromEntries(found.map((one) => [one.jurisdiction, one.due ?? one.status]))).toEqual({
      OH: '2026-05-19',
      TX: '2026-06-16',
      CA: 'pending-facts',
    })
  })
})

describe('results', () => {
  const rows: Partial<Rule>[] = [
    { id: 'over', inForce: { from: '1990-01-01', until: '1999-12-31', status: 'superseded' } },
    { id: 'no', applies: { fact: 'serious', is: false } },
    { id: 'done', metBy: 'done' },
    { id: 'words', basis: { unit: 'qualitative', standard: 'promptly' }, metBy: 'noticed' },
    { id: 'far', basis: days(90), metBy: 'noticed' },
    { id: 'near', basis: days(3), metBy: 'noticed' },
    { id: 'open', basis: days(20), applies: { fact: 'colour', is: 'red' }, metBy: 'noticed' },
  ]

  it('call for action first, by date; then what is met, does not apply or is not in force', () => {
    const found = ask(rows, { happened, serious: true, done: happened }, { today: '2026-05-10' })
    expect(found.map(({ rule, status }) => [rule, status])).toEqual([
      ['near', 'late'],
      ['open', 'pending-facts'],
      ['far', 'due'],
      ['words', 'qualitative'],
      ['done', 'met'],
      ['no', 'not-applicable'],
      ['over', 'not-in-force'],
    ])
  })

  it('name one for each duty, whatever is known', () => {
    for (const facts of [{}, { happened }, { serious: null }, { happened: '1995-01-01' }] as MadeUpFacts[]) {
      expect(new Set(ask(rows, facts).map(({ duty }) => duty)).size).toBe(rows.length)
    }
  })

  it('are plain data, and the same for the same facts', () => {
    const facts: MadeUpFacts = { happened: '2026-05-04T10:00:00Z', timeZone: 'America/Chicago', residents: { OH: 5 } }
    const found = ask(rows, facts, { today: '2026-06-01' })
    expect(JSON.parse(JSON.stringify(found))).toEqual(found)
    expect(structuredClone(found)).toEqual(found)
    expect(ask(rows, facts, { today: '2026-06-01' })).toEqual(found)
  })

  it('advise the last federal business day on or before the date, and never one before the event', () => {
    expect(askOne({ basis: days(30) }, { happened: '2025-12-19' })).toMatchObject({ due: '2026-01-18', actBy: '2026-01-16' })
    expect(askOne({ basis: days(30) }, { happened: '2025-12-20' })).toMatchObject({ due: '2026-01-19', actBy: '2026-01-16' })
    const sameDay: Partial<Rule> = { basis: { unit: 'same-day', counts: 'after', roll: 'none', rounding: 'earlier' } }
    expect(askOne(sameDay, { happened: '2026-05-02' })).toMatchObject({ due: '2026-05-02', actBy: '2026-05-02' })
  })

  it('give the last second only where a zone is known', () => {
    expect(askOne({}, { happened }).dueInstant).toBeUndefined()
    expect(askOne({}, { happened, timeZone: 'America/New_York' }).dueInstant).toBe('2026-05-14T23:59:59-04:00')
  })

  it('carry the standard of which the number is only the outer limit', () => {
    const limit = { kind: 'act', standard: 'without unreasonable delay' } as const
    expect(askOne({ limit }, { happened })).toMatchObject({ due: '2026-05-14', standard: 'without unreasonable delay' })
  })

  it('name the citations, with that of the row first', () => {
    const also = [{ ...citation, section: '164.402' }]
    expect(askOne({ also }, { happened }).citations.map(({ section }) => section)).toEqual(['164.404(b)', '164.402'])
  })
})

describe('every zone', () => {
  it('has the same date for a civil date, and for an instant the date on its wall', () => {
    const zones = Intl.supportedValuesOf('timeZone')
    for (const timeZone of zones) {
      const found = askOne({ basis: days(60) }, { happened, timeZone })
      expect(found.due).toBe('2026-07-03')
      expect(found.dueInstant?.slice(0, 19)).toBe('2026-07-03T23:59:59')
      expect(askOne({ basis: hours(24) }, { happened, timeZone }).due).toBe(happened)
    }
  })
})
