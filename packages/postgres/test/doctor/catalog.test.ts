import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectedCatalog, formatCatalog, parseCatalog } from '../../src/doctor/expected.ts'
import { type Catalog, catalogOf, readCatalog } from '../../src/doctor/facts.ts'
import { connect, type Db, migrate } from '../../src/index.ts'
import { embeddedMigrated } from '../embedded.ts'
import { freshDatabase, startServer, type TestServer } from '../server.ts'

const FILE = fileURLToPath(new URL('../../src/doctor/expected-text.ts', import.meta.url))

/** The roles that the migrations name. Tests of other files may have made logins of their own on a shared server. */
const OURS = `select coalesce(string_agg(rolname, ',' order by rolname), '') as names from pg_roles where rolname like 'phi\\_%' and rolname !~ 'test|admin|login' and not rolcanlogin`

const catalogIn = (db: Db): Promise<Catalog> =>
  db.transaction(async (tx) => {
    await tx.exec('set local search_path = pg_catalog')
    const { rows } = await tx.query<{ names: string }>(OURS)
    return catalogOf(await readCatalog(tx, (rows[0]?.names ?? '').split(',')))
  })

const HEADER = `/**
 * What the migrations make, object by object, read from a fresh database. Written by a test and never by hand:
 * \`PHI_UPDATE_CATALOG=1 npx vitest run packages/postgres/test/doctor/catalog.test.ts\`. Read the difference before you commit it.
 */
export const expectedText = \`
`

/** Writes the expectation anew. Only ever asked for by hand, after a migration was added. */
function update(catalog: Catalog): void {
  const text = formatCatalog(catalog).replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')
  writeFileSync(FILE, `${HEADER}${text}\n\`\n`)
}

let server: TestServer
beforeAll(async () => {
  server = await startServer(['-c', 'fsync=on'])
})
afterAll(() => server.stop())

describe('the expectation of doctor', () => {
  it('S98 is what the migrations make on PostgreSQL', async () => {
    const database = await freshDatabase(server.url)
    const db = await connect(database.url)
    await migrate(db)
    const catalog = await catalogIn(db)
    await db.close()
    await database.drop()
    if (process.env.PHI_UPDATE_CATALOG === '1') update(catalog)
    else expect(catalog).toEqual(expectedCatalog)
    expect(parseCatalog(formatCatalog(catalog))).toEqual(catalog)
  })

  it('is what the migrations make on PGlite', async () => {
    if (process.env.PHI_UPDATE_CATALOG === '1') return
    const db = await embeddedMigrated()
    expect(await catalogIn(db)).toEqual(expectedCatalog)
    await db.close()
  })

  it('S98 holds every table of tenants behind the same wall', () => {
    const tables = Object.entries(expectedCatalog).flatMap(([id, aspects]) =>
      id.startsWith('table ') && !id.endsWith('[*]') && aspects.kind !== 'S' ? [id.slice(6)] : [],
    )
    expect(tables.length).toBeGreaterThan(5)
    const definers = new Set(
      Object.values(expectedCatalog).flatMap(({ definer, owner }) => (definer === 'true' ? [owner as string] : [])),
    )
    for (const table of tables) {
      if (table === 'migration') continue
      expect(expectedCatalog[`table ${table}`], table).toMatchObject({
        rowSecurity: 'true',
        forced: 'true',
        owner: 'phi_owner',
      })
      const walls = Object.entries(expectedCatalog).filter(
        ([id, { permissive }]) => id.startsWith(`policy ${table}.`) && permissive === 'false',
      )
      // A table without a wall is one that only functions reach: nobody else has a grant on it.
      const open = Object.keys(expectedCatalog).filter((id) => {
        const [, of, grantee] = /^grant \S+ on (?:table|column) ([^ .]+)\S* to (\S+)$/.exec(id) ?? []
        return of === table && !definers.has(grantee as string)
      })
      expect(walls.length > 0 || open.length === 0, table).toBe(true)
    }
  })

  it('gives PUBLIC nothing on tables, and the schema to nobody to create in', () => {
    const grants = Object.keys(expectedCatalog).filter((id) => id.startsWith('grant '))
    expect(grants.filter((id) => / on (table|column) .* to PUBLIC$/.test(id))).toEqual([])
    expect(grants.filter((id) => id.startsWith('grant CREATE on schema'))).toEqual([])
    expect(grants.filter((id) => / on (schema) .* to PUBLIC$/.test(id))).toEqual([])
  })

  it('pins the search path of every function that runs with its owner’s rights', () => {
    const definers = Object.entries(expectedCatalog).filter(
      ([id, { definer }]) => id.startsWith('function ') && definer === 'true',
    )
    expect(definers.length).toBeGreaterThan(3)
    for (const [id, { settings, owner }] of definers) {
      expect(settings, id).toMatch(/^search_path=pg_catalog, pg_temp/)
      // Not as whoever migrated, who may be a superuser.
      expect(owner, id).toMatch(/^phi_/)
      expect(Object.keys(expectedCatalog), id).not.toContain(`grant EXECUTE on ${id} to PUBLIC`)
    }
  })
})
