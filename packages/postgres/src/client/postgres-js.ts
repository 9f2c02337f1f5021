import { connect as dialSocket, type Socket } from 'node:net'
import type postgres from 'postgres'
import { postgresError } from '../errors.ts'
import { type Db, sqlStateOf } from './db.ts'
import type { ConnectOptions } from './pg.ts'
import { send, TEXTS } from './postgres-js-statement.ts'
import { type Live, type SessionPool, sessionPool } from './session-pool.ts'
import { targetOf, unreachable } from './tls.ts'
import { type Answer, transactionOn } from './transaction.ts'

type Driver = typeof postgres

/** Where and how to connect: what is taken over from the caller's options. */
interface Target {
  readonly host: readonly string[]
  readonly port: readonly number[]
  readonly path?: string | undefined
  readonly database: string
  readonly user: string
  readonly pass: string | (() => string | Promise<string>) | null
  readonly ssl: unknown
  readonly connection: object
  readonly prepare: boolean
  readonly target_session_attrs?: string | undefined
  readonly keep_alive: number | null
  readonly socket?: ((options: object) => Socket | Promise<Socket>) | undefined
}

interface Bounds {
  readonly max: number
  readonly connectTimeoutMs: number
  readonly queryTimeoutMs: number
}

const boundsOf = (options: Omit<ConnectOptions, 'allowInsecure'>): Bounds => ({
  max: options.max ?? 10,
  connectTimeoutMs: options.connectTimeoutMs ?? 5000,
  queryTimeoutMs: options.queryTimeoutMs ?? 30_000,
})

function dial(
  at: { readonly path: string } | { readonly host: string; readonly port: number },
  waitMs: number,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dialSocket(at)
    const refuse = (error: Error) => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    const timer = setTimeout(() => refuse(new Error('the server did not answer in time')), waitMs)
    socket.once('error', refuse)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', refuse)
      // Read by postgres.js for the name that TLS asks for.
      resolve(Object.assign(socket, 'host' in at ? at : {}))
    })
  })
}

const gone = (): Error => Object.assign(new Error('the connection to the database is gone'), { code: 'CONNECTION_CLOSED' })

/**
 * One connection: an instance of postgres.js of its own, with one socket in its life.
 *
 * INVARIANT: nothing is sent once the socket has closed. postgres.js connects again by itself, also between two statements of a
 * transaction, and the second would then run alone and be committed at once; and what it sends while there is no socket ends the process
 * with an uncaught TypeError (3.4.9). So the socket is handed out once, and its end is the end of the connection.
 */
async function openLive(driver: Driver, target: Target, socketOf: () => Promise<Socket>, bounds: Bounds, lost: () => void) {
  let socket: Socket | undefined
  let dead = false
  const unanswered = new Set<(error: Error) => void>()

  const die = (): void => {
    if (dead) return
    dead = true
    // A moment later: what the driver knows about the reason comes first.
    setImmediate(() => {
      for (const refuse of [...unanswered]) refuse(gone())
    })
    lost()
  }
  const kill = (): void => {
    die()
    socket?.destroy()
  }
  const options = {
    ...target,
    max: 1,
    fetch_types: true,
    types: { texts: TEXTS },
    idle_timeout: 0,
    max_lifetime: 0,
    connect_timeout: bounds.connectTimeoutMs / 1000,
    onnotice: () => {},
    onclose: die,
    socket: async () => {
      if (socket !== undefined || dead) throw gone()
      socket = await socketOf()
      if (!dead) return socket
      socket.destroy()
      throw gone()
    },
  }
  // The declared options know neither `socket`, which the manual describes, nor the lists of hosts that they are parsed into.
  const sql = driver(options as unknown as postgres.Options<Record<string, never>>)

  const live: Live = {
    get dead() {
      return dead
    },
    query: <Row>(text: string, params?: unknown[]) =>
      new Promise<Answer<Row>>((resolve, reject) => {
        if (dead) {
          reject(gone())
          return
        }
        // A server that does not answer is not waited for: what it did is then as unknown as after a cut.
        const timer = setTimeout(kill, bounds.queryTimeoutMs)
        const settle = () => {
          clearTimeout(timer)
          unanswered.delete(refuse)
        }
        const refuse = (error: unknown) => {
          settle()
          reject(error)
        }
        unanswered.add(refuse)
        send<Row>(sql, text, params).then(
          (answer) => {
            settle()
            resolve(answer)
          },
          (error: unknown) => {
            if (sqlStateOf(error) === undefined) kill()
            refuse(error)
          },
        )
      }),
    kill,
    async end() {
      dead = true
      await sql.end({ timeout: 1 })
      socket?.destroy()
    },
  }

  const late = setTimeout(kill, bounds.connectTimeoutMs)
  try {
    await live.query('select')
  } catch (error) {
    kill()
    throw error
  } finally {
    clearTimeout(late)
  }
  return live
}

/** Connections to the hosts of the target, tried in their order, as postgres.js does. */
function poolOf(driver: Driver, target: Target, bounds: Bounds): SessionPool {
  const open = async (lost: () => void): Promise<Live> => {
    let problem: unknown = gone()
    for (const [i, host] of target.host.entries()) {
      const port = target.port[i] ?? target.port[0] ?? 5432
      const at = typeof target.path === 'string' && target.path !== '' ? { path: target.path } : { host, port }
      const one = { ...target, host: [host], port: [port] }
      const socketOf = async () => (target.socket === undefined ? dial(at, bounds.connectTimeoutMs) : target.socket(one))
      try {
        return await openLive(driver, one, socketOf, bounds, lost)
      } catch (error) {
        problem = error
      }
    }
    throw problem
  }
  return sessionPool(open, { max: bounds.max, waitMs: bounds.connectTimeoutMs })
}

function dbOf(pool: SessionPool): Db {
  const query: Db['query'] = async (sql, params) => {
    const session = await pool.take()
    try {
      return await session.query(sql, params)
    } finally {
      session.release()
    }
  }
  return {
    singleConnection: false,
    query,
    exec: async (sql) => {
      await query(sql)
    },
    transaction: async (work) => transactionOn(await pool.take(), work),
    pin: () => pool.take(),
    close: () => pool.close(),
  }
}

async function driverOf(): Promise<Driver> {
  const module = await import('postgres').catch((cause: unknown) => {
    throw postgresError('PHI_PG_DRIVER', { cause })
  })
  return module.default
}

/**
 * Connects as an instance of postgres.js that the caller made does: to its hosts, with its user, its TLS settings (which are then the
 * caller's to see to) and its start-up parameters. The connections are this package's own, at most `max` of them, and `close` ends these
 * and leaves `sql` alone: `sql.reserve` has lost connections and lost the process with them (see `openLive`), and transforms
 * and types of the caller's would change what our statements answer.
 *
 * For statements in a transaction of `sql` itself see {@link queryableOf}.
 * @throws PhiError PHI_PG_DRIVER
 */
export async function fromPostgresJs(
  sql: Pick<postgres.Sql, 'options'>,
  options: Omit<ConnectOptions, 'allowInsecure'> = {},
): Promise<Db> {
  const { host, port, path, database, user, pass, ssl, connection, prepare, target_session_attrs, keep_alive } = sql.options
  const target = { host, port, path, database, user, pass, ssl, connection, prepare, target_session_attrs, keep_alive }
  const { socket } = sql.options as { readonly socket?: Target['socket'] }
  return dbOf(poolOf(await driverOf(), socket === undefined ? target : { ...target, socket }, boundsOf(options)))
}

/**
 * Connects to PostgreSQL 15 or later through postgres.js, under the same rules as `connect`: what leaves this machine needs
 * `sslmode=verify-full`.
 * @throws PhiError PHI_PG_URL, PHI_PG_INSECURE, PHI_PG_TLS, PHI_PG_DRIVER, PHI_PG_UNAVAILABLE
 */
export async function connectPostgresJs(connection: string, options: ConnectOptions = {}): Promise<Db> {
  const { host, port, url, ssl } = targetOf(connection, options)
  const parameters = Object.fromEntries([...url.searchParams].filter(([name]) => name !== 'host' && name !== 'port'))
  const user = decodeURIComponent(url.username) || process.env.PGUSER || 'postgres'
  const target = {
    host: [host],
    port: [port],
    path: host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : undefined,
    database: decodeURIComponent(url.pathname.slice(1)) || process.env.PGDATABASE || user,
    user,
    pass: decodeURIComponent(url.password) || process.env.PGPASSWORD || null,
    ssl: ssl === false ? false : { ...ssl },
    connection: { application_name: 'phi', ...parameters },
    prepare: true,
    keep_alive: 60,
    target_session_attrs: undefined,
  }
  const db = dbOf(poolOf(await driverOf(), target, boundsOf(options)))
  try {
    await db.query('select 1', [])
  } catch (cause) {
    await db.close()
    throw unreachable(cause)
  }
  return db
}
