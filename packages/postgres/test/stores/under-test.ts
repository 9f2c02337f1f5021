import type { StoreSupports, StoreUnderTest } from '@phi/testing'
import type pg from 'pg'
import { connect, type Db } from '../../src/index.ts'
import { embeddedMigrated } from '../embedded.ts'
import { type FaultProxy, startFaultProxy } from '../faults/proxy.ts'
import { asSuperuser, migratedDatabase, startServer, type TestServer } from '../server.ts'

/** A migrated database on a server of its own, and a proxy before it that can be cut. */
export interface ServerUnderTest {
  readonly url: string
  readonly proxy: FaultProxy
  /** A pool of its own, past the proxy. Closed at the end. */
  pool(max?: number): Promise<Db>
  /** A fresh, migrated database on the same server. */
  another(): Promise<string>
  asSuperuser(run: (client: pg.Client) => Promise<unknown>): Promise<void>
  stop(): Promise<void>
}

async function migrated(server: string, drops: (() => Promise<unknown>)[]): Promise<string> {
  const database = await migratedDatabase(server)
  drops.push(database.drop)
  return database.url
}

export async function startServerUnderTest(start: () => Promise<TestServer> = startServer): Promise<ServerUnderTest> {
  const server = await start()
  const drops: (() => Promise<unknown>)[] = []
  const url = await migrated(server.url, drops)
  const proxy = await startFaultProxy(Number(new URL(url).port))
  const pools: Db[] = []
  return {
    url,
    proxy,
    async pool(max = 10) {
      const db = await connect(url, { max })
      pools.push(db)
      return db
    },
    another: () => migrated(server.url, drops),
    asSuperuser: (run) => asSuperuser(url, run),
    async stop() {
      for (const db of pools) await db.close()
      await proxy.close()
      for (const drop of drops) await drop()
      await server.stop()
    },
  }
}

/**
 * Empties tables whose rows nobody may delete, as only who owns the database can: a test's way to begin anew. Which triggers fire
 * always, and which do not, is put back as it was.
 */
export const emptying = (tables: readonly string[]): string =>
  tables
    .map(
      (table) => `
do $$ declare t record; begin
  for t in select tgname, tgenabled from pg_trigger where tgrelid = 'phi.${table}'::regclass and not tgisinternal loop
    execute format('alter table phi.${table} disable trigger %I', t.tgname);
  end loop;
end $$;`,
    )
    .join('\n') +
  `\ntruncate ${tables.map((table) => `phi.${table}`).join(', ')};\n` +
  tables
    .map(
      (table) => `
do $$ declare t record; begin
  for t in select tgname from pg_trigger where tgrelid = 'phi.${table}'::regclass and not tgisinternal loop
    execute format('alter table phi.${table} enable always trigger %I', t.tgname);
  end loop;
end $$;`,
    )
    .join('\n')

/** For a suite on the server: empty tables, every handle with a pool of its own, and a network that can be cut. */
export async function onServer<Store>(
  under: ServerUnderTest,
  tables: readonly string[],
  storeOf: (db: Db) => Store,
): Promise<StoreUnderTest<Store>> {
  if (tables.length > 0) await under.asSuperuser((client) => client.query(emptying(tables)))
  const pools: Db[] = []
  const handle = async (): Promise<Store> => {
    const db = await connect(under.proxy.through(under.url), { max: 8 })
    pools.push(db)
    return storeOf(db)
  }
  return {
    store: await handle(),
    another: handle,
    faults: {
      async unreachable() {
        under.proxy.plan = () => ({ kind: 'cut', when: 'before' })
      },
      async restore() {
        under.proxy.plan = () => undefined
      },
    },
    async close() {
      under.proxy.plan = () => undefined
      for (const db of pools) await db.close()
    },
  }
}

/** What PGlite cannot show: it is one session in one process, with no network before it. */
export const embeddedGaps: StoreSupports = {
  shared: false,
  unreachable: false,
  because: { shared: 'a PGlite database has one session, in one process', unreachable: 'there is no network to cut' },
}

/** One PGlite database for all suites of a file, emptied for every case. To be made before they begin: it takes its seconds. */
export function embeddedUnderTest(tables: readonly string[]) {
  let db: Db | undefined
  return {
    async start(): Promise<void> {
      db = await embeddedMigrated()
    },
    openAs:
      <Store>(storeOf: (db: Db) => Store) =>
      async (): Promise<StoreUnderTest<Store>> => {
        if (db === undefined) throw new Error('start() comes first')
        await db.exec(emptying(tables))
        return { store: storeOf(db) }
      },
    close: async () => db?.close(),
  }
}

/** Counts the statements that go through a handle, its transactions and its connections. */
export function counted(db: Db): Db & { readonly statements: () => number } {
  let statements = 0
  const counting =
    <A extends unknown[], T>(verb: (...args: A) => Promise<T>) =>
    (...args: A): Promise<T> => {
      statements++
      return verb(...args)
    }
  return {
    ...db,
    query: counting(db.query) as Db['query'],
    exec: counting(db.exec),
    transaction: counting(db.transaction) as Db['transaction'],
    pin: counting(db.pin),
    statements: () => statements,
  }
}

/** Makes a login with these roles, and hands back the connection string for it. */
export async function loginWith(
  under: ServerUnderTest,
  name: string,
  roles: readonly string[],
  url = under.url,
): Promise<string> {
  const login = `phi_test_${name}_${process.pid}`
  await under.asSuperuser(async (client) => {
    await client.query(`drop role if exists ${login}`)
    await client.query(`create role ${login} login password 'test'`)
    for (const role of roles) await client.query(`grant ${role} to ${login}`)
  })
  const own = new URL(url)
  own.username = login
  own.password = 'test'
  return own.href
}
