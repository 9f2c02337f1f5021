import { type AuditLog, verifyLog } from '@phi/audit'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { auditStore, connect, type Db, migrate, type Queryable } from '../../src/index.ts'
import { type Binaries, type Cluster, createCluster, embeddedBinaries } from '../cluster.ts'
import { installedBinaries, installedVersions } from '../installed-server.ts'
import { asSuperuser } from '../server.ts'
import { bounded, persistently, until } from './bounded.ts'
import { countEvents, FaultMatrix } from './matrix.ts'
import { startFaultProxy } from './proxy.ts'
import { event, idsOf, openOn } from './workload.ts'
import { writers } from './writers.ts'

const LONG = process.env.PHI_LONG === '1'
const WRITERS = LONG ? 4 : 2
const ROUNDS = LONG ? 5 : 1
const key = (origin: string) => ({ tenant: 'default', origin })
const store = (db: Db) => auditStore(db) as never

const embedded = embeddedBinaries()
const engines: readonly Binaries[] = [
  ...(embedded === undefined ? [] : [embedded]),
  // The same on the machine's own servers, where there are any.
  ...(LONG ? installedVersions().map(installedBinaries) : []),
]

const matrix = new FaultMatrix()
const clusters: Cluster[] = []
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await bounded('cleanup', cleanup).catch(() => {})
  for (const cluster of clusters.splice(0)) await cluster.remove()
})
afterAll(async () => {
  for (const base of bases.values()) await base.then((cluster) => cluster.remove()).catch(() => {})
  console.log(String(matrix))
})

const SYNCHRONOUS = ['-c', 'synchronous_standby_names=*', '-c', 'synchronous_commit=remote_apply']
const ALONE = ['-c', 'synchronous_standby_names=']

async function connected(url: string): Promise<Db> {
  const db = await connect(url, { max: 3, connectTimeoutMs: 1000, queryTimeoutMs: 3000 })
  cleanups.push(() => db.close())
  return db
}

/** The stopped server with the schema that primaries and standbys are copies of, one for each version. */
const bases = new Map<string, Promise<Cluster>>()

async function migratedCluster(binaries: Binaries): Promise<Cluster> {
  const base = await createCluster(binaries)
  await base.start(ALONE)
  const db = await connect(base.url)
  await migrate(db)
  await db.close()
  await base.stop()
  return base
}

/** A primary with the schema, and its standby: copies of the same data. */
async function pair(binaries: Binaries): Promise<{ primary: Cluster; standby: Cluster }> {
  const base = bases.get(binaries.name) ?? migratedCluster(binaries)
  bases.set(binaries.name, base)
  const primary = await (await base).copy()
  clusters.push(primary)
  const standby = await primary.copy({ standby: true })
  clusters.push(standby)
  return { primary, standby }
}

const isSynchronous = (primary: Cluster) => async (): Promise<boolean> => {
  let found = false
  await asSuperuser(primary.url, async (client) => {
    const { rows } = await client.query(`select 1 from pg_stat_replication where state = 'streaming' and sync_state = 'sync'`)
    found = rows.length > 0
  })
  return found
}

/** Makes the standby a primary. Its own standby list is empty, or its first commit would wait for a standby that is not there. */
const promote = (standby: Cluster) => asSuperuser(standby.url, (client) => client.query('select pg_promote(true, 60)'))

describe.each(engines.map((binaries) => [binaries.name, binaries] as const))('two servers (%s)', (_, binaries) => {
  it(
    'S6 S95 S112 S123 synchronous: the primary dies under load, the standby takes over, nothing acknowledged is lost or doubled',
    async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const origin = `clinic.example/failover-${round}`
        const { primary, standby } = await pair(binaries)
        await primary.start(SYNCHRONOUS)
        await standby.start(ALONE)
        await until('synchronous replication', isSynchronous(primary))
        // What stands between clients and servers: an address that moves. In production a virtual address, a load balancer or DNS.
        const address = await startFaultProxy(primary.port)
        cleanups.push(() => address.close())
        const load = await writers()
        cleanups.push(() => load.kill())
        for (let i = 0; i < WRITERS; i++) load.start(`r${round}w${i}`, address.through(primary.url), origin)
        const soon = 200 + Math.floor(Math.random() * 200)
        const healthy = () => {
          if (load.fatal.length > 0) throw new Error(load.fatal.join('\n'))
          return true
        }
        await until('the writers write', () => healthy() && load.acknowledged.length > soon && load.notes.length > 1)

        // Meanwhile the standby answers queries and verifies: what was acknowledged can be read there (remote_apply).
        const replica = await connected(standby.url)
        const acknowledged = [...load.acknowledged]
        const there = new Set(await idsOf(replica, origin))
        expect(acknowledged.filter((id) => !there.has(id))).toEqual([])

        await primary.kill()
        const inTheDark = load.acknowledged.length
        await promote(standby)
        address.retarget(standby.port)
        await until('the writers go on', () => healthy() && load.acknowledged.length > inTheDark + 200)
        await bounded('the writers end', () => load.finish(), 120_000)
        expect(load.fatal).toEqual([])

        const db = await connected(standby.url)
        const ids = await idsOf(db, origin)
        const counts = countEvents(ids, load.acknowledged, load.tried)
        expect(counts).toMatchObject({ lost: 0, duplicates: 0, unanswered: 0 })
        expect(ids.length).toBe(load.tried.size)
        const log = await openOn(db, origin, 5000)
        // Every checkpoint that any writer ever held, from before and after.
        const report = await verifyLog(store(db), key(origin), { keys: [log.vkey as string], trusted: load.notes })
        expect(report).toMatchObject({ verdict: 'intact', findings: [], coverage: { checked: ids.length } })
        matrix.add(`primary killed, standby promoted, synchronous (${binaries.name})`, counts)
        for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
        for (const cluster of clusters.splice(0)) await cluster.remove()
      }
    },
    LONG ? 3_600_000 : 600_000,
  )

  it('S95 S97 a hot standby answers queries, proofs and verification, and refuses writes with a retryable error', async () => {
    const origin = 'clinic.example/replica'
    const { primary, standby } = await pair(binaries)
    await primary.start(SYNCHRONOUS)
    await standby.start(ALONE)
    await until('synchronous replication', isSynchronous(primary))
    const log = await openOn(await connected(primary.url), origin, 5000)
    for (let i = 0; i < 300; i += 100)
      await Promise.all(Array.from({ length: 100 }, (_, n) => log.append(event(`${origin}#${i + n}`))))
    const note = await log.checkpoint()
    const db = await connected(standby.url)
    // The application's role opens the log there as well, since it is there already; an auditor's role only reads anyway.
    for (const role of ['phi_app', 'phi_auditor'] as const) {
      const reader = auditStore(db, { role })
      await reader.open(key(origin))
      const report = await verifyLog(reader as never, key(origin), { keys: [log.vkey as string], trusted: [note] })
      expect(report).toMatchObject({ verdict: 'intact', coverage: { checked: 300, anchoredTo: 300 }, findings: [] })
    }
    const there: AuditLog<Queryable> = await openOn(db, origin, 1000)
    expect((await there.query({ patient: 'p-88', limit: 10 })).records).toHaveLength(10)
    expect((await there.query({ eventId: `${origin}#7` })).records).toHaveLength(1)
    expect((await there.proveInclusion(7)).size).toBe(300)
    expect(await there.checkpoint()).toBe(note)
    const refused = await bounded('append on a standby', () => refusal(there.append(event(`${origin}#there`))))
    expect(refused).toMatchObject({ code: 'PHI_AUDIT_UNAVAILABLE', retryable: true })
    // A log that nobody has opened on the primary cannot be made here.
    const unknown = await bounded('open on a standby', () => refusal(openOn(db, 'clinic.example/not-there')))
    expect(unknown).toMatchObject({ retryable: true })
    matrix.add(
      `append on a read-only standby (${binaries.name})`,
      countEvents(await idsOf(db, origin), [], [`${origin}#there`]),
    )

    // Without its standby a synchronous primary acknowledges nothing: the caller waits for a while, and is told that nobody knows.
    await standby.stop()
    const id = `${origin}#alone`
    const alone = await bounded('append without the standby', () => refusal(log.append(event(id))), 60_000)
    expect(alone).toMatchObject({ code: 'PHI_AUDIT_OUTCOME_UNKNOWN', retryable: true })
    await standby.start(ALONE)
    await until('synchronous replication', isSynchronous(primary))
    expect(await persistently('append', () => log.append(event(id)), [])).toMatchObject({ index: 300 })
    const counts = countEvents(await idsOf(db, origin), [id])
    expect(counts).toMatchObject({ lost: 0, duplicates: 0 })
    matrix.add(`synchronous standby away (${binaries.name})`, counts)
  }, 400_000)

  it('S95 the counter-case, a wait for the standby that somebody cancels: the server reports success for what only it has', async () => {
    const origin = 'clinic.example/cancelled'
    const { primary, standby } = await pair(binaries)
    await primary.start(SYNCHRONOUS)
    await standby.start(ALONE)
    await until('synchronous replication', isSynchronous(primary))
    const db = await connect(primary.url, { max: 3, queryTimeoutMs: 20_000 })
    cleanups.push(() => db.close())
    const log = await openOn(db, origin, 20_000)
    await log.append(event(`${origin}#1`))
    await standby.stop()
    const waiting = log.append(event(`${origin}#2`))
    await until('a cancelled wait', async () => {
      let cancelled = false
      await asSuperuser(primary.url, async (client) => {
        const { rowCount } = await client.query(
          `select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'`,
        )
        cancelled = (rowCount ?? 0) > 0
      })
      return cancelled
    })
    // pg_cancel_backend, or statement_timeout, in that moment: a warning to the client, and COMMIT has succeeded.
    expect(await bounded('append', () => waiting)).toMatchObject({ index: 1, duplicate: false })
    await primary.kill()
    await standby.start(ALONE)
    await promote(standby)
    const lost = countEvents(await idsOf(await connected(standby.url), origin), [`${origin}#1`, `${origin}#2`])
    expect(lost).toMatchObject({ lost: 1, duplicates: 0 })
    matrix.add(`counter-case: synchronous wait cancelled (${binaries.name})`, lost)
  }, 400_000)

  it('S95 the counter-case, asynchronous: acknowledged events are lost with the primary, and a checkpoint held elsewhere shows it', async () => {
    const origin = 'clinic.example/asynchronous'
    const { primary, standby } = await pair(binaries)
    await primary.start(ALONE)
    await standby.start(ALONE)
    const address = await startFaultProxy(primary.port)
    cleanups.push(() => address.close())
    const writer = await openOn(await connected(address.through(primary.url)), origin, 5000)
    const acknowledged: string[] = []
    const append = async (log: AuditLog<Queryable>, id: string) => {
      await log.append(event(`${origin}#${id}`))
      acknowledged.push(`${origin}#${id}`)
    }
    for (let i = 0; i < 20; i++) await append(writer, `early-${i}`)
    const early = await writer.checkpoint()
    const copy = await connected(standby.url)
    await until('the standby has them', async () => {
      const { rows } = await copy.query<{ n: number }>('select count(*)::int as n from phi.audit_entry')
      const notes = await copy.query<{ n: number }>(`select count(*)::int as n from phi.audit_checkpoint where size = 20`)
      return rows[0]?.n === 20 && (notes.rows[0]?.n ?? 0) > 0
    })
    // The standby falls behind: here it is away, otherwise it is slow or far. The primary waits for nobody.
    await standby.stop()
    for (let i = 0; i < 10; i++) await append(writer, `late-${i}`)
    const held = await writer.checkpoint()
    await primary.kill()
    await standby.start(ALONE)
    await promote(standby)

    const db = await connected(standby.url)
    const lost = countEvents(await idsOf(db, origin), acknowledged)
    expect(lost).toMatchObject({ acknowledged: 30, lost: 10, duplicates: 0 })
    const keys = [writer.vkey as string]
    // With nothing but the database the shorter log looks whole: it is what it was a moment ago.
    expect(await verifyLog(store(db), key(origin), { keys })).toMatchObject({ verdict: 'intact' })
    expect(await verifyLog(store(db), key(origin), { keys, trusted: [early] })).toMatchObject({ verdict: 'intact' })
    // The checkpoint that was handed to somebody else says how long the log was.
    const report = await verifyLog(store(db), key(origin), { keys, trusted: [held] })
    expect(report.verdict).toBe('broken')
    expect(report.findings[0]).toMatchObject({ code: 'truncated-tail', expected: '30', found: '20' })

    // Written on, the log grows past it and is another one.
    const again = await openOn(db, origin, 5000)
    for (let i = 0; i < 15; i++) await again.append(event(`${origin}#after-${i}`))
    const later = await verifyLog(store(db), key(origin), { keys, trusted: [held] })
    expect(later.verdict).toBe('broken')
    expect(later.findings.map(({ code }) => code)).toContain('rewritten-history')
    // The process that signed the lost checkpoint signs nothing on top of the other history.
    address.retarget(standby.port)
    const sign = () => refusal(persistently('checkpoint', () => writer.checkpoint(), []))
    expect((await sign()).code).toBe('PHI_AUDIT_HISTORY_REWRITTEN')
    matrix.add(`counter-case: asynchronous, primary lost (${binaries.name}); found by a checkpoint`, lost)
  }, 400_000)
})

describe.skipIf(engines.length > 0)('two servers', () => {
  it.skip('no PostgreSQL binaries for this platform')
})
