import {
  contractRule,
  type HoldEvent,
  houseRule,
  type RetentionPolicy,
  type RetentionRecord,
  type RetentionRule,
  type RetentionSchedule,
  retentionSchedule,
  returnOrDestroy,
  type ScheduleOptions,
  usRetention,
} from '@phi/retention'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type Db, retentionPlanner, retentionStore } from '../../src/index.ts'
import { embeddedMigrated } from '../embedded.ts'
import { migratedDatabase, startServer } from '../server.ts'
import { asOf, fill, makeTable, sampleOf, signed, table } from './narrow-records.ts'

const today = '2026-11-22'
const isLong = process.env.PHI_LONG === '1'

const cleanups: (() => Promise<unknown>)[] = []
const engines: Readonly<Record<string, () => Promise<Db>>> = {
  PostgreSQL: async () => {
    const server = await startServer()
    const database = await migratedDatabase(server.url)
    cleanups.push(() => server.stop(), database.drop)
    return connect(database.url)
  },
  // The same version of PostgreSQL, which takes several times as long; `retention-narrow.test.ts` asks it in every run.
  ...(isLong && { PGlite: embeddedMigrated }),
}
let db: Db
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup()
})

const kinds = ['message', 'x-ray', 'audit-log', 'medical-record', 'policy-document', 'baa', 'mammogram'] as const
const amount = fc.oneof(
  fc.record({ unit: fc.constant('years' as const), amount: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ unit: fc.constant('months' as const), amount: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ unit: fc.constant('days' as const), amount: fc.integer({ min: 0, max: 6000 }) }),
  fc.constant({ unit: 'permanent' as const }),
)
/** A rule of the house for some kinds. Its id is one of three, so that versions change the rules of versions before. */
const house = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c'),
    kinds: fc.uniqueArray(fc.constantFrom(...kinds), { minLength: 1, maxLength: 4 }),
    start: fc.constantFrom(
      { anyOf: [['created']], orLater: ['lastEntry'] },
      { anyOf: [['lastTreatment', 'lastEntry'], ['created']] },
      { anyOf: [['lastEntry']], floorFrom: ['created'] },
      { anyOf: [['created']], orLater: ['keepThrough'] },
    ),
    period: amount,
    minor: fc.constantFrom(undefined, { yearsAfterMajority: 3 }, { untilAge: 23 }),
    conditions: fc.constantFrom(undefined, undefined, [{ title: 'Notice', fact: 'agencyNotified', days: 30 }]),
    when: fc.constantFrom(undefined, undefined, [{ fact: 'medicare', is: true }]),
    answers: fc.constantFrom(undefined, ['rule:al.physician', 'minors:fl.physician', 'state-law:NH:hospital']),
  })
  .map(({ name, start, period, minor, ...rest }) =>
    houseRule({
      id: `house.${name}`,
      title: 'A rule by chance',
      ...JSON.parse(JSON.stringify({ ...rest, ...(period.unit !== 'permanent' && { minor }) })),
      start,
      period,
      asOf,
    }),
  )
const ceilings = [
  returnOrDestroy({ id: 'baa.return', days: 365, asOf }),
  contractRule({
    id: 'baa.delete',
    title: 'Deleted after two years',
    kinds: ['x-ray', 'audit-log'],
    effect: 'ceiling',
    start: { anyOf: [['created']] },
    period: { unit: 'years', amount: 2 },
    asOf,
  }),
]
const version = fc.record({
  house: fc.uniqueArray(house, { maxLength: 3, selector: ({ id }) => id }),
  contracts: fc.constantFrom([], [], ceilings),
  signs: fc.constantFrom('all', 'all', 'house', 'none', 'half'),
  accepts: fc.constantFrom('none', 'none', 'house', 'all', 'half', 'too late'),
  mustBeSigned: fc.constantFrom('every-applicable-row', 'governing-row'),
  advisedMargins: fc.constantFrom('wait', 'ignore'),
  /** The same rules as the version before. */
  same: fc.integer({ min: 0, max: 4 }).map((chance) => chance === 0),
})
type Version = typeof version extends fc.Arbitrary<infer Value> ? Value : never

function chosen(rules: readonly RetentionRule[], which: string) {
  if (which === 'none') return []
  const some = rules.filter(
    ({ origin }, index) => which === 'all' || which === 'too late' || (which === 'half' ? index % 2 === 0 : origin === 'house'),
  )
  return some.map(({ id }) => ({ rule: id, by: 'counsel', on: which === 'too late' ? '2027-01-01' : asOf }))
}

/** The schedule of the last version, which replaces those before. */
function chained(versions: readonly Version[]): RetentionSchedule {
  let made: RetentionSchedule | undefined
  let rules: Pick<ScheduleOptions, 'house' | 'contracts'> = {}
  for (const [index, { house: own, contracts, signs, accepts, same, mustBeSigned, advisedMargins }] of versions.entries()) {
    if (!same || index === 0) rules = { house: own, contracts }
    const all = [...usRetention.rules, ...(rules.house ?? []), ...(rules.contracts ?? [])]
    made = retentionSchedule({
      id: `test/${index + 1}`,
      ...rules,
      mustBeSigned: mustBeSigned as 'governing-row',
      advisedMargins: advisedMargins as 'wait',
      signOffs: chosen(all, signs),
      ...(made && { replaces: made, shortenings: chosen(all, accepts) }),
    })
  }
  return made as RetentionSchedule
}

const holds: readonly HoldEvent[] = [
  { type: 'placed', case: 'm-1', on: '2020-01-01', by: 'counsel', matches: { ids: ['r-1', 'r-2', 'r-3', 'r-4', 'r-5'] } },
]

async function compared(policy: RetentionPolicy, records: readonly RetentionRecord[]) {
  const keeper = await fill(db, records)
  const options = { tenant: keeper, tables: [table] as const, policy }
  await retentionStore(db, options).appendHold(holds[0] as HoldEvent, 0)
  const found = await retentionPlanner(db, options).statuses({ today }, null, records.length + 1)
  const statusOf = new Map(found.map(({ id, status }) => [id, status]))
  const counts: Record<string, number> = {}
  for (const record of records) {
    const status = statusOf.get(record.id)
    counts[`${status}`] = (counts[`${status}`] ?? 0) + 1
    if (status === 'needs-assessment') continue
    const held = ['r-1', 'r-2', 'r-3', 'r-4', 'r-5'].includes(record.id) ? ['m-1'] : []
    expect({ record, status }).toEqual({ record, status: policy.assess(record, { today, holds: held }).status })
  }
  return counts
}

describe.each(Object.keys(engines))('a schedule that replaces others, in SQL on %s', { timeout: 1_800_000 }, (engine) => {
  beforeAll(async () => {
    db = await (engines[engine] as () => Promise<Db>)()
    const own = db
    cleanups.push(() => own.close())
    await makeTable(db)
  })

  it('S65 S96 says what the assessment says, or that it cannot say: versions by chance', async () => {
    const counts: Record<string, number> = {}
    const seed = Number(process.env.PHI_SEED ?? 0)
    const all = fc.sample(fc.array(version, { minLength: 2, maxLength: isLong ? 5 : 3 }), { numRuns: isLong ? 100 : 3, seed })
    for (const [index, versions] of all.entries()) {
      // Half of them with little but the dates of their rules, which come to a date more often.
      const records = sampleOf(seed + 1000 + index, isLong ? 600 : 240).map((record, at): RetentionRecord => {
        const { id, subject, created, lastEntry, lastTreatment, keepThrough, agencyNotified, medicare } = record
        const kind = ['audit-log', 'x-ray', 'baa', 'policy-document'][at % 4] as string
        const dates = { created: created ?? '2017-02-28', lastEntry, lastTreatment, keepThrough, agencyNotified, medicare }
        return at % 3 === 0 ? record : { id, kind, subject, lastInEffect: lastEntry, ...dates }
      })
      const own = await compared(chained(versions), records)
      for (const [status, number] of Object.entries(own)) counts[status] = (counts[status] ?? 0) + number
    }
    if (process.env.PHI_SHOW) console.log(counts)
    const total = Object.values(counts).reduce((sum, each) => sum + each, 0)
    expect(counts['needs-assessment'] ?? 0).toBeLessThan(total * 0.6)
    expect(counts.retain).toBeGreaterThan(total / 20)
    for (const status of ['disposable', 'held', 'conflict', 'needs-sign-off']) expect(counts[status]).toBeGreaterThan(0)
  })

  const years = (amount: number): RetentionRule =>
    houseRule({
      id: 'house.logs',
      title: 'Audit logs',
      kinds: ['audit-log'],
      start: { anyOf: [['created']] },
      period: { unit: 'years', amount },
      asOf,
    })
  const law = usRetention.rules.filter(({ jurisdiction }) => jurisdiction === undefined)
  const adopted = (amounts: readonly number[], isAccepted: boolean): RetentionSchedule => {
    let made: RetentionSchedule | undefined
    for (const [index, amount] of amounts.entries()) {
      const signOffs = signed([...law, years(amount)])
      made = retentionSchedule({
        id: `clinic/${index + 1}`,
        law,
        house: [years(amount)],
        signOffs,
        ...(made && { replaces: made }),
        ...(made && isAccepted && { shortenings: [{ rule: 'house.logs', by: 'counsel', on: asOf }] }),
      })
    }
    return made as RetentionSchedule
  }
  const logs = [2024, 2018, 2010].map(
    (year, index): RetentionRecord => ({ id: `log-${index}`, kind: 'audit-log', created: `${year}-05-01` }),
  )

  it.each([
    [[9, 7], false, ['retain', 'retain', 'disposable']],
    // Whether the rule that was accepted is the only one that governs depends on the record.
    [[9, 7], true, ['retain', 'needs-assessment', 'disposable']],
    [[7, 9], false, ['retain', 'retain', 'disposable']],
    [[7, 9], true, ['retain', 'retain', 'disposable']],
    [[9, 7, 7, 7, 7, 7, 7, 7], false, ['retain', 'retain', 'disposable']],
    [[7, 9, 7], false, ['retain', 'retain', 'disposable']],
  ] as const)('S65 decides the ordinary case: %j years, accepted %s', async (amounts, isAccepted, expected) => {
    const keeper = await fill(db, logs)
    const policy = adopted(amounts, isAccepted)
    const planner = retentionPlanner(db, { tenant: keeper, tables: [table], policy })
    const found = await planner.statuses({ today }, null, 10)
    expect(found.map(({ status }) => status)).toEqual(expected)
    // Everything else is as it was.
    await compared(policy, sampleOf(4, 60))
  })
})
