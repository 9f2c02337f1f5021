import { verifyLog } from '@phi/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditStore, connect, type Db, migrate } from '../../src/index.ts'
import { type Cluster, createCluster, embeddedBinaries } from '../cluster.ts'
import { until } from './bounded.ts'
import { countEvents, FaultMatrix } from './matrix.ts'
import { idsOf, openOn } from './workload.ts'
import { type Writers, writers } from './writers.ts'

const LONG = process.env.PHI_LONG === '1'
const KILLS = LONG ? 40 : 3
const ROUNDS = LONG ? 12 : 2
const origin = 'clinic.example/crash'
const binaries = embeddedBinaries()

describe.skipIf(binaries === undefined)('SIGKILL under load', () => {
  let cluster: Cluster
  let load: Writers | undefined
  const matrix = new FaultMatrix()

  beforeAll(async () => {
    cluster = await createCluster(binaries as NonNullable<typeof binaries>)
    await cluster.start()
    const db = await connect(cluster.url)
    await migrate(db)
    await db.close()
  })

  afterAll(async () => {
    await load?.kill()
    await cluster?.remove()
    console.log(String(matrix))
  })

  /** Everything that must hold after a crash. */
  async function check(name: string, { acknowledged, tried, notes }: Writers, db: Db, faults = 1): Promise<void> {
    const ids = await idsOf(db, origin)
    const mine = ids.filter((id) => tried.has(id))
    const counts = countEvents(mine, acknowledged, tried)
    expect(counts).toMatchObject({ lost: 0, duplicates: 0 })
    expect(counts.acknowledged).toBeGreaterThan(0)
    expect(new Set(ids).size).toBe(ids.length)
    const log = await openOn(db, origin, 10_000)
    const report = await verifyLog(
      auditStore(db) as never,
      { tenant: 'default', origin },
      { keys: [log.vkey as string], trusted: notes },
    )
    expect(report).toMatchObject({ verdict: 'intact', findings: [] })
    expect(report.coverage.checked).toBe(ids.length)
    matrix.add(name, { ...counts, tried: faults })
  }

  it('S6 S95 of the server and all its processes: after recovery every acknowledged event is there, once', async () => {
    const mine = await writers()
    load = mine
    for (const name of ['a', 'b']) mine.start(`s${name}`, cluster.url, origin)
    const moved = (what: string, from: number, by: number) =>
      until(what, () => mine.acknowledged.length > from + by || mine.fatal.length > 0)
    for (let round = 0; round < KILLS; round++) {
      await moved('the writers write', mine.acknowledged.length, 100 + Math.floor(Math.random() * 200))
      await cluster.kill()
      await cluster.start()
    }
    // They go on by themselves.
    await moved('the writers go on', mine.acknowledged.length, 100)
    await mine.finish()
    expect(mine.fatal).toEqual([])
    // Whoever goes on until it succeeds has everything acknowledged in the end.
    expect([...mine.tried].filter((id) => !mine.acknowledged.includes(id))).toEqual([])
    const db = await connect(cluster.url)
    await check('SIGKILL of the server', mine, db, KILLS)
    await db.close()
  }, 3_600_000)

  it('S6 S95 of the writers and the server together: what was acknowledged before is there, what was not is there at most once', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const mine = await writers()
      load = mine
      for (const name of ['a', 'b']) mine.start(`w${round}${name}`, cluster.url, origin)
      const before = 150 + Math.floor(Math.random() * 200)
      await until('the writers write', () => mine.acknowledged.length > before || mine.fatal.length > 0)
      if (round % 2 === 0) await Promise.all([mine.kill(), cluster.kill()])
      else await mine.kill()
      expect(mine.fatal).toEqual([])
      if (!cluster.alive) await cluster.start()
      const db = await connect(cluster.url)
      await check(round % 2 === 0 ? 'SIGKILL of the writers and the server' : 'SIGKILL of the writers', mine, db)
      // The unanswered ones again, with the same ids: each is in the log once.
      const log = await openOn(db, origin, 10_000)
      const open = [...mine.tried].filter((id) => !mine.acknowledged.includes(id))
      for (const id of open) {
        const [lane, i] = id.split('-').slice(1)
        await log.append({
          id,
          action: 'read',
          outcome: 'success',
          actor: { id: `u-${lane}`, type: 'workforce' },
          subject: { patients: [`p-${i}`] },
        })
      }
      const ids = await idsOf(db, origin)
      expect(open.map((id) => ids.filter((other) => other === id).length)).toEqual(open.map(() => 1))
      await log.close()
      await db.close()
    }
  }, 3_600_000)
})
