import { memoryDirectiveStore } from '@phi/rbac/directives'
import { describe, it } from 'vitest'
import { directiveStoreSuite, register } from '../src/index.ts'
import { directiveStoreMutants } from './directive-store-mutants.ts'
import { registerMutants } from './mutants.ts'
import { simpleDirectiveStore } from './simple-directive-store.ts'

register(
  directiveStoreSuite({ name: 'a store of directives that keeps its contract', open: async () => simpleDirectiveStore() }),
  { describe, it },
)

register(
  directiveStoreSuite({
    name: 'memoryDirectiveStore',
    supports: {
      shared: false,
      unreachable: false,
      because: { shared: 'it lies in one process', unreachable: 'there is nothing to reach' },
    },
    open: async () => ({ store: memoryDirectiveStore() }),
  }),
  { describe, it },
)

describe('a wrong store of directives is found that', () => {
  registerMutants(directiveStoreMutants, (mutant) => {
    const open = async () => (mutant === undefined ? simpleDirectiveStore() : mutant.open())
    return directiveStoreSuite({ name: 'wrong', supports: mutant?.supports ?? {}, open, caseTimeoutMs: 10_000 })
  })
})
