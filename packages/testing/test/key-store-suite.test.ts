import { describe, it } from 'vitest'
import { keyStoreSuite, register } from '../src/index.ts'
import { keyStoreMutants } from './key-store-mutants.ts'
import { registerMutants } from './mutants.ts'
import { simpleKeyStore } from './simple-key-store.ts'

register(keyStoreSuite({ name: 'a key store that keeps its contract', open: async () => simpleKeyStore() }), { describe, it })

describe('a wrong key store is found that', () => {
  registerMutants(keyStoreMutants, (mutant) => {
    const open = async () => (mutant === undefined ? simpleKeyStore() : mutant.open())
    return keyStoreSuite({ name: 'wrong', supports: mutant?.supports ?? {}, open, caseTimeoutMs: 10_000 })
  })
})
