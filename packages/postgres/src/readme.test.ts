import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDocument } from '../../core/test/documents.ts'
import { runFirstProgram } from '../../core/test/readme.ts'
import { asSuperuser, freshDatabase, startServer, type TestServer } from '../test/server.ts'
import { type Db, embedded, migrate, postgresErrors } from './index.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const readme = await readFile(`${home}README.md`, 'utf8')

const section = (title: string): string => {
  const [, rest = ''] = readme.split(`\n## ${title}\n`)
  expect(rest, `a section "${title}"`).not.toBe('')
  return rest.split('\n## ')[0] as string
}
const rowsOf = (text: string): string[][] => [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => (row as string).split(' | '))
const named = (text: string | undefined): string[] => [...(text ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string)
const programs = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([block]) => block)

/** Runs one program of the README as printed, and compares what it logs with what its comments promise. */
async function runs(program: string | undefined): Promise<void> {
  const promised = [...(program ?? '').matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, value]) =>
    (value as string).replaceAll("'", ''),
  )
  expect(promised).not.toEqual([])
  const folder = `${home}.tmp/readme-${process.pid}-${Date.now()}`
  await mkdir(folder, { recursive: true })
  try {
    await writeFile(`${folder}/README.md`, program ?? '')
    const { stdout, stderr, code } = await runFirstProgram(`${folder}/README.md`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trimEnd().split('\n')).toEqual(promised)
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('the programs of the README', () => {
  it('the first one runs as printed, without a server', () => runs(programs[0]))

  it('the one with a transaction runs as printed', () => runs(programs[2]))

  describe('with a server', () => {
    let server: TestServer

    beforeAll(async () => {
      server = await startServer()
    })
    afterAll(() => server.stop())

    it('runs as printed, with a login that migrates and one that is the service', async (context) => {
      const database = await freshDatabase(server.url)
      const app = new URL(database.url)
      app.username = 'clinic_app'
      app.password = 'x'
      try {
        if (!server.own) return context.skip('it needs a login clinic_app, which a server that is not ours may have already')
        await asSuperuser(server.url, (client) => client.query(`create role clinic_app login password 'x'`))
        process.env.ADMIN_URL = database.url
        process.env.APP_URL = app.href
        await runs(programs[1])
      } finally {
        await database.drop()
      }
    })
  })
})

describe('the programs of the guides', () => {
  it.each(['audit-outbox', 'sealed-audit', 'prune-audit', 'audit-spool'])('docs/%s.md runs as printed', async (name) => {
    const guide = await readDocument(`docs/${name}.md`)
    const found = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([block]) => block)
    expect(found.length).toBeGreaterThan(0)
    for (const program of found) await runs(program)
  })
})

describe('the tables of the README', () => {
  let db: Db

  beforeAll(async () => {
    db = await embedded()
    await migrate(db)
  })
  afterAll(() => db.close())

  it('name every error, what happened and what to do', () => {
    const entries: [string, { problem: string; remedy: string; retryable?: boolean }][] = Object.entries(postgresErrors)
    const wanted = entries.map(([code, { problem, remedy, retryable }]) => [
      `\`${code}\`${retryable === true ? ' ↻' : ''}`,
      `${problem}.`,
      remedy,
    ])
    expect(rowsOf(section('Errors')).slice(1)).toEqual(wanted)
  })

  it('name every table of the schema', async () => {
    const { rows } = await db.query<{ name: string }>(
      `select 'phi.' || tablename as name from pg_tables where schemaname = 'phi' order by 1`,
    )
    const tables = rowsOf(section('What is stored')).slice(1)
    expect(tables.map(([name]) => named(name)[0]).toSorted()).toEqual(rows.map(({ name }) => name))
  })

  it('say of every role what PostgreSQL says', async () => {
    const roles = rowsOf(section('Roles')).slice(1)
    expect(roles.map(([role]) => named(role)[0])).toEqual(['phi_owner', 'phi_writer', 'phi_app', 'phi_auditor'])
    const tables = ['audit_log', 'audit_entry', 'audit_tile', 'audit_checkpoint']
    const functions = ['audit_open', 'audit_lock', 'audit_extend', 'audit_save_checkpoint']
    for (const name of functions) expect(section('Roles')).toContain(`\`${name}\``)
    for (const [cell, , onTables, onFunctions] of roles as [string, string, string, string][]) {
      const [role] = named(cell)
      const { rows: logins } = await db.query<{ login: boolean }>(
        'select rolcanlogin or rolsuper or rolbypassrls as login from pg_roles where rolname = $1',
        [role],
      )
      expect(logins).toEqual([{ login: false }])
      for (const privilege of ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) {
        const told = onTables.split(';')[0]?.includes(privilege)
        for (const table of tables) {
          const { rows } = await db.query<{ has: boolean }>('select has_table_privilege($1, $2, $3) as has', [
            role,
            `phi.${table}`,
            privilege,
          ])
          expect(rows[0]?.has, `${role} ${privilege} ${table}`).toBe(told)
        }
      }
      const { rows: columns } = await db.query<{ name: string }>(
        `select attname as name from pg_attribute where attrelid = 'phi.audit_log'::regclass and attnum > 0
         and has_column_privilege($1, 'phi.audit_log', attname, 'UPDATE')`,
        [role],
      )
      if (role !== 'phi_owner') expect(columns.map(({ name }) => name)).toEqual(named(onTables))
      const { rows: callable } = await db.query<{ name: string }>(
        `select proname as name from pg_proc p where pronamespace = 'phi'::regnamespace and prosecdef and has_function_privilege($1, p.oid, 'EXECUTE')`,
        [role],
      )
      const told = onFunctions.startsWith('all four') ? functions : []
      expect(callable.map(({ name }) => name).toSorted(), role).toEqual(told.toSorted())
      const { rows: owned } = await db.query<{ name: string }>(
        `select proname as name from pg_proc where pronamespace = 'phi'::regnamespace and prosecdef and pg_get_userbyid(proowner) = $1`,
        [role],
      )
      expect(owned).toHaveLength(onFunctions.includes('owns them') ? 4 : 0)
    }
  })

  it('say that the login that migrates is a member of all four', async () => {
    const { rows } = await db.query<{ name: string }>(
      `select distinct roleid::regrole::text as name from pg_auth_members where member = current_user::regrole and roleid::regrole::text like 'phi\\_%'`,
    )
    expect(rows.map(({ name }) => name).toSorted()).toEqual(['phi_app', 'phi_auditor', 'phi_owner', 'phi_writer'])
  })
})
