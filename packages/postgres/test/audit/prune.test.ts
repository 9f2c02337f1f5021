import { createHash } from 'node:crypto'
import { ed25519Signer, openAuditLog } from '@phi/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditStore, connect, type Db, migrate, type Queryable } from '../../src/index.ts'
import { embeddedMigrated } from '../embedded.ts'
import { migratedDatabase, startServer, type TestServer } from '../server.ts'

const officer = { actor: { id: 'u-1', type: 'workforce' } } as const
let server: TestServer
let count = 0
const engines: { name: string; open: () => Promise<Db> }[] = [
  { name: 'PostgreSQL', open: async () => connect((await migratedDatabase(server.url)).url) },
  { name: 'PGlite', open: () => embeddedMigrated() },
]

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

async function archive(lines: AsyncIterable<string>) {
  const hash = createHash('sha256')
  for await (const line of lines) hash.update(line)
  return { sha256: hash.digest('hex') }
}

describe.each(engines)('pruning on $name', ({ open: openDb }) => {
  let db: Db
  beforeAll(async () => {
    db = await openDb()
    await migrate(db, { now: Date.UTC(2019, 0, 1) })
  })
  afterAll(() => db.close())

  async function old(entries: number) {
    let now = Date.UTC(2019, 0, 15)
    const origin = `clinic.example/prune/${count++}`
    const signer = await ed25519Signer.generate(origin)
    const options = { origin, store: auditStore(db), signer, clock: () => now }
    const log = await openAuditLog<Queryable>(options)
    const append = (from: number, to: number) =>
      Promise.all(
        Array.from({ length: to - from }, (_, i) =>
          log.append({
            id: `e-${from + i}`,
            action: 'read',
            outcome: 'success',
            actor: { id: 'u-2', type: 'workforce' },
            subject: { patients: [`p-${from + i}`] },
            context: { reason: 'x'.repeat(300) },
          }),
        ),
      )
    await append(0, entries)
    now = Date.UTC(2021, 0, 1)
    await append(entries, entries + 20)
    const witnessed = await log.checkpoint()
    now = Date.UTC(2026, 10, 22)
    const request = {
      before: '2020-01-01T00:00:00.000Z',
      by: officer,
      isHeld: () => false,
      corroboration: [witnessed],
      archive,
    }
    return {
      log,
      request,
      witnessed,
      options,
      setNow: (to: number) => {
        now = to
      },
    }
  }
  const sizeOf = async (table: string) =>
    Number((await db.query(`select pg_total_relation_size('phi.${table}') as bytes`, [])).rows[0].bytes)

  it('S91 immudb #1723: pruning frees the space, leaves the leaves, and the log verifies', async () => {
    const { log, request, witnessed } = await old(700)
    const before = await sizeOf('audit_entry_2019_01')
    expect(await log.prune(request)).toMatchObject({ from: 0, to: 700, endedBy: 'age' })
    expect(await log.verify({ trusted: [witnessed] })).toMatchObject({
      verdict: 'intact',
      coverage: { checked: 722, withheld: 3500 },
      findings: [{ code: 'pruned', between: { from: 0, to: 700 } }],
    })
    const { rows } = await db.query('select count(*)::int as n from phi.audit_entry_2019_01', [])
    expect(rows).toEqual([{ n: 0 }])
    // What was pruned takes about a leaf; the month is empty, and an operator can drop it.
    await db.exec('vacuum full phi.audit_entry_2019_01')
    expect((await sizeOf('audit_entry_2019_01')) + (await sizeOf('audit_pruned'))).toBeLessThan(before)
    await db.exec('drop table phi.audit_entry_2019_01')
    expect((await log.verify({ trusted: [witnessed] })).verdict).toBe('intact')
    expect((await log.query({ patient: 'p-3' })).records).toEqual([])
    expect((await log.query({ patient: 'p-705' })).records).toHaveLength(1)
    // A proof of a pruned entry can still be made and checks.
    expect((await log.proveInclusion(3)).size).toBe(722)
    await log.close()
  })

  it('S91 only the role for it can take anything away, and only where the log says so', async () => {
    const { log } = await old(5)
    const { rows } = await db.query('select id from phi.audit_log where origin = $1', [log.origin])
    const id = rows[0].id
    const as = (role: string, sql: string) =>
      db.transaction(async (tx) => {
        await tx.exec(`set local role ${role}; set local "phi.tenant" = 'default'`)
        await tx.query(sql)
      })
    for (const role of ['phi_app', 'phi_auditor'])
      await expect(as(role, `select phi.audit_prune('default', ${id}, 5, 6, 100)`)).rejects.toMatchObject({ code: '42501' })
    await expect(as('phi_retention', `select phi.audit_prune('default', ${id}, 5, 6, 100)`)).rejects.toMatchObject({
      code: 'PHI04',
    })
    await expect(as('phi_retention', `delete from phi.audit_entry`)).rejects.toMatchObject({ code: '42501' })
    await expect(as('phi_owner', `delete from phi.audit_entry`)).rejects.toMatchObject({ code: 'PHI02' })
    await expect(as('phi_owner', `delete from phi.audit_pruned`)).rejects.toMatchObject({ code: 'PHI02' })
    const event = await log.append({
      action: 'prune',
      outcome: 'success',
      ...officer,
      context: { details: { from: 0, to: 4 } },
    })
    await expect(as('phi_retention', `select phi.audit_prune('default', ${id}, 5, ${event.index}, 100)`)).rejects.toMatchObject(
      { code: 'PHI04' },
    )
    await expect(as('phi_retention', `select phi.audit_prune('other', ${id}, 4, ${event.index}, 100)`)).rejects.toMatchObject({
      code: 'PHI01',
    })
    expect((await log.head()).size).toBe(26)
    await log.close()
  })

  it('S95 goes on where it was cut off between two transactions', async () => {
    const { log, request, options } = await old(12)
    const store = auditStore(db)
    let calls = 0
    const cut = await openAuditLog<Queryable>({
      ...options,
      store: {
        ...store,
        prune: async () => {
          calls++
          throw new Error('cut off')
        },
      },
    })
    await expect(cut.prune(request)).rejects.toThrow('cut off')
    expect(calls).toBe(1)
    expect((await log.verify()).findings).toEqual([])
    const { records } = await log.query({ action: 'prune' })
    const { rows } = await db.query('select id from phi.audit_log where origin = $1', [log.origin])
    // A first transaction that moved five of twelve, and then the process ended.
    await db.query('select phi.audit_prune($1, $2, $3, $4, $5)', ['default', rows[0].id, 12, records[0]?.index, 5])
    expect(await log.verify()).toMatchObject({
      verdict: 'intact',
      coverage: { withheld: 25 },
      findings: [{ code: 'pruned', between: { from: 0, to: 5 } }],
    })
    expect(await log.prune(request)).toEqual({ from: 12, to: 12, endedBy: 'age' })
    expect(await log.verify()).toMatchObject({
      verdict: 'intact',
      coverage: { withheld: 60 },
      findings: [{ code: 'pruned', between: { from: 0, to: 12 } }],
    })
    await log.close()
  })

  it('S95 an owner who erases beyond what the log says is found', async () => {
    const { log, request } = await old(6)
    await log.prune(request)
    const { rows } = await db.query('select id from phi.audit_log where origin = $1', [log.origin])
    const id = rows[0].id
    await db.exec(`alter table phi.audit_entry disable trigger append_only;
      insert into phi.audit_pruned select tenant, log, idx, leaf from phi.audit_entry where log = ${id} and idx in (6, 7);
      delete from phi.audit_entry where log = ${id} and idx in (6, 7);
      alter table phi.audit_entry enable always trigger append_only`)
    const { verdict, findings } = await log.verify()
    expect(verdict).toBe('unverifiable')
    expect(findings).toContainEqual(expect.objectContaining({ code: 'missing-opening', index: 6 }))
    await log.close()
  })
})
