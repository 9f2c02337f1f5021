import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { yearly } from '../calendar/business-days.ts'
import { formatDay, parseDay } from '../calendar/civil-date.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { type ContractRule, contractClock } from './clock.ts'
import { contractGroup } from './group.ts'

const agreement = {
  agreement: 'Business associate agreement',
  addressee: 'covered-entity',
  title: 'Notify the customer',
  from: '2026-01-01',
  asOf: '2026-01-01',
  confirmation: 'text-seen',
} as const

const ruleset = { id: 'agreement/1', asOf: '2026-01-01' }
const groupOf = <const Fact extends string>(...clocks: readonly ContractRule<Fact>[]) =>
  contractGroup({ id: 'agreement', ruleset, clocks })

const fromDiscovery = contractClock({
  ...agreement,
  id: 'notice.discovery',
  clause: '4.1',
  words: 'notified within 72 hours of discovery',
  starts: 'discovery',
  within: { hours: 72 },
  metBy: 'told',
})
const fromConfirmation = contractClock({
  ...agreement,
  id: 'notice.confirmation',
  clause: '4.2',
  words: 'notified within 72 hours of confirmation',
  starts: 'confirmation',
  within: { hours: 72 },
  metBy: 'told',
})
const both = groupOf(fromDiscovery, fromConfirmation)
const timeZone = 'America/New_York'

describe('clocks in hours', () => {
  const due = (facts: Parameters<typeof evaluate<typeof both.facts>>[1], rule: string) =>
    evaluate(both, facts).find((each) => each.rule === rule)

  test('S99: 72 hours of discovery are elapsed time', () => {
    expect(due({ discovered: '2026-05-04T09:30:00-04:00', timeZone }, 'notice.discovery')).toMatchObject({
      status: 'due',
      due: '2026-05-07',
      dueInstant: '2026-05-07T09:30:00-04:00',
      trigger: { fact: 'discovered', event: 'discovery' },
      citation: 'Business associate agreement 4.1',
      confirmation: 'text-seen',
      note: expect.stringContaining('"notified within 72 hours of discovery"'),
    })
  })

  test('S99: also across both changes of the clocks', () => {
    expect(due({ discovered: '2026-03-06T12:00:00-05:00', timeZone }, 'notice.discovery')?.dueInstant).toBe(
      '2026-03-09T13:00:00-04:00',
    )
    expect(due({ discovered: '2026-10-30T12:00:00-04:00', timeZone }, 'notice.discovery')?.dueInstant).toBe(
      '2026-11-02T11:00:00-05:00',
    )
  })

  test('S99: a date without a time counts from the start of that day, and says that the time is not known', () => {
    expect(due({ discovered: '2026-05-04', timeZone }, 'notice.discovery')).toMatchObject({
      due: '2026-05-06',
      unknown: ['discovered (time of day)'],
    })
  })

  test('S134, C1: 72 hours of confirmation count from confirmation, and say so', () => {
    const facts = { discovered: '2026-05-04T09:30:00-04:00', confirmed: '2026-05-12T10:00:00-04:00', timeZone }
    expect(due(facts, 'notice.confirmation')).toMatchObject({
      status: 'due',
      dueInstant: '2026-05-15T10:00:00-04:00',
      trigger: { fact: 'confirmed', event: 'confirmation' },
      note: expect.stringContaining('The law runs from discovery'),
    })
    expect(due(facts, 'notice.confirmation')?.citations.map(({ section }) => section)).toContain('164.410(a)(2)')
  })

  test('S134, C1: with confirmation not known it is pending, and plans from discovery', () => {
    const found = due({ discovered: '2026-05-04T09:30:00-04:00', timeZone }, 'notice.confirmation')
    expect(found).toMatchObject({
      status: 'pending-facts',
      because: 'trigger-not-known',
      planFor: '2026-05-07',
      unknown: ['confirmed'],
    })
    expect(found?.due).toBeUndefined()
    expect(found?.note).toContain('plan from the first day of the incident that is')
  })

  test('S157: 24 hours', () => {
    const group = groupOf(
      contractClock({ ...agreement, id: 'notice', clause: '7', starts: 'awareness', within: { hours: 24 }, metBy: 'told' }),
    )
    const facts = { aware: '2026-05-04T23:50:00-04:00', timeZone } as const
    expect(evaluate(group, facts)[0]).toMatchObject({ status: 'due', dueInstant: '2026-05-05T23:50:00-04:00' })
    const at = (today: string) => evaluate(group, facts, { today })[0]?.status
    expect(at('2026-05-05T23:50:00-04:00')).toBe('due')
    expect(at('2026-05-05T23:50:01-04:00')).toBe('late')
    expect(evaluate(group, { ...facts, told: '2026-05-05T23:50:00-04:00' })[0]?.status).toBe('met')
    expect(evaluate(group, { ...facts, told: '2026-05-05T23:51:00-04:00' })[0]?.status).toBe('late')
  })

  test('any number of hours equals the milliseconds between the instants, in any zone', () => {
    const zones = ['America/New_York', 'America/Phoenix', 'Pacific/Guam', 'America/St_Johns', 'UTC']
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(2026, 0, 2), max: Date.UTC(2030, 0, 1) }),
        fc.integer({ min: 1, max: 2000 }),
        fc.constantFrom(...zones),
        (second, hours, zone) => {
          const start = Math.floor(second / 1000) * 1000
          const group = groupOf(
            contractClock({ ...agreement, id: 'notice', clause: '7', starts: 'discovery', within: { hours } }),
          )
          const [found] = evaluate(group, { discovered: new Date(start).toISOString(), timeZone: zone })
          expect(Date.parse(found?.dueInstant as string)).toBe(start + hours * 3_600_000)
        },
      ),
    )
  })
})

describe('clocks in days', () => {
  test('S150: two business days by the calendar that the clause names', () => {
    const sent = { ...agreement, addressee: 'customer', title: 'Send the agreement', clause: '1', starts: 'receipt' } as const
    const group = groupOf(
      contractClock({
        ...sent,
        id: 'federal',
        within: { businessDays: 2, calendar: 'us-federal', counts: 'after' },
        metBy: 'sent',
      }),
      contractClock({
        ...sent,
        id: 'undisputed',
        within: { businessDays: 2, calendar: 'us-undisputed', counts: 'after' },
        metBy: 'sent',
      }),
    )
    // Thursday 2 July 2026; Friday the 3rd is observed for Saturday the 4th by the federal calendar only.
    const found = evaluate(group, { received: '2026-07-02' })
    expect(Object.fromEntries(found.map(({ rule, due }) => [rule, due]))).toEqual({
      federal: '2026-07-07',
      undisputed: '2026-07-06',
    })
    expect(evaluate(group, { received: '2026-07-02', sent: '2026-07-07' }).map(({ rule, status }) => [rule, status])).toEqual([
      ['undisputed', 'late'],
      ['federal', 'met'],
    ])
  })

  test('two papers of one group have facts of their own', () => {
    const within = { calendarDays: 5, counts: 'after', rolls: 'none' } as const
    const group = groupOf(
      contractClock({ ...agreement, id: 'a', clause: '1', starts: 'receipt', fact: 'auditRequested', within }),
      contractClock({ ...agreement, id: 'b', clause: '2', starts: 'receipt', within }),
    )
    const found = evaluate(group, { auditRequested: '2026-05-04' })
    expect(found.map(({ rule, status, due }) => [rule, status, due])).toEqual([
      ['a', 'due', '2026-05-09'],
      ['b', 'pending-facts', undefined],
    ])
  })

  test('S150: a calendar of the house', () => {
    const closed = yearly('house', () => [parseDay('2026-07-06')])
    const clock = contractClock({
      ...agreement,
      id: 'send',
      clause: '1',
      starts: 'receipt',
      within: { businessDays: 2, calendar: 'house', counts: 'after' },
    })
    const group = contractGroup({ id: 'agreement', ruleset, clocks: [clock], calendars: [closed] })
    expect(evaluate(group, { received: '2026-07-02' })[0]?.due).toBe('2026-07-07')
  })

  test('S33: return or destroy within the stated period after termination', () => {
    const end = { ...agreement, title: 'Return or destroy', clause: '9.3', starts: 'termination', metBy: 'returned' } as const
    const group = groupOf(
      contractClock({ ...end, id: 'days', within: { calendarDays: 30, counts: 'after', rolls: 'none' } }),
      contractClock({ ...end, id: 'first-day', within: { calendarDays: 30, counts: 'beginning-on', rolls: 'none' } }),
      contractClock({ ...end, id: 'month', within: { months: 1, counts: 'after', rolls: 'none' } }),
      contractClock({ ...end, id: 'rolls', within: { calendarDays: 29, counts: 'after', rolls: { calendar: 'us-federal' } } }),
      contractClock({ ...end, id: 'year', within: { years: 1, counts: 'after', rolls: 'none' } }),
    )
    const found = evaluate(group, { terminated: '2026-01-31' })
    expect(Object.fromEntries(found.map(({ rule, due }) => [rule, due]))).toEqual({
      days: '2026-03-02',
      'first-day': '2026-03-01',
      month: '2026-02-28',
      // 1 March 2026 is a Sunday.
      rolls: '2026-03-02',
      year: '2027-01-31',
    })
    expect(evaluate(group, {}).every(({ status, due, planFor }) => status === 'pending-facts' && !due && !planFor)).toBe(true)
  })
})

describe('what is not known', () => {
  test('S31, C1: a clock from discovery plans from any other day of the incident that is known', () => {
    const found = (facts: object) => evaluate(both, facts).find(({ rule }) => rule === 'notice.discovery')
    expect(found({ aware: '2026-05-06', confirmed: '2026-05-09' })).toMatchObject({
      status: 'pending-facts',
      planFor: '2026-05-08',
      unknown: expect.arrayContaining(['discovered']),
    })
    expect(found({})).toMatchObject({ status: 'pending-facts', unknown: ['discovered'] })
  })

  test('detection before discovery is the first known day', () => {
    const [found] = evaluate(groupOf(fromConfirmation), { discovered: '2026-05-06', detected: '2026-05-04' })
    expect(found?.planFor).toBe('2026-05-06')
  })

  test('knowing less never gives a later date', () => {
    const day = fc.integer({ min: parseDay('2026-01-01'), max: parseDay('2029-12-31') })
    fc.assert(
      fc.property(day, fc.nat({ max: 90 }), fc.integer({ min: 1, max: 400 }), (discovered, later, hours) => {
        const group = groupOf(
          contractClock({ ...agreement, id: 'notice', clause: '7', starts: 'confirmation', within: { hours } }),
        )
        const facts = { discovered: formatDay(discovered), timeZone }
        const [full] = evaluate(group, { ...facts, confirmed: formatDay(discovered + later) })
        const [less] = evaluate(group, facts)
        expect(full?.status).toBe('due')
        expect(less?.status).toBe('pending-facts')
        expect((less?.planFor as string) <= (full?.due as string)).toBe(true)
      }),
    )
  })

  test('told before confirmation is told in time', () => {
    const [found] = evaluate(groupOf(fromConfirmation), {
      discovered: '2026-05-04',
      told: '2026-05-06',
      confirmed: '2026-05-10',
      timeZone,
    })
    expect(found).toMatchObject({ status: 'met', due: '2026-05-12' })
  })

  test('a confirmation before the stated discovery is a contradiction', async () => {
    for (const fact of ['aware', 'confirmed', 'determined']) {
      const error = await refusal(() => evaluate(both, { discovered: '2026-05-04', [fact]: '2026-05-03' }))
      expect(error.code).toBe('PHI_DEADLINES_CONTRADICTION')
      expect(error.path).toBe(`facts.${fact}`)
    }
    const sameDay = { discovered: '2026-05-04T12:00:00Z', confirmed: '2026-05-04T11:59:59Z', timeZone }
    expect((await refusal(() => evaluate(both, sameDay))).code).toBe('PHI_DEADLINES_CONTRADICTION')
    expect(evaluate(both, { ...sameDay, confirmed: '2026-05-04T12:00:00Z' })).toHaveLength(2)
    expect(evaluate(both, { ...sameDay, confirmed: '2026-05-04' })).toHaveLength(2)
  })

  test('on one day, the fact without a time is the stricter', () => {
    const [found] = evaluate(groupOf(fromConfirmation), {
      discovered: '2026-05-04T18:00:00-04:00',
      detected: '2026-05-04',
      timeZone,
    })
    expect(found?.planFor).toBe('2026-05-06')
  })

  test('what the group works out cannot be given', async () => {
    const hidden = { firstKnown: '2027-01-01' }
    expect((await refusal(() => evaluate(both, hidden as object))).code).toBe('PHI_DEADLINES_FACTS')
    const ended = groupOf(
      contractClock({
        ...agreement,
        id: 'notice',
        clause: '7',
        starts: 'discovery',
        within: { hours: 72 },
        until: '2026-12-31',
      }),
    )
    expect((await refusal(() => evaluate(ended, { 'event of notice': 'after the term' } as object))).code).toBe(
      'PHI_DEADLINES_FACTS',
    )
  })
})

describe('the term of the agreement', () => {
  const clock = (more: { from?: string; until?: string }) =>
    contractClock({
      ...agreement,
      id: 'notice',
      clause: '7',
      starts: 'confirmation',
      within: { calendarDays: 3, counts: 'after', rolls: 'none' },
      ...more,
    })
  const group = groupOf(clock({ until: '2026-12-31' }))

  test('an incident of the last day that is confirmed after the end stays owed', () => {
    expect(evaluate(group, { discovered: '2026-12-31', confirmed: '2027-01-08' })[0]).toMatchObject({
      status: 'due',
      due: '2027-01-11',
    })
    expect(evaluate(group, { discovered: '2026-12-31' })[0]).toMatchObject({ status: 'pending-facts', planFor: '2027-01-03' })
  })

  test('an incident of a later day is not, and one whose day is not known may be', () => {
    expect(evaluate(group, { discovered: '2027-01-01', confirmed: '2027-01-08' })[0]?.status).toBe('not-applicable')
    expect(evaluate(group, {}, { today: '2027-06-01' })[0]).toMatchObject({
      status: 'pending-facts',
      unknown: expect.arrayContaining(['confirmed']),
    })
  })

  test('before the first day it does not bind', () => {
    const facts = (day: string) => ({ discovered: day, confirmed: day })
    expect(evaluate(group, facts('2025-12-31'))[0]?.status).toBe('not-in-force')
    expect(evaluate(group, facts('2026-01-01'))[0]?.status).toBe('due')
  })

  test('versions of one clause: the stricter of those that apply', () => {
    const versions = groupOf(
      contractClock({
        ...agreement,
        id: 'notice.1',
        duty: 'notice',
        clause: '7',
        starts: 'confirmation',
        within: { calendarDays: 10, counts: 'after', rolls: 'none' },
        until: '2026-06-30',
      }),
      contractClock({
        ...agreement,
        id: 'notice.2',
        duty: 'notice',
        clause: '7',
        starts: 'confirmation',
        within: { calendarDays: 3, counts: 'after', rolls: 'none' },
        from: '2026-07-01',
      }),
    )
    const found = (discovered: string, confirmed: string) => {
      const all = evaluate(versions, { discovered, confirmed })
      expect(all).toHaveLength(1)
      return [all[0]?.rule, all[0]?.due]
    }
    expect(found('2026-06-01', '2026-06-02')).toEqual(['notice.1', '2026-06-12'])
    expect(found('2026-06-30', '2026-07-01')).toEqual(['notice.2', '2026-07-04'])
    expect(found('2026-07-01', '2026-07-01')).toEqual(['notice.2', '2026-07-04'])
  })
})

test('a statement of law enforcement delays only where the clause says so', () => {
  const within = { calendarDays: 3, counts: 'after', rolls: 'none' } as const
  const group = groupOf(
    contractClock({ ...agreement, id: 'plain', clause: '7', starts: 'discovery', within }),
    contractClock({ ...agreement, id: 'gives-way', clause: '8', starts: 'discovery', within, delayedByLawEnforcement: true }),
  )
  const found = evaluate(group, {
    discovered: '2026-05-04',
    lawEnforcement: [{ form: 'written', on: '2026-05-05', until: '2026-06-05' }],
  })
  expect(Object.fromEntries(found.map(({ rule, due }) => [rule, due]))).toEqual({
    plain: '2026-05-07',
    'gives-way': '2026-06-06',
  })
})

describe('what is refused', () => {
  const good = { ...agreement, id: 'a', clause: '4.1', starts: 'discovery', within: { hours: 72 } } as const
  const refused = async (more: object) => refusal(() => contractClock({ ...good, ...more } as typeof good))

  test('a basis that is not stated in full', async () => {
    const bad: readonly object[] = [
      { within: { calendarDays: 30 } },
      { within: { calendarDays: 30, counts: 'after' } },
      { within: { calendarDays: 30, rolls: 'none' } },
      { within: { businessDays: 2, counts: 'after' } },
      { within: { businessDays: 2, calendar: 'us-federal' } },
      { within: { hours: 72, calendarDays: 3 } },
      { within: { hours: 0 } },
      { within: { hours: 1.5 } },
      { within: { hours: Number.NaN } },
      { within: { hours: Number.POSITIVE_INFINITY } },
      { within: {} },
      { within: undefined },
      { starts: undefined },
      { starts: 'toString' },
      { confirmation: undefined },
      { from: undefined },
      { from: '2026-02-30' },
      { until: '2025-12-31' },
      { asOf: 'yesterday' },
      { clause: 'Notice' },
      { clause: '4 .1' },
      { agreement: '45 CFR' },
      { id: '' },
      { id: 'a b' },
      { metBy: '__proto__' },
      { metBy: 'constructor' },
      { metBy: 'timeZone' },
      { fact: 'confirmedByAuditor' },
      { metBy: 'discovered' },
      { metBy: 'firstKnown' },
      { metBy: 'lawEnforcement' },
      { starts: 'receipt', metBy: 'received' },
      { starts: 'receipt', fact: 'requested', metBy: 'requested' },
      { starts: 'receipt', fact: 'confirmed' },
      { surprise: 1 },
    ]
    for (const each of bad) expect((await refused(each)).code, JSON.stringify(each)).toBe('PHI_DEADLINES_CONTRACT')
  })

  test('and no value reaches the error', async () => {
    const secret = 'Jane Doe 1980-01-01'
    for (const each of [{ id: secret }, { clause: secret }, { [secret]: 1 }, { within: { [secret]: 1 } }, { from: secret }]) {
      const error = await refused(each)
      expect(`${error.message} ${JSON.stringify(error)} ${error.path} ${String(error.cause)}`).not.toContain('Jane')
    }
  })

  test('the longest clause still makes a rule, and nobody can change it', () => {
    const long = contractClock({ ...good, starts: 'confirmation', words: 'w'.repeat(600), note: 'n'.repeat(900) })
    expect(groupOf(long).rules).toHaveLength(1)
    expect([long, long.trigger, long.basis, long.inForce].every((part) => Object.isFrozen(part))).toBe(true)
  })

  test('types: a basis left open does not compile', () => {
    // @ts-expect-error the counting is not said
    expect(() => contractClock({ ...good, within: { calendarDays: 30 } })).toThrow()
    // @ts-expect-error no calendar
    expect(() => contractClock({ ...good, within: { businessDays: 2, counts: 'after' } })).toThrow()
    const facts = both.facts
    // @ts-expect-error the name of no clock
    expect(facts.elsewhere).toBeUndefined()
  })

  test('a group without clocks, with two of one id, or with a calendar that is not there', async () => {
    expect((await refusal(() => groupOf())).code).toBe('PHI_DEADLINES_CONTRACT')
    expect((await refusal(() => groupOf(fromDiscovery, fromDiscovery))).code).toBe('PHI_DEADLINES_RULE')
    const clock = contractClock({ ...good, within: { businessDays: 2, calendar: 'moon', counts: 'after' } })
    expect((await refusal(() => groupOf(clock))).code).toBe('PHI_DEADLINES_RULE')
  })
})
