import { afterAll, beforeAll } from 'vitest'
import { connect, type Db } from '../src/index.ts'
import { embeddedMigrated } from './embedded.ts'
import { migratedDatabase, startServer, type TestServer } from './server.ts'

export const engineNames = ['PGlite', 'PostgreSQL'] as const
type EngineName = (typeof engineNames)[number]

/** A fresh, migrated database on either engine, for the tests of a file. All of it is closed when they are done. */
export function testEngines() {
  let server: TestServer
  const cleanups: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup()
    await server.stop()
  })

  const open: Readonly<Record<EngineName, () => Promise<Db>>> = {
    async PGlite() {
      const db = await embeddedMigrated()
      cleanups.push(() => db.close())
      return db
    },
    async PostgreSQL() {
      const database = await migratedDatabase(server.url)
      const db = await connect(database.url)
      cleanups.push(database.drop, () => db.close())
      return db
    },
  }
  return { open, cleanups, serverUrl: () => server.url }
}
