import { createHash } from 'node:crypto'
import { ed25519Signer, openAuditLog } from '@phi/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../core/test/refusal.ts'
import { memoryFolder } from '../test/memory-folder.ts'
import { asSuperuser, freshDatabase, startServer, type TestServer } from '../test/server.ts'
import { auditStore, connect, type Db, embedded, migrate, type Queryable } from './index.ts'
import { migrateWith } from './migrate.ts'
import { migrations } from './migrations/index.ts'

let server: TestServer
const cleanups: (() => Promise<unknown>)[] = []

async function database(): Promise<{ url: string; db: Db }> {
  const fresh = await freshDatabase(server.url)
  const db = await connect(fresh.url)
  cleanups.push(fresh.drop, () => db.close())
  return { url: fresh.url, db }
}

beforeAll(async () => {
  server = await startServer()
})

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
  await server.stop()
})

const LATEST = migrations.length
const NEXT = LATEST + 1
const two = [
  ...migrations,
  { version: NEXT, name: 'two', sql: 'create table phi.two (id int); insert into phi.two values (1);' },
]

describe('migrate', () => {
  it('numbers its migrations from 1 without a gap', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, i) => i + 1))
  })

  it('S95 never edits a step once it is published: databases remember the checksums', () => {
    expect(migrations.map(({ sql }) => createHash('sha256').update(sql).digest('hex').slice(0, 16))).toMatchInlineSnapshot(`
      [
        "c6de74019d9f43b2",
        "32fae8b0a121979d",
        "fe189e2b4f8a5a40",
        "0f185d59e15e0e1c",
        "8ecc6b0269efa70f",
        "10bf276d4d62777c",
        "d85039561b6743e5",
        "802cd9af8c063c5b",
        "36b492523a355468",
        "1bbe13324c98edf2",
      ]
    `)
  })

  it('applies what is missing, once, and says what it did', async () => {
    const { db } = await database()
    expect(await migrate(db)).toMatchObject({
      from: 0,
      to: LATEST,
      applied: migrations.map(({ version, name }) => ({ version, name })),
    })
    expect(await migrate(db)).toMatchObject({ from: LATEST, to: LATEST, applied: [] })
    expect(await migrateWith(db, two)).toMatchObject({ from: LATEST, to: NEXT, applied: [{ version: NEXT }] })
    expect((await db.query('select id from phi.two', [])).rows).toEqual([{ id: 1 }])
  })

  it('shows what it would do, and does nothing', async () => {
    const { db } = await database()
    const { applied } = await migrate(db, { dryRun: true })
    expect(applied[0]?.sql).toContain('create table phi.audit_entry')
    expect((await db.query<{ found: boolean }>(`select to_regclass('phi.migration') is not null as found`, [])).rows).toEqual([
      { found: false },
    ])
  })

  it('runs from many processes at once: one applies, the others wait and find nothing to do', async () => {
    const { url } = await database()
    const clients = await Promise.all(Array.from({ length: 8 }, () => connect(url, { max: 1 })))
    const reports = await Promise.all(clients.map((client) => migrate(client)))
    await Promise.all(clients.map((client) => client.close()))
    expect(reports.map(({ applied }) => applied.length).toSorted()).toEqual([0, 0, 0, 0, 0, 0, 0, LATEST])
  })

  it('is all or nothing', async () => {
    const { db } = await database()
    const broken = [...two, { version: NEXT + 1, name: 'broken', sql: 'create table phi.three (id int); select nonsense' }]
    expect((await refusal(migrateWith(db, broken))).code).toBe('PHI_PG_QUERY')
    expect((await db.query<{ t: string | null }>(`select to_regclass('phi.two')::text as t`, [])).rows).toEqual([{ t: null }])
    expect(await migrate(db)).toMatchObject({ from: 0, to: LATEST })
  })

  it('refuses a database whose applied migration is another one, or that is ahead of this code', async () => {
    const { db } = await database()
    await migrateWith(db, two)
    expect(await refusal(migrate(db))).toMatchObject({ code: 'PHI_PG_MIGRATION_UNKNOWN', info: { version: NEXT } })
    await db.exec(
      `delete from phi.migration where version = ${NEXT}; update phi.migration set checksum = 'x' where version = 1`,
    )
    expect(await refusal(migrate(db))).toMatchObject({ code: 'PHI_PG_MIGRATION_CHANGED', info: { version: 1 } })
  })

  it('works for a role that may create schemas and roles and is no superuser', async () => {
    const { url } = await database()
    const name = `${new URL(url).pathname.slice(1)}_owner`
    const create = `create role ${name} login createrole password 'x'; grant create on database ${new URL(url).pathname.slice(1)} to ${name}`
    await asSuperuser(url, async (client) => {
      await client.query(create)
      // Other databases of this server may have made the roles, as superuser: this one must be let administer them.
      const { rows } = await client.query<{ rolname: string }>(
        `select rolname from pg_roles where rolname like 'phi\\_%' and not rolcanlogin`,
      )
      for (const { rolname } of rows) await client.query(`grant ${rolname} to ${name} with admin option`)
    })
    const own = new URL(url)
    own.username = name
    own.password = 'x'
    const db = await connect(own.href)
    expect(await migrate(db)).toMatchObject({ from: 0, to: LATEST })
    await db.close()
  })

  it('S95 keeps what an older version of the schema wrote: a log from before its entries lay in months verifies after', async () => {
    const { db } = await database()
    await migrateWith(db, migrations.slice(0, 1))
    const origin = 'old.example/audit'
    const signer = await ed25519Signer.generate(origin)
    // What is known of a store of version 1: it called phi.audit_extend with the same parameters.
    const before = await openAuditLog<Queryable>({
      origin,
      store: auditStore(db),
      signer,
      clock: () => Date.UTC(2026, 0, 31),
      checkpoint: { entries: 1e6 },
    })
    const event = { action: 'read', outcome: 'success', actor: { id: 'u-1', type: 'workforce' } } as const
    for (let i = 0; i < 300; i += 100)
      await Promise.all(Array.from({ length: 100 }, (_, n) => before.append({ id: `e-${i + n}`, ...event })))
    const { rows: notes } = await db.query<{ note: string }>('select note from phi.audit_checkpoint', [])
    const kept = notes[0]?.note ?? ''
    await migrate(db, { now: Date.UTC(2026, 1, 1) })

    const log = await openAuditLog<Queryable>({ origin, store: auditStore(db), signer, clock: () => Date.UTC(2026, 1, 1) })
    expect(await log.append({ id: 'e-7', ...event })).toMatchObject({ index: 7, duplicate: true })
    expect(await log.append({ id: 'new', ...event })).toMatchObject({ index: 300, duplicate: false })
    await log.checkpoint()
    expect(await log.verify({ trusted: [kept] })).toMatchObject({ verdict: 'intact', findings: [], coverage: { checked: 301 } })
    const { rows } = await db.query(
      'select tableoid::regclass::text as part, count(*)::int as entries from phi.audit_entry group by 1 order by 1',
      [],
    )
    expect(rows).toEqual([
      { part: 'phi.audit_entry_2026_01', entries: 300 },
      { part: 'phi.audit_entry_2026_02', entries: 1 },
    ])
    await log.close()
  })

  it('S95 a store that is at work while the schema goes from version 9 to 10 goes on, and a constraint of the team stays', async () => {
    const { db } = await database()
    await migrateWith(db, migrations.slice(0, 9))
    await db.exec('alter table phi.audit_log add constraint own check (size < 1000000)')
    const event = { action: 'read', outcome: 'success', actor: { id: 'u-1', type: 'workforce' } } as const
    const origin = 'nine.example/audit'
    const log = await openAuditLog<Queryable>({ origin, store: auditStore(db), signer: await ed25519Signer.generate(origin) })
    for (let i = 0; i < 3; i++) await log.append({ id: `before-${i}`, ...event })
    // Prepared on this connection, and planned, before the function is another.
    let migrated = false
    const writing = (async () => {
      let written = 0
      while (!migrated) await log.append({ id: `during-${written++}`, ...event })
      return written
    })()
    expect(await migrate(db)).toMatchObject({ from: 9, to: LATEST })
    migrated = true
    const during = await writing
    for (let i = 0; i < 3; i++) await log.append({ id: `after-${i}`, ...event })
    await log.checkpoint()
    expect(await log.verify()).toMatchObject({ verdict: 'intact', findings: [], coverage: { checked: 6 + during } })
    const { rows } = await db.query(
      `select conname as name from pg_constraint where contype = 'c' and conrelid in ('phi.audit_log'::regclass, 'phi.audit_entry'::regclass)`,
      [],
    )
    expect(rows).toEqual([{ name: 'own' }])
    await log.close()
  })

  it('makes the partitions of the coming year each time, and leaves what lies in the default partition there', async () => {
    const { db } = await database()
    await migrate(db, { now: Date.UTC(2026, 10, 22) })
    const months = async () =>
      (
        await db.query<{ name: string }>(
          `select relname as name from pg_class where relispartition and relkind = 'r' and relname like 'audit_entry%' order by 1`,
          [],
        )
      ).rows.map(({ name }) => name)
    expect(await months()).toHaveLength(14)
    expect(await months()).toContain('audit_entry_2027_11')
    const origin = 'late.example/audit'
    const log = await openAuditLog<Queryable>({ origin, store: auditStore(db), clock: () => Date.UTC(2027, 11, 3) })
    await log.append({ action: 'read', outcome: 'success', actor: { id: 'u-1', type: 'workforce' } })
    expect(await migrate(db, { now: Date.UTC(2027, 11, 4) })).toMatchObject({ applied: [] })
    expect(await months()).toHaveLength(14 + 12)
    expect(await months()).not.toContain('audit_entry_2027_12')
    await log.append({ action: 'read', outcome: 'success', actor: { id: 'u-1', type: 'workforce' } })
    expect((await log.query()).records).toHaveLength(2)
    await log.close()
  })

  it('refuses to grant to a login that is not there, and changes nothing', async () => {
    const { db } = await database()
    expect(await refusal(migrate(db, { app: ['no_such_login'] }))).toMatchObject({ code: 'PHI_PG_OPTIONS', path: 'app' })
    expect(await migrate(db)).toMatchObject({ from: 0, to: LATEST })
  })

  it('says so to a role that may not', async () => {
    const { url } = await database()
    const name = `${new URL(url).pathname.slice(1)}_nobody`
    await asSuperuser(url, (client) => client.query(`create role ${name} login password 'x'`))
    cleanups.unshift(() => asSuperuser(server.url, (client) => client.query(`drop role ${name}`)))
    const own = new URL(url)
    own.username = name
    own.password = 'x'
    const db = await connect(own.href)
    expect((await refusal(migrate(db))).code).toBe('PHI_PG_FORBIDDEN')
    await db.close()
  })

  it('keeps a directory of PGlite, and reopens it', async () => {
    const { rmSync } = await import('node:fs')
    const { join } = await import('node:path')
    const directory = memoryFolder('pglite')
    const first = await embedded(join(directory, 'data'))
    await migrate(first)
    await first.close()
    const again = await embedded(join(directory, 'data'))
    expect(await migrate(again)).toMatchObject({ from: LATEST, applied: [] })
    await again.close()
    rmSync(directory, { recursive: true })
  })
})

it('a password never stands in an error', async () => {
  const url = new URL(server.url)
  url.password = 's3cret'
  url.pathname = '/no_such_database'
  const error = await refusal(connect(url.href))
  expect(error.code).toBe('PHI_PG_UNAVAILABLE')
  expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('s3cret')
})
