import { spawn } from 'node:child_process'
import { type AuditEventInput, type AuditLog, ed25519Signer, openAuditLog } from '@phi/audit'
import { auditStoreSuite, register } from '@phi/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runnable } from '../../../core/test/run-program.ts'
import { EXTEND_MANY } from '../../src/audit/group-commit.ts'
import {
  type AuditStoreOptions,
  auditStore,
  connect,
  type Db,
  type Pinned,
  type Queryable,
  transactional,
} from '../../src/index.ts'
import { embeddedMigrated } from '../embedded.ts'
import { asSuperuser, migratedDatabase, startServer, type TestServer } from '../server.ts'

let server: TestServer
let url: string
let db: Db
const cleanups: (() => Promise<unknown>)[] = []
const long = process.env.PHI_LONG === '1'

beforeAll(async () => {
  // Deadlocks are what one of the cases is about: they need not take the usual second to be seen.
  server = await startServer(['-c', 'fsync=off', '-c', 'deadlock_timeout=100ms'])
  const database = await migratedDatabase(server.url)
  url = database.url
  db = await connect(url)
  cleanups.push(database.drop, () => db.close())
})

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
  await server?.stop()
})

type Log = AuditLog<Queryable>

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)
const read = (more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce' },
  subject: { patients: ['p-88'] },
  ...more,
})

let prefixes = 0
/** Logs of as many tenants, `t-0` and on, all through one store with group commit. */
async function openMany(count: number, on: Db = db, prefix = `many.example/${prefixes++}`, options: AuditStoreOptions = {}) {
  const store = auditStore(on, { groupCommit: true, ...options })
  const open = async (t: number): Promise<Log> => {
    const origin = `${prefix}/${t}`
    const signer = ed25519Signer.fromSecretKey(origin, new Uint8Array(32).fill(1 + (t % 250)))
    const limits = { timeoutMs: 60_000 }
    return openAuditLog<Queryable>({ tenant: `t-${t}`, origin, store, signer, limits, checkpoint: { intervalMs: 600_000 } })
  }
  return { prefix, logs: await Promise.all(upTo(count).map(open)) }
}

/** Each log verifies, every value, link and tree hash up to that size, against checkpoints; in the short form a few sign a last one. */
async function allIntact(logs: readonly Log[], size: number, signing = long ? logs.length : 10): Promise<void> {
  const words = new Set<string>()
  let next = 0
  const verifySome = async () => {
    for (let i = next++; i < logs.length; i = next++) {
      const log = logs[i] as Log
      const signs = i < signing
      if (signs) await log.checkpoint()
      const { verdict, coverage, findings } = await log.verify()
      const anchored = coverage.anchoredTo ?? 0
      const enough = signs ? anchored === size : anchored > 0
      words.add(
        `${verdict} ${coverage.checked} ${enough ? 'anchored' : 'not anchored'}${findings.map(({ code }) => ` ${code}`).join('')}`,
      )
    }
  }
  await Promise.all(upTo(8).map(verifySome))
  expect([...words]).toEqual([`intact ${size} anchored`])
}

interface Watched {
  readonly db: Db
  /** The words that came back, one text a statement. */
  readonly answers: string[]
}

type Query = (sql: string, params?: unknown[]) => Promise<{ rows: { extended?: unknown }[] }>

/** The database, with something between it and the statements that carry several logs. */
function watching(between: (run: () => ReturnType<Query>, statement: number) => ReturnType<Query> = (run) => run()): Watched {
  const answers: string[] = []
  let statements = 0
  const pin = async (): Promise<Pinned> => {
    const pinned = await db.pin()
    const query: Query = async (sql, params) => {
      if (sql !== EXTEND_MANY) return pinned.query(sql, params)
      const answer = await between(() => pinned.query(sql, params), statements++)
      answers.push(String(answer.rows[0]?.extended))
      return answer
    }
    return { query: query as Pinned['query'], release: pinned.release }
  }
  return { db: { ...db, pin }, answers }
}

const count = (answers: readonly string[], word: string) =>
  answers
    .join(' ')
    .split(' ')
    .filter((each) => each === word).length

describe('many logs in one commit', () => {
  it('S91 S95 S98 carries 200 tenants in a few statements, and each log verifies by itself', async () => {
    const watched = watching()
    const { logs } = await openMany(200, watched.db)
    for (const round of upTo(3)) {
      const receipts = await Promise.all(logs.map((log) => log.append(read())))
      expect(new Set(receipts.map(({ index }) => index))).toEqual(new Set([round]))
    }
    // The first entries went under the lock, since no head was known yet: two rounds of 200 are left.
    expect(count(watched.answers, 't')).toBeGreaterThan(300)
    expect(count(watched.answers, 'f')).toBe(0)
    expect(watched.answers.length).toBeLessThanOrEqual(40)
    await allIntact(logs, 3)
    // What each tenant can read is its own, and only that.
    for (const [t, log] of logs.slice(0, 5).entries()) {
      const { rows } = await db.query<{ n: number }>(
        `select count(*)::int as n from phi.audit_log where tenant = $1 and origin = $2`,
        [`t-${t}`, log.origin],
      )
      expect(rows[0]?.n).toBe(1)
      expect((await log.query()).records).toHaveLength(3)
    }
  })

  it('S95 lets several processes and pools write to the same logs at once: no entry lost, none twice, one chain each', async () => {
    const tenants = long ? 200 : 80
    const each = long ? 20 : 2
    const { prefix, logs } = await openMany(tenants)
    const other = await connect(url)
    const { logs: theirs } = await openMany(tenants, other, prefix)
    const writer = await runnable(new URL('many-writer.ts', import.meta.url))
    const acknowledged: string[] = []
    const child = new Promise<number | null>((resolve, reject) => {
      const argv = [...writer.argv, url, prefix, 'child', String(tenants), String(each)]
      const process_ = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
      let text = ''
      process_.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      process_.on('error', reject)
      process_.on('close', (code) => {
        acknowledged.push(...text.trim().split('\n'))
        resolve(code)
      })
    })
    const appendAll = async (name: string, some: readonly Log[]) => {
      for (const i of upTo(each)) await Promise.all(some.map((log) => log.append(read({ id: `${name}-${i}` }))))
    }
    await Promise.all([appendAll('a', logs), appendAll('b', theirs), child])
    expect(await child).toBe(0)
    await writer.remove()
    expect(acknowledged).toHaveLength(tenants * each)
    await Promise.all(theirs.map((log) => log.close()))
    await other.close()
    await allIntact(logs, 3 * each)
    for (const line of acknowledged.slice(0, 20)) {
      const [tenant, eventId] = line.split(' ') as [string, string]
      expect((await (logs[Number(tenant)] as Log).query({ eventId })).records).toHaveLength(1)
    }
  })

  it('writes for everybody else where one tenant cannot be written', async () => {
    const watched = watching()
    const { logs, prefix } = await openMany(60, watched.db)
    await Promise.all(logs.map((log) => log.append(read())))
    await asSuperuser(url, (client) =>
      client.query(`create function public.broken() returns trigger language plpgsql as $$ begin raise exception 'p-88 is broken'; end $$;
        create trigger broken before update on phi.audit_log for each row when (new.origin = '${prefix}/7') execute function public.broken()`),
    )
    const results = await Promise.allSettled(logs.map((log) => log.append(read())))
    expect(results.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([7])
    const { reason } = results[7] as PromiseRejectedResult
    expect(reason).toMatchObject({ code: 'PHI_PG_QUERY', info: { sqlstate: 'P0001' } })
    expect(`${reason.message} ${JSON.stringify(reason)}`).not.toContain('p-88')
    expect(count(watched.answers, 'P0001')).toBe(1)
    await asSuperuser(url, (client) => client.query('drop trigger broken on phi.audit_log; drop function public.broken()'))
    await (logs[7] as Log).append(read())
    await allIntact(logs, 2)
  })

  it('writes an event id once, and finds out by whom it is taken, while others in the same statement go on', async () => {
    const watched = watching()
    const { logs } = await openMany(40, watched.db)
    const occurredAt = '2026-11-22T10:00:00.000Z'
    const firsts = await Promise.all(logs.map((log) => log.append(read({ id: 'order-1', occurredAt }))))
    const seconds = await Promise.allSettled(
      logs.map((log, i) => {
        if (i % 4 === 0) return log.append(read({ id: 'order-1', occurredAt, outcome: 'failure' }))
        return log.append(read({ id: i % 4 === 1 ? 'order-1' : 'order-2', occurredAt }))
      }),
    )
    for (const [i, result] of seconds.entries()) {
      if (i % 4 === 0) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'PHI_AUDIT_CONFLICT' } })
      else if (i % 4 === 1) expect(result).toEqual({ status: 'fulfilled', value: { ...firsts[i], duplicate: true } })
      else expect(result).toMatchObject({ status: 'fulfilled', value: { index: 1, duplicate: false } })
    }
    expect(count(watched.answers, '23505')).toBe(20)
    await allIntact(
      logs.filter((_, i) => i % 4 < 2),
      1,
    )
    await allIntact(
      logs.filter((_, i) => i % 4 >= 2),
      2,
    )
  })

  it.each(['before the statement', 'after its commit'])(
    'S95 writes each event once where answers are lost %s: acknowledged is in the log, and nothing is there twice',
    async (when) => {
      const lost = () => {
        throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
      }
      // Every third statement.
      const watched = watching(async (run, statement) => {
        if (statement % 3 !== 0) return run()
        if (when === 'after its commit') await run()
        return lost()
      })
      const { logs } = await openMany(60, watched.db)
      for (const i of upTo(4)) {
        const receipts = await Promise.all(logs.map((log) => log.append(read({ id: `order-${i}` }))))
        for (const { index } of receipts) expect(index).toBe(i)
      }
      expect(watched.answers.length).toBeGreaterThan(0)
      await allIntact(logs, 4)
    },
  )

  it('tries again where the server refuses statements for a while', async () => {
    let refused = 0
    const watched = watching(async (run, statement) => {
      if (statement >= 3) return run()
      refused++
      throw Object.assign(new Error('no room for user "p-88"'), { code: '53300' })
    })
    const { logs } = await openMany(40, watched.db)
    for (const _ of upTo(3)) await Promise.all(logs.map((log) => log.append(read())))
    expect(refused).toBe(3)
    await allIntact(logs, 3)
  })

  it('S95 loses nothing and doubles nothing where connections are cut again and again', async () => {
    const { logs } = await openMany(20)
    const name = new URL(url).pathname.slice(1)
    let acknowledged = 0
    let going = true
    const killer = asSuperuser(server.url, async (client) => {
      // By progress, not by the clock: on a slow machine nothing would ever get through.
      for (let seen = -1; going; await new Promise((resolve) => setTimeout(resolve, 5))) {
        if (acknowledged <= seen + 10) continue
        seen = acknowledged
        await client.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
          [name],
        )
      }
    })
    await Promise.all(
      logs.map(async (log) => {
        for (const i of upTo(10)) {
          await log.append(read({ id: `order-${i}` }))
          acknowledged++
        }
      }),
    )
    going = false
    await killer
    // A first checkpoint can have been cut off as well.
    await allIntact(logs, 10, logs.length)
  })

  it('holds up nobody else while a caller’s transaction holds one tenant’s head', async () => {
    const { logs } = await openMany(30)
    await Promise.all(logs.map((log) => log.append(read())))
    const [held, ...others] = logs as [Log, ...Log[]]
    let waiting: Promise<unknown> = Promise.resolve()
    await db.transaction(async (tx) => {
      await held.appendIn(tx, read())
      waiting = held.append(read({ id: 'waits' }))
      // With the head locked, all of these are acknowledged.
      for (const _ of upTo(3)) await Promise.all(others.map((log) => log.append(read())))
      expect(await db.query('select 1', [])).toBeDefined()
    })
    await waiting
    await allIntact(others, 4)
    await allIntact([held], 3)
  })

  it('bears callers who lock two heads in opposite orders: they deadlock, run again, and all logs verify', async () => {
    const { logs } = await openMany(20)
    await Promise.all(logs.map((log) => log.append(read())))
    const [a, b] = logs as [Log, Log]
    let attempts = 0
    const each = long ? 40 : 3
    // Both hold their first head before either asks for its second.
    const meeting = () => {
      let arrived = 0
      let meet = () => {}
      const met = new Promise<void>((resolve) => {
        meet = resolve
      })
      return async (attempt: number) => {
        if (attempt > 1) return
        if (++arrived === 2) meet()
        await met
      }
    }
    const both = (first: Log, second: Log, i: number, met: (attempt: number) => Promise<void>) =>
      transactional(
        db,
        async (tx, attempt) => {
          attempts++
          // A tenant's setting must not outlive its append: the second log is another tenant's.
          await first.appendIn(tx, read({ id: `${first.tenant}-${i}-1` }))
          await met(attempt)
          await second.appendIn(tx, read({ id: `${first.tenant}-${i}-2` }))
        },
        { attempts: 10 },
      )
    for (const i of upTo(each)) {
      const met = meeting()
      await Promise.all([both(a, b, i, met), both(b, a, i, met), ...logs.map((log) => log.append(read()))])
    }
    // Each meeting is a deadlock, and one of the two has to run again.
    expect(attempts).toBeGreaterThanOrEqual(3 * each)
    await allIntact([a, b], 1 + each + 2 * each)
    await allIntact(logs.slice(2), 1 + each)
  })

  it.runIf(long)('does the same on PGlite, on its one connection', async () => {
    const pglite = await embeddedMigrated()
    const { logs } = await openMany(20, pglite)
    for (const _ of upTo(3)) await Promise.all(logs.map((log) => log.append(read())))
    await allIntact(logs, 3)
    await pglite.close()
  })

  it('keeps up with the order of one busy log among others', async () => {
    const { logs } = await openMany(4)
    const [busy, ...others] = logs as [Log, ...Log[]]
    const receipts = await Promise.all([
      ...upTo(600).map(() => busy.append(read())),
      ...others.map((log) => log.append(read())),
    ])
    expect(receipts.slice(0, 600).map(({ index }) => index)).toEqual(upTo(600))
    await allIntact([busy], 600)
    await allIntact(others, 1)
  })

  it.each(['auto', false] as const)(
    'serves more busy logs than the pool has connections, with groupCommit %s',
    async (groupCommit) => {
      const pool = await connect(url, { max: 2 })
      const { logs } = await openMany(12, pool, undefined, { groupCommit })
      // Every caller appends again as soon as it is answered, so that no log is ever idle.
      await Promise.all(
        logs.flatMap((log) =>
          upTo(3).map(async () => {
            for (const _ of upTo(10)) await log.append(read())
          }),
        ),
      )
      await allIntact(logs, 30)
      await pool.close()
    },
  )
})

describe('phi.audit_extend_many', () => {
  /** The parameters for two tenants' next entries, kept from being sent. */
  async function unsent(): Promise<{ params: unknown[]; logs: readonly Log[] }> {
    let params: unknown[] | undefined
    let seen = () => {}
    const kept = new Promise<void>((resolve) => {
      seen = resolve
    })
    const pin = async (): Promise<Pinned> => {
      const pinned = await db.pin()
      const query = async (sql: string, given?: unknown[]) => {
        if (sql !== EXTEND_MANY) return pinned.query(sql, given)
        params = given
        seen()
        throw Object.assign(new Error('kept'), { code: '42501' })
      }
      return { query: query as Pinned['query'], release: pinned.release }
    }
    const watched: Db = { ...db, pin }
    // After the statement is refused each goes alone, which is refused as well: nothing is written.
    let refuse = false
    const never: Db = {
      ...watched,
      pin: async () => {
        const pinned = await watched.pin()
        const query = async (sql: string, given?: unknown[]) => {
          if (refuse && sql !== EXTEND_MANY) throw Object.assign(new Error('kept'), { code: '42501' })
          return pinned.query(sql, given)
        }
        return { query: query as Pinned['query'], release: pinned.release }
      },
    }
    // One track, so that the two meet in it.
    const { logs } = await openMany(2, never, undefined, { groupCommit: { connections: 1 } })
    await Promise.all(logs.map((log) => log.append(read())))
    refuse = true
    await Promise.allSettled(logs.map((log) => log.append(read())))
    await kept
    // In the order in which they stand in the statement.
    const tenants = String(params?.[0]).split('\x1f')
    const inOrder = logs.toSorted((a, b) => tenants.indexOf(a.tenant) - tenants.indexOf(b.tenant))
    return { params: params as unknown[], logs: inOrder }
  }

  const call = (tx: Queryable, params: unknown[]) => tx.query<{ extended: string }>(EXTEND_MANY, params)

  it('S98 refuses every log of another tenant than the transaction’s, and puts the setting back', async () => {
    const { params, logs } = await unsent()
    const second = (logs[1] as Log).tenant
    const setting = `select coalesce(current_setting('phi.tenant', true), '') as tenant`
    await db.transaction(async (tx) => {
      await tx.exec(`set local "phi.tenant" = '${second}'; set local role phi_app`)
      expect((await call(tx, params)).rows[0]?.extended).toBe('PHI01 t')
      expect((await tx.query<{ tenant: string }>(setting, [])).rows[0]?.tenant).toBe(second)
    })
    await db.transaction(async (tx) => {
      await tx.exec('set local role phi_app')
      // The second was written just now: its head is another.
      expect((await call(tx, params)).rows[0]?.extended).toBe('t f')
      expect((await tx.query<{ tenant: string }>(setting, [])).rows[0]?.tenant).toBe('')
      const { rows } = await tx.query<{ n: number }>('select count(*)::int as n from phi.audit_log', [])
      expect(rows[0]?.n).toBe(0)
    })
  })

  it('S98 refuses lists of different lengths, in which one log’s texts would be another’s', async () => {
    const { params, logs } = await unsent()
    for (const i of [0, 5, 8, 18]) {
      const longer = params.with(i, `${params[i]}\x1fx`)
      await expect(call(db, longer), String(i)).rejects.toMatchObject({ code: '22023' })
    }
    await allIntact(logs, 1)
  })

  it('S95 is for the application only, and runs with a pinned search_path as the role that can do no more than append', async () => {
    const { params } = await unsent()
    for (const role of ['phi_auditor', 'phi_owner', 'phi_retention']) {
      const attempt = db.transaction(async (tx) => {
        await tx.exec(`set local role ${role}`)
        await call(tx, params)
      })
      await expect(attempt, role).rejects.toMatchObject({ code: '42501' })
    }
    const { rows } = await db.query<{ owner: string; definer: boolean; config: string; open: boolean }>(
      `select pg_get_userbyid(proowner) as owner, prosecdef as definer, array_to_string(proconfig, ',') as config,
         exists (select from aclexplode(proacl) a where a.grantee = 0) as open
       from pg_proc where pronamespace = 'phi'::regnamespace and proname = 'audit_extend_many'`,
      [],
    )
    expect(rows).toEqual([
      {
        owner: 'phi_writer',
        definer: true,
        config: 'search_path=pg_catalog, pg_temp,enable_seqscan=off,plan_cache_mode=force_generic_plan',
        open: false,
      },
    ])
  })

  it('S95 is all or nothing for each log when the transaction around it is rolled back', async () => {
    const { params, logs } = await unsent()
    const rolledBack = db.transaction(async (tx) => {
      expect((await call(tx, params)).rows[0]?.extended).toBe('t t')
      throw new Error('rolled back')
    })
    await expect(rolledBack).rejects.toThrow('rolled back')
    await allIntact(logs, 1)
  })

  it('answers for a log that is not there, and one that another transaction holds, without waiting', async () => {
    const { params, logs } = await unsent()
    const absent = params.with(1, String(params[1]).replace(/\d+$/, '2000000000'))
    await db.transaction(async (tx) => {
      await (logs[0] as Log).appendIn(tx, read())
      const { rows } = await db.query<{ extended: string }>(EXTEND_MANY, absent)
      expect(rows[0]?.extended).toBe('f f')
    })
    await allIntact(logs.slice(0, 1), 2)
    await allIntact(logs.slice(1), 1)
  })
})

// Every case gets a store of its own on the same database: its keys are fresh, and nothing else looks at them.
register(
  auditStoreSuite({
    name: 'auditStore with groupCommit, on PostgreSQL',
    supports: { unreachable: false, because: { unreachable: 'shown for the store without group commit' } },
    async open() {
      const pools: Db[] = []
      const another = async () => {
        const pool = await connect(url, { max: 4 })
        pools.push(pool)
        return auditStore(pool, { groupCommit: true })
      }
      return {
        store: await another(),
        another,
        async close() {
          for (const pool of pools) await pool.close()
        },
      }
    },
  }),
  { describe, it },
)
