import { compile, definePolicy, type Policy, type PolicyJson, parsePolicy } from '@phi/rbac'
import { columnsCheck, rlsSettings, type TableMapping, toRowLevelSecurity, toSql } from '@phi/rbac/sql'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { asSuperuser, freshDatabase, startServer, type TestServer } from '../server.ts'

const app = `phi_app_${process.pid}`
const owner = `phi "own'er_${process.pid}`
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

const policy = definePolicy(
  {
    id: 'clinic',
    version: '1',
    resources: {
      Note: z.object({
        id: z.string(),
        tenant: z.string(),
        careTeam: z.array(z.string()),
        clinic: z.string().nullable(),
        restricted: z.boolean(),
      }),
    },
    actor: z.object({ clinic: z.string().nullable() }),
    actions: ['read', 'create', 'update', 'remove'],
    roles: { therapist: {}, admin: {} },
  },
  ({ permit, forbid, is }) => [
    permit('therapist')
      .to('read', 'create', 'update')
      .on('Note')
      .when(is.in(is.actor('id'), is.resource('careTeam')))
      .as('care-team'),
    permit('admin')
      .to('read', 'remove')
      .on('Note')
      .when(is.eq(is.actor('clinic'), is.resource('clinic')))
      .as('admin'),
    forbid().to('read').on('Note').when(is.resource('restricted')).as('restriction'),
  ],
)
const mapping: TableMapping = {
  // A name that would end quotes, literals and dollar quotes.
  table: `notes "$phi$ it's`,
  columns: {
    id: { type: 'text' },
    tenant: { type: 'text', name: 'ten"ant$phi$' },
    careTeam: { type: 'text[]', name: 'care_team' },
    clinic: { type: 'text' },
    restricted: { type: 'boolean' },
  },
}
const table = quoted(mapping.table as string)
const rules = compile(policy)
const { statements } = toRowLevelSecurity(policy, mapping, {
  type: 'Note',
  actions: { select: 'read', insert: 'create', update: 'update', delete: 'remove' },
  role: app,
})
const therapist = { actor: { id: 'u1', tenant: 't1', roles: ['therapist'], clinic: null } } as const

let server: TestServer
let root: pg.Client
let client: pg.Client
let drop: () => Promise<void>

beforeAll(async () => {
  server = await startServer()
  const database = await freshDatabase(server.url)
  drop = database.drop
  root = new pg.Client({ connectionString: database.url })
  await root.connect()
  await root.query(`create role ${quoted(app)} login password 'app'; create role ${quoted(owner)}`)
  await root.query(`grant create on schema public to ${quoted(owner)}`)
  await root.query(`set role ${quoted(owner)}`)
  await root.query(
    `create table ${table} (id text primary key, "ten""ant$phi$" text, care_team text[], clinic text, restricted boolean)`,
  )
  await root.query(`insert into ${table} values
    ('mine', 't1', '{u1}', null, false), ('another', 't1', '{u2}', 'east', false), ('restricted', 't1', '{u1}', 'east', true),
    ('unknown', 't1', '{u1}', null, null), ('foreign', 't2', '{u1}', null, false), ('nobodys', null, '{u1}', null, false)`)
  await root.query(`grant select, insert, update, delete on ${table} to ${quoted(app)}`)
  await root.query('reset role')
  await apply()
  const url = new URL(database.url)
  url.username = app
  url.password = 'app'
  client = new pg.Client({ connectionString: url.href })
  await client.connect()
})
afterAll(async () => {
  await client?.end()
  await root?.end()
  await drop?.()
  await asSuperuser(server.url, (each) => each.query(`drop role if exists ${quoted(app)}, ${quoted(owner)}`))
  await server.stop()
})

const apply = () => root.query(['begin', ...statements, 'commit'].join(';\n'))
const tell = async (request: Parameters<typeof rlsSettings<typeof policy extends Policy<infer Words> ? Words : never>>[1]) => {
  const { text, values } = rlsSettings(rules, request)
  await client.query(text, [...values])
}
const visible = async (by = client): Promise<string[]> =>
  (await by.query(`select id from ${table} order by id`)).rows.map(({ id }) => id as string)

/** Runs in a transaction that is rolled back. */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  await client.query('begin')
  try {
    return await work()
  } finally {
    await client.query('rollback')
  }
}
const refused = async (work: () => Promise<unknown>): Promise<string> =>
  attempt(work).then(
    () => 'not refused',
    (error: { code: string }) => error.code,
  )
const POLICY_VIOLATION = '42501'

describe('S98 row-level security', () => {
  it('S98 shows a role what the policy allows, once it is told who asks', async () => {
    expect(await attempt(() => tell(therapist).then(() => visible()))).toEqual(['mine'])
    const admin = { actor: { id: 'u9', tenant: 't1', roles: ['admin'], clinic: 'east' } } as const
    expect(await attempt(() => tell(admin).then(() => visible()))).toEqual(['another'])
  })

  it('S98 shows nothing without settings, and with empty ones', async () => {
    expect(await visible()).toEqual([])
    expect(await attempt(() => tell({ actor: { ...therapist.actor, tenant: '' } }).then(() => visible()))).toEqual([])
    expect(await attempt(() => tell({ actor: { ...therapist.actor, id: '' } }).then(() => visible()))).toEqual([])
    expect(await attempt(() => tell({ actor: { ...therapist.actor, id: 'u1\0' } }).then(() => visible()))).toEqual([])
  })

  it('S98 leaves nothing on a connection that goes back to a pool, after commit, rollback or an error', async () => {
    for (const end of ['commit', 'rollback']) {
      await client.query('begin')
      await tell(therapist)
      expect(await visible()).toEqual(['mine'])
      await client.query(end)
      expect((await client.query(`select current_setting('phi.tenant', true) as left`)).rows[0].left ?? '').toBe('')
      expect(await visible()).toEqual([])
    }
    await client.query('begin')
    await tell(therapist)
    await expect(client.query('select 1 / 0')).rejects.toThrow()
    await client.query('rollback')
    expect(await visible()).toEqual([])
  })

  it('tells nothing outside of a transaction', async () => {
    await tell(therapist)
    expect(await visible()).toEqual([])
  })

  it('replaces all of what a transaction was told before', async () => {
    const admin = { actor: { id: 'u9', tenant: 't1', roles: ['admin'], clinic: 'east' } } as const
    const ids = await attempt(async () => {
      await tell(admin)
      await tell(therapist)
      return visible()
    })
    expect(ids).toEqual(['mine'])
  })

  it('S98 overrides what a session was told, and a session setting is the thing that only trusted code may do', async () => {
    await client.query(`set phi.tenant = 't2'; set phi.actor = 'u1'; set phi.roles = '["therapist"]'`)
    try {
      // Whoever may run any SQL may say that it is anybody: this is a wall against forgotten conditions, not against such code.
      expect(await visible()).toEqual(['foreign'])
      expect(await attempt(() => tell(therapist).then(() => visible()))).toEqual(['mine'])
    } finally {
      await client.query('reset phi.tenant; reset phi.actor; reset phi.roles')
    }
    expect(await visible()).toEqual([])
  })

  it('S98 does not let rows be moved or put into another tenant', async () => {
    const move = (set: string) =>
      refused(() => tell(therapist).then(() => client.query(`update ${table} set ${set} where id = 'mine'`)))
    expect(await move(`"ten""ant$phi$" = 't2'`)).toBe(POLICY_VIOLATION)
    expect(await move(`"ten""ant$phi$" = null`)).toBe(POLICY_VIOLATION)
    expect(await move(`care_team = '{u2}'`)).toBe(POLICY_VIOLATION)
    expect(await move(`clinic = 'west'`)).toBe('not refused')
    const insert = (values: string) =>
      refused(() => tell(therapist).then(() => client.query(`insert into ${table} values (${values})`)))
    expect(await insert(`'new', 't2', '{u1}', null, false`)).toBe(POLICY_VIOLATION)
    expect(await insert(`'new', 't1', '{u2}', null, false`)).toBe(POLICY_VIOLATION)
    expect(await insert(`'new', 't1', '{u1}', null, false`)).toBe('not refused')
  })

  it('does not reach rows of others by update, delete, copying or an upsert', async () => {
    const count = (sql: string) => attempt(() => tell(therapist).then(async () => (await client.query(sql)).rowCount))
    expect(await count(`update ${table} set clinic = 'x'`)).toBe(3)
    // Reading one is another action: with a WHERE, PostgreSQL asks for it as well.
    expect(await count(`update ${table} set clinic = 'x' where clinic is distinct from 'x'`)).toBe(1)
    expect(await count(`delete from ${table}`)).toBe(0)
    expect(await count(`insert into ${table} select 'copy-' || id, 't1', '{u1}', clinic, false from ${table}`)).toBe(1)
    const upsert = `insert into ${table} values ('foreign', 't1', '{u1}', null, false) on conflict (id) do update set clinic = 'x'`
    expect(await refused(() => tell(therapist).then(() => client.query(upsert)))).toBe(POLICY_VIOLATION)
  })

  it('S98 holds for the owner of the table', async () => {
    await root.query(`set role ${quoted(owner)}`)
    try {
      expect(await visible(root)).toEqual([])
    } finally {
      await root.query('reset role')
    }
    // Superusers and roles with BYPASSRLS pass by: an application must not be one.
    expect((await visible(root)).length).toBe(6)
  })

  it('sees nothing through forged, broken and hostile settings, and says nothing about them', async () => {
    const hostile = [
      `therapist`,
      `["therapist"`,
      `{"therapist": true}`,
      `"therapist"`,
      `[["therapist"]]`,
      `["therapist", 1]`,
      `["therapist') OR true --"]`,
      `{therapist}`,
      `["thera\\u0000pist"]`,
      `${'['.repeat(20_000)}`,
      `null`,
      ` `,
    ]
    for (const roles of hostile) {
      const ids = await attempt(async () => {
        await tell(therapist)
        await client.query(`select set_config('phi.roles', $1, true)`, [roles])
        return visible()
      })
      expect(ids).toEqual([])
    }
    for (const attributes of ['', '[]', 'x', '{"clinic": 1}', '{"clinic": {}}', '{}', '{"clinic": null}', '"east"']) {
      const ids = await attempt(async () => {
        await tell({ actor: { id: 'u9', tenant: 't1', roles: ['admin'], clinic: 'east' } })
        await client.query(`select set_config('phi.attributes', $1, true)`, [attributes])
        return visible()
      })
      expect(ids).toEqual([])
    }
  })

  it('can be applied again, and drops what an earlier policy permitted', async () => {
    await apply()
    await root.query(`create policy "phi:select:permit:9:old" on ${table} for select to ${quoted(app)} using (true)`)
    expect(await attempt(() => tell(therapist).then(() => visible()))).toContain('another')
    await apply()
    expect(await attempt(() => tell(therapist).then(() => visible()))).toEqual(['mine'])
  })

  it('is not applied beside another policy that opens rows for the role', async () => {
    await root.query(`create policy other on ${table} for select using (true)`)
    await expect(apply()).rejects.toThrow(/other permissive policies/)
    await root.query('rollback')
    await root.query(`drop policy other on ${table}`)
  })

  it('is not applied to columns that are not what the mapping says', async () => {
    await root.query(`create table padded as select * from ${table}; alter table padded alter column clinic type char(10)`)
    const padded = { ...mapping, table: 'padded' }
    const made = toRowLevelSecurity(policy, padded, { type: 'Note', actions: { select: 'read' }, role: app })
    await expect(root.query(['begin', ...made.statements].join(';\n'))).rejects.toThrow('clinic: the column has another type')
    await root.query('rollback')
    const check = columnsCheck(padded)
    expect((await root.query(check.text, [...check.values])).rows).toEqual([
      { attribute: 'clinic', problem: 'the column has another type' },
    ])
    const fits = columnsCheck(mapping)
    expect((await root.query(fits.text, [...fits.values])).rows).toEqual([])
    const gone = columnsCheck({ ...mapping, columns: { gone: { type: 'text' } } })
    expect((await root.query(gone.text, [...gone.values])).rows).toEqual([
      { attribute: 'gone', problem: 'the column is missing' },
    ])
  })

  it('lets a view of another owner pass rows on unless it is a security_invoker view', async () => {
    await root.query(
      `create view plain as select * from ${table}; create view careful with (security_invoker) as select * from ${table}`,
    )
    await root.query(`grant select on plain, careful to ${quoted(app)}`)
    const through = (view: string) =>
      attempt(() => tell(therapist).then(async () => (await client.query(`select id from ${view}`)).rowCount))
    expect(await through('plain')).toBe(6)
    expect(await through('careful')).toBe(1)
    await root.query('drop view plain, careful')
  })
})

describe('what columns hold and policies do not mean', () => {
  const ask = async (
    json: Omit<PolicyJson, 'format' | 'id' | 'version'>,
    columns: TableMapping['columns'],
    more: object,
    data: string,
  ) => {
    const checked = parsePolicy({ format: 'phi.policy/v1', id: 'p', version: '1', ...json })
    const request = { actor: { id: 'u1', tenant: 't1', roles: ['r'], ...more }, action: 'read', type: 'T' }
    const { text, values } = toSql(compile(checked), request as never, { columns })
    return (
      await root.query(`select id from (values ${data}) as t (id, tenant, a) where ${text} order by id`, [...values])
    ).rows.map(({ id }) => id as string)
  }
  const base = (a: object, when: object) => ({
    actions: ['read'],
    roles: { r: {} },
    actor: { x: { type: 'string' } },
    resources: { T: { tenant: 'tenant', attributes: { id: { type: 'string' }, tenant: { type: 'string' }, a } } },
    rules: [{ id: 'p', effect: 'permit', roles: ['r'], actions: ['read'], resources: ['T'], when }],
  })

  it('half a surrogate pair in the request does not match the character that a driver puts in its place', async () => {
    const when = { op: 'eq', left: { attr: 'resource.a' }, right: { attr: 'actor.x' } }
    const columns = { tenant: { type: 'text' }, a: { type: 'text' } } as const
    const json = base({ type: 'string' }, when) as never
    const data = `('replaced', 't1', U&'x\\FFFD'), ('x', 't1', 'x')`
    expect(await ask(json, columns, { x: 'x\ud800' }, data)).toEqual([])
    expect(await ask(json, columns, { x: 'x\ufffd' }, data)).toEqual(['replaced'])
    expect(await ask(json, columns, { x: 'x\0' }, data)).toEqual([])
    const not = base({ type: 'string' }, { op: 'not', of: when }) as never
    expect(await ask(not, columns, { x: 'x\ud800' }, data)).toEqual(['replaced', 'x'])
    expect(await ask(not, columns, { x: 1 }, data)).toEqual([])
  })

  it('reads instants of every year that both sides know', async () => {
    const years = ['0044-03-15 00:00:00+00 BC', '0001-01-01 00:00:00+00', '12000-01-01 00:00:00+00', '275000-01-01 00:00:00+00']
    const data = years.map((each, index) => `('${index}', 't1', timestamptz '${each}')`).join(', ')
    const columns = { tenant: { type: 'text' }, a: { type: 'timestamptz' } } as const
    const json = {
      ...base({ type: 'instant' }, { op: 'lt', left: { attr: 'resource.a' }, right: { attr: 'actor.when' } }),
      actor: { when: { type: 'instant' } },
    } as never
    const before = (when: number) => ask(json, columns, { when: new Date(when) }, data)
    expect(await before(-8.64e15)).toEqual([])
    expect(await before(Date.UTC(-40, 0, 1))).toEqual(['0'])
    expect(await before(Date.UTC(11_999, 0, 1))).toEqual(['0', '1'])
    expect(await before(Date.UTC(13_000, 0, 1))).toEqual(['0', '1', '2'])
    expect(await before(8.64e15)).toEqual(['0', '1', '2', '3'])
  })

  it('compares uuid columns with text that may be no uuid', async () => {
    const uuid = '6f1d3a52-0c3e-4d6a-9b51-0d6f0a7c1e11'
    const columns = { tenant: { type: 'text' }, a: { type: 'uuid' } } as const
    const json = base({ type: 'string' }, { op: 'eq', left: { attr: 'resource.a' }, right: { attr: 'actor.x' } }) as never
    const data = `('one', 't1', '${uuid}'::uuid)`
    expect(await ask(json, columns, { x: uuid }, data)).toEqual(['one'])
    expect(await ask(json, columns, { x: uuid.toUpperCase() }, data)).toEqual([])
    expect(await ask(json, columns, { x: 'x' }, data)).toEqual([])
  })

  it('compares by bytes where a collation would not', async () => {
    await root.query(
      `create collation if not exists careless (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    )
    await root.query('create table careless_texts (id text, tenant text, a text collate careless)')
    await root.query(`insert into careless_texts values ('exact', 't1', 'east'), ('other', 't1', 'EAST')`)
    const json = base({ type: 'string' }, { op: 'eq', left: { attr: 'resource.a' }, right: { attr: 'actor.x' } }) as never
    const tableColumns = (bytewise: boolean) =>
      ({
        table: 'careless_texts',
        columns: { tenant: { type: 'text' }, a: { type: 'text', ...(bytewise ? { bytewise } : {}) } },
      }) as TableMapping
    const find = async (bytewise: boolean) => {
      const request = { actor: { id: 'u1', tenant: 't1', roles: ['r'], x: 'east' }, action: 'read', type: 'T' }
      const { text, values } = toSql(
        compile(parsePolicy({ format: 'phi.policy/v1', id: 'p', version: '1', ...(json as object) })),
        request as never,
        tableColumns(bytewise),
      )
      return (await root.query(`select id from careless_texts where ${text} order by id`, [...values])).rows.map(
        ({ id }) => id as string,
      )
    }
    expect(await find(true)).toEqual(['exact'])
    // What the check is for.
    expect(await find(false)).toEqual(['exact', 'other'])
    const check = columnsCheck(tableColumns(false))
    expect((await root.query(check.text, [...check.values])).rows).toEqual([
      { attribute: 'a', problem: 'the collation is not deterministic: mark the column bytewise' },
    ])
    const checked = columnsCheck(tableColumns(true))
    expect((await root.query(checked.text, [...checked.values])).rows).toEqual([])
  })
})
