import {
  contractRule,
  type HoldEvent,
  houseRule,
  plan,
  type RetentionPolicy,
  type RetentionRecord,
  retentionSchedule,
  returnOrDestroy,
  type ScheduleOptions,
  usRetention,
} from '@phi/retention'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type Db, retentionPlanner, retentionStore } from '../../src/index.ts'
import { embeddedMigrated } from '../embedded.ts'
import { migratedDatabase, startServer, type TestServer } from '../server.ts'
import { asOf, fill, makeTable, sampleOf, signed, table } from './narrow-records.ts'

const long = process.env.PHI_LONG === '1'
const engines = ['PostgreSQL', 'PGlite'] as const
const dbs = {} as Record<(typeof engines)[number], Db>
let server: TestServer
let drop: () => Promise<void>

beforeAll(async () => {
  server = await startServer()
  const database = await migratedDatabase(server.url)
  drop = database.drop
  dbs.PostgreSQL = await connect(database.url)
  dbs.PGlite = await embeddedMigrated()
  for (const engine of engines) await makeTable(dbs[engine])
})
afterAll(async () => {
  for (const engine of engines) await dbs[engine].close()
  await drop()
  await server.stop()
})

const schedule = (options: Partial<ScheduleOptions>): RetentionPolicy => {
  const rules = [...usRetention.rules, ...(options.house ?? []), ...(options.contracts ?? [])]
  return retentionSchedule({ id: 'test/1', signOffs: signed(rules), ...options })
}
const xRays = houseRule({
  id: 'house.x-rays',
  title: 'X-rays',
  kinds: ['x-ray'],
  start: { anyOf: [['lastTreatment', 'lastEntry'], ['created']], orLater: ['keepThrough'] },
  period: { unit: 'months', amount: 90 },
  asOf,
})
const settles = houseRule({
  id: 'house.settles',
  title: 'What the schedule leaves open',
  kinds: ['medical-record', 'message'],
  start: { anyOf: [['lastTreatment']], orLater: ['lastEntry'] },
  period: { unit: 'days', amount: 4000 },
  minor: { yearsAfterMajority: 2 },
  asOf,
  answers: ['rule:al.physician', 'minors:fl.physician', 'state-law:NH:hospital', 'state-law:TX:clinic'],
})
const policies: Readonly<Record<string, RetentionPolicy>> = {
  'everything signed off': schedule({ house: [xRays] }),
  'nothing signed off': schedule({ signOffs: [] }),
  'some signed off, the governing row alone': schedule({
    signOffs: signed(usRetention.rules.filter((_, index) => index % 2 === 0)),
    mustBeSigned: 'governing-row',
    advisedMargins: 'ignore',
  }),
  'what is left open settled, and an age': schedule({
    house: [
      xRays,
      settles,
      houseRule({
        id: 'house.age',
        title: 'Until 25',
        kinds: ['x-ray'],
        start: { anyOf: [['born']] },
        period: { unit: 'age', amount: 25 },
        asOf,
      }),
    ],
  }),
  ceilings: schedule({
    house: [xRays],
    contracts: [
      returnOrDestroy({ id: 'baa.return', days: 365, asOf }),
      contractRule({
        id: 'baa.delete',
        title: 'Deleted after two years',
        kinds: ['x-ray', 'audit-log'],
        effect: 'ceiling',
        start: { anyOf: [['created']], orLater: ['lastEntry'] },
        period: { unit: 'years', amount: 2 },
        asOf,
      }),
    ],
  }),
}
const holds: readonly HoldEvent[] = [
  { type: 'placed', case: 'm-1', on: '2020-01-01', by: 'counsel', matches: { ids: ['r-1', 'r-2', 'r-3'] } },
  { type: 'placed', case: 'm-2', on: '2020-01-01', by: 'counsel', matches: { kinds: ['audit-log'], subjects: ['p-3'] } },
  { type: 'placed', case: 'm-3', on: '2020-01-01', by: 'counsel', matches: { subjects: ['p-2'] } },
  { type: 'released', case: 'm-3', on: '2027-02-01', by: 'counsel' },
]
const todays = ['2026-11-22', '2028-02-29', '2027-03-01']

const many = long ? 20_000 : 400
const sample = (seed: number): RetentionRecord[] => sampleOf(seed, many)

/** Everything on PostgreSQL. PGlite takes several times as long for the same: one of them there, and all with PHI_LONG. */
const cases = Object.keys(policies).flatMap((name, index) =>
  engines.filter((engine) => engine === 'PostgreSQL' || long || index === 4).map((engine) => [name, engine, index] as const),
)

describe('a plan in SQL against the assessment', { timeout: 600_000 }, () => {
  it.each(cases)('S65 S96 says the same, or that it cannot say: %s, on %s', async (name, engine, index) => {
    const db = dbs[engine]
    const policy = policies[name] as RetentionPolicy
    const records = sample(index + Number(process.env.PHI_SEED ?? 0))
    const keeper = await fill(db, records)
    const options = { tenant: keeper, tables: [table] as const, policy }
    const planner = retentionPlanner(db, options)
    const store = retentionStore(db, options)
    const counted: Record<string, number> = {}
    // The schedule is counted out anew for each day, which is most of the work.
    const days = long ? todays : todays.filter((_, at) => at === 0 || at === 1 + (index % 2))
    for (const [at, today] of days.entries()) {
      if (at === 1) for (const [revision, event] of holds.entries()) await store.appendHold(event, revision)
      const found = await planner.statuses({ today }, null, many + 1)
      expect(found).toHaveLength(many)
      const of = new Map(records.map((record) => [record.id, record]))
      const { counts, byStatus, records: total, holds: seen } = await planner.overview({ today })
      expect({ total, revision: seen.revision }).toEqual({ total: many, revision: at === 0 ? 0 : holds.length })
      const own: Record<string, number> = {}
      const open = at === 0 ? [] : today < '2027-02-01' ? ['m-1', 'm-2', 'm-3'] : ['m-1', 'm-2']
      for (const { id, status } of found) {
        const record = of.get(id) as RetentionRecord
        own[status] = (own[status] ?? 0) + 1
        const subject = record.subject || undefined
        const held = [
          ...(['r-1', 'r-2', 'r-3'].includes(id) ? ['m-1'] : []),
          ...(record.kind === 'audit-log' && (subject ?? 'p-3') === 'p-3' ? ['m-2'] : []),
          ...((subject ?? 'p-2') === 'p-2' ? ['m-3'] : []),
        ].filter((each) => open.includes(each))
        const assessment = policy.assess(record, { today, holds: held })
        if (status === 'needs-assessment') continue
        if (process.env.PHI_SHOW && status !== assessment.status)
          console.log(JSON.stringify({ record, status, found: assessment }))
        expect({ record, today, status }).toEqual({ record, today, status: assessment.status })
      }
      expect(byStatus).toEqual(own)
      const byKind = new Map<string, number>()
      for (const { id, status } of found) {
        const key = `${of.get(id)?.kind ?? null} ${status}`
        byKind.set(key, (byKind.get(key) ?? 0) + 1)
      }
      expect(new Map(counts.map((each) => [`${each.kind} ${each.status}`, each.records]))).toEqual(byKind)
      for (const [status, number] of Object.entries(own)) counted[status] = (counted[status] ?? 0) + number
    }
    // What is left to the assessment is the exception, and every answer is given.
    expect(counted['needs-assessment'] ?? 0).toBeLessThan((days.length * many) / 2)
    expect(counted.retain).toBeGreaterThan((days.length * many) / 60)
    expect(counted.held).toBeGreaterThan(0)
  })
})

describe('a plan over what SQL leaves', { timeout: 600_000 }, () => {
  let db: Db
  beforeAll(() => {
    db = dbs.PGlite
  })

  it('S65 plans the same records as one over all of them, and reads fewer', async () => {
    const policy = policies['everything signed off'] as RetentionPolicy
    const keeper = await fill(db, sample(77))
    const options = { tenant: keeper, tables: [table] as const, policy }
    const planning = { today: todays[0] as string, plannedBy: 'A. Planner', pageSize: 100 }
    const all = await plan(retentionStore(db, options), policy, planning)
    const narrowed = await plan(retentionPlanner(db, options).candidates(planning), policy, planning)
    expect(narrowed.groups).toEqual(all.groups)
    expect(all.counts.planned).toBeGreaterThan(5)
    expect(narrowed.counts.read).toBeLessThan(all.counts.read / 2)
  })

  it('S65 leaves everything to the assessment where the policy is no schedule, or replaces what is none', async () => {
    const before = policies['everything signed off'] as RetentionPolicy
    const keeper = await fill(db, sample(5).slice(0, 50))
    const own = { id: 'own/1', assess: before.assess }
    for (const policy of [own, schedule({ replaces: own })]) {
      const planner = retentionPlanner(db, { tenant: keeper, tables: [table], policy })
      expect((await planner.overview({ today: '2026-11-22' })).byStatus).toEqual({ 'needs-assessment': 50 })
    }
  })

  it('S65 counts kinds that no rule knows one by one, and those that are not said, and disposes of none', async () => {
    const policy = policies['everything signed off'] as RetentionPolicy
    const records = ['audit-log', 'Audit-Log', 'doodle', 'doodle', '', 'sketch', null].map((kind, index) => ({
      id: `r-${index}`,
      kind,
      created: '1990-01-01',
    }))
    const keeper = await fill(db, records as unknown as RetentionRecord[])
    const planner = retentionPlanner(db, { tenant: keeper, tables: [table], policy })
    const { counts } = await planner.overview({ today: '2026-11-22' })
    expect(counts.toSorted((a, b) => ((a.kind ?? 'zz') < (b.kind ?? 'zz') ? -1 : 1))).toEqual([
      { kind: '', status: 'needs-assessment', records: 1 },
      { kind: 'Audit-Log', status: 'needs-assessment', records: 1 },
      { kind: 'audit-log', status: 'disposable', records: 1 },
      { kind: 'doodle', status: 'needs-assessment', records: 2 },
      { kind: 'sketch', status: 'needs-assessment', records: 1 },
      { kind: null, status: 'needs-assessment', records: 1 },
    ])
  })

  it('S65 says nothing where a State stands as the provider, or a provider as the State', async () => {
    const policy = policies['everything signed off'] as RetentionPolicy
    const places = [
      { state: 'hospital' },
      { provider: 'TX' },
      { state: '', provider: 'TX' },
      { state: 'TX', provider: '' },
      { state: 'hospital', provider: 'TX' },
      { state: 'TX', provider: 'TX' },
      { state: 'hospital', provider: 'hospital' },
    ]
    const old = { kind: 'medical-record', born: '1940-01-01', created: '1985-01-01', discharged: '1985-01-02' }
    const records = places.map((place, index) => ({
      id: `r-${index}`,
      subject: 'p-9',
      ...old,
      lastTreatment: old.created,
      ...place,
    }))
    const keeper = await fill(db, records as unknown as RetentionRecord[])
    const planner = retentionPlanner(db, { tenant: keeper, tables: [table], policy })
    const found = await planner.statuses({ today: '2026-11-22' }, null, 100)
    expect(found.map(({ status }) => status)).toEqual(places.map(() => 'needs-assessment'))
  })

  it.each(engines)('S65 says nothing of days and lengths beyond its reach, and something of all others: %s', async (engine) => {
    const policy = policies['everything signed off'] as RetentionPolicy
    const days = { '1800-01-01': true, '1799-12-31': false, '2150-12-31': true, '2151-01-01': false }
    const odd = ['infinity', '-infinity', '0044-03-15 BC', '12000-01-01']
    const texts = {
      '': false,
      p: true,
      ['x'.repeat(512)]: true,
      ['x'.repeat(513)]: false,
      ['é'.repeat(256)]: true,
      ['é'.repeat(257)]: false,
    }
    const log = { kind: 'audit-log', created: '1990-01-01' }
    const cases = [
      ...(['created', 'died', 'mammogram'] as const).flatMap((fact) => [
        ...Object.entries(days).map(([day, within]) => [{ ...log, [fact]: day }, within] as const),
        ...odd.map((day) => [{ ...log, [fact]: day }, false] as const),
      ]),
      ...(['subject', 'tenant'] as const).flatMap((fact) =>
        Object.entries(texts).map(([text, within]) => [{ ...log, [fact]: text }, within] as const),
      ),
    ]
    const records = cases.map(([record], index) => ({ id: `r-${String(index).padStart(3, '0')}`, ...record }))
    const keeper = await fill(dbs[engine], records as unknown as RetentionRecord[])
    const planner = retentionPlanner(dbs[engine], { tenant: keeper, tables: [table], policy })
    const found = await planner.statuses({ today: '2026-11-22' }, null, 1000)
    const expected = cases.map(([, within], index) => {
      const status = within
        ? policy.assess(records[index] as RetentionRecord, { today: '2026-11-22' }).status
        : 'needs-assessment'
      return { ...records[index], status }
    })
    expect(found.map(({ status }, index) => ({ ...records[index], status }))).toEqual(expected)
    const { byStatus } = await planner.overview({ today: '2026-11-22' })
    expect(byStatus['needs-assessment']).toBe(cases.filter(([, within]) => !within).length)
  })

  it.each(engines)(
    'S65 sees a hold that was placed, and one that was released, since it was asked last: %s',
    async (engine) => {
      const records = ['p-1', 'p-2'].map((subject) => ({ id: subject, kind: 'audit-log', created: '1990-01-01', subject }))
      const keeper = await fill(dbs[engine], records as unknown as RetentionRecord[])
      const options = { tenant: keeper, tables: [table] as const, policy: policies['everything signed off'] as RetentionPolicy }
      const planner = retentionPlanner(dbs[engine], options)
      const byStatus = async () => (await planner.overview({ today: '2026-11-22' })).byStatus
      const store = retentionStore(dbs[engine], options)
      expect(await byStatus()).toEqual({ disposable: 2 })
      await store.appendHold({ type: 'placed', case: 'm', on: '2026-11-22', by: 'counsel', matches: { subjects: ['p-1'] } }, 0)
      expect(await byStatus()).toEqual({ disposable: 1, held: 1 })
      await store.appendHold({ type: 'placed', case: 'n', on: '2026-11-22', by: 'counsel', matches: { everything: true } }, 1)
      expect(await byStatus()).toEqual({ held: 2 })
      await store.appendHold({ type: 'released', case: 'n', on: '2026-11-22', by: 'counsel' }, 2)
      expect(await byStatus()).toEqual({ disposable: 1, held: 1 })
    },
  )

  it.each(engines)(
    'S65 holds what may be meant by a hold: only another value, and a known one, frees a record: %s',
    async (engine) => {
      const old = { kind: 'audit-log', created: '1990-01-01' }
      const records = [
        { id: 'meant', subject: 'p-1', tenant: 't-1' },
        { id: 'other', subject: 'p-2', tenant: 't-2' },
        { id: 'silent' },
      ].map((record) => ({ ...old, ...record }))
      const policy = policies['everything signed off'] as RetentionPolicy
      for (const matches of [{ subjects: ['p-1'] }, { tenants: ['t-1'] }, { subjects: ['p-1'], tenants: ['t-1'] }]) {
        const keeper = await fill(dbs[engine], records as unknown as RetentionRecord[])
        const options = { tenant: keeper, tables: [table] as const, policy }
        await retentionStore(dbs[engine], options).appendHold(
          { type: 'placed', case: 'm', on: asOf, by: 'counsel', matches },
          0,
        )
        const found = await retentionPlanner(dbs[engine], options).statuses({ today: '2026-11-22' }, null, 10)
        const status = new Map(found.map((each) => [each.id, each.status]))
        expect({ matches, ...Object.fromEntries(status) }).toEqual({
          matches,
          meant: 'held',
          other: 'disposable',
          silent: 'held',
        })
      }
    },
  )

  it('S65 counts a table whose columns have the names that its own have', async () => {
    await db.exec(`create table app.odd (place_ text primary key, place text, number date, base boolean, key text, answer text);
      insert into app.odd values ('1', 'audit-log', '1990-01-01', false, 'TX', 'hospital'), ('2', 'doodle', '1990-01-01', null, 'CA', null);
      grant select, delete on app.odd to phi_retention;`)
    const planner = retentionPlanner(db, {
      tenant: 'alone',
      policy: policies['everything signed off'] as RetentionPolicy,
      tables: [
        {
          schema: 'app',
          table: 'odd',
          id: [{ column: 'place_', type: 'text' }],
          tenant: null,
          version: 'xmin',
          facts: { kind: 'place', created: 'number', inEffect: 'base', state: 'key', provider: 'answer' },
        },
      ],
    })
    expect((await planner.overview({ today: '2026-11-22' })).counts).toEqual([
      { kind: 'audit-log', status: 'disposable', records: 1 },
      { kind: 'doodle', status: 'needs-assessment', records: 1 },
    ])
  })

  it('S65 holds everything by a fact about a hold that nobody can read', async () => {
    const keeper = await fill(db, sample(6).slice(0, 50))
    await db.transaction(async (tx) => {
      await tx.query(`select set_config('phi.tenant', $1, true)`, [keeper])
      await tx.query('select phi.retention_hold_append(0, $1)', ['no JSON'])
    })
    const policy = policies['everything signed off'] as RetentionPolicy
    const planner = retentionPlanner(db, { tenant: keeper, tables: [table], policy })
    expect((await planner.overview({ today: '2026-11-22' })).byStatus).toEqual({ held: 50 })
  })
})
