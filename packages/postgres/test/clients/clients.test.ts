import { isPhiError, type PhiError } from '@phi/core'
import { retentionSchedule, usRetention } from '@phi/retention'
import { auditStoreSuite, register } from '@phi/testing'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import {
  auditStore,
  CommitUnknown,
  connect,
  connectPostgresJs,
  type Db,
  fromClient,
  fromPostgresJs,
  migrate,
  type Queryable,
  retentionPlanner,
} from '../../src/index.ts'
import { freshDatabase, startServer, type TestServer } from '../server.ts'
import { signed } from '../stores/narrow-records.ts'
import { type CutProxy, startCutProxy } from './cut-proxy.ts'

let server: TestServer
let proxy: CutProxy
let url: string
let drop: () => Promise<void>

beforeAll(async () => {
  server = await startServer()
  const database = await freshDatabase(server.url)
  url = database.url
  drop = database.drop
  proxy = await startCutProxy(url)
})

afterAll(async () => {
  await proxy?.close()
  await drop?.()
  await server?.stop()
})

type Open = (
  url: string,
  options?: { readonly max?: number; readonly queryTimeoutMs?: number; readonly connectTimeoutMs?: number },
) => Promise<Db>

/** A connection of the caller's, which the caller ends. */
const clientOf: Open = async (to) => {
  const client = new pg.Client({ connectionString: to })
  client.on('error', () => {})
  await client.connect()
  return { ...fromClient(client), close: () => client.end() }
}

const pooled: Readonly<Record<string, Open>> = {
  'pg, a pool': (to, options) => connect(to, { connectTimeoutMs: 2000, ...options }),
  'postgres.js': (to, options) => connectPostgresJs(to, { connectTimeoutMs: 2000, ...options }),
  'postgres.js, as the caller configured it': async (to, options) => {
    const sql = postgres(to, {
      transform: postgres.camel,
      types: { bigint: postgres.BigInt },
      fetch_types: false,
      prepare: false,
      max: 1,
    })
    const db = await fromPostgresJs(sql, { connectTimeoutMs: 2000, ...options })
    const close = async () => {
      await db.close()
      await sql.end()
    }
    return { ...db, close }
  },
}
const all: Readonly<Record<string, Open>> = { ...pooled, 'pg, one client of the caller’s': clientOf }

/** Every case has a database of its own in the sense that its logs are its own. */
describe('what the schema needs', () => {
  it.each(Object.keys(all))('is migrated through %s, once, also when several do it at once', async (name) => {
    const fresh = await freshDatabase(server.url)
    const clients = await Promise.all(Array.from({ length: 3 }, () => (all[name] as Open)(fresh.url)))
    const reports = await Promise.all(clients.map((db) => migrate(db)))
    expect(reports.filter(({ applied }) => applied.length > 0)).toHaveLength(1)
    expect((await migrate(clients[0] as Db)).applied).toEqual([])
    await Promise.all(clients.map((db) => db.close()))
    await fresh.drop()
  })

  it('is migrated for the suites below', async () => {
    const db = await connect(url)
    expect((await migrate(db)).applied.length).toBeGreaterThan(0)
    await db.close()
  })
})

for (const name of ['pg, a pool', 'postgres.js']) {
  const open = pooled[name] as Open
  register(
    auditStoreSuite({
      name: `auditStore on PostgreSQL through ${name}`,
      async open() {
        const dbs: Db[] = []
        const another = async () => {
          const db = await open(proxy.through(url))
          dbs.push(db)
          return auditStore(db) as never
        }
        const faults = { unreachable: async () => proxy.cut(), restore: async () => proxy.restore() }
        return {
          store: await another(),
          another,
          faults,
          close: async () => void (await Promise.all(dbs.map((db) => db.close()))),
        }
      },
    }),
    { describe, it },
  )
}

register(
  auditStoreSuite({
    name: 'auditStore on PostgreSQL through pg, one client of the caller’s',
    supports: { unreachable: false, because: { unreachable: 'the connection is the caller’s, and so is making a new one' } },
    async open() {
      const dbs: Db[] = []
      const another = async () => {
        const db = await clientOf(url)
        dbs.push(db)
        return auditStore(db) as never
      }
      return { store: await another(), another, close: async () => void (await Promise.all(dbs.map((db) => db.close()))) }
    },
  }),
  { describe, it },
)

/** Runs with a database handle, and closes it whatever happens. */
async function using<T>(opening: Promise<Db>, run: (db: Db) => Promise<T>): Promise<T> {
  const db = await opening
  try {
    return await run(db)
  } finally {
    await db.close()
  }
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'resolved',
    (error: { code?: unknown }) => error.code ?? 'no code',
  )

describe.each(Object.keys(all))('statements through %s', (name) => {
  const open = all[name] as Open

  it('answer with what `pg` answers: the types that the stores rely on', async () => {
    const text = `select 9007199254740993::bigint as big, 1.10::numeric as num, 7::int as int, 0.5::float8 as float, true as flag,
      null::text as nothing, '{"a":[1,"x"]}'::json as json, '{"a":1}'::jsonb as jsonb, array['a','b "q" \\ ,', null]::text[] as texts,
      '\\x00ff'::bytea as bytes, 'a'::text collate "C" as c, '2026-01-02T03:04:05.678Z'::timestamptz as at, ''::text as empty,
      count(*) as n, pg_current_xact_id()::text is not null as xid, array[1,2] as ints, 'x'::name as name`
    const plain = new pg.Client({ connectionString: url })
    await plain.connect()
    const expected = (await plain.query(text)).rows
    await plain.end()
    await using(open(url), async (db) => {
      expect((await db.query(text, [])).rows).toEqual(expected)
      expect((await db.query(text)).rows).toEqual(expected)
    })
  })

  it('answer with a row that has no column, and with none: that is how an extension says that it was written', async () => {
    const text = 'select where $1::int = 1'
    await using(open(url), async (db) => {
      const pinned = await db.pin()
      for (const on of [db, pinned]) {
        expect((await on.query(text, [1])).rows).toEqual([{}])
        expect((await on.query(text, [2])).rows).toEqual([])
      }
      pinned.release()
      await db.transaction(async (tx) => expect((await tx.query(text, [1])).rows).toEqual([{}]))
    })
  })

  it('take parameters as `pg` does: text of JSON is not quoted again, and null is null', async () => {
    const odd = `it's "q" \\ \${x} %_ é\u2028\n\u{1f642} $1 $$`
    const params = [
      '{"a":"é"}',
      null,
      ['a', odd, null],
      new Uint8Array([0, 255]),
      new Date(1_767_323_045_678),
      12n,
      3,
      true,
      odd,
    ]
    const text = `select ($1::json)->>'a' as a, $2::text is null as nothing, $3::text[] as texts, encode($4::bytea, 'hex') as bytes,
      to_char($5::timestamptz at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') as at, $6::bigint::text as big, $7::int + 1 as int, $8::boolean as flag, $9::text as odd,
      $10::jsonb->'b' as b`
    await using(open(url), async (db) => {
      for (let round = 0; round < 2; round++) {
        expect((await db.query(text, [...params, { b: [1] }])).rows).toEqual([
          {
            a: 'é',
            nothing: true,
            texts: ['a', odd, null],
            bytes: '00ff',
            at: '2026-01-02 03:04:05.678',
            big: '12',
            int: 4,
            flag: true,
            odd,
            b: [1],
          },
        ])
      }
    })
  })

  it('take an array as PostgreSQL writes it, for a parameter that is an array', async () => {
    const text = `select array_length($1::bigint[], 1) as n, ($1::bigint[])[2]::text as big, ($2::date[])[1]::text as day,
      ($3::boolean[])[1] as flag, coalesce(array_length($4::int[], 1), 0) as none`
    await using(open(url), async (db) => {
      const params = ['{1,9007199254740993}', '{2026-01-02,infinity}', '{t,f}', '{}']
      for (let round = 0; round < 2; round++)
        expect((await db.query(text, params)).rows).toEqual([
          { n: 2, big: '9007199254740993', day: '2026-01-02', flag: true, none: 0 },
        ])
    })
  })

  it('S65 count what a retention plan comes to', async () => {
    await using(open(url), async (db) => {
      await db.exec(`create table if not exists public.kept (id bigint primary key, kind text, created date, state text);
        insert into public.kept values (1, 'audit-log', '1990-01-01', null), (2, 'doodle', '1990-01-01', 'TX'),
          (3, 'medical-record', '1990-01-01', 'TX') on conflict do nothing;
        grant select, delete on public.kept to phi_retention;`)
      const table = {
        table: 'kept',
        id: [{ column: 'id', type: 'bigint' }],
        tenant: null,
        version: 'xmin',
        facts: { kind: 'kind', created: 'created', state: 'state' },
      } as const
      const policy = retentionSchedule({
        id: 'one/1',
        signOffs: signed(usRetention.rules),
      })
      const planner = retentionPlanner(db, { tenant: 'default', policy, tables: [table] })
      const expected = [
        { kind: 'audit-log', status: 'disposable', records: 1 },
        { kind: 'doodle', status: 'needs-assessment', records: 1 },
        { kind: 'medical-record', status: 'unknown', records: 1 },
      ]
      for (let round = 0; round < 2; round++)
        expect((await planner.overview({ today: usRetention.asOf })).counts).toEqual(expected)
    })
  })

  it('fail with the SQLSTATE as `code`, and without their parameters in the error', async () => {
    await using(open(url), async (db) => {
      const problem = await refusal22(db.query('select $1::int', ['p-88 secret']))
      expect(problem.code).toBe('22P02')
      for (const key of Reflect.ownKeys(problem)) {
        if (key !== 'message' && key !== 'stack') expect(JSON.stringify(Reflect.get(problem, key)) ?? '').not.toContain('p-88')
      }
      expect(await codeOf(db.query('select * from nowhere', []))).toBe('42P01')
      expect((await db.query('select 1 as one', [])).rows).toEqual([{ one: 1 }])
    })
  })

  it('commit together or not at all', async () => {
    await using(open(url), async (db) => {
      const table = `t_${Math.random().toString(36).slice(2)}`
      await db.exec(`create table ${table} (id int primary key); insert into ${table} values (0)`)
      const count = async () => (await db.query<{ n: string }>(`select count(*) as n from ${table}`, [])).rows[0]?.n
      await db.transaction(async (tx) => {
        await tx.exec(`insert into ${table} values (1); insert into ${table} values (2)`)
        await tx.query(`insert into ${table} values ($1)`, [3])
      })
      expect(await count()).toBe('4')
      const thrown = new Error('no')
      const failing = db.transaction(async (tx) => {
        await tx.query(`insert into ${table} values ($1)`, [4])
        throw thrown
      })
      await expect(failing).rejects.toBe(thrown)
      expect(await codeOf(db.transaction((tx) => tx.query(`insert into ${table} values ($1)`, [1])))).toBe('23505')
      expect(await count()).toBe('4')
    })
  })

  it('S95 that failed and were passed over do not read as committed', async () => {
    await using(open(url), async (db) => {
      const table = `t_${Math.random().toString(36).slice(2)}`
      await db.exec(`create table ${table} (id int)`)
      const swallowing = db.transaction(async (tx) => {
        await tx.query(`insert into ${table} values ($1)`, [1])
        await tx.query('select 1/0', []).catch(() => {})
      })
      expect(await codeOf(swallowing)).toBe('25P02')
      expect((await db.query(`select from ${table}`, [])).rows).toHaveLength(0)
      // Behind a savepoint the transaction goes on.
      await db.transaction(async (tx) => {
        await tx.query(`insert into ${table} values ($1)`, [1])
        await tx.exec('savepoint s')
        await tx.query('select 1/0', []).catch(() => {})
        await tx.exec('rollback to s')
      })
      expect((await db.query(`select from ${table}`, [])).rows).toHaveLength(1)
    })
  })

  it('are refused on the handle of a transaction that has ended', async () => {
    await using(open(url), async (db) => {
      let kept: Queryable | undefined
      await db.transaction(async (tx) => {
        kept = tx
      })
      await expect(kept?.query('select 1', [])).rejects.toThrow('has ended')
    })
  })
})

const refusal22 = (work: Promise<unknown>): Promise<Error & { code?: string }> =>
  work.then(
    () => {
      throw new Error('was not refused')
    },
    (error: Error) => error,
  )

describe.each(Object.keys(pooled))('faults under %s', (name) => {
  const open = pooled[name] as Open
  const through = () => proxy.through(url)
  const fresh = async (db: Db) => {
    const table = `t_${Math.random().toString(36).slice(2)}`
    await db.exec(`create table ${table} (id int)`)
    return table
  }
  const kept = async (table: string) =>
    using(connect(url), async (db) => (await db.query(`select from ${table}`, [])).rows.length)

  it('S95 a COMMIT whose answer is lost is unknown, whether it happened or not', async () => {
    for (const [when, rows] of [
      ['before', 0],
      ['after', 1],
    ] as const) {
      await using(open(through()), async (db) => {
        const table = await fresh(db)
        const work = db.transaction(async (tx) => {
          await tx.query(`insert into ${table} values ($1)`, [1])
          proxy.cutOn('commit', when)
        })
        await expect(work).rejects.toBeInstanceOf(CommitUnknown)
        await expect.poll(() => kept(table)).toBe(rows)
        // The next caller has another connection.
        expect((await db.query('select 1 as one', [])).rows).toEqual([{ one: 1 }])
      })
    }
  })

  it('S95 a connection that dies between two statements takes the transaction with it: nothing runs alone on the next one', async () => {
    await using(open(through(), { max: 2 }), async (db) => {
      const table = await fresh(db)
      const work = db.transaction(async (tx) => {
        const { rows } = await tx.query<{ pid: number }>(
          `insert into ${table} values ($1) returning pg_backend_pid() as pid`,
          [1],
        )
        await db.query('select pg_terminate_backend($1)', [rows[0]?.pid])
        // Long enough for the driver to hear of it, and to connect again if that is what it does.
        await expect
          .poll(async () => (await db.query('select from pg_stat_activity where pid = $1', [rows[0]?.pid])).rows.length)
          .toBe(0)
        await Promise.all(Array.from({ length: 4 }, () => db.query('select 1', [])))
        await tx.query(`insert into ${table} values ($1)`, [2]).catch(() => {})
        await tx.query(`insert into ${table} values ($1)`, [3])
      })
      expect(await codeOf(work)).not.toBe('resolved')
      expect(await kept(table)).toBe(0)
      expect((await db.query('select 1 as one', [])).rows).toEqual([{ one: 1 }])
    })
  })

  it('a server that answers nothing is given up, and so is its connection', async () => {
    await using(open(through(), { max: 1, queryTimeoutMs: 300 }), async (db) => {
      await db.query('select 1', [])
      proxy.freeze()
      expect(await codeOf(db.query('select 1', []))).not.toBe('resolved')
      await expect.poll(() => codeOf(db.query('select 1', [])), { timeout: 20_000 }).toBe('resolved')
    })
  })

  it('a caller who gets no connection in time is refused, and nothing is lost by it', async () => {
    await using(open(url, { max: 2, connectTimeoutMs: 2_000 }), async (db) => {
      const held = [await db.pin(), await db.pin()]
      const late = await refusal22(db.query('select 1', []))
      expect(late).toBeInstanceOf(Error)
      held[0]?.release()
      expect((await db.query('select 2 as two', [])).rows).toEqual([{ two: 2 }])
      held[1]?.release(true)
      const both = await Promise.all([db.pin(), db.pin()])
      for (const pinned of both) pinned.release()
    })
  })

  it('a server that is away and comes back is used again, however often it was asked meanwhile', async () => {
    await using(open(through(), { max: 2 }), async (db) => {
      proxy.cut()
      for (let i = 0; i < 8; i++) expect(await codeOf(db.query('select 1', []))).not.toBe('resolved')
      proxy.restore()
      await expect.poll(() => codeOf(Promise.all(Array.from({ length: 6 }, () => db.query('select 1', []))))).toBe('resolved')
    })
  })

  it('closes once everything that is under way is done, and serves nobody after that', async () => {
    const db = await open(url, { max: 2 })
    const table = await fresh(db)
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const work = db.transaction(async (tx) => {
      await tx.query(`insert into ${table} values ($1)`, [1])
      await held
      await tx.query(`insert into ${table} values ($1)`, [2])
    })
    await db.query('select 1', [])
    let closed = false
    const closing = db.close().then(() => {
      closed = true
    })
    await db.query('select 1', []).then(
      () => expect.unreachable(),
      () => {},
    )
    expect(closed).toBe(false)
    release()
    await Promise.all([work, closing])
    expect(await kept(table)).toBe(2)
  })

  it('serves many at once over few connections', async () => {
    await using(open(url, { max: 3 }), async (db) => {
      const table = await fresh(db)
      await Promise.all(
        Array.from({ length: 60 }, (_, i) => db.transaction((tx) => tx.query(`insert into ${table} values ($1)`, [i]))),
      )
      const pinned = await db.pin()
      const order = await Promise.all(
        Array.from({ length: 30 }, (_, i) =>
          pinned.query<{ i: number }>(i % 3 === 0 ? `select ${i} as i` : 'select $1::int as i', i % 3 === 0 ? undefined : [i]),
        ),
      )
      pinned.release()
      expect(order.map(({ rows }) => rows[0]?.i)).toEqual(Array.from({ length: 30 }, (_, i) => i))
      expect((await db.query<{ n: string }>(`select count(distinct id) as n from ${table}`, [])).rows[0]?.n).toBe('60')
    })
  })
})

describe('connecting', () => {
  const problemOf = async (work: Promise<Db>): Promise<PhiError> => {
    const error = await refusal(work)
    expect(isPhiError(error)).toBe(true)
    return error
  }

  it.each([
    ['connect', connect],
    ['connectPostgresJs', connectPostgresJs],
  ] as const)('%s says what is wrong and quotes no password', async (_, open) => {
    const wrong = new URL(url)
    wrong.password = 's3cret'
    wrong.username = 'nobody'
    const nowhere = new URL(wrong)
    nowhere.port = '1'
    const text = (error: PhiError) =>
      `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)} ${JSON.stringify(error.cause, Object.getOwnPropertyNames(error.cause ?? {}))}`
    for (const [to, code, sqlstate] of [
      [wrong.href, 'PHI_PG_UNAVAILABLE', '28P01'],
      [nowhere.href, 'PHI_PG_UNAVAILABLE', undefined],
      ['postgres://u:s3cret@db.example/db', 'PHI_PG_INSECURE', undefined],
      ['mysql://u:s3cret@localhost/db', 'PHI_PG_URL', undefined],
    ] as const) {
      const error = await problemOf(open(to))
      expect(error.code).toBe(code)
      expect(error.info?.sqlstate).toBe(sqlstate)
      expect(text(error)).not.toContain('s3cret')
    }
  })
})
