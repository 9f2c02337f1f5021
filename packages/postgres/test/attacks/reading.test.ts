import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Attack, type AttackId, attackers, attacks } from './attacks.ts'
import { clinicA, clinicB, codeOf, type Lab, type LoginName, openLab, refused, type World } from './lab.ts'

/** A text that stands in every column of the other tenant's rows, wherever a column can hold it. */
const SECRET = 'ZQSECRETZQ'
const readers = ['app', 'auditor', 'retention'] as const

let lab: Lab
let world: World
/** Tables of the schema by name, with whether they have a column `tenant`. Read from the catalog, so that new ones are covered. */
let tables: { name: string; tenant: boolean; partition: boolean }[]
let unfilled: string[]

beforeAll(async () => {
  lab = await openLab()
  world = await lab.world()
  const { rows } = await world.db.query<{ name: string; tenant: boolean; partition: boolean }>(
    `select c.relname as name, c.relispartition as partition,
       exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant' and not a.attisdropped) as tenant
     from pg_class c where c.relnamespace = 'phi'::regnamespace and c.relkind in ('r', 'p') order by 1`,
  )
  tables = rows
  unfilled = await plantEverywhere(await world.as('superuser'))
})
afterAll(async () => {
  await world?.close()
  await lab.close()
})

/**
 * Puts a row of clinic-b into every table that has a tenant, whatever its columns: checks, triggers and keys to other tables are
 * taken off first. What rows mean does not matter here, only who sees them.
 */
async function plantEverywhere(root: pg.Client): Promise<string[]> {
  const failed: string[] = []
  await root.query(`do $$ declare c record; begin
    for c in select conrelid::regclass as t, conname from pg_constraint where connamespace = 'phi'::regnamespace and contype in ('c', 'f') and conparentid = 0
      and not exists (select from pg_class r where r.oid = conrelid and r.relispartition)
    loop execute format('alter table %s drop constraint %I', c.t, c.conname); end loop;
    for c in select oid::regclass as t from pg_class where relnamespace = 'phi'::regnamespace and relkind in ('r', 'p')
    loop execute format('alter table %s disable trigger all', c.t); end loop; end $$`)
  for (const { name, tenant, partition } of tables) {
    if (!tenant || partition) continue
    const { rows: columns } = await root.query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, null) as type from pg_attribute
       where attrelid = ('phi.' || $1)::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''`,
      [name],
    )
    const values = columns.map((column) => (column.name === 'tenant' ? `'${clinicB.tenant}'` : sample(column.type)))
    await root
      .query(
        `insert into phi.${name} (${columns.map((column) => `"${column.name}"`).join(', ')}) values (${values.join(', ')})`,
      )
      .catch((error: unknown) => failed.push(`${name}: ${codeOf(error)}`))
  }
  await root.query('analyze')
  return failed
}

function sample(type: string): string {
  if (type.endsWith('[]')) return `array[${sample(type.slice(0, -2))}]::${type}`
  if (/^(text|character varying|name)/.test(type)) return `'${SECRET}'`
  if (type === 'bytea') return `convert_to('${SECRET}', 'UTF8')`
  if (type.startsWith('json')) return `'{"a":"${SECRET}"}'`
  if (type === 'boolean') return 'true'
  if (/^(timestamp|date)/.test(type)) return 'now()'
  if (type === 'uuid') return `gen_random_uuid()`
  return '77777'
}

const rowOf = (id: AttackId): Attack => attacks.find((attack) => attack.id === id) as Attack
function reading(id: AttackId, run: () => Promise<unknown>): void {
  const row = rowOf(id)
  it(`S98 ${attackers[row.who]} can ${row.refused === undefined ? '' : 'not '}${row.does}`, async () => {
    const attempts = (await run()) as readonly (() => Promise<unknown>)[] | undefined
    if (row.refused === undefined) return
    expect(attempts?.length).toBeGreaterThan(0)
    for (const attempt of attempts ?? []) expect(await refused(attempt())).toBe(row.refused)
  })
}

/** A session of clinic-a. */
async function session(login: LoginName): Promise<pg.Client> {
  const client = await world.as(login)
  await client.query(`set phi.tenant = '${clinicA.tenant}'`)
  return client
}

/** Everything that came back, as text: neither the other tenant nor its secret may stand in it. */
function holdsNothingOfOthers(what: string, answer: unknown): void {
  const text = JSON.stringify(answer, (_key, value) => (Buffer.isBuffer(value) ? value.toString() : (value as unknown)))
  expect(text, what).not.toContain(SECRET)
  expect(text, what).not.toContain(clinicB.tenant)
  expect(text, what).not.toContain(Buffer.from(SECRET).toString('hex'))
}

/** Runs a statement that may also be refused; what it answers, error and all, holds nothing of others. */
async function ask(client: pg.Client, sql: string, params: unknown[] = []): Promise<string> {
  const answer = await client.query(sql, params).catch((error: unknown) => error as pg.DatabaseError)
  if (answer instanceof Error) {
    holdsNothingOfOthers(sql, [answer.message, answer.detail, answer.hint, answer.where])
    return codeOf(answer)
  }
  const results = Array.isArray(answer) ? answer : [answer]
  holdsNothingOfOthers(
    sql,
    results.map(({ rows }: pg.QueryResult) => rows),
  )
  return 'answered'
}

const ofTenants = () => tables.filter(({ tenant, partition }) => tenant && !partition).map(({ name }) => name)

describe('S98 reading across tenants, by every path, in every table', () => {
  it('has rows of the other tenant in every table that has tenants, and knows those that have none', () => {
    expect(unfilled).toEqual([])
    expect(tables.filter(({ tenant }) => !tenant).map(({ name }) => name)).toEqual(['migration'])
    expect(ofTenants().length).toBeGreaterThan(8)
  })

  it('shows a superuser those rows, so that not seeing them means something', async () => {
    const root = await world.as('superuser')
    for (const table of ofTenants()) {
      const { rows } = await root.query(`select count(*)::int as n from phi.${table} where tenant = $1`, [clinicB.tenant])
      expect(rows[0].n, table).toBeGreaterThan(0)
    }
  })

  reading('tenant-selects', async () => {
    for (const login of readers) {
      const client = await session(login)
      let answered = 0
      for (const table of ofTenants()) {
        const t = `phi.${table}`
        const paths = [
          `select * from ${t}`,
          `select * from ${t} where tenant = '${clinicB.tenant}'`,
          `select * from only ${t}`,
          `select t from ${t} t`,
          `select count(*) filter (where tenant <> '${clinicA.tenant}') as others, array_agg(t::text) from ${t} t`,
          `select * from phi.audit_log l left join lateral (select * from ${t} x where x.tenant <> l.tenant limit 3) o on true`,
          `select (select string_agg(x::text, ' ') from ${t} x where x.tenant <> '${clinicA.tenant}') as s`,
          `with recursive r as (select * from ${t} union all select * from ${t} where false) select * from r`,
          `select * from ${t} tablesample system (100)`,
          `select * from ${t} where tenant >= '' or tenant is null order by 1 desc`,
          `select row_to_json(t)::text, to_jsonb(t), hstore from ${t} t, (select 1 as hstore) h`,
          `select query_to_xml('select * from ${t}', true, false, '')::text as x`,
          `select table_to_xml('${t}', true, false, '')::text as x`,
          `select cursor_to_xml('c', 10, true, false, '')::text as x`,
          `begin; declare c cursor for select * from ${t}; fetch all from c; commit`,
          `begin; create temp view v_${table} as select * from ${t}; select * from v_${table}; rollback`,
          `begin; create temp table m_${table} as select * from ${t}; select * from m_${table}; rollback`,
          `begin; create function pg_temp.f() returns setof text language sql security definer as 'select x::text from ${t} x'; select pg_temp.f(); rollback`,
          `explain (analyze, verbose, buffers) select * from ${t} where tenant = (select max(tenant) from ${t})`,
          `prepare p_${table} as select * from ${t}; execute p_${table}`,
        ]
        for (const sql of paths) {
          if ((await ask(client, sql)) === 'answered') answered++
          else await client.query('rollback')
        }
      }
      // Most of it is allowed and answers with nothing: that is the wall, and not a refusal.
      expect(answered, login).toBeGreaterThan(60)
    }
  })

  it('S98 without a tenant there is nothing to see at all', async () => {
    for (const login of readers) {
      const client = await world.as(login)
      for (const table of ofTenants()) {
        const answer = await client
          .query(`select count(*)::int as n from phi.${table}`)
          .catch((error: unknown) => codeOf(error))
        expect(typeof answer === 'string' ? answer : answer.rows, `${login} ${table}`).toSatisfy(
          (seen: unknown) => seen === '42501' || JSON.stringify(seen) === '[{"n":0}]',
        )
      }
    }
  })

  it('S98 COPY TO STDOUT goes through the wall as well', async () => {
    // The driver speaks no COPY: what the server sends is read off the connection.
    for (const login of readers) {
      const client = await session(login)
      const seen: string[] = []
      const connection = (client as unknown as { connection: NodeJS.EventEmitter }).connection
      connection.on('copyData', ({ chunk }: { chunk: Buffer }) => seen.push(chunk.toString()))
      for (const table of ofTenants()) {
        await client.query(`copy (select * from phi.${table}) to stdout`).catch(() => {})
        await client.query(`copy phi.${table} to stdout`).catch(() => {})
      }
      expect(seen.length, login).toBeGreaterThan(0)
      holdsNothingOfOthers(`copy as ${login}`, seen)
    }
  })

  reading('tenant-partitions', async () => {
    const attempts: (() => Promise<unknown>)[] = []
    for (const login of readers) {
      const client = await session(login)
      for (const { name, partition } of tables) if (partition) attempts.push(() => client.query(`select * from phi.${name}`))
    }
    return attempts
  })

  reading('tenant-errors', async () => {
    for (const login of readers) {
      const client = await session(login)
      // A function that costs nothing is what a planner would like to call before the wall.
      await client.query(`create function pg_temp.tell(text) returns boolean language plpgsql cost 0.0000001 as
        $$ begin raise notice 'told %', $1; if $1 like '%${SECRET}%' then raise exception 'found %', $1; end if; return true; end $$`)
      const told: string[] = []
      client.on('notice', ({ message }) => told.push(String(message)))
      for (const table of ofTenants()) {
        const t = `phi.${table}`
        await ask(client, `select * from ${t} x where pg_temp.tell(x::text)`)
        await ask(client, `select * from ${t} x where pg_temp.tell(tenant)`)
        await ask(client, `select * from ${t} x where (x::text)::int > 0`)
        await ask(client, `select * from ${t} x where 1 / (case when tenant = '${clinicB.tenant}'::text then 0 else 1 end) = 1`)
      }
      expect(told.length).toBeGreaterThan(0)
      holdsNothingOfOthers(`told to ${login}`, told)
    }
  })

  it('S98 an insert that meets another tenant’s row says nothing of it', async () => {
    const client = await session('app')
    for (const table of ofTenants()) {
      // With the other tenant's name the wall's check refuses, before any key is compared and with no row in the message.
      const { rows: columns } = await world.db.query<{ name: string; type: string }>(
        `select attname as name, format_type(atttypid, null) as type from pg_attribute
         where attrelid = ('phi.' || $1)::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''`,
        [table],
      )
      for (const tenant of [clinicA.tenant, clinicB.tenant]) {
        const values = columns.map(({ name, type }) =>
          name === 'tenant' ? `'${tenant}'` : sample(type).replaceAll(SECRET, 'ZQ'),
        )
        const sql = `insert into phi.${table} (${columns.map(({ name }) => `"${name}"`).join(', ')}) values (${values.join(', ')})`
        await client.query('begin')
        try {
          await client.query(sql)
          expect(tenant, table).toBe(clinicA.tenant)
        } catch (error) {
          const { message, detail = '' } = error as pg.DatabaseError
          expect(codeOf(error), `${table} ${message}`).toMatch(/^(42501|23505|23502|23514|PHI0[1-4])$/)
          expect(`${message} ${detail}`.includes(SECRET), table).toBe(false)
        }
        await client.query('rollback')
      }
    }
  })

  reading('tenant-statistics', async () => {
    for (const login of readers) {
      const client = await session(login)
      for (const sql of [
        `select * from pg_stats where schemaname = 'phi'`,
        `select * from pg_stats_ext where schemaname = 'phi'`,
        `select * from pg_stats_ext_exprs where schemaname = 'phi'`,
        `select stavalues1::text from pg_statistic`,
        `select query from pg_stat_activity where datname = current_database() and usename <> current_user`,
        `select * from pg_prepared_statements`,
        `select * from pg_cursors`,
        `select lo_get(oid) from pg_largeobject_metadata`,
        `select * from pg_seclabels`,
        `select * from information_schema.columns where table_schema = 'phi'`,
        ...ofTenants().map((table) => `explain select * from phi.${table} where tenant > ''`),
      ])
        await ask(client, sql)
      expect(
        (await client.query(`select count(*)::int as n from pg_stats where schemaname = 'phi' and tablename <> 'migration'`))
          .rows,
      ).toEqual([{ n: 0 }])
    }
  })

  reading('tenant-sequences', async () => {
    const { rows } = await world.db.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'phi'::regnamespace and relkind = 'S'`,
    )
    const attempts: (() => Promise<unknown>)[] = []
    for (const login of readers) {
      const client = await session(login)
      for (const { name } of rows) {
        attempts.push(() => client.query(`select last_value from phi.${name}`))
        attempts.push(() => client.query(`select nextval('phi.${name}')`))
      }
    }
    return attempts
  })

  reading('tenant-pooled', async () => {
    // One connection of a pool: clinic-b used it before.
    const client = await world.as('app')
    await client.query(`begin; set local phi.tenant = '${clinicB.tenant}'`)
    await client.query({ name: 'left', text: 'select * from phi.audit_entry' })
    await client.query('prepare also_left as select * from phi.audit_log')
    expect((await client.query('execute also_left')).rows.length).toBeGreaterThan(0)
    await client.query('commit')
    // Nobody's transaction, then clinic-a's.
    expect((await client.query({ name: 'left', text: 'select * from phi.audit_entry' })).rows).toEqual([])
    await client.query(`begin; set local phi.tenant = '${clinicA.tenant}'`)
    const { rows } = await client.query({ name: 'left', text: 'select * from phi.audit_entry' })
    expect(rows.length).toBe(12)
    holdsNothingOfOthers('a prepared statement left behind', rows)
    holdsNothingOfOthers('another', (await client.query('execute also_left')).rows)
    expect(await ask(client, 'fetch all from left_cursor')).toBe('34000')
    await client.query('rollback')
    // What a session sets for itself stays: the library never does, and sets the tenant for each transaction.
    await client.query(
      `set phi.tenant = '${clinicB.tenant}'; create temp table kept as select * from phi.audit_log; reset phi.tenant`,
    )
    expect((await client.query('select tenant from kept')).rows.length).toBeGreaterThan(0)
    await client.query('discard all')
    expect(await ask(client, 'select * from kept')).toBe('42P01')
  })

  reading('tenant-functions', async () => {
    const client = await session('app')
    const { rows } = await world.db.query<{ name: string; args: string; oid: number }>(
      `select p.oid::regproc::text as name, coalesce((select string_agg(format_type(t, null), ',' order by i) from unnest(p.proargtypes) with ordinality as u (t, i)), '') as args, p.oid
       from pg_proc p where p.pronamespace = 'phi'::regnamespace and p.prosecdef and has_function_privilege('phi_app', p.oid, 'EXECUTE')`,
    )
    expect(rows.length).toBeGreaterThan(5)
    const withTenant: (() => Promise<unknown>)[] = []
    for (const { name, args } of rows) {
      const types = args === '' ? [] : args.split(',')
      // Whatever is guessed for the arguments: the other tenant's name, its secrets, and null.
      for (const guess of [`'${clinicB.tenant}'`, `'${SECRET}'`, 'null']) {
        const values = types.map((type, i) =>
          /^text/.test(type)
            ? type === 'text[]'
              ? `array[${guess}]::text[]`
              : i === 0
                ? guess
                : `'${SECRET}'`
            : type === 'boolean'
              ? 'true'
              : '77777',
        )
        const call = `select f::text as f from ${name}(${values.join(', ')}) as f`
        await client.query('begin')
        try {
          // What comes back of a function, for a session of clinic-a, is nothing of clinic-b's.
          const { rows: answers } = await client.query<{ f: string | null }>(call)
          const shown = answers.map(({ f }) => f ?? '').join(' ')
          expect(shown.includes(clinicB.tenant), call).toBe(false)
        } catch (error) {
          if (!(error instanceof Error) || !('code' in error) || error.name === 'AssertionError') throw error
          expect((error as pg.DatabaseError).message.includes(clinicB.tenant), call).toBe(false)
        }
        await client.query('rollback')
      }
    }
    for (const sql of [
      `select * from phi.audit_lock('${clinicB.tenant}', 1, 'e-1')`,
      `select phi.audit_open('${clinicB.tenant}', '${clinicB.origin}', '')`,
      `select phi.audit_save_checkpoint('${clinicB.tenant}', 1, 1, 'x')`,
    ])
      withTenant.push(() => client.query(sql))
    return withTenant
  })

  reading('tenant-probes-origins', async () => {
    const client = await session('app')
    const free = await client.query(`select phi.audit_open('${clinicA.tenant}', 'free.example/audit', '') as id`)
    expect(free.rows[0].id).toBeGreaterThan(0)
    return [() => client.query(`select phi.audit_open('${clinicA.tenant}', '${clinicB.origin}', '')`)]
  })
})
