import { formatCitation } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { formatDay, parseDay } from '../calendar/civil-date.ts'
import { statuses } from '../evaluate/deadline.ts'
import { recurringDuties } from './catalogue.ts'
import { type RecurringDuty, recurringDuty } from './duty.ts'
import { cadenceInWords, nextDue, type RecurringFacts } from './next-due.ts'

const first = (duty: RecurringDuty, facts: RecurringFacts) => {
  const [found] = nextDue(duty, facts)
  if (!found) throw new Error('no result')
  return found
}
const { contingencyTest, evaluation, keyRotation, noticeReminder, riskAnalysis, training } = recurringDuties

describe('the catalogue', () => {
  test('S103, S104, S90: nine duties, each with its text, its words and who set the cadence', () => {
    const rows = Object.values(recurringDuties).map(({ id, citation, cadence }) => [id, formatCitation(citation), cadence])
    expect(rows).toEqual([
      ['risk-analysis', '45 CFR 164.308(a)(1)(ii)(A)', { every: 'yearly', by: 'house' }],
      ['evaluation', '45 CFR 164.308(a)(8)', undefined],
      ['activity-review', '45 CFR 164.308(a)(1)(ii)(D)', undefined],
      ['training', '45 CFR 164.308(a)(5)', { every: 'yearly', by: 'house' }],
      ['contingency-test', '45 CFR 164.308(a)(7)(ii)(D)', { every: 'quarterly', by: 'house' }],
      ['restore-test', '45 CFR 164.308(a)(7)(ii)(A)', undefined],
      ['key-rotation', '45 CFR 164.312(a)(2)(iv)', { every: { days: 90 }, by: 'house' }],
      ['agreement-review', '45 CFR 164.308(b)', undefined],
      ['notice-reminder', '45 CFR 164.520(c)(1)(ii)', { every: { years: 3 }, by: 'law' }],
    ])
  })

  test('only the reminder of the notice has a number in the law; every other says that it has none', () => {
    for (const duty of Object.values(recurringDuties)) {
      expect(duty.words).not.toBe('')
      if (duty.cadence?.by === 'law') expect(duty.id).toBe('notice-reminder')
      else expect(duty.note).toContain('The law has no number')
    }
    expect(cadenceInWords(noticeReminder)).toContain('by law')
    expect(cadenceInWords(training)).toContain('by house policy; the law has no number')
    expect(cadenceInWords(evaluation)).toContain('no cadence set')
  })

  test('it cannot be changed from outside', () => {
    expect(Object.isFrozen(recurringDuties)).toBe(true)
    expect(Object.values(recurringDuties).every((duty) => Object.isFrozen(duty))).toBe(true)
  })
})

describe('the next day of a cadence', () => {
  test('S104: a recovery test each quarter', () => {
    const facts = { anchor: '2026-01-31', lastDone: '2026-01-31' }
    expect(first(contingencyTest, { ...facts, today: '2026-04-30' })).toMatchObject({
      rule: 'contingency-test',
      status: 'due',
      because: 'counted',
      due: '2026-04-30',
      overdueFrom: '2026-05-01',
      actBy: '2026-04-30',
      standard: '"periodic"',
      cadence: { every: 'quarterly', by: 'house' },
      citation: '45 CFR 164.308(a)(7)(ii)(D)',
      confirmation: 'text-seen',
    })
    expect(first(contingencyTest, { ...facts, today: '2026-05-02' })).toMatchObject({
      status: 'late',
      because: 'date-passed',
      due: '2026-04-30',
      daysLate: 2,
    })
  })

  test('the end of a short month does not shift what follows', () => {
    const monthly: RecurringDuty = { ...keyRotation, cadence: { every: 'monthly', by: 'house' }, anchor: '2026-01-31' }
    const due = (lastDone: string) => first(monthly, { lastDone }).due
    expect(due('2026-01-31')).toBe('2026-02-28')
    expect(due('2026-02-28')).toBe('2026-03-31')
    expect(due('2026-03-31')).toBe('2026-04-30')
    // Without an anchor, it is counted from the last day done.
    expect(first({ ...monthly, anchor: undefined }, { lastDone: '2026-02-28' }).due).toBe('2026-03-28')
  })

  test('leap days', () => {
    const due = (lastDone: string) => first({ ...riskAnalysis, anchor: '2024-02-29' }, { lastDone }).due
    expect(due('2024-02-29')).toBe('2025-02-28')
    expect(due('2027-02-28')).toBe('2028-02-29')
    expect(first(riskAnalysis, { lastDone: '2024-02-29' }).due).toBe('2025-02-28')
  })

  test('S90: keys each 90 days', () => {
    expect(first(keyRotation, { lastDone: '2026-01-31' }).due).toBe('2026-05-01')
  })

  test('164.520(c)(1)(ii): the reminder of the notice, every three years by law', () => {
    expect(first(noticeReminder, { lastDone: '2024-02-29' })).toMatchObject({
      due: '2027-02-28',
      cadence: { by: 'law' },
      standard: '"no less frequently than once every three years"',
    })
  })

  test('done early, it is due on its day unless it is said which day it settles', () => {
    const facts = { anchor: '2026-07-01', lastDone: '2027-06-24' }
    expect(first(riskAnalysis, facts).due).toBe('2027-07-01')
    expect(first(riskAnalysis, { ...facts, settles: '2027-07-01' }).due).toBe('2028-07-01')
    expect(first(riskAnalysis, { ...facts, settles: '2026-07-01' }).due).toBe('2027-07-01')
  })

  test('done before the first day, the first day is due', () => {
    expect(first(riskAnalysis, { anchor: '2026-07-01', lastDone: '2026-01-05' }).due).toBe('2026-07-01')
  })

  test('done late, it is due again on its own day', () => {
    expect(first(contingencyTest, { anchor: '2026-01-31', lastDone: '2026-06-15' }).due).toBe('2026-07-31')
  })

  test('the day of an instant is that of the zone', () => {
    const facts = { lastDone: '2026-02-01T03:00:00Z', timeZone: 'America/New_York', today: '2026-05-02T03:30:00Z' }
    expect(first(keyRotation, facts)).toMatchObject({
      due: '2026-05-01',
      dueInstant: '2026-05-01T23:59:59-04:00',
      status: 'due',
    })
  })

  test('knows no time, and says nothing of lateness without a day to ask on', () => {
    expect(first(keyRotation, { lastDone: '1990-01-01' })).toMatchObject({ status: 'due', due: '1990-04-01' })
  })

  test('the next day lies after the last one done and no further than one period', () => {
    const day = fc.integer({ min: parseDay('2000-01-01'), max: parseDay('2040-12-31') })
    fc.assert(
      fc.property(day, fc.nat({ max: 5000 }), fc.boolean(), (start, later, anchored) => {
        const done = start + later
        const facts = { lastDone: formatDay(done), ...(anchored && { anchor: formatDay(start) }) }
        for (const [duty, longest] of [
          [contingencyTest, 92],
          [riskAnalysis, 366],
          [keyRotation, 90],
        ] as const) {
          const due = parseDay(first(duty, facts).due as string)
          expect(due).toBeGreaterThan(done)
          expect(due - done).toBeLessThanOrEqual(longest)
        }
      }),
    )
  })
})

describe('what is not known', () => {
  test('never done, or not known to be: pending, with the first day to plan for', () => {
    expect(first(riskAnalysis, { anchor: '2026-07-01', today: '2026-09-01' })).toMatchObject({
      status: 'pending-facts',
      because: 'trigger-not-known',
      planFor: '2026-07-01',
      unknown: ['lastDone'],
    })
    expect(first(riskAnalysis, {})).toMatchObject({ status: 'pending-facts', unknown: ['lastDone'] })
    expect(first(riskAnalysis, {}).planFor).toBeUndefined()
    expect(first({ ...riskAnalysis, lastDone: '2026-01-01' }, { lastDone: null }).status).toBe('pending-facts')
  })

  test('known never to have been done: due on the first day, and late after it', () => {
    const facts = { anchor: '2026-07-01', lastDone: 'never' } as const
    expect(first(riskAnalysis, { ...facts, today: '2026-07-01' })).toMatchObject({ status: 'due', due: '2026-07-01' })
    expect(first(riskAnalysis, { ...facts, today: '2026-07-02' })).toMatchObject({ status: 'late', daysLate: 1 })
    expect(first(riskAnalysis, { lastDone: 'never' })).toMatchObject({ status: 'pending-facts', unknown: ['anchor'] })
  })

  test('without a cadence the words of the law stand, and no number is made up', () => {
    const found = first(evaluation, { lastDone: '2020-01-01', today: '2026-01-01' })
    expect(found).toMatchObject({
      status: 'qualitative',
      because: 'no-number-in-the-text',
      standard: '"periodic", and "in response to environmental or operational changes"',
    })
    expect([found.due, found.planFor, found.house]).toEqual([undefined, undefined, undefined])
    const set: RecurringDuty = { ...evaluation, cadence: { every: 'yearly', by: 'house' } }
    expect(first(set, { lastDone: '2025-01-01', today: '2026-01-02' })).toMatchObject({ status: 'late', due: '2026-01-01' })
  })
})

describe('events', () => {
  test('S102, S56: a hire asks for training within a reasonable period, whenever the last yearly one was', () => {
    const [, event] = nextDue(training, {
      lastDone: '2026-01-10',
      events: [{ event: 'on hire', on: '2026-02-01' }],
      today: '2026-02-20',
    })
    expect(event).toMatchObject({ status: 'qualitative', event: 'on hire', trigger: { fact: 'on hire', on: '2026-02-01' } })
    expect(event?.standard).toContain('within a reasonable period of time')
    expect(event?.cadence).toBeUndefined()
    expect(event?.house).toBeUndefined()
  })

  test('S103: a significant change, with a target of the house, and done', () => {
    const duty: RecurringDuty = { ...riskAnalysis, targetDays: 30 }
    const events = [
      { event: 'on significant change', on: '2026-03-01' },
      { event: 'on significant change', on: '2026-01-01', done: '2026-01-20' },
    ]
    const [cadence, open, done] = nextDue(duty, { lastDone: '2026-01-20', events })
    expect(cadence?.due).toBe('2027-01-20')
    expect(open).toMatchObject({ status: 'qualitative', house: { due: '2026-03-31', amount: 30, unit: 'calendar-days' } })
    expect(done).toMatchObject({ status: 'met', done: { on: '2026-01-20', daysAfterTrigger: 19 } })
  })

  test('the last yearly one does not settle an event by itself', () => {
    const [, event] = nextDue(riskAnalysis, {
      lastDone: '2026-06-01',
      events: [{ event: 'on significant change', on: '2026-05-01' }],
    })
    expect(event?.status).toBe('qualitative')
  })
})

describe('what is refused', () => {
  const code = async (duty: object, facts: object) =>
    (await refusal(() => nextDue(duty as RecurringDuty, facts as RecurringFacts))).code

  test('facts that contradict each other', async () => {
    const bad: readonly object[] = [
      { lastDone: '2026-02-01', today: '2026-01-31' },
      { anchor: '2026-01-01', lastDone: '2026-02-01', settles: '2026-01-02' },
      { anchor: '2026-01-01', lastDone: '2026-02-01', settles: '2028-01-01' },
      { anchor: '2026-01-01', lastDone: '2026-02-01', settles: '2025-01-01' },
      { lastDone: '2026-02-01', settles: '2026-01-01' },
      { anchor: '2026-01-01', settles: '2026-01-01' },
      { events: [{ event: 'on significant change', on: '2026-02-02', done: '2026-02-01' }] },
      { events: [{ event: 'on significant change', on: '2026-02-01', done: '2026-03-01' }], today: '2026-02-28' },
    ]
    for (const each of bad) expect(await code(riskAnalysis, each), JSON.stringify(each)).toBe('PHI_DEADLINES_CONTRADICTION')
  })

  test('facts and duties that are none', async () => {
    expect(await code(riskAnalysis, { lastDone: 'yesterday' })).toBe('PHI_DEADLINES_DATE')
    expect(await code(riskAnalysis, { anchor: '2026-02-30', lastDone: null })).toBe('PHI_DEADLINES_DATE')
    expect(await code(riskAnalysis, { lastDone: '2026-02-01T00:00:00Z' })).toBe('PHI_DEADLINES_ZONE')
    expect(await code(riskAnalysis, { today: 5 })).toBe('PHI_DEADLINES_FACTS')
    expect(await code(riskAnalysis, { surprise: 1 })).toBe('PHI_DEADLINES_FACTS')
    expect(await code(riskAnalysis, { events: [{ event: 'on hire', on: '2026-01-01' }] })).toBe('PHI_DEADLINES_FACTS')
    expect(await code(riskAnalysis, { events: [{ event: 'toString', on: '2026-01-01' }] })).toBe('PHI_DEADLINES_FACTS')
    const bad: readonly object[] = [
      { cadence: { every: { days: 0 }, by: 'house' } },
      { cadence: { every: { days: 1.5 }, by: 'house' } },
      { cadence: { every: { days: Number.NaN }, by: 'house' } },
      { cadence: { every: 'weekly', by: 'house' } },
      { cadence: { every: 'yearly' } },
      { cadence: { every: { days: 1, months: 1 }, by: 'house' } },
      { anchor: '2026-02-30' },
      { lastDone: '2026-02-01T00:00:00Z' },
      { citation: '45 CFR 164.308' },
      { words: '' },
      { eventsInLaw: ['on hire'], events: [] },
      { surprise: 1 },
    ]
    for (const each of bad) {
      expect(await code({ ...riskAnalysis, ...each }, {}), JSON.stringify(each)).toBe('PHI_DEADLINES_RECURRING')
    }
  })

  test('no value reaches the error', async () => {
    const secret = 'Jane Doe 1980-01-01'
    for (const facts of [{ lastDone: secret }, { [secret]: 1 }, { events: [{ event: secret, on: '2026-01-01' }] }]) {
      const error = await refusal(() => nextDue(riskAnalysis, facts as RecurringFacts))
      expect(`${error.message} ${JSON.stringify(error)} ${error.path} ${String(error.cause)}`).not.toContain('Jane')
    }
    const error = await refusal(() => recurringDuty({ ...riskAnalysis, id: `${secret}\n` }))
    expect(error.message).not.toContain('Jane')
  })
})

test('every result has a status of the core, its duty, and its proof', () => {
  const date = fc.option(fc.integer({ min: 10_000, max: 40_000 }).map(formatDay), { nil: undefined })
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(recurringDuties)), date, date, date, (duty, anchor, lastDone, today) => {
      fc.pre(lastDone === undefined || today === undefined || lastDone <= today)
      const facts = { ...(anchor && { anchor }), ...(lastDone && { lastDone }), ...(today && { today }) }
      const before = JSON.stringify(facts)
      const found = first(duty, facts)
      expect(statuses).toContain(found.status)
      expect(found.citations[0]).toEqual(duty.citation)
      expect(['met', 'not-applicable', 'not-in-force']).not.toContain(found.status)
      if (found.status === 'late') expect((found.due as string) < (today as string)).toBe(true)
      if (found.status === 'due' && today) expect((found.due as string) >= today).toBe(true)
      expect(JSON.stringify(facts)).toBe(before)
    }),
  )
})
