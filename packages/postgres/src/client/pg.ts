import type { Pool, PoolClient, QueryConfig } from 'pg'
import { postgresError } from '../errors.ts'
import { CommitUnknown, type Db, type Pinned, type Rows, sqlStateOf, type Transaction } from './db.ts'
import { targetOf } from './tls.ts'

export interface ConnectOptions {
  /** Connections at most. Default 10. */
  readonly max?: number
  /** How long to wait for a connection, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number
  /** How long a statement may go without an answer before its connection is given up, in milliseconds. Default 30,000. */
  readonly queryTimeoutMs?: number
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

async function run<Row>(client: Pool | PoolClient, sql: string, params: unknown[] | undefined): Promise<Rows<Row>> {
  const { rows } = await client.query(params === undefined ? { text: sql } : statement(sql, params))
  return { rows: rows as Row[] }
}

/** Wraps a `pg` Pool that the caller made and configures. TLS is then the caller's to see to. */
export function fromPool(pool: Pool): Db {
  const pin = async (): Promise<Pinned> => {
    const client = await pool.connect()
    // A connection that breaks while nobody waits for it must not end the process.
    const ignore = () => {}
    client.on('error', ignore)
    return {
      query: (sql, params) => run(client, sql, params),
      release: (broken = false) => {
        client.off('error', ignore)
        client.release(broken)
      },
    }
  }

  const transaction = async <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
    const client = await pin()
    let broken = true
    try {
      await client.query('begin')
      let result: T
      try {
        result = await work({
          query: client.query,
          exec: async (sql) => {
            await client.query(sql)
          },
        })
      } catch (error) {
        // Where the connection is gone, so is the transaction; what went wrong first is what the caller should hear.
        broken = await client.query('rollback').then(
          () => false,
          () => true,
        )
        throw error
      }
      try {
        await client.query('commit')
      } catch (error) {
        // An SQLSTATE outside the class of lost connections is the server saying "rolled back".
        const state = sqlStateOf(error)
        if (state !== undefined && !state.startsWith('57P') && !state.startsWith('08')) {
          broken = false
          throw error
        }
        throw new CommitUnknown(error)
      }
      broken = false
      return result
    } finally {
      client.release(broken)
    }
  }

  return {
    singleConnection: false,
    query: (sql, params) => run(pool, sql, params),
    exec: async (sql) => {
      await pool.query(sql)
    },
    transaction,
    pin,
    close: () => pool.end(),
  }
}

/**
 * Connects to PostgreSQL 15 or later through `pg`.
 *
 * Loopback addresses and socket files are taken as they are; everything else needs `sslmode=verify-full`.
 * @throws PhiError PHI_PG_URL, PHI_PG_INSECURE, PHI_PG_DRIVER, PHI_PG_UNAVAILABLE
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
    keepAlive: true,
  })
  // Idle connections that break are replaced; the statement that needs one reports what is wrong.
  pool.on('error', () => {})
  const db = fromPool(pool)
  try {
    await db.query('select 1')
  } catch (cause) {
    await pool.end()
    const sqlstate = sqlStateOf(cause)
    throw postgresError('PHI_PG_UNAVAILABLE', sqlstate === undefined ? { cause } : { cause, info: { sqlstate } })
  }
  return db
}
