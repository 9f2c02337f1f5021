import { addMonths, addYears, formatDay, parseDay } from '@phi/deadlines'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asOf, signedSchedule } from '../../test/schedule/signed.ts'
import { dateFacts, flagFacts, houseRule, narrowTable, type RetentionPolicy, returnOrDestroy } from '../index.ts'
import { firstRunning, NARROW_FROM } from './cutoff.ts'

const day = fc.integer({ min: parseDay('1900-01-01'), max: parseDay('2150-12-31') })

describe('the first start that still runs', () => {
  test('has every later start running and every earlier one over', () => {
    const periods = fc.oneof(
      fc.integer({ min: 0, max: 150 }).map((amount) => (start: number) => addYears(start, amount, 'later')),
      fc.integer({ min: 0, max: 1800 }).map((amount) => (start: number) => addMonths(start, amount, 'later')),
      fc.integer({ min: 0, max: 600 }).map((amount) => (start: number) => addMonths(start, amount, 'earlier')),
      fc.integer({ min: 0, max: 55_000 }).map((amount) => (start: number) => start + amount),
    )
    fc.assert(
      fc.property(periods, day, fc.integer({ min: 0, max: 800 }), (end, today, steps) => {
        const from = firstRunning(end, today)
        expect(end(from) >= today).toBe(true)
        expect(end(from + steps) >= today).toBe(true)
        if (from > parseDay(NARROW_FROM)) {
          expect(end(from - 1) >= today).toBe(false)
          expect(end(Math.max(parseDay(NARROW_FROM), from - 1 - steps)) >= today).toBe(false)
        }
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 5_000 : 60 },
    )
  })

  test('turns with 29 February as keeping does', () => {
    const six = (start: number) => addYears(start, 6, 'later')
    // 29 February 2020 and six years is kept through 1 March 2026.
    expect(formatDay(firstRunning(six, parseDay('2026-03-01')))).toBe('2020-02-29')
    expect(formatDay(firstRunning(six, parseDay('2026-03-02')))).toBe('2020-03-02')
  })
})

describe('a schedule as a table', () => {
  const facts = [...dateFacts, ...flagFacts, 'state', 'provider', 'tenant', 'subject']

  test('S65 S96 has the days of a kind and place', () => {
    const table = narrowTable(signedSchedule(), { today: '2026-11-22', facts })
    const group = table.kinds.find(({ kind }) => kind === 'audit-log')
    expect(group?.placed).toBe(false)
    const place = table.places.find((each) => each.group === group?.group)
    expect(table.profiles[place?.profile ?? -1]).toMatchObject({
      decidable: true,
      needs: ['created'],
      runsFrom: { created: '2020-11-22', lastEntry: '2020-11-22', keepThrough: '2026-11-22' },
      age: null,
      signed: 'signed',
    })
    // A place for every kind, and a profile for every place.
    expect(table.kinds.every((each) => table.places.some((other) => other.group === each.group))).toBe(true)
    expect(table.places.every(({ profile }) => table.profiles[profile] !== undefined)).toBe(true)
    expect(new Set(table.places.map(({ profile }) => profile)).size).toBe(table.profiles.length)
  })

  test('leaves out what the records do not have, and says that it is missing', () => {
    const table = narrowTable(signedSchedule(), { today: '2026-11-22', facts: ['kind', 'lastEntry'] })
    const group = table.kinds.find(({ kind }) => kind === 'audit-log')?.group
    const place = table.places.find((each) => each.group === group)
    expect(table.profiles[place?.profile ?? -1]).toMatchObject({
      missing: true,
      needs: [],
      runsFrom: { lastEntry: '2020-11-22' },
    })
  })

  test('S65 names what a version replaces where that can make a difference', () => {
    const logs = (amount: number) =>
      houseRule({
        id: 'house.logs',
        title: 'Audit logs',
        kinds: ['audit-log'],
        start: { anyOf: [['created']] },
        period: { unit: 'years', amount },
        asOf,
      })
    const first = signedSchedule({ house: [logs(9)] })
    const shortenings = [{ rule: 'house.logs', by: 'counsel', on: asOf }]
    // A table takes a large part of a second, and some are asked about two kinds.
    const tables = new Map<RetentionPolicy, ReturnType<typeof narrowTable>>()
    const profileIn = (policy: RetentionPolicy, kind: string) => {
      const table = tables.get(policy) ?? narrowTable(policy, { today: '2026-11-22', facts })
      tables.set(policy, table)
      const group = table.kinds.find((each) => each.kind === kind)?.group
      const place = table.places.find((each) => each.group === group)
      const own = table.profiles[place?.profile ?? -1]
      return { own, earlier: table.profiles[own?.earlier?.profile ?? -1] }
    }
    const seven = signedSchedule({ house: [logs(7)], replaces: first })
    const shorter = profileIn(seven, 'audit-log')
    expect(shorter.own).toMatchObject({ runsFrom: { created: '2019-11-22' }, earlier: { accepted: 'none' } })
    expect(shorter.earlier).toMatchObject({ runsFrom: { created: '2017-11-22' }, earlier: null })
    // The row of law that reaches a log was not accepted as shorter.
    const accepted = profileIn(signedSchedule({ house: [logs(7)], replaces: first, shortenings }), 'audit-log')
    expect(accepted.own?.earlier?.accepted).toBe('some')
    // What two versions say alike, and what all rules were accepted for, stands on nothing.
    const again = signedSchedule({ house: [logs(9)], replaces: first })
    expect(profileIn(again, 'audit-log').own?.earlier).toBe(null)
    expect(profileIn(seven, 'baa').own?.earlier).toBe(null)
    const all = [...first.rules].map(({ id }) => ({ rule: id, by: 'counsel', on: asOf }))
    const everything = profileIn(signedSchedule({ house: [logs(7)], replaces: first, shortenings: all }), 'audit-log')
    expect(everything.own).toMatchObject({ earlier: null, undecidedWhere: expect.arrayContaining(['keepThrough']) })
    // An acceptance of a later day does not count yet.
    const later = all.map((each) => ({ ...each, on: '2026-11-23' }))
    const notYet = profileIn(signedSchedule({ house: [logs(7)], replaces: first, shortenings: later }), 'audit-log')
    expect(notYet.own?.earlier?.accepted).toBe('none')
    // Many versions that say something else each are left to the assessment.
    let long = first
    for (let amount = 10; amount < 16; amount++) long = signedSchedule({ house: [logs(amount)], replaces: long })
    const many = profileIn(long, 'audit-log')
    expect(many.earlier?.decidable ?? many.own?.decidable).toBe(false)
  })

  test('is empty where nothing can be said: of what is no schedule, replaces none, or asks beyond the calendar', () => {
    const before = signedSchedule()
    const own = { id: 'own', assess: before.assess }
    for (const [policy, today] of [
      [signedSchedule({ replaces: own }), '2026-11-22'],
      [own, '2026-11-22'],
      [before, '2399-12-31'],
    ] as const) {
      expect(narrowTable(policy, { today, facts })).toMatchObject({ kinds: [], places: [], profiles: [] })
    }
    expect(() => narrowTable(before, { today: '2026-02-29', facts })).toThrow('options.today')
  })

  test('does not decide what hangs on more than days, and does not grow with ceilings', () => {
    const house = houseRule({
      id: 'house.study',
      title: 'Studies, by age and by a date that is none of care',
      kinds: ['study'],
      start: { anyOf: [['signed']] },
      period: { unit: 'years', amount: 5 },
      minor: { untilAge: 25 },
      asOf,
    })
    const plain = narrowTable(signedSchedule({ house: [house] }), { today: '2026-11-22', facts })
    const group = plain.kinds.find(({ kind }) => kind === 'study')?.group
    const place = plain.places.find((each) => each.group === group)
    expect(plain.profiles[place?.profile ?? -1]?.decidable).toBe(false)
    const contracts = [returnOrDestroy({ id: 'baa.return', days: 30, asOf })]
    const ceilings = narrowTable(signedSchedule({ house: [house], contracts }), { today: '2026-11-22', facts })
    expect(ceilings.places).toHaveLength(plain.places.length)
    expect(ceilings.profiles[0]?.overdueWhere).toEqual([
      { fact: 'agreementEnded', before: '2026-10-23', flags: [{ fact: 'destructionFeasible', is: true }] },
    ])
  })
})
