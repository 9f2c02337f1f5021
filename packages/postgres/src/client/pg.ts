import type { ClientBase, Pool, QueryConfig, QueryResult } from 'pg'
import { postgresError } from '../errors.ts'
import { type Db, sqlStateOf } from './db.ts'
import { targetOf, unreachable } from './tls.ts'
import { type Answer, type Session, transactionOn } from './transaction.ts'

export interface ConnectOptions {
  /** Connections at most. Default 10. */
  readonly max?: number
  /** How long to wait for a connection, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number
  /** How long a statement may go without an answer before its connection is given up, in milliseconds. Default 30,000. */
  readonly queryTimeoutMs?: number
  /**
   * How long a transaction may rest between two statements before the server ends it, in milliseconds. Default 30,000; 0 for ever.
   * A process that the network cut off in a transaction keeps its locks until then, the lock on a log's head among them: the server
   * may not hear for hours that nobody is there. PgBouncer takes it only when `ignore_startup_parameters` names
   * `idle_in_transaction_session_timeout`: give 0, and set that for the login with ALTER ROLE.
   */
  readonly idleTransactionMs?: number
  /** Lets traffic leave this machine without verified TLS. For networks that encrypt underneath; never over the internet. */
  readonly allowInsecure?: boolean
}

// Statements that run often are prepared once a connection, under a name made from their text.
const names = new Map<string, string>()
function statement(text: string, values: unknown[]): QueryConfig {
  let name = names.get(text)
  if (name === undefined) {
    name = `phi_${names.size}`
    names.set(text, name)
  }
  return { name, text, values }
}

async function run<Row>(client: Pool | ClientBase, sql: string, params: unknown[] | undefined): Promise<Answer<Row>> {
  const answer: QueryResult | QueryResult[] = await client.query(params === undefined ? { text: sql } : statement(sql, params))
  // Several statements in one text have an answer each.
  const last = Array.isArray(answer) ? answer.at(-1) : answer
  return { rows: (last?.rows ?? []) as Row[], command: last?.command }
}

/**
 * The statements of one connection, one after the other in the order in which they came: `pg` 9 gives up its own queue. After a
 * failure without an SQLSTATE nobody knows what the connection still does, so what was waiting is not sent and fails alike.
 */
function inOrder(client: ClientBase): Session['query'] {
  let last: Promise<unknown> = Promise.resolve()
  let lost: { readonly cause: unknown } | undefined
  return <Row>(sql: string, params?: unknown[]) => {
    const mine = last.then(() => {
      if (lost !== undefined) throw lost.cause
      return run<Row>(client, sql, params)
    })
    last = mine.catch((cause: unknown) => {
      if (sqlStateOf(cause) === undefined) lost ??= { cause }
    })
    return mine
  }
}

/** Wraps a `pg` Pool that the caller made and configures. TLS is then the caller's to see to. */
export function fromPool(pool: Pool): Db {
  // A connection that breaks between two owners, or while it is being thrown away, reports that to nobody, and an error event that
  // nobody listens for ends the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  const pin = async (): Promise<Session> => {
    const client = await pool.connect()
    // A connection that breaks while nobody waits for it must not end the process.
    const ignore = () => {}
    client.on('error', ignore)
    return {
      query: inOrder(client),
      release: (broken = false) => {
        // What is thrown away can still report that it broke.
        if (!broken) client.off('error', ignore)
        client.release(broken)
      },
    }
  }

  return {
    singleConnection: false,
    query: (sql, params) => run(pool, sql, params),
    exec: async (sql) => {
      await run(pool, sql, undefined)
    },
    transaction: async (work) => transactionOn(await pin(), work),
    pin,
    close: () => pool.end(),
  }
}

/**
 * Wraps one `pg` connection of the caller's: a Client that is connected, or a PoolClient. Statements and transactions wait for each
 * other. `close` leaves the connection to the caller, who also listens for its errors.
 *
 * For scripts and for tests that keep everything in one connection. A service wants a pool: with one connection nothing can be committed
 * while a transaction is open, so a denial cannot outlive it.
 */
export function fromClient(client: ClientBase): Db {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work)
    last = mine.catch(() => {})
    return mine
  }
  const query: Db['query'] = (sql, params) => inTurn(() => run(client, sql, params))
  return {
    singleConnection: true,
    query,
    exec: async (sql) => {
      await query(sql)
    },
    transaction: (work) => inTurn(() => transactionOn({ query: inOrder(client), release: () => {} }, work)),
    pin: async () => ({ query, release: () => {} }),
    close: async () => {},
  }
}

/**
 * Connects to PostgreSQL 15 or later through `pg`.
 *
 * Loopback addresses and socket files are taken as they are; everything else needs `sslmode=verify-full`.
 * @throws PhiError PHI_PG_URL, PHI_PG_INSECURE, PHI_PG_TLS, PHI_PG_DRIVER, PHI_PG_UNAVAILABLE
 */
export async function connect(connection: string, options: ConnectOptions = {}): Promise<Db> {
  const { url, ssl } = targetOf(connection, options)
  const driver = await import('pg').catch((cause: unknown) => {
    throw postgresError('PHI_PG_DRIVER', { cause })
  })
  const pool = new driver.default.Pool({
    connectionString: url.href,
    ssl,
    max: options.max ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5000,
    query_timeout: options.queryTimeoutMs ?? 30_000,
    idle_in_transaction_session_timeout: options.idleTransactionMs ?? 30_000,
    keepAlive: true,
  })
  // Idle connections that break are replaced; the statement that needs one reports what is wrong.
  pool.on('error', () => {})
  const db = fromPool(pool)
  try {
    await db.query('select 1')
  } catch (cause) {
    await pool.end()
    throw unreachable(cause)
  }
  return db
}
