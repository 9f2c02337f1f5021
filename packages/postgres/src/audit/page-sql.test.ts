import { type AuditEventInput, ed25519Signer, openAuditLog } from '@phi/audit'
import { beforeAll, describe, expect, it } from 'vitest'
import { engineNames, testEngines } from '../../test/engines.ts'
import { auditStore, type Db, type Queryable } from '../index.ts'
import { PAGE_SETTINGS, pageSql } from './page-sql.ts'
import { PACKED } from './rows.ts'

const LENGTH = 240

const read = (more: Partial<AuditEventInput>): AuditEventInput => ({
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce', roles: ['therapist'] },
  subject: { resource: { type: 'ProgressNote', id: 'n-204' }, patients: ['p-88'] },
  ...more,
})

/** In the middle third ids are the caller's, and lie anywhere among the others. */
const events = Array.from({ length: LENGTH }, (_, i) =>
  read(i >= 80 && i < 160 ? { id: `${((i * 7919) % 16).toString(16)}-order-${i}` } : {}),
)

const engines = testEngines()

interface Plan {
  readonly 'Node Type': string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly Plans?: readonly Plan[]
}
const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

describe.each(engineNames)('pages of a log on %s', (engine) => {
  let db: Db
  const origin = 'clinic.example/pages'

  beforeAll(async () => {
    db = await engines.open[engine]()
    const log = await openAuditLog<Queryable>({ origin, store: auditStore(db) })
    for (let at = 0; at < LENGTH; at += 40) await Promise.all(events.slice(at, at + 40).map((event) => log.append(event)))
  })

  const inPages = (limit: number) =>
    db.transaction(async (tx) => {
      await tx.query(
        `select set_config('role', 'phi_auditor', true), set_config('phi.tenant', 'default', true), ${PAGE_SETTINGS}`,
      )
      const rows: string[] = []
      for (;;) {
        const page = await tx.query<{ packed: string }>(pageSql(limit), ['default', 1, rows.length, LENGTH])
        expect(page.rows.length).toBeLessThanOrEqual(limit)
        rows.push(...page.rows.map(({ packed }) => packed))
        if (page.rows.length < limit) return rows
      }
    })

  /** The plain twin: every entry for itself. */
  const oneByOne = async () => {
    const { rows } = await db.query<{ packed: string }>(`select ${PACKED} as packed from phi.audit_entry e order by e.idx`)
    return rows.map(({ packed }) => packed)
  }

  /** What somebody with all rights does to the rows of ids, and how it is undone. */
  const asOwner = (sql: string) =>
    db.transaction(async (tx) => {
      await tx.exec(`alter table phi.audit_event_id disable trigger append_only; ${sql};
        alter table phi.audit_event_id enable always trigger append_only`)
    })

  const mismatches = async () => {
    const signer = await ed25519Signer.generate(origin)
    const log = await openAuditLog<Queryable>({ origin, store: auditStore(db, { pageEntries: 32 }), signer })
    const { verdict, findings } = await log.verify()
    return { verdict, found: findings.flatMap(({ code, index }) => (code === 'projection-mismatch' ? [index] : [])) }
  }

  it.each([1, 7, 32, LENGTH, 1000])(
    'of %d entries hold the rows that stand there, whatever the order of ids',
    async (limit) => {
      expect(await inPages(limit)).toEqual(await oneByOne())
    },
  )

  const row = (index: number) => `where tenant = 'default' and log = 1 and idx = ${index}`
  it.each([
    ['the row of an id is gone', `delete from phi.audit_event_id ${row(7)}`, [7]],
    ['a row names another entry', `update phi.audit_event_id set idx = 9 ${row(8)}`, [8]],
    ['a row names another month', `update phi.audit_event_id set month = '1999-01' ${row(200)}`, [200]],
    ['a row has another id', `update phi.audit_event_id set event_id = 'x' || event_id ${row(239)}`, [239]],
    ['two rows are exchanged', `update phi.audit_event_id set idx = 61 - idx where idx in (30, 31)`, [30, 31]],
    ['the row of a caller’s id is gone', `delete from phi.audit_event_id ${row(120)}`, [120]],
    [
      'a row is gone and another stands beside it',
      `delete from phi.audit_event_id ${row(40)};
       insert into phi.audit_event_id select tenant, log, event_id || 'x', idx, month from phi.audit_event_id ${row(41)}`,
      [40],
    ],
    ['all rows are gone', 'delete from phi.audit_event_id', Array.from({ length: LENGTH }, (_, i) => i)],
  ])('S95 %s: a finding about each such entry and no other', async (_, tamper, expected) => {
    await db.exec('create table kept_ids as select * from phi.audit_event_id')
    try {
      await asOwner(tamper)
      for (const limit of [5, 32, LENGTH]) expect(await inPages(limit)).toEqual(await oneByOne())
      const { verdict, found } = await mismatches()
      expect(verdict).toBe('broken')
      expect(found).toEqual(expected.slice(0, 100))
    } finally {
      await asOwner(
        'delete from phi.audit_event_id; insert into phi.audit_event_id select * from kept_ids; drop table kept_ids',
      )
    }
    expect(await mismatches()).toEqual({ verdict: 'unverifiable', found: [] })
  })

  it('are read without the rest of the log, also by a plan that knows nothing of it', async () => {
    const limit = 20
    const plan = await db.transaction(async (tx) => {
      await tx.query(`select set_config('role', 'phi_app', true), set_config('phi.tenant', 'default', true), ${PAGE_SETTINGS}`)
      await tx.exec(`prepare a_page (text, int, bigint, bigint) as ${pageSql(limit)}`)
      const { rows } = await tx.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `explain (analyze, timing off, format json) execute a_page ('default', 1, 20, ${LENGTH})`,
      )
      await tx.exec('deallocate a_page')
      return rows[0]?.['QUERY PLAN'][0].Plan as Plan
    })
    const nodes = nodesOf(plan)
    expect(nodes.length).toBeGreaterThan(5)
    expect(nodes.map((node) => node['Node Type'])).not.toContain('Sort')
    expect(nodes.map((node) => node['Node Type'])).not.toContain('Seq Scan')
    for (const node of nodes) expect(node['Actual Rows'] * node['Actual Loops']).toBeLessThanOrEqual(2 * limit)
  })
})
