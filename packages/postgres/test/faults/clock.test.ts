import { ed25519Signer, openAuditLog, verifyLog } from '@phi/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditStore, connect, type Db, type Queryable } from '../../src/index.ts'
import { asSuperuser, migratedDatabase, startServer, type TestServer } from '../server.ts'
import { countEvents, FaultMatrix } from './matrix.ts'
import { event, idsOf } from './workload.ts'

const HOUR = 3_600_000
const NOON = Date.UTC(2026, 0, 15, 12)

let server: TestServer
let url: string
let drop: () => Promise<void>
let db: Db
const matrix = new FaultMatrix()

beforeAll(async () => {
  server = await startServer()
  ;({ url, drop } = await migratedDatabase(server.url))
  db = await connect(url)
})

afterAll(async () => {
  console.log(String(matrix))
  await db?.close()
  await drop?.()
  await server?.stop()
})

/** A log whose clock the test sets. */
async function open(origin: string, on: Db = db) {
  const clock = { now: NOON }
  const signer = ed25519Signer.fromSecretKey(origin, new Uint8Array(32).fill(7))
  const log = await openAuditLog<Queryable>({ origin, store: auditStore(on), signer, clock: () => clock.now })
  return { clock, log }
}

/** The recorded time in a leaf: its fourth line (format v1). */
async function recordedTimes(origin: string): Promise<string[]> {
  const times: string[] = []
  const store = auditStore(db)
  const key = { tenant: 'default', origin }
  for await (const batch of store.read(key, { from: 0, to: (await store.head(key)).size }))
    times.push(...batch.map(({ leaf }) => leaf.split('\n')[3] ?? ''))
  return times
}

describe('clocks that jump', () => {
  it('S112 records what the clock said, keeps the chain, and reports each step back', async () => {
    const origin = 'clinic.example/clock'
    const { clock, log } = await open(origin)
    const ids: string[] = []
    const at = async (now: number) => {
      clock.now = now
      const id = `${origin}#${ids.length}`
      await log.append(event(id))
      ids.push(id)
    }
    await at(NOON)
    await at(NOON + 1000)
    // Jitter between machines: up to a minute behind counts as the same moment.
    await at(NOON - 30_000)
    // An hour back, and on from there.
    await at(NOON - HOUR)
    await at(NOON - HOUR + 1000)
    // Ten years ahead, and back.
    const far = Date.UTC(2036, 0, 15, 12)
    await at(far)
    await at(far + 1000)
    await at(NOON + 2 * HOUR)
    await at(NOON + 2 * HOUR + 1000)
    await log.checkpoint()

    const iso = (ms: number) => new Date(ms).toISOString()
    expect(await recordedTimes(origin)).toEqual(
      [
        NOON,
        NOON + 1000,
        NOON + 1000,
        NOON - HOUR,
        NOON - HOUR + 1000,
        far,
        far + 1000,
        NOON + 2 * HOUR,
        NOON + 2 * HOUR + 1000,
      ].map(iso),
    )
    const report = await log.verify()
    expect(report).toMatchObject({ verdict: 'intact', coverage: { checked: 9, anchoredTo: 9 } })
    expect(report.findings.map(({ code, severity, index }) => [code, severity, index])).toEqual([
      ['clock-regression', 'warn', 3],
      ['clock-regression', 'warn', 7],
    ])
    // A retry that comes after the clock has jumped is still the same event.
    clock.now = NOON - 5 * HOUR
    expect(await log.append({ ...event(ids[1] as string), occurredAt: iso(NOON + 1000) })).toMatchObject({
      index: 1,
      duplicate: true,
    })
    // Entries of ten years ahead are found where they say they are.
    const page = await log.query({ from: iso(far), until: iso(far + HOUR) })
    expect(page.records.map(({ index }) => index).toSorted()).toEqual([5, 6])
    const counts = countEvents(await idsOf(db, origin), ids)
    expect(counts).toMatchObject({ lost: 0, duplicates: 0 })
    matrix.add('the clock jumps', { ...counts, tried: 4 })
    await log.close()
  })

  it('S112 writers whose clocks are hours apart make one chain', async () => {
    const origin = 'clinic.example/clocks'
    const writers = [await open(origin), await open(origin), await open(origin)]
    for (const [i, { clock }] of writers.entries()) clock.now = NOON + (i - 1) * 3 * HOUR
    const ids: string[] = []
    for (let i = 0; i < 12; i++) {
      const id = `${origin}#${i}`
      await (writers[i % 3] as (typeof writers)[number]).log.append(event(id))
      ids.push(id)
    }
    const { log } = writers[0] as (typeof writers)[number]
    await log.checkpoint()
    const report = await log.verify()
    expect(report).toMatchObject({ verdict: 'intact', coverage: { checked: 12 } })
    expect(new Set(report.findings.map(({ code, severity }) => `${code} ${severity}`))).toEqual(
      new Set(['clock-regression warn']),
    )
    matrix.add('clocks hours apart', countEvents(await idsOf(db, origin), ids))
  })

  it('S112 nothing that is hashed comes from the server’s clock, time zone or language', async () => {
    const database = new URL(url).pathname.slice(1)
    const settings = [
      `timezone to 'Pacific/Kiritimati'`,
      `datestyle to 'German, DMY'`,
      `intervalstyle to 'sql_standard'`,
      'extra_float_digits to -10',
      `bytea_output to 'escape'`,
      'standard_conforming_strings to on',
    ]
    await asSuperuser(url, async (client) => {
      for (const setting of settings) await client.query(`alter database ${database} set ${setting.replace(' to ', ' = ')}`)
    })
    const odd = await connect(url)
    const origin = 'clinic.example/zone'
    const { clock, log } = await open(origin, odd)
    for (let i = 0; i < 5; i++) {
      clock.now += 1000
      await log.append(event(`${origin}#${i}`, { occurredAt: '2026-01-15T11:59:59.123Z' }))
    }
    const note = await log.checkpoint()
    expect((await recordedTimes(origin)).every((time) => time.startsWith('2026-01-15T12:00:0'))).toBe(true)
    // Read back through a connection with other settings: the same bytes, the same verdict.
    for (const reader of [odd, db]) {
      const report = await verifyLog(
        auditStore(reader) as never,
        { tenant: 'default', origin },
        { keys: [log.vkey as string], trusted: [note] },
      )
      expect(report).toMatchObject({ verdict: 'intact', findings: [], coverage: { checked: 5 } })
    }
    // The functions that write entries ask for no time of the server's.
    const { rows } = await db.query<{ name: string }>(
      `select proname as name from pg_proc where pronamespace = 'phi'::regnamespace and proname in ('audit_extend', 'audit_lock', 'audit_open')
       and prosrc ~* '(now\\(|current_timestamp|clock_timestamp|current_date|localtime|statement_timestamp|transaction_timestamp)'`,
    )
    expect(rows).toEqual([])
    await log.close()
    await odd.close()
    await asSuperuser(url, (client) => client.query(`alter database ${database} reset all`))
  })
})
