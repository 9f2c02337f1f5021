import { randomBytes } from 'node:crypto'
import { type AuditLog, type AuditLogOptions, ed25519Signer, openAuditLog } from '@phi/audit'
import { auditError } from '@phi/audit/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { auditStore, connect, type Db, type Queryable } from '../../src/index.ts'
import { embeddedMigrated } from '../embedded.ts'
import { migratedDatabase, startServer, type TestServer } from '../server.ts'

const event = { action: 'update', outcome: 'success', actor: { id: 'u-17', type: 'workforce' } } as const

let server: TestServer
let count = 0
const engines: { name: string; open: () => Promise<Db> }[] = [
  { name: 'PostgreSQL', open: async () => connect((await migratedDatabase(server.url)).url) },
  { name: 'PGlite', open: () => embeddedMigrated() },
]

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

describe.each(engines)('the outbox on $name', ({ open: openDb }) => {
  let db: Db
  const opened: AuditLog<Queryable>[] = []

  beforeAll(async () => {
    db = await openDb()
    await db.exec('create table note (id text primary key)')
  })
  afterAll(async () => {
    for (const log of opened) await log.close().catch(() => {})
    await db.close()
  })

  async function open(options: Partial<AuditLogOptions<Queryable>> = {}) {
    const origin = options.origin ?? `clinic.example/outbox/${count++}`
    const log = await openAuditLog<Queryable>({
      origin,
      store: auditStore(db),
      signer: options.signer ?? (await ed25519Signer.generate(origin)),
      outbox: { macKey: new Uint8Array(32).fill(7), mergeDelayMs: 3_600_000 },
      ...options,
    })
    opened.push(log)
    return log
  }
  const rows = async (origin: string) =>
    Number(
      (
        await db.query(
          `select count(*) as n from phi.audit_outbox o join phi.audit_log l on l.id = o.log where l.origin = $1`,
          [origin],
        )
      ).rows[0].n,
    )

  it('S95 an event commits with the caller’s transaction, or not at all, and is in the log after', async () => {
    const log = await open()
    const receipt = await db.transaction(async (tx) => {
      await tx.query('insert into note values ($1)', [log.origin])
      return log.enqueueIn(tx, { id: 'e-1', ...event })
    })
    expect(Date.parse(receipt.sequencedBy) - Date.parse(receipt.queuedAt)).toBe(3_600_000)
    await expect(
      db.transaction(async (tx) => {
        await log.enqueueIn(tx, { id: 'e-2', ...event })
        throw new Error('rolled back')
      }),
    ).rejects.toThrow('rolled back')
    expect((await log.head()).size).toBe(0)
    expect(await log.sequence()).toEqual({ sequenced: 1, waiting: 0, late: 0, refused: [] })
    expect((await log.query()).records).toMatchObject([{ event: { id: 'e-1' } }])
    expect(await rows(log.origin)).toBe(0)
    expect(await log.sequence()).toMatchObject({ sequenced: 0 })
    expect(await log.verify()).toMatchObject({ verdict: 'intact', findings: [] })
  })

  it('does not wait for a transaction that holds the head', async () => {
    if (db.singleConnection) return
    const log = await open()
    await log.append({ id: 'first', ...event })
    await db.transaction(async (holder) => {
      await log.appendIn(holder, { id: 'held', ...event })
      // Another transaction, while the head is locked.
      await db.transaction((tx) => log.enqueueIn(tx, { id: 'beside', ...event }))
      expect(await rows(log.origin)).toBe(1)
    })
    await log.sequence()
    expect((await log.query({ order: 'oldest' })).records.map((record) => record.event.id)).toEqual(['first', 'held', 'beside'])
  })

  it('S95 takes the same event twice as one, in the outbox and after, and another under its id as a conflict', async () => {
    const log = await open()
    const enqueue = (more: object = {}) => db.transaction((tx) => log.enqueueIn(tx, { id: 'e-1', ...event, ...more }))
    const first = await enqueue()
    expect(await enqueue()).toEqual(first)
    expect(await refusal(enqueue({ action: 'delete' }))).toMatchObject({ code: 'PHI_AUDIT_CONFLICT' })
    await log.sequence()
    await enqueue()
    expect(await log.sequence()).toMatchObject({ sequenced: 1, refused: [] })
    expect((await log.head()).size).toBe(1)
    // In the log already, as something else: it stays where somebody can see it.
    await enqueue({ action: 'delete' })
    expect(await log.sequence()).toMatchObject({ sequenced: 0, refused: [{ eventId: 'e-1', why: 'conflict' }] })
    expect(await rows(log.origin)).toBe(1)
    expect((await log.verify()).findings).toMatchObject([{ code: 'outbox-refused', severity: 'warn' }])
  })

  it('S112 a row that was forged, changed, or taken from another log never enters, and stays to be looked at', async () => {
    const log = await open()
    const other = await open()
    await db.transaction((tx) => other.enqueueIn(tx, { id: 'theirs', ...event }))
    await db.transaction((tx) => log.enqueueIn(tx, { id: 'mine', ...event }))
    await db.transaction((tx) => log.enqueueIn(tx, { id: 'changed', ...event }))
    const id = async (origin: string) => (await db.query('select id from phi.audit_log where origin = $1', [origin])).rows[0].id
    const [mine, theirs] = [await id(log.origin), await id(other.origin)]
    // Somebody with the application's login has the function; the key is not in the database.
    await db.query('select phi.audit_enqueue($1, $2, $3, $4, $5, $6)', [
      'default',
      mine,
      'forged',
      '2026-01-01T00:00:00.000Z',
      '{}',
      'AAAA',
    ])
    await db.query(
      `insert into phi.audit_outbox select tenant, $1, event_id, queued_at, body, mac from phi.audit_outbox where log = $2`,
      [mine, theirs],
    )
    await db.exec(`alter table phi.audit_outbox disable trigger append_only;
      update phi.audit_outbox set body = replace(body, 'u-17', 'u-18') where event_id = 'changed';
      alter table phi.audit_outbox enable always trigger append_only`)
    const { sequenced, refused } = await log.sequence()
    expect(sequenced).toBe(1)
    expect(refused.map(({ eventId, why }) => `${eventId} ${why}`).toSorted()).toEqual([
      'changed forged',
      'forged forged',
      'theirs forged',
    ])
    expect((await log.query()).records.map((record) => record.event.id)).toEqual(['mine'])
    expect(log.health()).toMatchObject({ outbox: { refused: 3 } })
    // Another process, with another key, takes nothing either.
    const wrongKey = await open({ origin: other.origin, outbox: { macKey: randomBytes(32) } })
    expect(await wrongKey.sequence()).toMatchObject({ sequenced: 0, refused: [{ eventId: 'theirs', why: 'forged' }] })
  })

  it('S112 a row leaves only when its event is in the log, whoever asks', async () => {
    const log = await open()
    await db.transaction((tx) => log.enqueueIn(tx, { id: 'e-1', ...event }))
    const { rows: logs } = await db.query('select id from phi.audit_log where origin = $1', [log.origin])
    const taken = await db.query('select phi.audit_dequeue($1, $2, $3) as taken', ['default', logs[0].id, 'e-1'])
    expect(taken.rows).toEqual([{ taken: 0 }])
    for (const sql of ['delete from phi.audit_outbox', 'truncate phi.audit_outbox', `update phi.audit_outbox set mac = ''`])
      await expect(db.exec(sql)).rejects.toMatchObject({ code: 'PHI02' })
    await expect(
      db.transaction(async (tx) => {
        await tx.exec('set local role phi_app')
        await tx.exec('delete from phi.audit_outbox')
      }),
    ).rejects.toMatchObject({ code: '42501' })
    expect(await rows(log.origin)).toBe(1)
  })

  it('says what is late, in verify() and in health()', async () => {
    let now = Date.UTC(2026, 10, 22)
    const log = await open({ clock: () => now, outbox: { macKey: new Uint8Array(32).fill(7), mergeDelayMs: 60_000 } })
    await log.append({ id: 'e-0', ...event })
    await db.transaction((tx) => log.enqueueIn(tx, { id: 'e-1', ...event }))
    now += 61_000
    const store = auditStore(db)
    const stuck = await open({
      origin: log.origin,
      signer: await ed25519Signer.generate(log.origin),
      clock: () => now,
      store: { ...store, extend: async () => Promise.reject(auditError('PHI_AUDIT_UNAVAILABLE')) },
      limits: { timeoutMs: 50 },
      outbox: { macKey: new Uint8Array(32).fill(7), mergeDelayMs: 60_000 },
    })
    expect(await stuck.sequence()).toMatchObject({ sequenced: 0, waiting: 1, late: 1 })
    expect(stuck.health()).toMatchObject({ status: 'failing', outbox: { waiting: 1, late: 1 } })
    expect((await stuck.verify()).findings.map(({ code }) => code)).toContain('outbox-late')
    expect(await log.sequence()).toMatchObject({ sequenced: 1 })
    expect((await log.verify()).findings).toEqual([])
  })

  it('sequences by itself, and what is left when the log is closed', async () => {
    const log = await open({ outbox: { macKey: new Uint8Array(32).fill(7), mergeDelayMs: 40 } })
    await db.transaction((tx) => log.enqueueIn(tx, { id: 'e-1', ...event }))
    await expect.poll(async () => (await log.head()).size, { timeout: 20_000 }).toBe(1)
    const patient = await open()
    await db.transaction((tx) => patient.enqueueIn(tx, { id: 'e-1', ...event }))
    await patient.close()
    expect((await (await open({ origin: patient.origin })).head()).size).toBe(1)
  })

  it('S95 several processes sequence one outbox, and each event is one entry', async () => {
    if (db.singleConnection) return
    const log = await open()
    const peers = await Promise.all([1, 2, 3].map(() => open({ origin: log.origin, store: auditStore(db) })))
    await Promise.all(
      Array.from({ length: 120 }, (_, i) => db.transaction((tx) => log.enqueueIn(tx, { id: `e-${i}`, ...event }))),
    )
    await Promise.all([log, ...peers].map((each) => each.sequence()))
    await log.sequence()
    expect(await rows(log.origin)).toBe(0)
    const { records } = await log.query({ limit: 1000 })
    expect(new Set(records.map((record) => record.event.id)).size).toBe(120)
    expect(records).toHaveLength(120)
    expect((await log.verify()).findings.filter(({ severity }) => severity === 'break')).toEqual([])
  })

  it('a denial does not wait for the transaction, nor go with it', async () => {
    const log = await open()
    const denial = { id: 'no', ...event, outcome: 'denied' } as const
    if (db.singleConnection) {
      const refused = refusal(db.transaction((tx) => log.enqueueIn(tx, denial)))
      expect(await refused).toMatchObject({ code: 'PHI_AUDIT_DENIAL_IN_TRANSACTION' })
      return
    }
    await expect(
      db.transaction(async (tx) => {
        expect(await log.enqueueIn(tx, denial)).toMatchObject({ entered: { index: 0 } })
        throw new Error('rolled back')
      }),
    ).rejects.toThrow('rolled back')
    expect((await log.query({ outcome: 'denied' })).records).toHaveLength(1)
  })

  it.each([
    ['no outbox', undefined],
    ['a short key', { macKey: new Uint8Array(16) }],
    ['no whole delay', { macKey: new Uint8Array(32), mergeDelayMs: 0.5 }],
  ])('refuses %s', async (_, outbox) => {
    const attempt = async () => {
      const log = await open(outbox === undefined ? { outbox: undefined as never } : { outbox })
      await db.transaction((tx) => log.enqueueIn(tx, event))
    }
    expect(await refusal(attempt())).toMatchObject({ code: 'PHI_AUDIT_OPTIONS' })
  })
})
