import { directiveStoreSuite, register, roleStoreSuite, sessionStoreSuite } from '@phi/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { directiveStore, roleStore, sessionStore } from '../../src/index.ts'
import { embeddedGaps, embeddedUnderTest, onServer, type ServerUnderTest, startServerUnderTest } from './under-test.ts'

const tables = ['session', 'session_tenant', 'directive_version', 'role_revocation', 'role_assignment']
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

register(sessionStoreSuite({ name: 'sessionStore on PostgreSQL', open: () => onServer(under, tables, sessionStore) }), {
  describe,
  it,
})
register(directiveStoreSuite({ name: 'directiveStore on PostgreSQL', open: () => onServer(under, tables, directiveStore) }), {
  describe,
  it,
})
register(roleStoreSuite({ name: 'roleStore on PostgreSQL', open: () => onServer(under, tables, roleStore) }), { describe, it })
register(sessionStoreSuite({ name: 'sessionStore on PGlite', supports: embeddedGaps, open: pglite.openAs(sessionStore) }), {
  describe,
  it,
})
register(
  directiveStoreSuite({ name: 'directiveStore on PGlite', supports: embeddedGaps, open: pglite.openAs(directiveStore) }),
  {
    describe,
    it,
  },
)
register(roleStoreSuite({ name: 'roleStore on PGlite', supports: embeddedGaps, open: pglite.openAs(roleStore) }), {
  describe,
  it,
})
