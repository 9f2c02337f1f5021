import { addMonths, addYears, formatDay, parseDay } from '@phi/deadlines'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asOf, signedSchedule } from '../../test/schedule/signed.ts'
import { dateFacts, flagFacts, houseRule, narrowTable, returnOrDestroy } from '../index.ts'
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
      { numRuns: 500 },
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

  test('is empty where nothing can be said: of what replaces another schedule, is none, or asks beyond the calendar', () => {
    const before = signedSchedule()
    for (const [policy, today] of [
      [signedSchedule({ replaces: before }), '2026-11-22'],
      [{ id: 'own', assess: before.assess }, '2026-11-22'],
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
