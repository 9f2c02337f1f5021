import pg from 'pg'
import type { Db } from '../../src/index.ts'
import { loginWith, type ServerUnderTest } from './under-test.ts'

/** The SQLSTATE with which a statement is refused, or how many rows it touched. */
export async function told(client: pg.Client, sql: string, params: unknown[] = []): Promise<string | number> {
  try {
    return (await client.query(sql, params)).rowCount ?? 0
  } catch (error) {
    return (error as { code?: string }).code ?? 'no answer'
  }
}

/** A connection of a login that has this role and no other. */
export async function loggedIn(under: ServerUnderTest, role: string, tenant: string | undefined): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: await loginWith(under, role, [role]) })
  client.on('error', () => {})
  await client.connect()
  await client.query(`set role ${role}`)
  if (tenant !== undefined) await client.query(`select set_config('phi.tenant', $1, false)`, [tenant])
  return client
}

/** A superuser that works as the owner of the tables, inside a tenant. */
async function asOwner(under: ServerUnderTest, tenant: string, run: (client: pg.Client) => Promise<unknown>): Promise<void> {
  await under.asSuperuser(async (client) => {
    await client.query('set role phi_owner')
    await client.query(`select set_config('phi.tenant', $1, false)`, [tenant])
    await run(client as pg.Client)
  })
}

/** Changes rows as only who owns the server can: with the triggers off, and back on after. */
export async function behindTheTriggers(under: ServerUnderTest, table: string, sql: string, params: unknown[]): Promise<void> {
  await under.asSuperuser(async (client) => {
    await client.query(`alter table phi.${table} disable trigger all`)
    await client.query(sql, params)
    await client.query(`alter table phi.${table} enable always trigger append_only`)
    await client.query(`alter table phi.${table} enable always trigger follows`)
  })
}

/** What each role is told for each way to change rows that are only added to. */
export async function changesRefused(
  under: ServerUnderTest,
  table: string,
  tenant: string,
  column: string,
): Promise<Record<string, readonly (string | number)[]>> {
  const ways = [
    `update phi.${table} set ${column} = ${column}`,
    `delete from phi.${table}`,
    `truncate phi.${table}`,
    `alter table phi.${table} disable trigger append_only`,
  ]
  const all = async (client: pg.Client, some = ways) => {
    const answers: (string | number)[] = []
    for (const sql of some) answers.push(await told(client, sql))
    return answers
  }
  const answers: Record<string, readonly (string | number)[]> = {}
  for (const role of ['phi_app', 'phi_auditor', 'phi_retention'] as const) {
    const client = await loggedIn(under, role, tenant)
    answers[role] = await all(client)
    await client.end()
  }
  // The owner could switch the trigger off; as long as it stands, it holds for the owner too.
  await asOwner(under, tenant, async (client) => {
    answers.phi_owner = await all(client, ways.slice(0, 3))
  })
  await under.asSuperuser(async (client) => {
    await client.query(`set session_replication_role = replica`)
    answers.replica = await all(client as pg.Client, ways.slice(0, 3))
  })
  return answers
}

/** What every role must be told. */
export const REFUSED = {
  phi_app: ['42501', '42501', '42501', '42501'],
  phi_auditor: ['42501', '42501', '42501', '42501'],
  phi_retention: ['42501', '42501', '42501', '42501'],
  phi_owner: ['PHI02', 'PHI02', 'PHI02'],
  replica: ['PHI02', 'PHI02', 'PHI02'],
}

/** The rights that the roles of the schema have to whole tables: `{ 'phi_app directive_version': 'INSERT,SELECT' }`. None: left out. */
export async function tableRights(db: Db, tables: readonly string[]): Promise<Record<string, string>> {
  const { rows } = await db.query<{ role: string; rights: string }>(
    `select r.role || ' ' || t.name as role, coalesce(string_agg(p.verb, ',' order by p.verb), '') as rights
     from unnest(array['phi_app', 'phi_auditor', 'phi_retention', 'phi_custodian', 'phi_writer', 'phi_keeper']) as r (role)
     cross join unnest($1::text[]) as t (name)
     left join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) as p (verb)
       on has_table_privilege(r.role, 'phi.' || t.name, p.verb)
     group by 1`,
    [tables],
  )
  return Object.fromEntries(rows.filter(({ rights }) => rights !== '').map(({ role, rights }) => [role, rights]))
}

/** The columns of a table that `phi_keeper` may update, where it may not update the table. */
export async function columnsOfKeeper(db: Db, table: string): Promise<readonly string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0
       and has_column_privilege('phi_keeper', attrelid, attnum, 'UPDATE') order by attname collate "C"`,
    [`phi.${table}`],
  )
  return rows.map(({ name }) => name)
}
