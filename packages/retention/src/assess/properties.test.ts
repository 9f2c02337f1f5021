import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asOf, signed, signedSchedule } from '../../test/schedule/signed.ts'
import {
  type Assessment,
  houseRule,
  type RetentionRecord,
  type RetentionRule,
  retentionSchedule,
  usRetention,
} from '../index.ts'

const runs = { numRuns: process.env.PHI_LONG === '1' ? 200_000 : 800 }

const two = (value: number) => `${value}`.padStart(2, '0')
/** Any day of 1950 to 2040, with 29 February oftener than by chance. */
const day = fc.oneof(
  fc
    .record({ y: fc.integer({ min: 1950, max: 2040 }), m: fc.integer({ min: 1, max: 12 }), d: fc.integer({ min: 1, max: 28 }) })
    .map(({ y, m, d }) => `${y}-${two(m)}-${two(d)}`),
  fc.integer({ min: 1952 / 4, max: 2040 / 4 }).map((y) => `${y * 4}-02-29`),
)
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 4 })
const todays = fc.oneof(day, fc.constantFrom('2026-11-22', '2100-01-01', '2399-12-31'))

const treatment: fc.Arbitrary<RetentionRecord> = fc.record({
  id: fc.constant('r'),
  kind: fc.constantFrom('medical-record', 'medical-images', 'patient-index', 'basic-information', 'message', 'mammogram'),
  state: maybe(
    fc.constantFrom(
      'AL',
      'AK',
      'AR',
      'CA',
      'CT',
      'GA',
      'HI',
      'IN',
      'MA',
      'MD',
      'MS',
      'NC',
      'NV',
      'OK',
      'OR',
      'TN',
      'TX',
      'UT',
      'VA',
      'ID',
      'PR',
    ),
  ),
  provider: maybe(fc.constantFrom('hospital', 'physician', 'therapist', 'clinic', 'chiropractor', 'other')),
  created: maybe(day),
  discharged: maybe(day),
  lastTreatment: maybe(day),
  lastEntry: maybe(day),
  serviceDate: maybe(day),
  born: maybe(day),
  died: maybe(day),
  adult: maybe(fc.boolean()),
  medicare: maybe(fc.boolean()),
  partOfRecord: maybe(fc.boolean()),
  agencyNotified: maybe(day),
  mammogram: maybe(day),
  laterMammograms: maybe(fc.array(day, { maxLength: 3 })),
  keepThrough: maybe(day),
} as never)

const documentation: fc.Arbitrary<RetentionRecord> = fc.record({
  id: fc.constant('r'),
  kind: fc.constantFrom(
    'policy-document',
    'baa',
    'npp-version',
    'training-record',
    'audit-log',
    'accounting-entry',
    'managed-care-record',
    'investigational-drug-record',
  ),
  created: maybe(day),
  effective: maybe(day),
  signed: maybe(day),
  lastInEffect: maybe(day),
  replaced: maybe(day),
  terminated: maybe(day),
  inEffect: maybe(fc.boolean()),
  disclosed: maybe(day),
  contractEnded: maybe(day),
  auditCompleted: maybe(day),
  audited: maybe(fc.boolean()),
  approved: maybe(day),
  discontinued: maybe(day),
  authorityNotified: maybe(day),
} as never)

const records = fc.oneof(treatment, documentation)
const us = signedSchedule({ signOffs: signed(usRetention.rules) })

const houseRules: fc.Arbitrary<RetentionRule> = fc
  .record({
    period: fc.oneof(
      fc.record({ unit: fc.constantFrom('years' as const, 'months' as const), amount: fc.integer({ min: 0, max: 40 }) }),
      fc.record({ unit: fc.constant('days' as const), amount: fc.integer({ min: 0, max: 20_000 }) }),
      fc.constantFrom({ unit: 'permanent' as const }, { unit: 'open' as const }, { unit: 'age' as const, amount: 25 }),
    ),
    fact: fc.constantFrom('created', 'discharged', 'lastTreatment', 'lastInEffect', 'keepThrough'),
    minor: fc.constantFrom('not-by-age', 'not-in-table', { untilAge: 30 }, { yearsAfterMajority: 12 }),
  })
  .map(({ period, fact, minor }) =>
    houseRule({
      id: 'house.any',
      title: 'Any',
      kinds: 'any',
      start: { anyOf: [[fact as 'created']] },
      period,
      minor: minor as never,
      asOf,
    }),
  )

/** Sorts after every date. */
const until = (found: Assessment) =>
  found.why === 'in-effect' || (found.keepThrough === null && found.governing.length > 0) ? '9999' : (found.keepThrough ?? '')

describe('properties', { timeout: 600_000 }, () => {
  test('adding a minimum never shortens, and never makes a record disposable', () => {
    fc.assert(
      fc.property(records, houseRules, todays, (record, rule, today) => {
        const before = us.assess(record, { today })
        const after = signedSchedule({ house: [rule] }).assess(record, { today })
        // Beyond the calendar nothing is counted at all.
        if (after.why === 'unreadable') return
        expect(until(after) >= until(before)).toBe(true)
        // Where no rule applied, or none to a message that is no part of the record, the first one may be what was missing.
        const missing = before.why === 'no-rule-applies' || before.unknown.includes('partOfRecord')
        if (!missing && !before.disposable) expect(after.disposable).toBe(false)
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 5000 : 30 },
    )
  })

  /** Facts that tell that something has happened, and say nothing by their absence. */
  const happenings = new Set(['id', 'kind', 'died', 'keepThrough'])

  /**
   * A record whose last treatment, discharge and entry are one day, and nothing else later: so that no fact does more than move a
   * start that another fact gives as well.
   */
  const oneStay = fc.tuple(treatment, day).map(([record, last]): RetentionRecord => {
    const earlier = (date: string | null | undefined, than: string) => (date != null && date > than ? than : date)
    const serviceDate = earlier(record.serviceDate, last)
    const created = earlier(record.created, serviceDate ?? last)
    const ends = { discharged: last, lastTreatment: last, lastEntry: last }
    const mammogram = record.kind === 'mammogram' ? last : undefined
    return { ...record, ...ends, mammogram, serviceDate, created, born: earlier(record.born, last) }
  })

  test('a fact that is not known never makes a record disposable', () => {
    let asked = 0
    fc.assert(
      fc.property(oneStay, todays, (record, today) => {
        const found = us.assess(record, { today })
        if (found.disposable || found.why === 'facts-contradict') return
        for (const fact of Object.keys(record)) {
          if (happenings.has(fact) || record[fact as 'born'] === undefined) continue
          const { [fact as 'born']: _, ...rest } = record
          const without = us.assess(rest, { today })
          expect([fact, without.disposable]).toEqual([fact, false])
          asked++
        }
      }),
      runs,
    )
    expect(asked).toBeGreaterThan(5000)
  })

  test('holds always win', () => {
    fc.assert(
      fc.property(records, todays, fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), (record, today, holds) => {
        const found = us.assess(record, { today, holds })
        expect(found).toMatchObject({ disposable: false, status: 'held', earliest: null })
        expect(found.holds.length).toBeGreaterThan(0)
      }),
      runs,
    )
  })

  test('the order of rules, of facts and of sign-offs decides nothing', () => {
    const backwards = retentionSchedule({
      id: 'test/1',
      law: [...usRetention.rules].reverse(),
      signOffs: [...signed(usRetention.rules)].reverse(),
    })
    fc.assert(
      fc.property(records, todays, (record, today) => {
        const turned = Object.fromEntries(Object.entries(record).reverse())
        const { policy: _, ...one } = us.assess(record, { today })
        const { policy: __, ...other } = backwards.assess(turned, { today })
        expect(other).toEqual(one)
      }),
      runs,
    )
  })

  test('what is disposable has every proof', () => {
    let disposable = 0
    fc.assert(
      fc.property(records, todays, (record, today) => {
        const found = us.assess(record, { today })
        expect(found.disposable).toBe(found.status === 'disposable')
        if (!found.disposable) return
        disposable++
        expect(found.keepThrough !== null && found.keepThrough < today).toBe(true)
        expect(found.earliest !== null && found.earliest <= today).toBe(true)
        expect(found).toMatchObject({ floor: false, unknown: [], needsSignOff: [], holds: [] })
        expect(found.governing.length).toBeGreaterThan(0)
        // And it stays so, as long as the facts do.
        expect(us.assess(record, { today: '2399-12-31' }).disposable).toBe(true)
      }),
      runs,
    )
    expect(disposable).toBeGreaterThan(runs.numRuns / 60)
  })

  test('asked a day later, a record is kept as long', () => {
    fc.assert(
      fc.property(documentation, todays, (record, today) => {
        const { keepThrough, earliest } = us.assess(record, { today })
        expect(us.assess(record, { today: '2399-12-31' })).toMatchObject({ keepThrough, earliest })
      }),
      runs,
    )
  })

  test('whatever the record is, there is an answer, and without the documented form it is never yes', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withDate: true, withMap: true }), (record) => {
        expect(us.assess(record, { today: '2399-12-31' }).disposable).toBe(false)
      }),
      runs,
    )
  })
})
