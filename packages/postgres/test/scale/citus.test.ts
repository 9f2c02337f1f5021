import { type AuditEventInput, ed25519Signer, openAuditLog } from '@phi/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { auditStore, connect, type Db, type Distribution, distribution, migrate, type Queryable } from '../../src/index.ts'
import { asSuperuser, freshDatabase, startServer, type TestServer } from '../server.ts'
import { citusStandin } from './citus-standin.ts'

let server: TestServer
const cleanups: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  server = await startServer()
})

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
  await server?.stop()
})

/** A database with the stand-in on its search_path, as Citus's functions are on everybody's. */
async function database(standin = true): Promise<{ url: string; db: Db }> {
  const fresh = await freshDatabase(server.url)
  const name = new URL(fresh.url).pathname.slice(1)
  if (standin) {
    await asSuperuser(fresh.url, async (client) => {
      await client.query(citusStandin)
      await client.query(`alter database ${name} set search_path = public, standin`)
    })
  }
  const db = await connect(fresh.url)
  cleanups.push(fresh.drop, () => db.close())
  return { url: fresh.url, db }
}

const texts = async (db: Db, sql: string): Promise<string[]> =>
  (await db.query<{ text: string }>(sql, [])).rows.map(({ text }) => text)
const asked = (db: Db) => texts(db, 'select call as text from standin.asked order by n')

const event = (more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce' },
  ...more,
})

async function open(db: Db, tenant: string, origin: string) {
  const signer = ed25519Signer.fromSecretKey(origin, new Uint8Array(32).fill(9))
  return openAuditLog<Queryable>({ tenant, origin, store: auditStore(db), signer })
}

describe("migrate(db, { distribute: 'citus' })", () => {
  it('is this SQL', async () => {
    const text = distribution('citus').map(({ what, sql }) => `-- ${what}.\n${sql}\n`)
    await expect(text.join('\n')).toMatchFileSnapshot('citus.sql')
  })

  it('S91 S98 distributes every table that has a tenant, by it, together; directories of ids become reference tables', async () => {
    const { db } = await database()
    const report = await migrate(db, { distribute: 'citus' })
    expect(report.distributed).toEqual(distribution('citus'))
    const calls = await asked(db)
    const all = await texts(
      db,
      `select c.relname as text from pg_class c where c.relnamespace = 'phi'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
    )
    const reference = all.filter((name) => name.endsWith('_tenant'))
    const distributed = all.filter((name) => !reference.includes(name) && name !== 'migration')
    expect(reference).toContain('audit_log_tenant')
    expect(distributed).toContain('audit_entry')
    expect(calls.filter((call) => call.startsWith('create_reference_table')).toSorted()).toEqual(
      reference.map((name) => `create_reference_table(phi.${name})`),
    )
    expect(calls.filter((call) => call.startsWith('create_distributed_table')).toSorted()).toEqual(
      distributed
        .map((name) => `create_distributed_table(phi.${name}, tenant, ${name === 'audit_log' ? 'none' : 'phi.audit_log'})`)
        .toSorted(),
    )
    // From the catalog: whatever has the column is in one of the two lists.
    const withTenant = await texts(
      db,
      `select c.relname as text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant'
       where c.relnamespace = 'phi'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
    )
    expect(new Set(withTenant)).toEqual(new Set([...reference, ...distributed]))
    const functions = await texts(
      db,
      `select p.oid::regprocedure::text as text from pg_proc p where p.pronamespace = 'phi'::regnamespace and 'p_tenant' = p.proargnames[1]`,
    )
    expect(functions.length).toBeGreaterThan(3)
    expect(calls.filter((call) => call.startsWith('create_distributed_function')).toSorted()).toEqual(
      functions.map((name) => `create_distributed_function(${name}, p_tenant, phi.audit_log)`).toSorted(),
    )
  })

  it('does what is left when it runs again', async () => {
    const { db } = await database()
    await migrate(db)
    await migrate(db, { distribute: 'citus' })
    const tables = (await asked(db)).filter((call) => call.includes('_table('))
    await db.exec(
      `create table phi.later (tenant text collate "C" not null, id text collate "C" not null, primary key (tenant, id))`,
    )
    await migrate(db, { distribute: 'citus' })
    expect((await asked(db)).filter((call) => call.includes('_table('))).toEqual([
      ...tables,
      'create_distributed_table(phi.later, tenant, phi.audit_log)',
    ])
  })

  it('S95 S98 keeps the logs that are there, and origins unique over all tenants', async () => {
    const { db, url } = await database()
    await migrate(db)
    const before = await Promise.all(['a', 'b', 'c'].map((name) => open(db, `clinic-${name}`, `${name}.example/audit`)))
    for (const log of before) await log.append(event())
    await migrate(db, { distribute: 'citus' })
    for (const log of before) {
      await log.append(event())
      await log.checkpoint()
      expect(await log.verify()).toMatchObject({ verdict: 'intact', coverage: { checked: 2 } })
    }
    const again = await connect(url)
    const reopened = await open(again, 'clinic-b', 'b.example/audit')
    await reopened.append(event())
    expect((await reopened.head()).size).toBe(3)
    for (const origin of ['a.example/audit', 'new.example/audit']) {
      if (origin.startsWith('new')) await open(again, 'clinic-a', origin)
      const error = await refusal(open(again, 'clinic-b', origin))
      expect(error.code).toBe('PHI_AUDIT_WRONG_TENANT')
    }
    await again.close()
  })

  it('S98 gives each log of a tenant a number of its own, also when many are made at once', async () => {
    const { db, url } = await database()
    await migrate(db, { distribute: 'citus' })
    const pools = await Promise.all([1, 2, 3].map(() => connect(url, { max: 4 })))
    // Every log is opened by each of the pools.
    const opened = await Promise.all(
      Array.from({ length: 36 }, (_, i) =>
        open(pools[i % 3] as Db, `clinic-${i % 2}`, `${(i / 3) | 0}-${i % 2}.example/audit`),
      ),
    )
    await Promise.all(opened.map((log) => log.append(event())))
    const { rows } = await db.query<{ tenant: string; numbers: number[]; entries: number }>(
      'select tenant, array_agg(id order by id) as numbers, sum(size)::int as entries from phi.audit_log group by tenant order by tenant',
      [],
    )
    const count = new Set(opened.map((log) => `${log.tenant} ${log.origin}`)).size / 2
    const numbers = Array.from({ length: count }, (_, i) => i + 1)
    expect(rows).toEqual(['clinic-0', 'clinic-1'].map((tenant) => ({ tenant, numbers, entries: 18 })))
    for (const log of opened.slice(0, 6)) expect((await log.verify()).verdict).toBe('intact')
    await Promise.all(pools.map((pool) => pool.close()))
  })

  it('only says what it would do in a dry run', async () => {
    const { db } = await database()
    const report = await migrate(db, { dryRun: true, distribute: 'citus' })
    expect(report.distributed).toEqual(distribution('citus'))
    expect(await asked(db)).toEqual([])
    expect((await migrate(db, { dryRun: true })).distributed).toBeUndefined()
  })

  it('is refused where there is no Citus, and leaves nothing behind', async () => {
    const { db } = await database(false)
    const error = await refusal(migrate(db, { distribute: 'citus' }))
    expect(error).toMatchObject({ code: 'PHI_PG_QUERY', info: { sqlstate: '0A000' } })
    expect(await texts(db, `select nspname as text from pg_namespace where nspname = 'phi'`)).toEqual([])
  })

  it('is refused for an engine that it does not know', async () => {
    const { db } = await database()
    const error = await refusal(migrate(db, { distribute: 'spanner' as Distribution }))
    expect(error).toMatchObject({ code: 'PHI_PG_OPTIONS', path: 'distribute' })
  })
})

describe('the distribution is refused, and leaves nothing behind,', () => {
  let db: Db

  beforeAll(async () => {
    const { db: fresh, url } = await database()
    db = fresh
    await migrate(db)
    await asSuperuser(url, (client) =>
      client.query(`grant usage on schema standin to public;
        do $$ begin create role plain_migrator createrole; exception when duplicate_object then null; end $$;`),
    )
  })

  /** After some statements, the SQLSTATE with which the distribution fails. */
  async function refused(before: string): Promise<unknown> {
    const outcome = await db
      .transaction(async (tx) => {
        await tx.exec(before)
        for (const { sql } of distribution('citus')) await tx.exec(sql)
      })
      .catch((error: { code?: unknown }) => error.code)
    expect(await asked(db)).toEqual([])
    expect(await texts(db, `select conname as text from pg_constraint where conname = 'audit_log_origin_key'`)).toHaveLength(1)
    return outcome
  }

  it('for a role from which row security would hide rows', async () => {
    expect(await refused('set local role plain_migrator')).toBe('42501')
  })

  it.each([
    ['a key without the tenant', 'create table phi.bad (id text primary key, tenant text not null)'],
    [
      'a unique index without the tenant',
      'create table phi.bad (tenant text primary key, x int); create unique index on phi.bad (x)',
    ],
    [
      'an identity column of a small type',
      'create table phi.bad (tenant text primary key, x int generated always as identity)',
    ],
    [
      'a foreign key without the tenant',
      'create table phi.good (tenant text primary key); create table phi.bad (tenant text primary key, r text references phi.good (tenant))',
    ],
    [
      'tables that refer to each other',
      'create table phi.a (tenant text primary key); create table phi.b (tenant text primary key references phi.a); alter table phi.a add foreign key (tenant) references phi.b',
    ],
    ['a tenant of another type', 'create table phi.bad (tenant int primary key)'],
  ])('by the stand-in for %s', async (_, sql) => {
    expect(await refused(sql)).toBe('0A000')
  })
})
