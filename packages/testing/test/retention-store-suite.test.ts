import { memoryRetentionStore } from '@phi/retention'
import { describe, it } from 'vitest'
import { register, retentionStoreSuite } from '../src/index.ts'
import { registerMutants } from './mutants.ts'
import { retentionStoreMutants } from './retention-store-mutants.ts'
import { simpleRetentionStore } from './simple-retention-store.ts'

register(retentionStoreSuite({ name: 'a retention store that keeps its contract', open: async () => simpleRetentionStore() }), {
  describe,
  it,
})

register(
  retentionStoreSuite({
    name: 'memoryRetentionStore',
    supports: {
      shared: false,
      unreachable: false,
      because: { shared: 'it lies in one process', unreachable: 'there is nothing to reach' },
    },
    async open() {
      const store = memoryRetentionStore()
      return {
        store,
        async put(records) {
          for (const record of records) store.put(record)
        },
      }
    },
  }),
  { describe, it },
)

describe('a wrong retention store is found that', () => {
  registerMutants(retentionStoreMutants, (mutant) => {
    const open = async () => (mutant === undefined ? simpleRetentionStore() : mutant.open())
    return retentionStoreSuite({ name: 'wrong', supports: mutant?.supports ?? {}, open, caseTimeoutMs: 10_000 })
  })
})
