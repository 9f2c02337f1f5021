import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { embeddedMigrated } from '../embedded.ts'
import { asSuperuser, freshDatabase, startServer, type TestServer } from '../server.ts'
import { type Engine, queriesAgree, securityAgrees } from './differential.ts'

const long = process.env.PHI_LONG === '1'
const seed = Number(process.env.PHI_SEED ?? 1)
const role = `phi_rls_${process.pid}`
let server: TestServer
let client: pg.Client
let drop: () => Promise<void>
let db: Engine

beforeAll(async () => {
  server = await startServer()
  const database = await freshDatabase(server.url)
  drop = database.drop
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query(`create role "${role}" nologin`)
  db = { query: async (sql, params) => ({ rows: (await client.query(sql, params)).rows }), exec: (sql) => client.query(sql) }
})
afterAll(async () => {
  await client?.end()
  await drop?.()
  await asSuperuser(server.url, (each) => each.query(`drop role if exists "${role}"`))
  await server.stop()
})

describe('S98 one policy, in memory and in PostgreSQL', () => {
  const size = long ? { seed, policies: 1_500, requests: 60, rows: 40 } : { seed, policies: 5, requests: 30, rows: 24 }

  it('S2, S21 a query finds exactly the rows that decisions allow, over random policies', async () => {
    const seen = await queriesAgree(db, size)
    expect(seen.questions).toBeGreaterThan(size.policies * size.requests)
    expect(seen.divided).toBeGreaterThan(size.policies * 5)
  }, 3_600_000)

  it('S2, S21 row-level security shows exactly the rows that decisions allow, over random policies', async () => {
    const seen = await securityAgrees(db, role, size)
    expect(seen.questions).toBe(size.policies * size.requests)
    expect(seen.divided).toBeGreaterThan(size.policies * 3)
  }, 3_600_000)

  it('holds on PGlite as well', async () => {
    const lite = await embeddedMigrated()
    try {
      await lite.exec(`create role "${role}" nologin`)
      const small = { ...size, seed: seed + 1, ...(long ? { policies: 200 } : { policies: 2, requests: 10 }) }
      expect((await queriesAgree(lite, small)).divided).toBeGreaterThan(0)
      expect((await securityAgrees(lite, role, small)).divided).toBeGreaterThan(0)
    } finally {
      await lite.close()
    }
  }, 3_600_000)
})
