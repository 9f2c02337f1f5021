import { type AuditLog, ed25519Signer, openAuditLog } from '@phi/audit'
import { compile, definePolicy } from '@phi/rbac'
import { type TableMapping, toRowLevelSecurity } from '@phi/rbac/sql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { refusal } from '../../../core/test/refusal.ts'
import {
  actingAs,
  auditStore,
  connect,
  connectPostgresJs,
  type Db,
  installRowLevelSecurity,
  migrate,
  type Queryable,
  type Transaction,
} from '../../src/index.ts'
import { asSuperuser, freshDatabase, startServer, type TestServer } from '../server.ts'

const policy = definePolicy(
  {
    id: 'clinic',
    version: '1',
    resources: { Note: z.object({ id: z.string(), tenant: z.string(), careTeam: z.array(z.string()) }) },
    actions: ['read', 'create', 'update'],
    roles: { therapist: {} },
  },
  ({ permit, is }) => [
    permit('therapist')
      .to('read', 'create', 'update')
      .on('Note')
      .when(is.in(is.actor('id'), is.resource('careTeam')))
      .as('care-team'),
  ],
)
const mapping: TableMapping = {
  table: 'note',
  columns: { id: { type: 'text' }, tenant: { type: 'text' }, careTeam: { type: 'text[]', name: 'care_team' } },
}
const rules = compile(policy)
const suffix = `${process.pid}`
const worker = `clinic_rls_${suffix}`
const owner = `clinic_owner_${suffix}`
const login = `clinic_login_${suffix}`
const therapist = (tenant: string, id = 'u-1') => ({ actor: { id, tenant, roles: ['therapist'] } }) as const

let server: TestServer
let root: Db
let db: Db
let url: string
let drop: () => Promise<void>

beforeAll(async () => {
  server = await startServer()
  const database = await freshDatabase(server.url)
  drop = database.drop
  await asSuperuser(database.url, (client) =>
    client.query(`create role ${worker}; create role ${owner}; create role ${login} login password 'x' in role ${worker};
      create role ${owner}_child in role ${owner}; create role ${worker}_all bypassrls; create role ${worker}_child in role ${worker}_all;
      create role ${worker}_stranger; grant ${owner}, ${owner}_child, ${worker}_all, ${worker}_child to ${login};
      grant create on schema public to ${owner}; set role ${owner};
      create table note (id text primary key, tenant text not null, care_team text[] not null);
      insert into note values ('a-1', 'a', '{u-1}'), ('a-2', 'a', '{u-2}'), ('b-1', 'b', '{u-1}');
      grant select, insert, update on note to ${worker}; reset role`),
  )
  root = await connect(database.url)
  await migrate(root)
  await root.exec(`grant phi_app to ${worker}`)
  const made = toRowLevelSecurity(policy, mapping, {
    type: 'Note',
    actions: { select: 'read', insert: 'create', update: 'update' },
    role: worker,
  })
  // Several processes at once, as at a deployment; and once more.
  await Promise.all(Array.from({ length: 4 }, () => installRowLevelSecurity(root, made)))
  await installRowLevelSecurity(root, made)
  const own = new URL(database.url)
  own.username = login
  own.password = 'x'
  url = own.href
  db = await connect(url, { max: 2 })
})
afterAll(async () => {
  await db?.close()
  await root?.close()
  await drop?.()
  await asSuperuser(server.url, (client) =>
    client.query(
      `drop role if exists ${owner}_child, ${worker}_child, ${worker}_all, ${worker}_stranger, ${login}, ${worker}, ${owner}`,
    ),
  )
  await server.stop()
})

const acting = { rules, role: worker }
const ids = async (tx: Queryable) =>
  (await tx.query<{ id: string }>('select id from note order by id', [])).rows.map(({ id }) => id)
const standing = async (on: Queryable) =>
  (
    await on.query(
      `select current_user = session_user as plain, coalesce(current_setting('phi.tenant', true), '') as tenant,
    coalesce(current_setting('phi.actor', true), '') as actor, coalesce(current_setting('phi.roles', true), '') as roles`,
      [],
    )
  ).rows[0]
const NOTHING = { plain: true, tenant: '', actor: '', roles: '' }

describe('acting as somebody', () => {
  it('S98 shows each tenant its own, and each actor what the rules allow', async () => {
    expect(await actingAs(db, acting, therapist('a'), ids)).toEqual(['a-1'])
    expect(await actingAs(db, acting, therapist('b'), ids)).toEqual(['b-1'])
    expect(await actingAs(db, acting, therapist('a', 'u-2'), ids)).toEqual(['a-2'])
    expect(await actingAs(db, acting, therapist('a', 'u-9'), ids)).toEqual([])
    expect(await actingAs(db, acting, { actor: { id: 'u-1', tenant: 'a', roles: [] } }, ids)).toEqual([])
    expect(await actingAs(db, acting, therapist(''), ids)).toEqual([])
  })

  it('S98 answers many at once over two connections, each with what is theirs', async () => {
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) => actingAs(db, acting, therapist(i % 2 === 0 ? 'a' : 'b'), ids)),
    )
    expect(answers).toEqual(Array.from({ length: 24 }, (_, i) => [i % 2 === 0 ? 'a-1' : 'b-1']))
  })

  it('S98 leaves nothing on the connections of the pool, after a commit, a throw and a statement that failed', async () => {
    const single = await connect(url, { max: 1 })
    const insert = (id: string) => (tx: Transaction) => tx.query(`insert into note values ($1, 'a', '{u-1}')`, [id])
    await actingAs(single, acting, therapist('a'), insert('a-3'))
    expect(await standing(single)).toEqual(NOTHING)
    const thrown = new Error('the caller’s own')
    const failing = actingAs(single, acting, therapist('a'), async (tx) => {
      await insert('a-4')(tx)
      throw thrown
    })
    await expect(failing).rejects.toBe(thrown)
    expect(await standing(single)).toEqual(NOTHING)
    const raw = await actingAs(single, acting, therapist('a'), insert('a-1')).catch((error: { code: string }) => error.code)
    expect(raw).toBe('23505')
    const sync = actingAs(single, acting, therapist('a'), () => {
      throw thrown
    })
    await expect(sync).rejects.toBe(thrown)
    expect(await standing(single)).toEqual(NOTHING)
    expect(await actingAs(single, acting, therapist('a'), ids)).toEqual(['a-1', 'a-3'])
    await root.exec(`delete from note where id = 'a-3'`)
    await single.close()
  })

  it('S98 takes no row into another tenant, nor one that the rules do not let the actor have', async () => {
    for (const values of [`'x', 'b', '{u-1}'`, `'x', 'a', '{u-2}'`]) {
      const work = actingAs(db, acting, therapist('a'), (tx) => tx.exec(`insert into note values (${values})`))
      expect(await work.catch((error: { code: string }) => error.code)).toBe('42501')
    }
    const moved = actingAs(db, acting, therapist('a'), (tx) => tx.exec(`update note set tenant = 'b'`))
    expect(await moved.catch((error: { code: string }) => error.code)).toBe('42501')
  })

  it('S98 rolls back a callback that leaves another tenant, actor or role behind', async () => {
    for (const sql of [
      `set local "phi.tenant" = 'b'`,
      `set "phi.tenant" = 'b'`,
      `set local "phi.actor" = 'u-2'`,
      'reset role',
      `select set_config('phi.tenant', '', true)`,
    ]) {
      const work = actingAs(db, acting, therapist('a'), async (tx) => {
        await tx.exec(`insert into note values ('x', 'a', '{u-1}')`)
        await tx.exec(sql)
      })
      expect((await refusal(work)).code).toBe('PHI_PG_ACTING')
      expect(await standing(db)).toEqual(NOTHING)
    }
    expect(await actingAs(db, acting, therapist('a'), ids)).toEqual(['a-1'])
  })

  it('S98 leaves nothing on the connection of what a callback set for the session', async () => {
    const single = await connect(url, { max: 1 })
    await actingAs(single, acting, therapist('a'), async (tx) => {
      await tx.exec(`set "phi.tenant" = 'b'; set "phi.tenant" = 'a'; set "phi.roles" = '["therapist"]'; set role ${worker}`)
    })
    expect(await standing(single)).toEqual(NOTHING)
    await single.close()
  })

  it('what the wall does not stop: code that may send any SQL sets another tenant, reads, and sets its own again', async () => {
    const stolen = await actingAs(db, acting, therapist('a'), async (tx) => {
      await tx.exec(`set local "phi.tenant" = 'b'`)
      const theirs = await ids(tx)
      await tx.exec(`set local "phi.tenant" = 'a'`)
      return theirs
    })
    expect(stolen).toEqual(['b-1'])
  })

  it('S97 assumes no role that row security does not bind, or that could take it away', async () => {
    const refused = async (role: string) => (await refusal(actingAs(db, { rules, role }, therapist('a'), ids))).code
    expect(await refused('postgres')).toBe('PHI_PG_ACTING')
    expect(await refused(`${worker}_all`)).toBe('PHI_PG_ACTING')
    expect(await refused(`${worker}_child`)).toBe('PHI_PG_ACTING')
    expect(await refused(owner)).toBe('PHI_PG_ACTING')
    expect(await refused(`${owner}_child`)).toBe('PHI_PG_ACTING')
    expect(await refused(`${worker}_stranger`)).toBe('PHI_PG_FORBIDDEN')
    for (const role of ['nobody', 'none', '', `x"; reset role --`]) expect(await refused(role)).toBe('PHI_PG_OPTIONS')
    expect(await standing(db)).toEqual(NOTHING)
  })

  it('S98 is refused inside itself for another tenant, and has a transaction of its own for the same', async () => {
    const inner = (tenant: string) =>
      actingAs(db, acting, therapist('a'), () => actingAs(db, acting, therapist(tenant, 'u-2'), ids))
    expect((await refusal(inner('b'))).code).toBe('PHI_PG_ACTING')
    expect(await inner('a')).toEqual(['a-2'])
    // Side by side is not inside.
    expect(await Promise.all(['a', 'b'].map((tenant) => actingAs(db, acting, therapist(tenant), ids)))).toEqual([
      ['a-1'],
      ['b-1'],
    ])
  })

  it('S98 refuses rules that the database does not have in full, before anything is sent', async () => {
    const broken = actingAs(db, { rules: { ...rules, additional: [{}] } as never, role: worker }, therapist('a'), ids)
    expect((await refusal(broken)).code).toBe('PHI_RBAC_UNTRANSLATABLE')
  })

  it('works through postgres.js as well', async () => {
    const other = await connectPostgresJs(url, { max: 1 })
    expect(await actingAs(other, acting, therapist('a'), ids)).toEqual(['a-1'])
    expect(await standing(other)).toEqual(NOTHING)
    await other.close()
  })

  describe('with the audit log in the same transaction', () => {
    const logOf = async (tenant: string): Promise<AuditLog<Queryable>> => {
      const origin = `clinic.example/${tenant}`
      return openAuditLog<Queryable>({ origin, tenant, store: auditStore(root), signer: await ed25519Signer.generate(origin) })
    }
    const event = { action: 'update', outcome: 'success', actor: { id: 'u-1', type: 'workforce' } } as const

    it('S95 S98 writes the change and its entry, or neither; and no entry into the log of another tenant', async () => {
      const [mine, theirs] = [await logOf('a'), await logOf('b')]
      const change = (log: AuditLog<Queryable>, fail = false) =>
        actingAs(db, acting, therapist('a'), async (tx) => {
          await tx.query(`update note set care_team = '{u-1,u-5}' where id = $1`, ['a-1'])
          await log.appendIn(tx, event)
          if (fail) throw new Error('rolled back')
          // The settings are the callback's own again.
          return ids(tx)
        })
      await expect(change(mine, true)).rejects.toThrow('rolled back')
      expect((await mine.head()).size).toBe(0)
      expect((await refusal(change(theirs))).code).toBe('PHI_AUDIT_WRONG_TENANT')
      expect((await theirs.head()).size).toBe(0)
      expect(await change(mine)).toEqual(['a-1'])
      expect((await mine.head()).size).toBe(1)
      await mine.checkpoint()
      expect((await mine.verify()).verdict).toBe('intact')
    })
  })
})

describe('putting policies in place', () => {
  it('is all or nothing, and says what does not fit in the cause', async () => {
    await root.exec('create table padded (id text, tenant char(10), care_team text[])')
    const made = toRowLevelSecurity(
      policy,
      { ...mapping, table: 'padded' },
      { type: 'Note', actions: { select: 'read' }, role: worker },
    )
    const error = await refusal(installRowLevelSecurity(root, made))
    expect(error.code).toBe('PHI_PG_QUERY')
    expect(String(error.cause)).toContain('tenant: the column has another type')
    expect((await root.query(`select relrowsecurity from pg_class where relname = 'padded'`, [])).rows).toEqual([
      { relrowsecurity: false },
    ])
    expect((await refusal(installRowLevelSecurity(db, made))).code).toBe('PHI_PG_FORBIDDEN')
  })
})
