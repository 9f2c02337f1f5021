import { isPhiError } from '@phi/core'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { connect, type Db, migrate, type Queryable } from '../../src/index.ts'
import { asSuperuser, migratedDatabase, startServer, type TestServer } from '../server.ts'
import { bounded, persistently } from './bounded.ts'
import { countEvents, FaultMatrix } from './matrix.ts'
import { event, idsOf, openOn } from './workload.ts'

const RETRYABLE = /^PHI_(AUDIT_UNAVAILABLE|AUDIT_BUSY|AUDIT_OUTCOME_UNKNOWN|PG_UNAVAILABLE)$/

let server: TestServer
let url: string
let drop: () => Promise<void>
let direct: Db
const matrix = new FaultMatrix()

beforeAll(async () => {
  server = await startServer(['-c', 'max_connections=12', '-c', 'superuser_reserved_connections=4'])
  ;({ url, drop } = await migratedDatabase(server.url))
  direct = await connect(url)
})

afterAll(async () => {
  console.log(String(matrix))
  await direct?.close()
  await drop?.()
  await server?.stop()
})

/** The errors of work of which nobody knows how many parts fail; what is not a retryable PhiError fails the test. */
async function outcomes(work: readonly Promise<unknown>[]): Promise<{ done: number; codes: Set<string> }> {
  const settled = await Promise.allSettled(work)
  const codes = new Set<string>()
  for (const one of settled) {
    if (one.status === 'fulfilled') continue
    if (!isPhiError(one.reason)) throw one.reason
    expect(one.reason.retryable, one.reason.code).toBe(true)
    expect(one.reason.code).toMatch(RETRYABLE)
    codes.add(one.reason.code)
  }
  return { done: settled.filter(({ status }) => status === 'fulfilled').length, codes }
}

describe('no connection to be had', () => {
  it.each([1, 2])('200 callers share a pool of %i: all are served', async (max) => {
    const origin = `clinic.example/pool-${max}`
    const db = await connect(url, { max, connectTimeoutMs: 20_000 })
    const log = await openOn(db, origin, 30_000)
    const acknowledged = new Set<string>()
    await bounded(
      '200 callers',
      () =>
        Promise.all(
          Array.from({ length: 200 }, async (_, i) => {
            const id = `${origin}#${i}`
            // Readers and writers stand in the same queue.
            if (i % 10 === 0) await log.query({ limit: 1 })
            await log.append(event(id))
            acknowledged.add(id)
          }),
        ),
      60_000,
    )
    const counts = countEvents(await idsOf(direct, origin), acknowledged)
    expect(counts).toMatchObject({ acknowledged: 200, lost: 0, duplicates: 0 })
    expect(await log.verify()).toMatchObject({ verdict: 'intact', findings: [] })
    matrix.add(`200 callers on a pool of ${max}`, counts)
    await log.close()
    await db.close()
  })

  it.each([1, 2])(
    'a pool of %i whose connections were leaked: a bounded wait, a retryable error, and then it goes on',
    async (max) => {
      const origin = `clinic.example/leak-${max}`
      const db = await connect(url, { max, connectTimeoutMs: 200 })
      const log = await openOn(db, origin, 3000)
      const acknowledged = new Set<string>()
      await persistently('append', () => log.append(event(`${origin}#first`)), [])
      acknowledged.add(`${origin}#first`)
      const leaked = await Promise.all(Array.from({ length: max }, () => db.pin()))
      const ids = Array.from({ length: 20 }, (_, i) => `${origin}#${i}`)
      const append = (id: string) => log.append(event(id)).then(() => acknowledged.add(id))
      const shut = await bounded('appends on an exhausted pool', () => outcomes(ids.map(append)))
      expect(shut.done).toBe(0)
      expect(log.health()).toMatchObject({ status: 'failing', failure: 'PHI_AUDIT_UNAVAILABLE' })
      const reads = await bounded('reads', () => outcomes([log.query(), log.verify(), log.head(), log.checkpoint()]))
      expect(reads).toMatchObject({ done: 0 })
      expect([...reads.codes]).toEqual(['PHI_PG_UNAVAILABLE'])
      // Nothing was sent, so nothing is in the log.
      expect(await idsOf(direct, origin)).toEqual([`${origin}#first`])
      for (const connection of leaked) connection.release()
      for (const id of ids) await append(id)
      const counts = countEvents(await idsOf(direct, origin), acknowledged)
      expect(counts).toMatchObject({ acknowledged: 21, lost: 0, duplicates: 0 })
      expect((await log.verify()).verdict).toBe('intact')
      matrix.add(`leaked connections, pool of ${max}`, { ...counts, tried: 20 })
      await log.close()
      await db.close()
    },
  )

  it('nested transactions on a pool of 1 that wait for each other: a bounded wait, and both can go on', async () => {
    const origin = 'clinic.example/nested'
    const db = await connect(url, { max: 1, connectTimeoutMs: 200 })
    const log = await openOn(db, origin, 3000)
    // A denial wants a connection of its own, and the only one is taken by the transaction that it comes from.
    const denied = db.transaction(async (tx) => {
      await tx.query('select 1', [])
      return log.appendIn(tx as Queryable, event(`${origin}#denied`, { outcome: 'denied' }))
    })
    expect((await bounded('denial', () => refusal(denied))).code).toMatch(RETRYABLE)
    await persistently('append', () => log.append(event(`${origin}#denied`, { outcome: 'denied' })), [])
    const counts = countEvents(await idsOf(direct, origin), [`${origin}#denied`])
    expect(counts).toMatchObject({ lost: 0, duplicates: 0 })
    matrix.add('a denial that finds the pool empty', counts)
    await log.close()
    await db.close()
  })

  it.skipIf(process.env.DATABASE_URL)(
    'the server takes no more connections (53300): retryable, for those who connect and those who append',
    async () => {
      const origin = 'clinic.example/53300'
      // Superusers have connections in reserve, so a login of its own.
      const login = `phi_faults_${process.pid}`
      await asSuperuser(url, (client) => client.query(`create role ${login} login password 'x'`))
      await migrate(direct, { app: [login] })
      const own = new URL(url)
      own.username = login
      own.password = 'x'
      const db = await connect(own.href, { max: 2, connectTimeoutMs: 500 })
      const log = await openOn(db, origin, 3000)
      await persistently('append', () => log.append(event(`${origin}#first`)), [])
      const acknowledged = new Set([`${origin}#first`])
      // The log's own connections are cut, and somebody else takes what there is.
      await asSuperuser(url, (client) =>
        client.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [login]),
      )
      const crowd: pg.Client[] = []
      for (let i = 0; i < 12; i++) {
        const client = new pg.Client({ connectionString: own.href })
        client.on('error', () => {})
        if (
          await client.connect().then(
            () => true,
            () => false,
          )
        )
          crowd.push(client)
      }
      expect(crowd.length).toBeGreaterThanOrEqual(4)
      const refused = await bounded('connect', () => refusal(connect(own.href, { max: 1 })))
      expect(refused).toMatchObject({ code: 'PHI_PG_UNAVAILABLE', retryable: true, info: { sqlstate: '53300' } })
      const ids = Array.from({ length: 10 }, (_, i) => `${origin}#${i}`)
      const append = (id: string) => log.append(event(id)).then(() => acknowledged.add(id))
      const shut = await bounded('appends', () => outcomes(ids.map(append)))
      expect(shut.done).toBe(0)
      // The server said no, so nobody has to ask whether it was written.
      expect([...shut.codes]).toEqual(['PHI_AUDIT_UNAVAILABLE'])
      await Promise.all(crowd.map((client) => client.end()))
      for (const id of ids) await persistently('append', () => append(id), [])
      const counts = countEvents(await idsOf(direct, origin), acknowledged)
      expect(counts).toMatchObject({ acknowledged: 11, lost: 0, duplicates: 0 })
      expect((await log.verify()).verdict).toBe('intact')
      matrix.add('too many connections (53300)', { ...counts, tried: 10 })
      await log.close()
      await db.close()
      await asSuperuser(url, (client) => client.query(`drop owned by ${login}; drop role ${login}`))
    },
  )
})
