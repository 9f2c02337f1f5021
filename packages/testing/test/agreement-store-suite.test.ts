import { memoryAgreementStore } from '@phi/baa'
import { describe, it } from 'vitest'
import { agreementStoreSuite, register } from '../src/index.ts'
import { agreementStoreMutants } from './agreement-store-mutants.ts'
import { registerMutants } from './mutants.ts'
import { simpleAgreementStore } from './simple-agreement-store.ts'

register(
  agreementStoreSuite({ name: 'a store of agreements that keeps its contract', open: async () => simpleAgreementStore() }),
  { describe, it },
)

register(
  agreementStoreSuite({
    name: 'memoryAgreementStore',
    supports: {
      shared: false,
      unreachable: false,
      because: { shared: 'it lies in one process', unreachable: 'there is nothing to reach' },
    },
    open: async () => ({ store: memoryAgreementStore() }),
  }),
  { describe, it },
)

describe('a wrong store of agreements is found that', () => {
  registerMutants(agreementStoreMutants, (mutant) => {
    const open = async () => (mutant === undefined ? simpleAgreementStore() : mutant.open())
    return agreementStoreSuite({ name: 'wrong', supports: mutant?.supports ?? {}, open, caseTimeoutMs: 10_000 })
  })
})
