import { memoryCaseStore } from '@phi/deadlines/store'
import { describe, it } from 'vitest'
import { caseStoreSuite, register } from '../src/index.ts'
import { caseStoreMutants } from './case-store-mutants.ts'
import { registerMutants } from './mutants.ts'
import { simpleCaseStore } from './simple-case-store.ts'

register(caseStoreSuite({ name: 'a store of cases that keeps its contract', open: async () => simpleCaseStore() }), {
  describe,
  it,
})

register(
  caseStoreSuite({
    name: 'memoryCaseStore',
    supports: {
      shared: false,
      unreachable: false,
      because: { shared: 'it lies in one process', unreachable: 'there is nothing to reach' },
    },
    open: async () => ({ store: memoryCaseStore() }),
  }),
  { describe, it },
)

describe('a wrong store of cases is found that', () => {
  registerMutants(caseStoreMutants, (mutant) => {
    const open = async () => (mutant === undefined ? simpleCaseStore() : mutant.open())
    return caseStoreSuite({ name: 'wrong', supports: mutant?.supports ?? {}, open, caseTimeoutMs: 10_000 })
  })
})
