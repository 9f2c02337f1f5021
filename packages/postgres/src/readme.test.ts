import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDocument } from '../../core/test/documents.ts'
import { runFirstProgram } from '../../core/test/readme.ts'
import { asSuperuser, freshDatabase, startServer, type TestServer } from '../test/server.ts'
import * as api from './index.ts'
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
  it.each([
    'audit-outbox',
    'sealed-audit',
    'prune-audit',
    'audit-spool',
    'many-tenants',
    'stores-on-postgres',
    'check-a-database',
    'act-as-somebody',
    'retention-on-postgres',
  ])(
    'docs/%s.md runs as printed',
    async (name) => {
      const guide = await readDocument(`docs/${name}.md`)
      const found = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([block]) => block)
      expect(found.length).toBeGreaterThan(0)
      for (const program of found) await runs(program)
      // Programs that make a PGlite database take seconds each, and more on a busy machine.
    },
    240_000,
  )
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
      `select 'phi.' || tablename as name from pg_tables where schemaname = 'phi' and tablename !~ '^audit_entry_' order by 1`,
    )
    const tables = rowsOf(section('What is stored')).slice(1)
    expect(tables.map(([name]) => named(name)[0]).toSorted()).toEqual(rows.map(({ name }) => name))
  })

  it('name every role, none of which can log in, and of all of which the login that migrates is a member', async () => {
    const { rows } = await db.query<{ name: string; login: boolean; member: boolean }>(
      `select rolname as name, rolcanlogin or rolsuper or rolbypassrls as login, exists (select from pg_auth_members m
         where m.roleid = r.oid and m.member = current_user::regrole) as member
       from pg_roles r where rolname like 'phi\\_%' order by 1`,
    )
    const told = rowsOf(section('Roles')).slice(1)
    expect(told.map(([role]) => named(role)[0]).toSorted()).toEqual(rows.map(({ name }) => name))
    expect(rows.filter(({ login, member }) => login || !member)).toEqual([])
  })

  it('say truly that the application changes and deletes nothing directly', async () => {
    const { rows } = await db.query<{ has: string }>(
      `select c.relname || ' ' || p as has from pg_class c, unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) as p, unnest(array['phi_app', 'phi_auditor']) as r
       where c.relnamespace = 'phi'::regnamespace and c.relkind in ('r', 'p') and has_table_privilege(r, c.oid, p)`,
    )
    expect(rows).toEqual([])
  })

  it('name every store', () => {
    const told = rowsOf(section('Install').length > 0 ? (readme.split('\n## ')[0] as string) : '').slice(1)
    const stores = Object.keys(api).filter((name) => /(Store|Planner)$/.test(name))
    expect(
      told
        .flatMap(([cell]) => named(cell))
        .map((name) => name.replace('(db)', ''))
        .toSorted(),
    ).toEqual(stores.toSorted())
  })
})
