import { createHash } from 'node:crypto'
import { type AuditEventInput, ed25519Signer, openAuditLog, type Sealer } from '@phi/audit'
import { type Extension, emptyHead } from '@phi/audit/store'
import { auditSealer, localKms, openKeyring } from '@phi/envelope'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { EXTEND, extendParams, ITEM } from '../../src/audit/rows.ts'
import { auditStore, connect, type Db, keyStore, migrate, type Queryable } from '../../src/index.ts'
import { migrateWith } from '../../src/migrate.ts'
import { migrations } from '../../src/migrations/index.ts'
import { embeddedMigrated } from '../embedded.ts'
import { asSuperuser, freshDatabase, migratedDatabase, startServer, type TestServer } from '../server.ts'

// What a hostile reader of migration 0002 and of the store tried.

const event = (id: string, more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  id,
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce' },
  ...more,
})

let server: TestServer
let count = 0
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

describe('phi.audit_extend', () => {
  let db: Db
  beforeAll(async () => {
    db = await connect((await migratedDatabase(server.url)).url)
  })
  afterAll(() => db.close())

  /** A log, and what the library would write for the next events. */
  async function next(events: number) {
    const origin = `clinic.example/extend/${count++}`
    const key = { tenant: 'default', origin }
    const store = auditStore(db)
    let made: Extension | undefined
    const log = await openAuditLog<Queryable>({
      origin,
      store: {
        ...store,
        async extend(at, _ids, build) {
          made = build({ head: await store.head(at), existing: new Map() }) ?? undefined
          return made as Extension
        },
      },
      limits: { batchEntries: 100 },
    })
    await Promise.all(Array.from({ length: events }, (_, i) => log.append(event(`e-${i}`))))
    const { rows } = await db.query<{ id: number }>('select id from phi.audit_log where origin = $1', [origin])
    const params = extendParams('default', (rows[0] as { id: number }).id, emptyHead, made as Extension)
    return { key, store, params, origin }
  }
  const LEAVES = 8
  const extend = (params: unknown[]) =>
    db.transaction(async (tx) => {
      await tx.exec('set local role phi_app')
      return (await tx.query(EXTEND, params)).rows.length === 1
    })

  it('S91 takes no row beside the chain', async () => {
    const { key, store, params, origin } = await next(2)
    // A third item in every list, and a head that counts two.
    const more = params.map((value, i) =>
      i >= LEAVES && i < 18 ? `${value}${ITEM}${i === 15 ? 'e-9' : String(value).split(ITEM)[0]}` : value,
    )
    more[LEAVES] = `${params[LEAVES]}${ITEM}phi.audit/v1\n${origin}\n2\n2026-01-01T00:00:00.000Z\nnot the hash\n`
    await expect(extend(more)).rejects.toMatchObject({ code: 'PHI03' })
    expect(await extend(params)).toBe(true)
    expect((await store.head(key)).size).toBe(2)
  })

  it('S91 takes no head with another time than its last leaf', async () => {
    for (const events of [1, 3]) {
      const { params } = await next(events)
      for (const time of ['', '2026', `${params[6]}\n`, null]) {
        const other = params.with(6, time)
        if (time === null) expect(await extend(other), `${events}`).toBe(false)
        else await expect(extend(other), `${events} ${time}`).rejects.toMatchObject({ code: 'PHI03' })
      }
      expect(await extend(params)).toBe(true)
    }
  })

  it('S91 takes no lone entry whose time is as long as one and has not its shape', async () => {
    const { params, origin, key, store } = await next(1)
    for (const time of ['2026-01-01T00:00:00.000z', '2026-01-01 00:00:00.000Z', 'x'.repeat(24), `2026-01\n01T00:00:00.000Z`]) {
      const lines = String(params[LEAVES]).split('\n')
      const leaf = [...lines.slice(0, 3), time, ...lines.slice(4)].join('\n')
      expect(leaf.startsWith(`phi.audit/v1\n${origin}\n0\n${time}\n`)).toBe(true)
      const hash = createHash('sha256').update(`\0${leaf}`).digest('base64')
      const other = params.with(LEAVES, leaf).with(5, hash).with(6, time)
      await expect(extend(other), JSON.stringify(time)).rejects.toMatchObject({ code: 'PHI03' })
    }
    expect((await store.head(key)).size).toBe(0)
    expect(await extend(params)).toBe(true)
  })

  it('S91 a head goes forward and keeps its name, also for those who own the table', async () => {
    const { params, key, store } = await next(2)
    await extend(params)
    const before = await store.head(key)
    const as = (sql: string) =>
      db.transaction(async (tx) => {
        await tx.exec(`set local role phi_owner; set local "phi.tenant" = 'default'`)
        await tx.exec(`update phi.audit_log set ${sql} where id = ${params[1]}`)
      })
    const more = 'size = size + 1'
    for (const sql of [
      'size = size',
      'size = size - 1',
      'size = 0',
      "last_hash = 'x'",
      `${more}, origin = 'other.example/audit'`,
    ])
      await expect(as(sql), sql).rejects.toMatchObject({ code: 'PHI02' })
    // Another tenant's name is refused by the wall before the trigger or by the trigger before the wall, whichever is asked first.
    await expect(as(`${more}, tenant = 'other'`)).rejects.toMatchObject({ code: expect.stringMatching(/^(PHI02|42501)$/) })
    expect(await store.head(key)).toEqual(before)
  })

  it('answers the statement of the versions of this library before migration 10 as it did', async () => {
    const { params } = await next(1)
    const before = `select phi.audit_extend(${params.map((_, i) => `$${i + 1}`).join(',')}) as extended`
    for (const extended of [true, false]) expect((await db.query(before, params)).rows).toEqual([{ extended }])
  })

  it('S91 no parameter that is null, and no count that is none, gets anything past it', async () => {
    for (const events of [1, 3]) {
      const { key, store, params } = await next(events)
      for (let i = 0; i < params.length; i++) expect(await extend(params.with(i, null)), `${events} ${i}`).toBe(false)
      for (const wrong of [0, -1, events + 1]) {
        const answer = await extend(params.with(4, wrong)).catch((error: { code: string }) => error.code)
        expect(answer, `${events} ${wrong}`).not.toBe(true)
      }
      expect((await store.head(key)).size).toBe(0)
      expect(await extend(params)).toBe(true)
    }
  })
})

describe('phi.audit_prune', () => {
  let db: Db
  beforeAll(async () => {
    db = await connect((await freshDatabase(server.url)).url)
    await migrate(db, { now: Date.UTC(2019, 0, 1) })
  })
  afterAll(() => db.close())
  const asRetention = (sql: string) =>
    db.transaction(async (tx) => {
      await tx.exec(`set local role phi_retention; set local "phi.tenant" = 'default'`)
      return (await tx.query(sql)).rows
    })

  async function old() {
    const origin = `clinic.example/prune-hostile/${count++}`
    const log = await openAuditLog<Queryable>({ origin, store: auditStore(db), clock: () => Date.UTC(2019, 0, 1) })
    for (let i = 0; i < 6; i++) await log.append(event(`e-${i}`))
    const { rows } = await db.query<{ id: number }>('select id from phi.audit_log where origin = $1', [origin])
    return { log, id: (rows[0] as { id: number }).id }
  }
  const says = (to: string | number | boolean | null, more: object = {}) =>
    ({
      action: 'prune',
      outcome: 'success',
      actor: { id: 'u-1', type: 'workforce' },
      context: { ...more, details: { to } },
    }) as const

  it('S91 takes only an entry for the event that the verifier takes for it', async () => {
    const { log, id } = await old()
    for (const to of ['5', 5.5, null, true]) {
      const { index } = await log.append(says(to))
      await expect(asRetention(`select phi.audit_prune('default', ${id}, 5, ${index}, 100)`), `${to}`).rejects.toMatchObject({
        code: 'PHI04',
      })
    }
    // A text with an escaped NUL, which the server cannot turn into its own text, is an event like any other.
    const { index } = await log.append(says(5, { reason: 'a\u0000b \\u0000 \\\\u0000 \\\u0000 end' }))
    expect(await asRetention(`select phi.audit_prune('default', ${id}, 5, ${index}, 100) as moved`)).toEqual([{ moved: 5 }])
  })

  it('S91 says that it is done only when nothing is left', async () => {
    const { log, id } = await old()
    const { index } = await log.append(says(6))
    for (const limit of ['0', '-1', 'null'])
      await asRetention(`select phi.audit_prune('default', ${id}, 6, ${index}, ${limit}) as moved`).then(
        (rows) => expect(rows[0].moved, limit).toBeGreaterThan(0),
        () => {},
      )
    await asRetention(`select phi.audit_prune('default', ${id}, 6, ${index}, 2)`)
    // Two at a time: the second waits for the first, finds its own rows gone, and must not take that for the end.
    const first = await db.pin()
    await first.query('begin')
    await first.query(`select phi.audit_prune('default', ${id}, 6, ${index}, 2)`)
    const second = asRetention(`select phi.audit_prune('default', ${id}, 6, ${index}, 2) as moved`)
    for (;;) {
      const { rows } = await db.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%audit_prune%'`,
        [],
      )
      if (rows.length > 0) break
    }
    await first.query('commit')
    first.release()
    const left = async () =>
      Number((await db.query(`select count(*) as n from phi.audit_entry where log = ${id} and idx < 6`, [])).rows[0].n)
    const [{ moved }] = (await second) as [{ moved: number }]
    expect(moved > 0 || (await left()) === 0).toBe(true)
  })
})

describe('verification while texts go', () => {
  it('S95 never calls what is being pruned erased, missing or altered', async () => {
    const db = await connect((await freshDatabase(server.url)).url)
    await migrate(db, { now: Date.UTC(2019, 0, 1) })
    const origin = 'clinic.example/prune-race'
    let now = Date.UTC(2019, 0, 1)
    const signer = await ed25519Signer.generate(origin)
    const log = await openAuditLog<Queryable>({ origin, store: auditStore(db, { pageEntries: 7 }), signer, clock: () => now })
    await Promise.all(Array.from({ length: 60 }, (_, i) => log.append(event(`e-${i}`))))
    now = Date.UTC(2026, 0, 1)
    const { rows } = await db.query<{ id: number }>('select id from phi.audit_log where origin = $1', [origin])
    const verdicts = new Set<string>()
    let pruning = true
    const watcher = (async () => {
      while (pruning) {
        const { verdict, findings } = await log.verify()
        verdicts.add([verdict, ...findings.filter(({ code }) => code !== 'pruned').map(({ code }) => code)].join())
      }
    })()
    for (const to of [20, 40, 60]) {
      const details = { to }
      const { index } = await log.append({ ...event(`prune-${to}`), action: 'prune', context: { details } })
      await log.checkpoint()
      for (let moved = 1; moved > 0; ) {
        moved = await db.transaction(async (tx) => {
          await tx.exec(`set local role phi_retention; set local "phi.tenant" = 'default'`)
          const sql = `select phi.audit_prune('default', ${rows[0]?.id}, ${to}, ${index}, 3) as moved`
          return Number((await tx.query<{ moved: number }>(sql)).rows[0]?.moved)
        })
      }
    }
    pruning = false
    await watcher
    expect([...verdicts]).toEqual(['intact'])
    expect(await log.verify()).toMatchObject({
      verdict: 'intact',
      findings: [{ code: 'pruned', between: { from: 0, to: 60 } }],
    })
    await log.close()
    await db.close()
  })
})

describe('migration 0002 over a log of version 1', () => {
  it('S91 keeps every tenant’s entries, each in its month, also when a login without superpowers migrates', async () => {
    const { url } = await freshDatabase(server.url)
    const login = `migrator_${process.pid}_${count++}`
    await asSuperuser(url, async (client) => {
      await client.query(`create role ${login} login createrole password 'x'`)
      await client.query(`grant create on database ${new URL(url).pathname.slice(1)} to ${login}`)
      const { rows } = await client.query(`select rolname from pg_roles where rolname like 'phi\\_%'`)
      for (const { rolname } of rows) await client.query(`grant ${rolname} to ${login} with admin option`)
    })
    const own = new URL(url)
    own.username = login
    own.password = 'x'
    const db = await connect(own.href)
    const [first] = migrations
    if (first === undefined) throw new Error('no migrations')
    await migrateWith(db, [first], { now: Date.UTC(2020, 0, 1) })
    // Entries as version 1 wrote them, by the functions of version 1.
    const kept: { tenant: string; origin: string; lastHash: string }[] = []
    for (const tenant of ['clinic-a', 'clinic-b']) {
      const origin = `clinic.example/v1/${tenant}/${count++}`
      let month = 0
      const store = auditStore(db, { groupCommit: false })
      const log = await openAuditLog<Queryable>({ origin, tenant, store, clock: () => Date.UTC(2020, month, 3) })
      for (; month < 3; month++) for (let i = 0; i < 3; i++) await log.append(event(`e-${month}-${i}`))
      kept.push({ tenant, origin, lastHash: (await log.head()).lastHash })
      await log.close()
    }
    await migrate(db, { now: Date.UTC(2020, 0, 1) })
    for (const { tenant, origin, lastHash } of kept) {
      const signer = await ed25519Signer.generate(origin)
      const log = await openAuditLog<Queryable>({ origin, tenant, store: auditStore(db), signer })
      expect((await log.head()).lastHash).toBe(lastHash)
      await log.checkpoint()
      expect(await log.verify()).toMatchObject({ verdict: 'intact', coverage: { checked: 9 } })
      expect(await log.append(event('e-0-0'))).toMatchObject({ duplicate: true, index: 0 })
      await log.close()
    }
    await asSuperuser(url, async (client) => {
      const { rows } = await client.query(
        `select tableoid::regclass::text as part, month, count(*)::int as n from phi.audit_entry group by 1, 2 order by 2`,
      )
      expect(rows).toEqual(['01', '02', '03'].map((m) => ({ part: `phi.audit_entry_2020_${m}`, month: `2020-${m}`, n: 6 })))
    })
    await db.close()
  })
})

describe('sealing inside a transaction', () => {
  it('S95 on a database of one connection a repeated event is compared without a second one', async () => {
    const db = await embeddedMigrated()
    const sealer: Sealer = { seal: async (_, __, text) => `~${text}`, open: async (_, sealed) => sealed.slice(1) }
    const origin = 'clinic.example/one-connection'
    const log = await openAuditLog<Queryable>({ origin, store: auditStore(db), sealer })
    const about = (patient: string) => event('e-1', { subject: { patients: [patient] } })
    await db.transaction(async (tx) => {
      await log.appendIn(tx, about('p-1'))
      expect(await log.appendIn(tx, about('p-1'))).toMatchObject({ duplicate: true })
      expect(await refusal(log.appendIn(tx, about('p-2')))).toMatchObject({ code: 'PHI_AUDIT_CONFLICT' })
    })
    expect((await log.head()).size).toBe(1)
    await log.close()

    // Keys in the same database: they cannot be asked for while its one connection is in the caller's transaction.
    const keys = keyStore(db)
    const keyring = await openKeyring({ kms: localKms.generate(), store: keys })
    const options = {
      origin: `${origin}/keys`,
      tenant: 'clinic-a',
      store: auditStore(db),
      sealer: auditSealer({ keyring, store: keys }),
    }
    const own = await openAuditLog<Queryable>({ ...options, limits: { timeoutMs: 200 } })
    expect(await refusal(db.transaction((tx) => own.appendIn(tx, about('p-1'))))).toMatchObject({ code: 'PHI_AUDIT_SEALER' })
    expect((await own.head()).size).toBe(0)
    await own.close()
    // Outside of it they can, and once they are at hand, inside too.
    const patient = await openAuditLog<Queryable>(options)
    await patient.append(about('p-1'))
    await db.transaction((tx) => patient.appendIn(tx, { ...about('p-1'), id: 'e-2' }))
    expect((await patient.query({ patient: 'p-1' })).records).toHaveLength(2)
    await patient.close()
    await db.close()
  }, 60_000)
})
