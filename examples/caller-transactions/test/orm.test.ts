import { type AuditEventInput, type AuditLog, ed25519Signer, openAuditLog } from '@phi/audit'
import {
  auditStore,
  connect,
  connectPostgresJs,
  type Db,
  fromClient,
  fromPool,
  type Queryable,
  queryableOf,
} from '@phi/postgres'
import { sql as statement } from 'drizzle-orm'
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres'
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js'
import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../packages/core/test/refusal.ts'
import { migratedDatabase, startServer, type TestServer } from '../../../packages/postgres/test/server.ts'
import { queryableOf as ofDrizzle } from '../src/with-drizzle.ts'
import { queryableOf as ofKysely } from '../src/with-kysely.ts'

let server: TestServer
let url: string
let db: Db
const cleanups: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  server = await startServer()
  const database = await migratedDatabase(server.url)
  url = database.url
  db = await connect(url)
  await db.exec('create table note (id text primary key)')
  cleanups.push(
    () => server.stop(),
    database.drop,
    () => db.close(),
  )
})
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup()
})

const event = (more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  action: 'sign',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce' },
  subject: { resource: { type: 'ProgressNote', id: 'n-1' }, patients: [`p-"8" $1 'x' \\`] },
  ...more,
})

/** Writes a note with the caller's own tool and hands the transaction out as a Queryable; what is thrown rolls back. */
type InTransaction = (note: string, work: (tx: Queryable) => Promise<unknown>) => Promise<unknown>

const tools: Readonly<Record<string, () => InTransaction>> = {
  'Kysely over a pg Pool': () => {
    const kysely = new Kysely<{ note: { id: string } }>({
      dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 2 }) }),
    })
    cleanups.push(() => kysely.destroy())
    return (id, work) =>
      kysely.transaction().execute(async (trx) => {
        await trx.insertInto('note').values({ id }).execute()
        await trx.executeQuery(CompiledQuery.raw('select 1'))
        await work(ofKysely(trx))
      })
  },
  'drizzle-orm/node-postgres': () => {
    const pool = new pg.Pool({ connectionString: url, max: 2 })
    const drizzle = drizzlePg(pool)
    cleanups.push(() => pool.end())
    return (id, work) =>
      drizzle.transaction(async (tx) => {
        await tx.execute(statement`insert into note values (${id})`)
        await work(ofDrizzle(tx))
      })
  },
  'drizzle-orm/postgres-js': () => {
    const client = postgres(url, { max: 2, onnotice: () => {} })
    const drizzle = drizzlePostgresJs(client)
    cleanups.push(() => client.end())
    return (id, work) =>
      drizzle.transaction(async (tx) => {
        await tx.execute(statement`insert into note values (${id})`)
        await work(ofDrizzle(tx))
      })
  },
  'postgres.js': () => {
    const client = postgres(url, { max: 2, onnotice: () => {} })
    cleanups.push(() => client.end())
    return (id, work) =>
      client.begin(async (tx) => {
        await tx`insert into note values (${id})`
        await work(queryableOf(tx))
      })
  },
  'a pg PoolClient': () => {
    const pool = new pg.Pool({ connectionString: url, max: 2 })
    cleanups.push(() => pool.end())
    return async (id, work) => {
      const client = await pool.connect()
      await client.query('begin')
      try {
        await client.query('insert into note values ($1)', [id])
        await work(client)
        await client.query('commit')
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    }
  },
  'a pg PoolClient through fromClient': () => {
    const pool = new pg.Pool({ connectionString: url, max: 2 })
    cleanups.push(() => pool.end())
    return async (id, work) => {
      const client = await pool.connect()
      try {
        await fromClient(client).transaction(async (tx) => {
          await tx.query('insert into note values ($1)', [id])
          await work(tx)
        })
      } finally {
        client.release()
      }
    }
  },
  'a Pool through fromPool': () => {
    const own = fromPool(new pg.Pool({ connectionString: url, max: 2 }))
    cleanups.push(() => own.close())
    return (id, work) =>
      own.transaction(async (tx) => {
        await tx.query('insert into note values ($1)', [id])
        await work(tx)
      })
  },
}

let count = 0
describe.each(Object.keys(tools))('a transaction of %s', (name) => {
  let inTransaction: InTransaction
  let log: AuditLog<Queryable>
  const notes = async () =>
    (await db.query<{ n: string }>('select count(*) as n from note where id like $1', [`${name}%`])).rows[0]?.n

  beforeAll(async () => {
    inTransaction = (tools[name] as () => InTransaction)()
    const origin = `clinic.example/audit/${count++}`
    log = await openAuditLog<Queryable>({ origin, store: auditStore(db), signer: await ed25519Signer.generate(origin) })
  })

  it('S95 takes the note and its entries, and gives neither back when it is rolled back', async () => {
    await inTransaction(`${name} 1`, async (tx) => {
      await log.appendIn(tx, event({ id: 'a' }))
      await log.appendIn(tx, event({ id: 'b' }))
      expect(await log.appendIn(tx, event({ id: 'a' }))).toMatchObject({ duplicate: true, index: 0 })
    })
    const failing = inTransaction(`${name} 2`, async (tx) => {
      await log.appendIn(tx, event({ id: 'c' }))
      throw new Error('rolled back')
    })
    await expect(failing).rejects.toThrow('rolled back')
    expect(await notes()).toBe('1')
    expect((await log.query({ order: 'oldest' })).records.map((record) => record.event.id)).toEqual(['a', 'b'])
    // The log goes on from its own connections.
    await log.append(event({ id: 'd' }))
    await log.checkpoint()
    expect(await log.verify()).toMatchObject({ verdict: 'intact', coverage: { checked: 3 }, findings: [] })
  })

  it('does not take a denial with it: it is written at once, or refused where it would wait for itself', async () => {
    const before = (await log.head()).size
    const rolled = inTransaction(`${name} 3`, async (tx) => {
      await log.appendIn(tx, event({ outcome: 'denied' }))
      throw new Error('rolled back')
    })
    await expect(rolled).rejects.toThrow('rolled back')
    expect((await log.head()).size).toBe(before + 1)
    const late = inTransaction(`${name} 4`, async (tx) => {
      await log.appendIn(tx, event())
      await log.appendIn(tx, event({ outcome: 'denied' }))
    })
    expect((await refusal(late)).code).toBe('PHI_AUDIT_DENIAL_IN_TRANSACTION')
    expect(await notes()).toBe('1')
  })
})

it('S98 a transaction of postgres.js that transforms names is refused, and nothing is written', async () => {
  const client = postgres(url, { max: 1, transform: postgres.camel, onnotice: () => {} })
  const own = await connectPostgresJs(url, { max: 1 })
  const origin = 'clinic.example/camel'
  const log = await openAuditLog<Queryable>({ origin, store: auditStore(own), signer: await ed25519Signer.generate(origin) })
  await log.append(event())
  await expect(client.begin((tx) => log.appendIn(queryableOf(tx), event()))).rejects.toThrow()
  expect((await log.head()).size).toBe(1)
  await log.close()
  await Promise.all([client.end(), own.close()])
})
