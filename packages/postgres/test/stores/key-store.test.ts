import { keyStoreSuite, register, tombstoneStoreSuite } from '@phi/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { keyStore, tombstoneStore } from '../../src/index.ts'
import { embeddedGaps, embeddedUnderTest, onServer, type ServerUnderTest, startServerUnderTest } from './under-test.ts'

const tables = ['data_key', 'data_key_tenant', 'key_tombstone', 'key_tombstone_tenant']
const pglite = embeddedUnderTest(tables)
let under: ServerUnderTest

beforeAll(async () => {
  under = await startServerUnderTest()
  await pglite.start()
})
afterAll(async () => {
  await pglite.close()
  await under.stop()
})

register(keyStoreSuite({ name: 'keyStore on PostgreSQL', open: () => onServer(under, tables, keyStore) }), { describe, it })
register(tombstoneStoreSuite({ name: 'tombstoneStore on PostgreSQL', open: () => onServer(under, tables, tombstoneStore) }), {
  describe,
  it,
})
register(keyStoreSuite({ name: 'keyStore on PGlite', supports: embeddedGaps, open: pglite.openAs(keyStore) }), { describe, it })
register(
  tombstoneStoreSuite({ name: 'tombstoneStore on PGlite', supports: embeddedGaps, open: pglite.openAs(tombstoneStore) }),
  { describe, it },
)
