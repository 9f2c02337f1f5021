import { type AuditLog, openAuditLog } from '@phi/audit'
import { auditStore, connect, type Db, migrate, type Queryable } from '@phi/postgres'
import pg from 'pg'
import { benchEvents } from '../events.ts'
import type { Row } from '../measure.ts'
import { freshDatabase, startServer, startServerInMemory } from '../server.ts'
import { lightChain } from './light-chain.ts'
import { perEventLocking } from './per-event-locking.ts'
import { RAW_COLUMNS, RAW_TABLE, type RawRow, rawRows, rawValues } from './postgres-rows.ts'

interface Stage {
  readonly url: string
  readonly db: Db
  readonly client: pg.Client
  log(): Promise<AuditLog<Queryable>>
  close(): Promise<void>
}

/** @param flushMs how long each flush takes, for both sides; undefined for as long as this machine's disk does */
async function stage(flushMs?: number): Promise<Stage> {
  const server = await (flushMs === undefined ? startServer() : startServerInMemory())
  const database = await freshDatabase(server.url)
  if (flushMs !== undefined) await delayCommits(database.url, flushMs)
  const db = await connect(database.url)
  await migrate(db)
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query(RAW_TABLE)
  let logs = 0
  return {
    url: database.url,
    db,
    client,
    log: () => openAuditLog<Queryable>({ origin: `bench.example/${logs++}`, store: auditStore(db) }),
    close: async () => {
      await client.end()
      await db.close()
      await database.drop()
      await server.stop()
    },
  }
}

/** Connections made from now on wait that long before each flush: PostgreSQL's `commit_delay`, also for those who commit alone. */
async function delayCommits(url: string, milliseconds: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const name = client.escapeIdentifier(client.database ?? '')
  await client.query(`alter database ${name} set commit_delay = ${milliseconds * 1000}`)
  await client.query(`alter database ${name} set commit_siblings = 0`)
  await client.end()
}

/** `callers` callers that each append, wait, and append again. */
async function appendBy(log: AuditLog<Queryable>, count: number, callers: number): Promise<number> {
  const events = benchEvents(count)
  let next = 0
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let event = events[next++]; event !== undefined; event = events[next++]) await log.append(event)
    }),
  )
  return count
}

async function insertRaw(client: pg.Client, rows: readonly RawRow[], size: number, log = 1): Promise<void> {
  for (let at = 0; at < rows.length; at += size) {
    const some = rows.slice(at, at + size)
    const values = some.flatMap((row) => ['t', log, ...row])
    const insert = {
      name: `raw_${some.length}`,
      text: `insert into raw_entry (${RAW_COLUMNS}) values ${rawValues(some.length)}`,
      values,
    }
    if (size === 1) await client.query(insert)
    else {
      await client.query('begin')
      await client.query(insert)
      await client.query('commit')
    }
  }
}

/** 256 concurrent callers, one log. */
export const appendManyCallers: Row = {
  id: 'audit.append.postgres.256-callers',
  against: 'raw INSERT transactions of 100 rows with the same bytes',
  atLeast: 0.55,
  async prepare({ quick }) {
    const count = quick ? 4_000 : 20_000
    const { client, log, close } = await stage()
    const rows = await rawRows(count)
    const ours = await log()
    return {
      unit: 'events',
      ours: () => appendBy(ours, count, 256),
      baseline: async () => {
        await insertRaw(client, rows, 100)
        return count
      },
      reset: async () => {
        await client.query('truncate raw_entry')
      },
      close,
    }
  },
}

/** One caller that waits for each entry. */
const oneCaller = (row: Pick<Row, 'id' | 'against' | 'atLeast'>, flushMs?: number): Row => ({
  ...row,
  async prepare({ quick }) {
    // Short rounds, and so more of them: a pause of the machine then decides one of many. Neither side begins its table anew between
    // them: the first rows of an empty table take longer.
    const count = quick ? 10 : 25
    const { client, log, close } = await stage(flushMs)
    const rows = await rawRows(count)
    const ours = await log()
    let turn = 0
    return {
      unit: 'events',
      ours: () => appendBy(ours, count, 1),
      baseline: async () => {
        await insertRaw(client, rows, 1, ++turn)
        return count
      },
      close,
    }
  },
})

export const appendOneCaller: Row = oneCaller({
  id: 'audit.append.postgres.1-caller',
  against: 'raw single-row autocommit INSERT of the same bytes',
  atLeast: 0.6,
})

/** The same where a flush takes what it takes on storage behind a network, whatever disk this machine has. */
export const appendOneCallerSlowFlush: Row = oneCaller(
  {
    id: 'audit.append.postgres.1-caller.flush-1ms',
    against:
      'raw single-row autocommit INSERT of the same bytes; for both sides the files lie in memory, and each flush takes a millisecond',
    atLeast: 0.6,
  },
  1,
)

/** Ours with 256 callers, against another way to write a chained log, with as many. */
const againstChain = (
  row: Pick<Row, 'id' | 'against' | 'atLeast'>,
  open: typeof perEventLocking | typeof lightChain,
  events: { readonly quick: number; readonly full: number },
): Row => ({
  ...row,
  async prepare({ quick }) {
    const count = quick ? 4_000 : 20_000
    const { url, log, close } = await stage()
    const ours = await log()
    const chain = await open(url)
    const theirs = benchEvents(quick ? events.quick : events.full)
    return {
      unit: 'events',
      ours: () => appendBy(ours, count, 256),
      baseline: () => chain.append(theirs, 256),
      close: async () => {
        await chain.close()
        await close()
      },
    }
  },
})

/** The same entries, chained under a row lock for each: the way most audit tables are chained. */
export const appendAgainstLocking: Row = againstChain(
  {
    id: 'audit.append.postgres.locking',
    against:
      'the same entries, into tables with the same columns and indexes: a row lock per event, 8 connections, 256 callers',
    atLeast: 15,
  },
  perEventLocking,
  { quick: 400, full: 1_500 },
)

/** No claim is made against this one, which does less: see `lightChain`. */
export const appendAgainstLightChain: Row = againstChain(
  {
    id: 'audit.append.postgres.light-chain',
    against: 'four columns and one hash an event: a row lock per event, 8 connections, 256 callers; no claim',
    atLeast: 0,
  },
  lightChain,
  { quick: 400, full: 1_500 },
)
