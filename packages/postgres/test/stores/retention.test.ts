import { register, retentionStoreSuite, scheduleStoreSuite } from '@phi/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Db, scheduleStore } from '../../src/index.ts'
import { embeddedMigrated } from '../embedded.ts'
import { APP_SCHEMA, chartStore, chartUnderTest, freshKeeper, putChart } from './retention-tables.ts'
import { embeddedGaps, onServer, type ServerUnderTest, startServerUnderTest } from './under-test.ts'

let pglite: Db
let under: ServerUnderTest
let db: Db

beforeAll(async () => {
  under = await startServerUnderTest()
  db = await under.pool()
  await db.exec(APP_SCHEMA)
  pglite = await embeddedMigrated()
  await pglite.exec(APP_SCHEMA)
})
afterAll(async () => {
  await pglite.close()
  await under.stop()
})

register(
  retentionStoreSuite({
    name: 'retentionStore on PostgreSQL',
    async open() {
      const keeper = freshKeeper()
      return {
        ...(await onServer(under, ['disposal_run'], (own) => chartStore(own, keeper))),
        async put(records) {
          for (const record of records) await putChart(db, keeper, record)
        },
      }
    },
  }),
  { describe, it },
)

register(
  retentionStoreSuite({
    name: 'retentionStore on PGlite',
    supports: embeddedGaps,
    open: async () => chartUnderTest(pglite),
  }),
  { describe, it },
)

// Every case has tenants of its own, so that nothing has to be emptied.
register(
  scheduleStoreSuite({
    name: 'scheduleStore on PostgreSQL',
    open: () => onServer(under, ['disposal_run'], (own) => scheduleStore(own)),
  }),
  { describe, it },
)

register(
  scheduleStoreSuite({
    name: 'scheduleStore on PGlite',
    supports: embeddedGaps,
    open: async () => ({ store: scheduleStore(pglite) }),
  }),
  { describe, it },
)
