import { openAuditLog } from '@phi/audit'
import type { Extension } from '@phi/audit/store'
import { searchTerms } from '@phi/audit/store'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { prepareEntry } from '../../../audit/src/group.ts'
import { groupTexts } from '../../../audit/src/group-text.ts'
import { linkEntries } from '../../../audit/src/link.ts'
import { parseAuditEvent } from '../../../audit/src/parse-event.ts'
import { EXTEND, extendParams } from '../../src/audit/rows.ts'
import { auditStore, connect, type Queryable } from '../../src/index.ts'
import { numbered } from './forge.ts'
import { clinicA, event, type Lab, logins, openLab, refused, SIZE, type World } from './lab.ts'
import { attack } from './perform.ts'

let open: Lab
const lab = () => open
beforeAll(async () => {
  open = await openLab()
})
afterAll(() => open.close())

/** The parameters of the statement that would append honest entries now. */
async function honest(world: World, numbers: readonly number[]): Promise<{ params: unknown[]; extension: Extension }> {
  const head = await auditStore(world.db).head(clinicA)
  const prepared = numbers.map((i) => {
    const parsed = parseAuditEvent(event(i))
    const texts = groupTexts(parsed, `e-${i}`, '2026-03-04T05:06:07.089Z')
    return prepareEntry(`e-${i}`, texts, searchTerms(texts))
  })
  const extension = linkEntries(clinicA.origin, head, prepared, Date.now())
  const { rows } = await world.db.query<{ id: number }>('select id from phi.audit_log where origin = $1', [clinicA.origin])
  return { params: extendParams(clinicA.tenant, rows[0]?.id as number, head, extension), extension }
}

const at = (params: readonly unknown[], changes: Readonly<Record<number, unknown>>): unknown[] =>
  params.map((value, i) => (i in changes ? changes[i] : value))
/** Places of the parameters of phi.audit_extend. */
const [SIZES, FRONTIER, LEAVES, ACTORS, SOURCES] = [2, 7, 8, 11, 12] as const

const statements = (client: { query(sql: string): Promise<unknown> }, list: readonly string[]) =>
  list.map((sql) => () => client.query(numbered(sql)))

describe('S95 S98 with the service’s database login', () => {
  attack(lab, 'app-changes-rows', async (world) => {
    const app = await world.as('app')
    await app.query(`set phi.tenant = 'clinic-a'`)
    const tables = [
      'audit_entry',
      'audit_tile',
      'audit_checkpoint',
      'audit_log',
      'audit_event_id',
      'audit_pruned',
      'audit_prune',
      'audit_outbox',
    ]
    return statements(
      app,
      tables.flatMap((table) => [`update phi.${table} set tenant = 'x'`, `delete from phi.${table}`, `truncate phi.${table}`]),
    )
  })
  attack(lab, 'app-inserts-rows', async (world) => {
    const app = await world.as('app')
    return statements(app, [
      'insert into phi.audit_entry select * from phi.audit_entry',
      `insert into phi.audit_tile values ('clinic-a', 1, 1, 0, 'x')`,
      `insert into phi.audit_checkpoint values ('clinic-a', 1, 1, '', 'x')`,
      `insert into phi.audit_log (tenant, origin, last_hash) values ('clinic-a', 'x', 'x')`,
      `insert into phi.audit_entry_default select * from phi.audit_entry`,
      `copy phi.audit_tile from stdin`,
    ])
  })
  attack(lab, 'app-alters-tables', async (world) => {
    const app = await world.as('app')
    return statements(app, [
      'alter table phi.audit_entry disable trigger append_only',
      'alter table phi.audit_entry disable row level security',
      'alter table phi.audit_entry no force row level security',
      'drop policy tenant_wall on phi.audit_entry',
      'drop table phi.audit_tile',
      'alter table phi.audit_entry alter column actor type text using null',
      'create table phi.more (id int)',
      'create function phi.more() returns int language sql as $$ select 1 $$',
      'create or replace function phi.audit_refuse() returns trigger language plpgsql as $$ begin return null; end $$',
      'alter function phi.audit_open(text, text, text) security invoker',
      'create trigger more before insert on phi.audit_entry for each row execute function suppress_redundant_updates_trigger()',
      'create rule more as on insert to phi.audit_entry do instead nothing',
      'drop schema phi cascade',
      'create table public.child () inherits (phi.audit_tile)',
    ])
  })
  attack(lab, 'app-becomes-more', async (world) => {
    const app = await world.as('app')
    return statements(app, [
      'grant phi_owner to current_user',
      'set role phi_owner',
      'set role phi_writer',
      'set role phi_pruner',
      'set role phi_retention',
      'set session authorization postgres',
      'alter role current_user bypassrls',
      'alter role current_user superuser',
      'create role more',
      `set session_replication_role = 'replica'`,
      'create publication more for all tables',
    ])
  })
  attack(lab, 'app-reaches-files', async (world) => {
    const app = await world.as('app')
    return statements(app, [
      `select pg_read_file('PG_VERSION')`,
      `select pg_ls_dir('.')`,
      `select lo_import('/etc/passwd')`,
      `copy phi.audit_log to '/tmp/phi-attack'`,
      `copy phi.audit_log to program 'cat'`,
      'create extension file_fdw',
      `select pg_create_logical_replication_slot('phi_test_more', 'pgoutput')`,
      `alter system set fsync = off`,
    ])
  })
  attack(lab, 'app-row-security-off', async (world) => {
    const app = await world.as('app')
    await app.query('set row_security = off')
    return statements(app, [
      'select * from phi.audit_entry',
      'select count(*) from phi.audit_log',
      'copy phi.audit_checkpoint to stdout',
    ])
  })

  attack(lab, 'app-nonsense', async (world) => {
    const app = await world.as('app')
    const { params } = await honest(world, [100])
    const two = (await honest(world, [100, 101])).params
    const leaf = params[LEAVES] as string
    const [first, second] = (two[LEAVES] as string).split('\x1e')
    const wrong = [
      at(params, { [LEAVES]: 'nonsense' }),
      at(params, { [LEAVES]: '' }),
      at(params, { [LEAVES]: leaf.replace('a.example', 'b.example') }),
      at(params, { [LEAVES]: leaf.replace('\n12\n', '\n13\n') }),
      at(params, { [LEAVES]: leaf.replace(/actor ./, 'actor _') }),
      at(params, { [LEAVES]: `${leaf}more` }),
      at(params, { 5: 'AAAA' }),
      at(two, { [LEAVES]: `${second}\x1e${first}` }),
      at(two, { [LEAVES]: `${first}\x1e${first}` }),
      at(two, { 5: params[5] }),
    ]
    // One leaf too few is refused by another rule.
    expect(await refused(app.query(EXTEND, at(two, { [LEAVES]: first })))).toBe('23502')
    return wrong.map((each) => () => app.query(EXTEND, each))
  })
  attack(lab, 'app-future', async (world) => {
    const app = await world.as('app')
    const { params } = await honest(world, [100])
    for (const size of [0, SIZE - 1, SIZE + 1, 1_000_000]) {
      expect((await app.query(EXTEND, at(params, { [SIZES]: size }))).rows).toEqual([])
    }
    expect((await app.query(EXTEND, at(params, { 3: 'AAAA' }))).rows).toEqual([])
  })
  attack(lab, 'app-false-entry', async (world) => {
    const own = new URL(world.url)
    own.username = logins.app[0]
    own.password = 'x'
    const db = await connect(own.href)
    const log = await openAuditLog<Queryable>({ ...clinicA, store: auditStore(db) })
    await log.append(event(100, { actor: { id: 'somebody-else', type: 'workforce' } }))
    await db.close()
  })
  attack(lab, 'app-other-texts', async (world) => {
    const app = await world.as('app')
    const { params } = await honest(world, [100])
    const other = (await honest(world, [101])).params
    await app.query(
      EXTEND,
      at(params, {
        [ACTORS]: (params[ACTORS] as string).replace('u-100', 'u-999'),
        [SOURCES]: (other[SOURCES] as string).replace('113.9', '113.8'),
      }),
    )
  })
  attack(lab, 'app-false-frontier', async (world) => {
    const app = await world.as('app')
    const { params } = await honest(world, [100])
    const hashes = (params[FRONTIER] as string).split(' ')
    await app.query(EXTEND, at(params, { [FRONTIER]: hashes.toReversed().join(' ') }))
  })
  attack(lab, 'app-false-tiles', async (world) => {
    const app = await world.as('app')
    const { params } = await honest(world, [100])
    const hash = (params[3] as string).replace(/^./, 'x')
    const planted = ['1 0', '1 1', '1 4096', '2 0', '9 9'].map((place) => `${place} ${hash}`)
    return planted.map((tile) => () => app.query(EXTEND, at(params, { 18: tile })))
  })
  attack(lab, 'app-junk-checkpoint', async (world) => {
    const app = await world.as('app')
    const { params } = await honest(world, [100])
    await app.query('select phi.audit_save_checkpoint($1, $2, 1000, $3)', [clinicA.tenant, params[1], 'junk'])
  })
  attack(lab, 'app-holds-the-head', async (world) => {
    const app = await world.as('app')
    const { params } = await honest(world, [100])
    await app.query('begin')
    await app.query('select phi.audit_lock($1, $2, $3)', [clinicA.tenant, params[1], ''])
  })
  attack(lab, 'app-shadows', async (world) => {
    const root = await world.as('superuser')
    await root.query('grant create on schema public to phi_test_app')
    const app = await world.as('app')
    // In pg_temp and in a schema on the path: what the functions call, said anew so that everything fits.
    for (const schema of ['pg_temp', 'public']) {
      await app.query(`
        create function ${schema}.sha256(bytea) returns bytea language sql as 'select ''\\x00''::bytea';
        create function ${schema}.starts_with(text, text) returns boolean language sql as 'select true';
        create function ${schema}.encode(bytea, text) returns text language sql as 'select ''AAAA''';
        create function ${schema}.yes(text, text) returns boolean language sql as 'select false';
        create operator ${schema}.<> (leftarg = text, rightarg = text, function = ${schema}.yes)`)
    }
    await app.query(`create temp table audit_log as select 1 as id; create temp table audit_entry as select 1 as id`)
    await app.query('set search_path = pg_temp, public, pg_catalog, phi')
    const { params } = await honest(world, [100])
    return [
      () => app.query(EXTEND, at(params, { [LEAVES]: 'nonsense', 5: 'AAAA' })),
      () => app.query(EXTEND, at(params, { 5: 'AAAA' })),
    ]
  })
  attack(lab, 'app-injects', async (world) => {
    const app = await world.as('app')
    const sql = `x'); drop table phi.audit_tile; --`
    await app.query('select phi.audit_open($1, $2, $3)', [sql, sql, sql])
    await app.query('select phi.audit_lock($1, 1, $2)', [sql, sql])
    await app.query('select phi.audit_save_checkpoint($1, 1, 1, $2)', [sql, sql])
    expect((await world.db.query(`select tenant from phi.audit_checkpoint where note = $1`, [sql])).rows).toEqual([
      { tenant: sql },
    ])
  })
  attack(lab, 'app-other-tenant', async (world) => {
    const app = await world.as('app')
    const { params } = await honest(world, [100])
    await app.query(`set phi.tenant = 'clinic-b'`)
    return [
      () => app.query(EXTEND, params),
      () => app.query('select phi.audit_lock($1, $2, $3)', [clinicA.tenant, params[1], 'e-1']),
      () => app.query('select phi.audit_open($1, $2, $3)', [clinicA.tenant, clinicA.origin, '']),
      () => app.query('select phi.audit_save_checkpoint($1, $2, 1, $3)', [clinicA.tenant, params[1], '']),
      () => app.query('select phi.audit_dequeue($1, $2, $3)', [clinicA.tenant, params[1], '']),
      () => app.query('select * from phi.audit_enqueue($1, $2, $3, $3, $3, $3)', [clinicA.tenant, params[1], 'x']),
    ]
  })
  attack(lab, 'app-sets-tenant', async (world) => {
    const app = await world.as('app')
    const { params } = await honest(world, [100])
    await app.query(`set phi.tenant = 'clinic-b'`)
    expect((await app.query('select count(*)::int as n from phi.audit_entry')).rows).toEqual([{ n: SIZE }])
    await app.query(`set phi.tenant = 'clinic-a'`)
    expect((await app.query(EXTEND, params)).rows).toEqual([{}])
  })
  attack(lab, 'app-replays-event', async (world) => {
    const app = await world.as('app')
    const { params } = await honest(world, [100])
    expect((await app.query(EXTEND, params)).rows).toEqual([{}])
    for (let i = 0; i < 3; i++) expect((await app.query(EXTEND, params)).rows).toEqual([])
    // As a service does that lost the answer: the same event again is the same entry.
    const log = await openAuditLog<Queryable>({ ...clinicA, store: auditStore(world.db) })
    expect(await log.append(event(5))).toMatchObject({ index: 5, duplicate: true })
    expect((await log.head()).size).toBe(SIZE + 1)
  })
  attack(lab, 'app-replays-checkpoint', async (world) => {
    const app = await world.as('app')
    const count = async () => (await world.db.query('select count(*)::int as n from phi.audit_checkpoint')).rows
    const before = await count()
    const { params } = await honest(world, [100])
    await app.query('select phi.audit_save_checkpoint($1, $2, 8, $3)', [clinicA.tenant, params[1], lab().held])
    expect(await count()).toEqual(before)
  })
})

describe('S95 S97 with the logins of auditors, and of the job that prunes', () => {
  attack(lab, 'auditor-writes', async (world) => {
    const auditor = await world.as('auditor')
    await auditor.query(`set phi.tenant = 'clinic-a'`)
    expect((await auditor.query('select count(*)::int as n from phi.audit_entry')).rows).toEqual([{ n: SIZE }])
    const { params } = await honest(world, [100])
    return [
      () => auditor.query(EXTEND, params),
      ...statements(auditor, [
        `select phi.audit_open('clinic-a', 'x', '')`,
        `select phi.audit_lock('clinic-a', 1, '')`,
        `select phi.audit_save_checkpoint('clinic-a', 1, 1, 'x')`,
        `select phi.audit_prune('clinic-a', 1, 1, 1, 1)`,
        'select * from phi.audit_log for update',
        `update phi.audit_entry set actor = ''`,
        'delete from phi.audit_checkpoint',
        'truncate phi.audit_tile',
      ]),
    ]
  })
  attack(lab, 'retention-prunes-at-will', async (world) => {
    const retention = await world.as('retention')
    const { params } = await honest(world, [100])
    return [1, 5, SIZE].flatMap((to) =>
      [0, 5, SIZE - 1, 99].map(
        (by) => () => retention.query('select phi.audit_prune($1, $2, $3, $4, 100)', [clinicA.tenant, params[1], to, by]),
      ),
    )
  })
  attack(lab, 'retention-prunes-early', async (world) => {
    await world.service.append(event(100, { action: 'prune', context: { details: { to: 3 } } }))
    await world.service.checkpoint()
    const retention = await world.as('retention')
    const { params } = await honest(world, [101])
    await retention.query('select phi.audit_prune($1, $2, 3, $3, 100)', [clinicA.tenant, params[1], SIZE])
  })
  attack(lab, 'retention-deletes', async (world) => {
    const retention = await world.as('retention')
    await retention.query(`set phi.tenant = 'clinic-a'`)
    return statements(retention, [
      'delete from phi.audit_entry',
      'delete from phi.audit_event_id',
      `insert into phi.audit_prune values ('clinic-a', 1, 1, 1)`,
      'set role phi_pruner',
      'truncate phi.audit_pruned',
    ])
  })
})
