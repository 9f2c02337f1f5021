import { memorySessionStore } from '@phi/rbac/session'
import { describe, it } from 'vitest'
import { register, sessionStoreSuite } from '../src/index.ts'
import { registerMutants } from './mutants.ts'
import { sessionStoreMutants } from './session-store-mutants.ts'
import { simpleSessionStore } from './simple-session-store.ts'

register(sessionStoreSuite({ name: 'a session store that keeps its contract', open: async () => simpleSessionStore() }), {
  describe,
  it,
})

register(
  sessionStoreSuite({
    name: 'memorySessionStore',
    supports: {
      shared: false,
      unreachable: false,
      because: { shared: 'it lies in one process', unreachable: 'there is nothing to reach' },
    },
    open: async () => ({ store: memorySessionStore() }),
  }),
  { describe, it },
)

describe('a wrong session store is found that', () => {
  registerMutants(sessionStoreMutants, (mutant) => {
    const open = async () => (mutant === undefined ? simpleSessionStore() : mutant.open())
    return sessionStoreSuite({ name: 'wrong', supports: mutant?.supports ?? {}, open, caseTimeoutMs: 10_000 })
  })
})
