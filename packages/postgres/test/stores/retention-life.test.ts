import { fixedClock, isPhiError } from '@phi/core'
import {
  type Approval,
  approve,
  type DispositionPlan,
  type ExecuteOptions,
  execute,
  type HoldEvent,
  plan,
  type RetentionStore,
  retentionSchedule,
  usRetention,
  verifyCertificate,
} from '@phi/retention'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publicJwk, signer } from '../../../retention/test/disposition/world.ts'
import { CommitUnknown, connect, type Db, retentionStore, type Transaction } from '../../src/index.ts'
import { APP_SCHEMA, chartStore, chartTable, freshKeeper, putChart } from './retention-tables.ts'
import { loginWith, type ServerUnderTest, startServerUnderTest } from './under-test.ts'

let under: ServerUnderTest
let db: Db

beforeAll(async () => {
  under = await startServerUnderTest()
  db = await under.pool()
  await db.exec(APP_SCHEMA)
  // What was deleted, noted by the user's own database: the witness that the receipts are held against.
  await db.exec(`
    create table app.gone (keeper text, id text);
    create function app.note_gone() returns trigger language plpgsql security definer as $$
      begin insert into app.gone values (old.keeper, old.id); return old; end $$;
    create trigger gone before delete on app."chart ""x""" for each row execute function app.note_gone();`)
})
afterAll(() => under.stop())

const TODAY = '2026-12-01'
const policy = retentionSchedule({
  id: 'life/1',
  signOffs: usRetention.rules.map(({ id }) => ({ rule: id, by: 'counsel', on: usRetention.asOf })),
})
const options = (more: Partial<ExecuteOptions> = {}): ExecuteOptions => ({
  policy,
  today: TODAY,
  clock: fixedClock(`${TODAY}T15:00:00.000Z`),
  salt: new Uint8Array(32).fill(9),
  signer,
  method: { category: 'clear', technique: 'row deletion' },
  performer: { name: 'Records job', title: 'service' },
  validator: null,
  backupHorizon: null,
  batchSize: 2,
  ...more,
})
const chart = (id: string, more: object = {}) => ({
  id,
  record: { id, kind: 'audit-log', tenant: 'clinic-a', subject: 'p-1', created: '2010-02-28', ...more },
})
/** Four that may go, one that may not. */
const IDS = ['a', 'b', 'c', 'd']
const hold = (name: string, ids: readonly string[]): HoldEvent => ({
  type: 'placed',
  case: name,
  on: TODAY,
  by: 'counsel',
  matches: { ids },
})

interface Life {
  readonly keeper: string
  readonly made: DispositionPlan
  readonly approvals: readonly Approval[]
}

async function begin(ids: readonly string[] = IDS): Promise<Life> {
  const keeper = freshKeeper()
  for (const id of ids) await putChart(db, keeper, chart(id))
  await putChart(db, keeper, chart('young', { created: '2025-01-01' }))
  const made = await plan(chartStore(db, keeper), policy, { today: TODAY, plannedBy: 'A. Planner' })
  expect(made.counts).toMatchObject({ read: ids.length + 1, planned: ids.length })
  const approvals = [
    await approve(made, { by: 'B. Officer', role: 'privacy-officer', on: TODAY }),
    await approve(made, { by: 'D. Counsel', role: 'counsel', on: TODAY }),
  ]
  return { keeper, made, approvals }
}

const listed = async (sql: string, keeper: string): Promise<string> => {
  const { rows } = await db.query<{ id: string }>(sql, [keeper])
  return rows.map(({ id }) => id).join()
}
const gone = (keeper: string) => listed('select id from app.gone where keeper = $1 order by id', keeper)
const left = (keeper: string) => listed('select id from app."chart ""x""" where keeper = $1 order by id', keeper)

/** The run is over, its certificate verifies, and every record was deleted once and is accounted for. */
async function isOver({ keeper, made }: Life, ended: Awaited<ReturnType<typeof execute>>, ids: readonly string[] = IDS) {
  if (ended.status !== 'finished') throw new Error(`the run is ${ended.status}`)
  expect(ended.disposed).toBe(ids.length)
  expect(await gone(keeper)).toBe(ids.join())
  expect(ended.disposed + ended.left.length).toBe(made.counts.planned)
  const report = await verifyCertificate(ended.certificate as string, publicJwk)
  expect(report).toMatchObject({ verdict: 'valid' })
  expect(ended.document?.records.flatMap((group) => group.ids)).toHaveLength(ids.length)
}

/** A handle that counts the places at which something can go wrong, and goes wrong at one of them. */
function crashing(real: Db, at: number): Db & { readonly places: () => number } {
  let place = 0
  /** Ends the connection on the server, as an operator or a crash does, and waits until the server has ended it. */
  const here = async (tx: Pick<Transaction, 'query'>): Promise<void> => {
    if (place++ !== at) return
    const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid', [])
    const pid = rows[0]?.pid
    await db.query('select pg_terminate_backend($1)', [pid])
    const isThere = async () => (await db.query('select from pg_stat_activity where pid = $1', [pid])).rows.length > 0
    while (await isThere());
  }
  return {
    ...real,
    places: () => place,
    query: () => Promise.reject(new Error('the store works in transactions')),
    async transaction(run) {
      const done = await real.transaction(async (tx) => {
        const result = await run({
          ...tx,
          async query(sql, params) {
            await here(tx)
            return tx.query(sql, params)
          },
        })
        // Everything was said, and COMMIT was not.
        await here(tx)
        return result
      })
      // It was committed, and nobody was told.
      if (place++ === at) throw new CommitUnknown(new Error('the answer was lost'))
      return done
    },
  }
}

describe('a disposition from plan to certificate', { timeout: 600_000 }, () => {
  it('S65 S96 outlives a crash at every statement: each record is deleted once and accounted for', async () => {
    const whole = crashing(db, -1)
    const first = await begin()
    await isOver(first, await execute(first.made, first.approvals, chartStore(whole, first.keeper), options()))
    expect(await left(first.keeper)).toBe('young')
    const places = whole.places()
    expect(places).toBeGreaterThan(40)
    // Every place in the long form; in the short one every fourth, and those of the first deletion.
    const chosen = Array.from({ length: places }, (_, at) => at).filter((at) => process.env.PHI_LONG === '1' || at % 4 === 0)
    let crashes = 0
    for (const at of chosen) {
      const life = await begin()
      const store = chartStore(crashing(db, at), life.keeper)
      const failure = await execute(life.made, life.approvals, store, options()).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (failure !== undefined) {
        crashes++
        expect({ at, said: isPhiError(failure) && failure.code }).toEqual({ at, said: 'PHI_RETENTION_STORE_UNAVAILABLE' })
      }
      await isOver(life, await execute(life.made, life.approvals, chartStore(db, life.keeper), options()))
      expect(await left(life.keeper)).toBe('young')
    }
    expect(crashes).toBe(chosen.length)
  })

  it('S65 is carried out once by two workers at once, who end with the same certificate', async () => {
    const life = await begin(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'])
    const pools = await Promise.all([under.pool(3), under.pool(3), under.pool(3)])
    const ends = await Promise.all(
      pools.map((own) => execute(life.made, life.approvals, chartStore(own, life.keeper), options())),
    )
    for (const ended of ends) await isOver(life, ended, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'])
    expect(new Set(ends.map((ended) => ended.status === 'finished' && ended.certificate)).size).toBe(1)
  })

  it('S65 is stopped by a hold that is placed while it goes on', async () => {
    const life = await begin()
    const store = chartStore(db, life.keeper)
    const counsel = chartStore(await under.pool(2), life.keeper)
    const interrupted: RetentionStore = {
      ...store,
      async dispose(batch) {
        // Placed after the second batch was decided, and before it is done.
        if (batch.sequence === 2 && (await counsel.holds()).length === 0) {
          expect(await counsel.appendHold(hold('m-1', ['c']), 0)).toBe('appended')
        }
        return store.dispose(batch)
      },
    }
    const ended = await execute(life.made, life.approvals, interrupted, options())
    await isOver(life, ended, ['a', 'b', 'd'])
    expect(ended).toMatchObject({ left: [{ id: 'c', why: 'held' }] })
    expect(await left(life.keeper)).toBe('c,young')
  })

  /** Until a backend waits for a lock that another of this database has. */
  async function untilSomebodyWaits(): Promise<void> {
    for (let tries = 0; tries < 2000; tries++) {
      const { rows } = await db.query<{ waits: boolean }>(
        `select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock') as waits`,
        [],
      )
      if (rows[0]?.waits === true) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error('nobody waits')
  }

  it('S65 lets no hold come between a look at the holds and the deletion that rests on it, nor the other way round', async () => {
    const life = await begin()
    const store = chartStore(db, life.keeper)
    const counsel = chartStore(await under.pool(2), life.keeper)
    const [row] = await store.get(['a'])
    const batch = {
      run: 'r'.repeat(64),
      sequence: 1,
      holds: 0,
      category: 'clear' as const,
      note: '{}',
      records: [{ id: 'a', version: row?.version ?? '', entry: '{}' }],
    }
    // A deletion under way: the hold waits for its end.
    const order: string[] = []
    let placed: Promise<unknown> | undefined
    await db.transaction(async (tx) => {
      await tx.query(`select set_config('role', 'phi_retention', true), set_config('phi.tenant', $1, true)`, [life.keeper])
      await tx.query('select * from phi.retention_hold_lock()', [])
      placed = counsel.appendHold(hold('m-1', ['a']), 0).then((answer) => order.push(answer))
      await untilSomebodyWaits()
      order.push('deletion ends')
    })
    await placed
    expect(order).toEqual(['deletion ends', 'appended'])
    // A hold under way: the deletion waits, sees it, and does nothing.
    let answer: Promise<unknown> | undefined
    await db.transaction(async (tx) => {
      await tx.query(`select set_config('role', 'phi_app', true), set_config('phi.tenant', $1, true)`, [life.keeper])
      await tx.query('select phi.retention_hold_append(1, $1)', [JSON.stringify(hold('m-2', ['a']))])
      answer = store.dispose({ ...batch, holds: 1 })
      await untilSomebodyWaits()
    })
    expect(await answer).toEqual({ status: 'holds-changed' })
    expect(await left(life.keeper)).toBe('a,b,c,d,young')
  })
})

describe('who may do what', () => {
  const refusedWith = async (work: Promise<unknown>, code: string) =>
    expect(
      await work.then(
        () => 'done',
        (error: unknown) => (isPhiError(error) ? error.code : error),
      ),
    ).toBe(code)

  it('S98 keeps the records, holds and runs of one tenant from every other', async () => {
    const mine = await begin()
    const theirs = freshKeeper()
    await chartStore(db, mine.keeper).appendHold(hold('m-1', ['b']), 0)
    const ended = await execute(mine.made, mine.approvals, chartStore(db, mine.keeper), options())
    expect(ended).toMatchObject({ status: 'finished', disposed: 3 })
    const other = chartStore(db, theirs)
    expect(await other.records(null, 10)).toEqual([])
    expect(await other.get(['young', 'b'])).toEqual([])
    expect(await other.holds()).toEqual([])
    expect(await other.progress(mine.made.id)).toBeNull()
    expect(await other.receipts(mine.made.id, 0, 10)).toEqual([])
    const [row] = await chartStore(db, mine.keeper).get(['young'])
    const records = [{ id: 'young', version: row?.version ?? '', entry: '{}' }]
    const answer = await other.dispose({ run: mine.made.id, sequence: 1, holds: 0, category: 'clear', note: '{}', records })
    expect(answer).toMatchObject({ status: 'disposed', receipt: { entries: [], left: [{ id: 'young', why: 'missing' }] } })
    expect(await left(mine.keeper)).toBe('b,young')
  })

  it('S65 lets phi_app place holds and dispose of nothing, and phi_retention dispose and neither place nor release', async () => {
    const { keeper, made } = await begin()
    const app = await connect(await loginWith(under, 'ret_app', ['phi_app']), { max: 2 })
    const worker = await connect(await loginWith(under, 'ret_worker', ['phi_retention']), { max: 2 })
    try {
      const service = retentionStore(app, { tenant: keeper, tables: [chartTable], readAs: 'phi_app' })
      expect(await service.appendHold(hold('m-1', ['a']), 0)).toBe('appended')
      expect(await service.holds()).toHaveLength(1)
      const batch = { run: made.id, sequence: 1, holds: 1, category: 'clear', note: '{}', records: [] } as const
      await refusedWith(service.dispose(batch), 'PHI_PG_FORBIDDEN')
      await refusedWith(service.saveProgress({ run: made.id, version: 1, body: '{}' }), 'PHI_PG_FORBIDDEN')
      await refusedWith(service.progress(made.id), 'PHI_PG_FORBIDDEN')
      const disposer = chartStore(worker, keeper)
      const released = { type: 'released', case: 'm-1', on: TODAY, by: 'x' } as const
      await refusedWith(disposer.appendHold(released, 1), 'PHI_PG_FORBIDDEN')
      expect(await disposer.dispose(batch)).toMatchObject({ status: 'disposed' })
      for (const [login, role] of [
        [app, 'phi_app'],
        [worker, 'phi_retention'],
      ] as const) {
        for (const statement of [
          'delete from phi.retention_hold',
          `update phi.retention_hold set event = '{}'`,
          `insert into phi.retention_hold (tenant, place, event) values ('${keeper}', 1, '{}')`,
          'update phi.retention_hold_count set recorded = recorded + 1',
          'truncate phi.retention_hold',
          'delete from phi.disposal_receipt',
          `update phi.disposal_receipt set note = ''`,
          `update phi.retention_schedule set body = ''`,
        ]) {
          const tried = login.transaction(async (tx) => {
            await tx.query(`select set_config('role', $1, true), set_config('phi.tenant', $2, true)`, [role, keeper])
            await tx.query(statement, [])
          })
          await expect(tried, `${role}: ${statement}`).rejects.toMatchObject({ code: '42501' })
        }
      }
    } finally {
      await app.close()
      await worker.close()
    }
  })

  it('S65 lets not even a superuser change or take away a fact about a hold, a receipt or the count, in passing', async () => {
    const { keeper } = await begin()
    await chartStore(db, keeper).appendHold(hold('m-1', ['a']), 0)
    for (const statement of [
      'delete from phi.retention_hold',
      'update phi.retention_hold set place = place',
      'truncate phi.retention_hold',
      'delete from phi.retention_hold_count',
      'update phi.retention_hold_count set recorded = 0',
      'delete from phi.disposal_receipt',
      'truncate phi.disposal_batch',
      'update phi.disposal_run set version = 1',
    ]) {
      const tried = db.transaction(async (tx) => {
        await tx.exec(`set local session_replication_role = replica`)
        await tx.query(statement, [])
      })
      await expect(tried, statement).rejects.toMatchObject({ code: 'PHI02' })
    }
  })

  it('S65 says that facts about holds are missing, once an owner has taken the last away', async () => {
    const { keeper } = await begin()
    const store = chartStore(db, keeper)
    await store.appendHold(hold('m-1', ['a']), 0)
    await store.appendHold(hold('m-2', ['b']), 1)
    await under.asSuperuser(async (client) => {
      await client.query('alter table phi.retention_hold disable trigger append_only')
      await client.query('delete from phi.retention_hold where tenant = $1 and place = 1', [keeper])
      await client.query('alter table phi.retention_hold enable always trigger append_only')
    })
    await refusedWith(store.holds(), 'PHI_RETENTION_STORE')
    const batch = { run: 'r', sequence: 1, holds: 1, category: 'clear', note: '{}', records: [] } as const
    await refusedWith(store.dispose(batch), 'PHI_RETENTION_STORE')
  })
})

describe('tables of all forms', () => {
  it('S65 reads and deletes by numbers, UUIDs and several columns, over several tables, in the order of ids', async () => {
    await db.exec(`
      create table app.visit (clinic uuid not null, number bigint not null, at timestamptz, primary key (clinic, number));
      create table app.note (number int primary key, changed timestamptz not null default now(), made text, flags boolean);
      grant select, delete on app.visit, app.note to phi_retention;
      insert into app.visit select 'ab000000-0000-0000-0000-000000000000', i, timestamptz '2010-01-01 03:00Z' + i * interval '1 day' from generate_series(8, 12) i;
      insert into app.note (number, made, flags) values (7, '2010-02-28', false), (10, 'yesterday', null), (9, null, true);`)
    const store = retentionStore(db, {
      tenant: 'clinic',
      tables: [
        {
          schema: 'app',
          table: 'visit',
          prefix: 'visit',
          id: [
            { column: 'clinic', type: 'uuid' },
            { column: 'number', type: 'bigint' },
          ],
          tenant: null,
          version: 'xmin',
          facts: {
            kind: { value: 'audit-log' },
            created: { column: 'at', zone: 'America/New_York' },
            inEffect: { value: false },
          },
        },
        {
          schema: 'app',
          table: 'note',
          prefix: 'note',
          id: [{ column: 'number', type: 'bigint' }],
          tenant: null,
          version: { column: 'changed' },
          facts: { kind: { value: 'note' }, created: 'made', adult: 'flags' },
        },
      ],
    })
    const all = await store.records(null, 100)
    const paged: unknown[] = []
    for (let after: string | null = null; ; ) {
      const page = await store.records(after, 3)
      if (page.length === 0) break
      paged.push(...page)
      after = page.at(-1)?.id ?? null
    }
    expect(paged).toEqual(all)
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted())
    expect(all.map(({ record }) => record)).toEqual([
      { id: 'note:0000000000000000007', kind: 'note', created: '2010-02-28', adult: false },
      { id: 'note:0000000000000000009', kind: 'note', adult: true },
      { id: 'note:0000000000000000010', kind: 'note', created: 'yesterday' },
      // Three hours after midnight in Greenwich is the day before in New York.
      ...[8, 9, 10, 11, 12].map((i) => ({
        id: `visit:ab000000-0000-0000-0000-000000000000/${`${i}`.padStart(19, '0')}`,
        kind: 'audit-log',
        created: `2010-01-${`${i}`.padStart(2, '0')}`,
        inEffect: false,
      })),
    ])
    const wanted = all.filter((_, index) => index % 3 === 0)
    expect(await store.get([...wanted.map(({ id }) => id), 'visit:7', 'note:7', 'nothing'])).toHaveLength(wanted.length)
    const answer = await store.dispose({
      run: 'all-forms',
      sequence: 1,
      holds: 0,
      category: 'clear',
      note: '{}',
      records: wanted.map(({ id, version }) => ({ id, version, entry: id })),
    })
    expect(answer).toMatchObject({ receipt: { entries: wanted.map(({ id }) => id), left: [] } })
    expect(await store.records(null, 100)).toHaveLength(all.length - wanted.length)
    expect(store.remaining).toBeUndefined()
  })

  it('S65 refuses a table in which an id may name two rows, rows may be hidden, or a fact cannot be read', async () => {
    await db.exec(`
      create table app.twice (keeper text not null, id text not null, kind text);
      create table app.hidden (keeper text not null, id text not null, kind text, made timestamptz, primary key (keeper, id));
      alter table app.hidden enable row level security;
      create view app.seen as select * from app."chart ""x""";
      grant select, delete on app.twice, app.hidden, app.seen to phi_retention;`)
    const keeper = freshKeeper()
    const tried = (more: object) =>
      retentionStore(db, { tenant: keeper, tables: [{ ...chartTable, ...more }] as never }).records(null, 1)
    const facts = { kind: 'kind' }
    await refusedWith(tried({ table: 'twice', facts }), 'PHI_PG_OPTIONS')
    await refusedWith(tried({ table: 'hidden', facts }), 'PHI_PG_OPTIONS')
    await refusedWith(tried({ table: 'seen', facts }), 'PHI_PG_OPTIONS')
    await refusedWith(tried({ table: 'nowhere', facts }), 'PHI_PG_OPTIONS')
    await refusedWith(tried({ facts: { kind: 'kind', created: 'nowhere' } }), 'PHI_PG_OPTIONS')
    await refusedWith(tried({ facts: { kind: 'kind', adult: 'subject' } }), 'PHI_PG_OPTIONS')
    await refusedWith(tried({ id: [{ column: 'id', type: 'uuid' }] }), 'PHI_PG_OPTIONS')
    const vouched = { table: 'hidden', facts: { kind: 'kind', created: 'made' }, rowSecurity: 'shows-every-row-of-the-tenant' }
    // A moment is no day without a zone.
    await refusedWith(tried(vouched), 'PHI_PG_OPTIONS')
    expect(await tried({ ...vouched, facts })).toEqual([])
    expect(() => retentionStore(db, { tenant: keeper, tables: [{ ...chartTable, table: 'a\u0000' }] })).toThrow()
    expect(() =>
      retentionStore(db, { tenant: keeper, tables: [{ ...chartTable, facts: { kind: 'kind', nonsense: 'kind' } as never }] }),
    ).toThrow()
    expect(() => retentionStore(db, { tenant: 'NOT a tenant', tables: [chartTable] })).toThrow()
  })

  const refusedWith = async (work: Promise<unknown>, code: string) =>
    expect(
      await work.then(
        () => 'done',
        (error: unknown) => (isPhiError(error) ? error.code : error),
      ),
    ).toBe(code)
})
