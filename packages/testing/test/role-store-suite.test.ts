import { memoryRoleStore } from '@phi/rbac'
import { describe, it } from 'vitest'
import { register, roleStoreSuite } from '../src/index.ts'
import { registerMutants } from './mutants.ts'
import { roleStoreMutants } from './role-store-mutants.ts'
import { simpleRoleStore } from './simple-role-store.ts'

register(roleStoreSuite({ name: 'a store of roles that keeps its contract', open: async () => simpleRoleStore() }), {
  describe,
  it,
})

register(
  roleStoreSuite({
    name: 'memoryRoleStore',
    supports: {
      shared: false,
      unreachable: false,
      because: { shared: 'it lies in one process', unreachable: 'there is nothing to reach' },
    },
    open: async () => ({ store: memoryRoleStore() }),
  }),
  { describe, it },
)

describe('a wrong store of roles is found that', () => {
  registerMutants(roleStoreMutants, (mutant) => {
    const open = async () => (mutant === undefined ? simpleRoleStore() : mutant.open())
    return roleStoreSuite({ name: 'wrong', supports: mutant?.supports ?? {}, open, caseTimeoutMs: 10_000 })
  })
})
