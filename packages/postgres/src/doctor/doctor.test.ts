import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { logins, type Sabotage, sabotages, stranger } from '../../test/doctor/sabotages.ts'
import { embeddedMigrated } from '../../test/embedded.ts'
import { asSuperuser, freshDatabase, startServer, type TestServer } from '../../test/server.ts'
import { connect, type Db, type DoctorOptions, doctor, doctorFindingKinds, migrate, renderDoctor } from '../index.ts'

const NAMES = [...Object.values(logins).flat(), stranger]
const options: DoctorOptions = { admins: ['postgres'], ...logins }

let server: TestServer
let url: string
let db: Db
const cleanups: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  server = await startServer(['-c', 'wal_level=logical'])
  const database = await freshDatabase(server.url)
  url = database.url
  db = await connect(url)
  await db.exec(NAMES.map((name) => `create role ${name} login password 'x'`).join('; '))
  await migrate(db, logins)
  cleanups.push(
    () => asSuperuser(server.url, (client) => client.query(NAMES.map((name) => `drop role ${name}`).join('; '))),
    database.drop,
    () => db.close(),
  )
})

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
  await server.stop()
})

const as = (user: string) => {
  const own = new URL(url)
  own.username = user
  own.password = 'x'
  return connect(own.href, { max: 1 })
}

const found = async (on: Db, given: DoctorOptions) =>
  (await doctor(on, given)).findings.map(({ code, object }) => `${code}: ${object}`).toSorted()
const wanted = ({ finds }: Sabotage) => finds.map(([code, object]) => `${code}: ${object}`).toSorted()

/**
 * Sabotages that do not touch the same object, done together, so that a short run looks a few times at much. Where PHI_LONG is set
 * each stands alone. One that hides others, since doctor compares no schema of another version, always does.
 */
function batches(all: readonly Sabotage[]): [names: string, batch: Sabotage[]][] {
  const made: Sabotage[][] = []
  const touched = ({ finds }: Sabotage) =>
    finds.map(([, object]) => object.replace(/^.* (?:on (?:table|column) )?(?=audit_|phi_)/, '').replace(/[. ].*$/, ''))
  for (const sabotage of all) {
    const alone = process.env.PHI_LONG === '1' || sabotage.finds.some(([code]) => code.startsWith('migration-'))
    const fits = (batch: Sabotage[]) =>
      batch.length < 8 &&
      !batch.some(
        (other) =>
          other.finds.some(([code]) => code.startsWith('migration-')) ||
          touched(other).some((name) => touched(sabotage).includes(name)),
      )
    const batch = alone ? undefined : made.find(fits)
    if (batch === undefined) made.push([sabotage])
    else batch.push(sabotage)
  }
  return made.map((batch) => [batch.map(({ name }) => name).join('; '), batch])
}

describe('S98 doctor on PostgreSQL', () => {
  it('finds nothing on a database as the migrations make it', async () => {
    const report = await doctor(db, options)
    expect(report.findings).toEqual([])
    expect(report).toMatchObject({ ok: true, accepted: [], schema: { version: report.schema.latest } })
  })

  it.each(batches(sabotages))('says exactly what is wrong: %s', async (_names, batch) => {
    for (const { sql } of batch) await db.exec(sql)
    try {
      expect(await found(db, options)).toEqual(batch.flatMap(wanted).toSorted())
    } finally {
      for (const { undo } of batch.toReversed()) await db.exec(undo)
    }
  })

  it('is well again when everything was undone', async () => {
    expect((await doctor(db, options)).findings).toEqual([])
  })

  it('S98 tells what whoever holds a role could do, from the live catalog', async () => {
    const codes = async (role: string) =>
      (await doctor(db, options)).roles.find((each) => each.role === role)?.can.map(({ code }) => code)
    expect(await codes('phi_test_svc')).toEqual(
      expect.arrayContaining(['act-as', 'append-false-entries', 'hold-the-log', 'read-every-tenant']),
    )
    expect(await codes('phi_app')).not.toContain('alter-tables')
    expect(await codes('phi_app')).not.toContain('read-past-the-wall')
    expect(await codes('phi_auditor')).toEqual(['read-every-tenant'])
    expect(await codes('phi_owner')).toEqual(expect.arrayContaining(['alter-tables', 'drop-tables']))
    expect(await codes('postgres')).toEqual(['do-anything'])
    expect(await codes(stranger)).toEqual([])
    // Rights that somebody adds show, and go when they go.
    await db.exec(
      `grant update, delete on phi.migration to ${stranger}; alter role phi_auditor bypassrls; grant create on schema phi to ${stranger}`,
    )
    expect(await codes(stranger)).toEqual(['plant-objects', 'update-rows', 'delete-rows'])
    expect(await codes('phi_test_reader')).toEqual(['act-as', 'read-past-the-wall'])
    await db.exec(
      `revoke update, delete on phi.migration from ${stranger}; alter role phi_auditor nobypassrls; revoke create on schema phi from ${stranger}`,
    )
    expect(await codes(stranger)).toEqual([])
  })

  it('says that a right to change rows is worth nothing where a trigger refuses, and no longer when it is off', async () => {
    const codes = async () =>
      (await doctor(db, options)).roles.find(({ role }) => role === stranger)?.can.map(({ code }) => code)
    await db.exec(`grant update on phi.audit_tile to ${stranger}`)
    expect(await codes()).toEqual([])
    await db.exec('alter table phi.audit_tile disable trigger append_only')
    expect(await codes()).toEqual(['update-rows'])
    await db.exec(
      `alter table phi.audit_tile enable always trigger append_only; revoke update on phi.audit_tile from ${stranger}`,
    )
  })

  it.each([...logins.app, ...logins.auditor, stranger])(
    'says to the login %s what it could not see, and is not ok',
    async (login) => {
      const own = await as(login)
      try {
        const report = await doctor(own, options)
        expect(report.ok).toBe(false)
        // Which migrations were applied is for the roles of the schema to read, and for nobody else.
        const unseen = login === stranger ? ['migrations-unreadable: table migration'] : []
        expect(report.findings.map(({ code, object }) => `${code}: ${object}`)).toEqual([...unseen, 'not-visible: pg_hba.conf'])
        expect(report.findings.every(({ severity }) => severity === 'unknown')).toBe(true)
        expect(report.schema.version).toBe(login === stranger ? undefined : report.schema.latest)
        // What is in the catalog it sees as well as anybody.
        await db.exec('alter table phi.audit_log disable trigger forward_only')
        expect((await doctor(own, options)).findings[0]).toMatchObject({ code: 'trigger-disabled', severity: 'break' })
      } finally {
        await db.exec('alter table phi.audit_log enable always trigger forward_only')
        await own.close()
      }
    },
  )

  it('writes nothing, and leaves the session as it was', async () => {
    const own = await connect(url, { max: 1 })
    await own.exec(`set search_path = public; set phi.tenant = 'clinic-a'`)
    await doctor(own, options)
    const { rows } = await own.query(
      `select current_setting('search_path') as path, current_setting('phi.tenant') as tenant, current_setting('transaction_read_only') as ro`,
    )
    expect(rows).toEqual([{ path: 'public', tenant: 'clinic-a', ro: 'off' }])
    await own.close()
  })

  it('is not misled by objects that shadow the catalog', async () => {
    const own = await connect(url, { max: 1 })
    await own.exec(`
      create schema phi_test_shadow; create view phi_test_shadow.pg_trigger as select * from pg_catalog.pg_trigger where false;
      create temp view pg_policy as select * from pg_catalog.pg_policy; set search_path = phi_test_shadow, pg_temp, pg_catalog`)
    try {
      await db.exec('alter table phi.audit_log disable trigger forward_only')
      expect(await found(own, options)).toEqual(['trigger-disabled: trigger audit_log.forward_only'])
    } finally {
      await db.exec('alter table phi.audit_log enable always trigger forward_only')
      await own.close()
      await db.exec('drop schema phi_test_shadow cascade')
    }
  })

  it('lists what was accepted apart, and nothing else by it', async () => {
    await db.exec(
      'create view public.everything as select * from phi.audit_entry; create view public.more as select * from phi.audit_log',
    )
    const accept = [{ code: 'view-over-table', object: 'view public.everything' }] as const
    const report = await doctor(db, { ...options, accept })
    await db.exec('drop view public.everything; drop view public.more')
    expect(report.accepted.map(({ object }) => object)).toEqual(['view public.everything'])
    expect(report.findings.map(({ object }) => object)).toEqual(['view public.more'])
    expect(report.ok).toBe(false)
  })

  it('names a superuser nobody named, and a login that is not there', async () => {
    expect(
      await found(db, {
        ...options,
        admins: [],
        app: [...logins.app, 'phi_test_ghost'],
        auditor: [stranger, ...logins.auditor],
      }),
    ).toEqual(['login-missing: login phi_test_ghost', `login-missing: login ${stranger}`, 'superuser-login: login postgres'])
  })

  it('refuses lists that are none', async () => {
    expect(await refusal(doctor(db, { admins: 'postgres' as never }))).toMatchObject({ code: 'PHI_PG_OPTIONS', path: 'admins' })
  })

  it('sees a setting that lets a crash lose entries', async () => {
    if (!server.own) return
    await db.exec('alter system set full_page_writes = off')
    await db.exec('select pg_reload_conf()')
    const setting = async () =>
      (await db.query<{ full_page_writes: string }>('show full_page_writes')).rows[0]?.full_page_writes
    await expect.poll(setting, { timeout: 20_000 }).toBe('off')
    expect(await found(db, options)).toEqual(['durability-off: full_page_writes'])
    await db.exec('alter system reset full_page_writes')
    await db.exec('select pg_reload_conf()')
    await expect.poll(setting, { timeout: 20_000 }).toBe('on')
  })

  it('says what is missing before migrate, and what a dropped table leaves', async () => {
    const database = await freshDatabase(server.url)
    const other = await connect(database.url)
    expect(await found(other, options)).toEqual(['not-migrated: schema phi'])
    await migrate(other)
    await other.exec('drop table phi.audit_tile')
    expect(await found(other, options)).toEqual(['object-missing: table audit_tile'])
    await other.close()
    await database.drop()
  })

  it('renders for a terminal, without letting a name from the database speak', async () => {
    await db.exec('create table phi."\u001b[2Jall is well\n" (id int)')
    const text = renderDoctor(await doctor(db, options), { width: 80 })
    await db.exec('drop table phi."\u001b[2Jall is well\n"')
    expect(text).not.toMatch(/[^\P{Cc}\n]/u)
    expect(text).toContain('1 wrong, 0 that this login may not see.')
    expect(text).toContain('[unknown-object]')
    expect(text).toContain('  postgres\n    can do anything on this server')
    expect(text.split('\n').every((line) => line.length <= 80 || !line.slice(0, 80).trimStart().includes(' '))).toBe(true)
    expect(renderDoctor(await doctor(db, options))).toContain('Everything that is checked is as the migrations make it.')
  })
})

describe('doctor on PGlite', () => {
  it('S98 finds the same, and that PGlite does not wait for the disk', async () => {
    const lite = await embeddedMigrated()
    await lite.exec(NAMES.map((name) => `create role ${name} login`).join('; '))
    await migrate(lite, logins)
    expect(await found(lite, options)).toEqual(['durability-off: fsync', 'setting-unsafe: allow_system_table_mods'])
    const accept = [
      { code: 'durability-off', object: 'fsync' },
      { code: 'setting-unsafe', object: 'allow_system_table_mods' },
    ] as const
    expect((await doctor(lite, { ...options, accept })).ok).toBe(true)
    // Everything of it with PHI_LONG: PGlite is many times slower than a server.
    const all = batches(sabotages.filter(({ serverOnly }) => serverOnly !== true))
    for (const [names, batch] of all.slice(0, process.env.PHI_LONG === '1' ? all.length : 2)) {
      for (const { sql } of batch) await lite.exec(sql)
      expect(await found(lite, { ...options, accept }), names).toEqual(batch.flatMap(wanted).toSorted())
      for (const { undo } of batch.toReversed()) await lite.exec(undo)
    }
    expect((await doctor(lite, { ...options, accept })).ok).toBe(true)
    await lite.close()
  })
})

it('has a test for every finding that can be made here', () => {
  const shown = new Set(sabotages.flatMap(({ finds }) => finds.map(([code]) => code)))
  const elsewhere = [
    'not-migrated',
    'migrations-unreadable',
    'not-visible',
    'login-missing',
    'superuser-login',
    'durability-off',
  ]
  // A server without TLS on a network, one that trusts, pages without checksums, a session with odd settings, a stranger who owns a database.
  const untried = ['no-tls', 'trust-authentication', 'checksums-off', 'setting-unsafe', 'database-owner']
  expect([...shown, ...elsewhere, ...untried].toSorted().filter((code, i, all) => all.indexOf(code) === i)).toEqual(
    Object.keys(doctorFindingKinds).toSorted(),
  )
})
