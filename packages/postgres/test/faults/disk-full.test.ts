import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPhiError } from '@phi/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type Db, migrate } from '../../src/index.ts'
import { type Cluster, createCluster, embeddedBinaries, serverUser } from '../cluster.ts'
import { asSuperuser } from '../server.ts'
import { bounded, persistently, until } from './bounded.ts'
import { countEvents, FaultMatrix } from './matrix.ts'
import { event, idsOf, openOn } from './workload.ts'

const MIB = 1024 * 1024
/** Unknown as well: the caller's time can run out while an attempt is under way. */
const OPEN = /^PHI_AUDIT_(UNAVAILABLE|BUSY|OUTCOME_UNKNOWN)$/
const binaries = embeddedBinaries()

/** A small disk of the tests' own. Undefined where this process may not mount one. */
function smallDisk(
  mebibytes: number,
): { path: string; fill(leave?: number): void; makeRoom(): void; remove(): void } | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  const path = mkdtempSync(join(tmpdir(), 'phi-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path], { stdio: 'pipe' })
  } catch {
    rmSync(path, { recursive: true })
    return undefined
  }
  chmodSync(path, 0o755)
  const ballast = join(path, 'ballast')
  return {
    path,
    fill(leave = 0) {
      const { bavail, bsize } = statfsSync(path)
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - leave))
    },
    makeRoom: () => rmSync(ballast, { force: true }),
    remove() {
      execFileSync('umount', ['-l', path], { stdio: 'pipe' })
      rmSync(path, { recursive: true })
    },
  }
}

function canMount(): boolean {
  const trial = smallDisk(1)
  trial?.remove()
  return trial !== undefined
}

const possible = binaries !== undefined && canMount()
const because = possible ? '' : ' (skipped: no small disk can be mounted here)'

describe.skipIf(!possible)(`a full disk${because}`, () => {
  let small: NonNullable<ReturnType<typeof smallDisk>>
  const matrix = new FaultMatrix()
  const clusters: Cluster[] = []
  const databases: Db[] = []
  const user = serverUser()

  const folder = (name: string): string => {
    const path = join(small.path, name)
    mkdirSync(path, { mode: 0o700 })
    if (user !== undefined && 'uid' in user) chownSync(path, user.uid as number, user.gid as number)
    return path
  }
  const clusterWith = async (flags: readonly string[] = []): Promise<Cluster> => {
    const cluster = await createCluster(binaries as NonNullable<typeof binaries>, flags)
    clusters.push(cluster)
    await cluster.start()
    return cluster
  }

  let tables: Cluster

  beforeAll(async () => {
    small = smallDisk(160) as typeof small
    tables = await clusterWith()
  })

  afterAll(async () => {
    small?.makeRoom()
    for (const db of databases) await bounded('close', () => db.close()).catch(() => {})
    for (const cluster of clusters) await cluster.remove()
    small?.remove()
    console.log(String(matrix))
  })

  /** Events large enough to fill what is left of the last pages soon. */
  const large = (id: string) => event(id, { context: { purpose: 'TREAT', reason: 'a made-up reason '.repeat(25) } })

  /** Appends until appending fails for good, with the codes of the failures. */
  async function appendUntilFull(append: (id: string) => Promise<unknown>, origin: string) {
    const acknowledged: string[] = []
    const unanswered: string[] = []
    const codes = new Set<string>()
    for (let i = 0; unanswered.length < 6; i++) {
      if (i > 20_000) throw new Error('the disk is never full')
      const batch = Array.from({ length: unanswered.length === 0 ? 64 : 1 }, (_, n) => `${origin}#${i}-${n}`)
      const results = await bounded('append', () => Promise.allSettled(batch.map(append)))
      for (const [n, result] of results.entries()) {
        const id = batch[n] as string
        if (result.status === 'fulfilled') acknowledged.push(id)
        else {
          if (!isPhiError(result.reason)) throw result.reason
          codes.add(result.reason.code)
          expect(result.reason.retryable).toBe(true)
          unanswered.push(id)
        }
      }
    }
    return { acknowledged, unanswered, codes }
  }

  it('S95 S123 where the tables are: typed and retryable, nothing acknowledged is lost, and with room again work goes on', async () => {
    const origin = 'clinic.example/tables'
    const location = folder('tables')
    await asSuperuser(tables.url, async (client) => {
      await client.query(`create tablespace small location '${location}'`)
      await client.query(`create database small template template0 encoding 'UTF8' tablespace small`)
    })
    const url = tables.url.replace(/postgres$/, 'small')
    const db = await connect(url, { max: 3, queryTimeoutMs: 3000 })
    databases.push(db)
    await migrate(db)
    const log = await openOn(db, origin, 6000)
    await persistently('first', () => log.append(large(`${origin}#first`)), [])
    await log.checkpoint()
    small.fill(MIB)
    const { acknowledged, unanswered, codes } = await appendUntilFull((id) => log.append(large(id)), origin)
    expect(acknowledged.length).toBeGreaterThan(0)
    for (const code of codes) expect(code).toMatch(OPEN)
    // The server said that it could not, so it is known that nothing was written.
    expect(log.health()).toMatchObject({ status: 'failing', failure: 'PHI_AUDIT_UNAVAILABLE' })
    // What is there can be read and verified on a full disk.
    expect(await bounded('verify', () => log.verify())).toMatchObject({ verdict: 'intact', findings: [] })
    const full = await idsOf(db, origin)
    const counts = countEvents(full, [`${origin}#first`, ...acknowledged], unanswered)
    expect(counts).toMatchObject({ lost: 0, duplicates: 0, unansweredInLog: 0 })
    small.makeRoom()
    for (const id of unanswered) {
      const receipt = await persistently('append', () => log.append(large(id)), [])
      expect(receipt.eventId).toBe(id)
    }
    const after = countEvents(await idsOf(db, origin), [`${origin}#first`, ...acknowledged, ...unanswered])
    expect(after).toMatchObject({ lost: 0, duplicates: 0 })
    await log.checkpoint()
    expect(await log.verify()).toMatchObject({ verdict: 'intact', findings: [] })
    matrix.add('no room for the tables', { ...counts, tried: unanswered.length })
  })

  it('S95 S123 where the write-ahead log is: the server stops, nothing acknowledged is lost, and with room it recovers', async () => {
    const origin = 'clinic.example/wal'
    small.makeRoom()
    const cluster = await clusterWith([`--waldir=${join(folder('wal'), 'pg_wal')}`, '--wal-segsize=1'])
    const db = await connect(cluster.url, { max: 3, queryTimeoutMs: 3000, connectTimeoutMs: 1000 })
    databases.push(db)
    await migrate(db)
    const log = await openOn(db, origin, 6000)
    await persistently('first', () => log.append(large(`${origin}#first`)), [])
    const note = await log.checkpoint()
    small.fill()
    const { acknowledged, unanswered, codes } = await appendUntilFull((id) => log.append(large(id)), origin)
    for (const code of codes) expect(code).toMatch(OPEN)
    small.makeRoom()
    // The server may have given up for good, or be recovering by itself.
    await until('recovery', async () => {
      if (!cluster.alive) await cluster.start().catch(() => {})
      return db.query('select 1').then(
        () => true,
        () => false,
      )
    })
    const found = await idsOf(db, origin)
    const counts = countEvents(found, [`${origin}#first`, ...acknowledged], unanswered)
    expect(counts).toMatchObject({ lost: 0, duplicates: 0 })
    // Only an event that was said to be open may be there without an acknowledgement.
    if (!codes.has('PHI_AUDIT_OUTCOME_UNKNOWN')) expect(counts).toMatchObject({ unansweredInLog: 0 })
    for (const id of unanswered) await persistently('append', () => log.append(large(id)), [])
    const after = countEvents(await idsOf(db, origin), [`${origin}#first`, ...acknowledged, ...unanswered])
    expect(after).toMatchObject({ lost: 0, duplicates: 0 })
    expect(await log.verify({ trusted: [note] })).toMatchObject({ verdict: 'intact', findings: [] })
    matrix.add('no room for the write-ahead log', { ...counts, tried: unanswered.length })
    expect(statfsSync(small.path).bavail * statfsSync(small.path).bsize).toBeGreaterThan(MIB)
  })
})
