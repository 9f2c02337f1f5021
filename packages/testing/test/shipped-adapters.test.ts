import { memoryStore } from '@phi/audit'
import { randomBytes, toHex } from '@phi/core'
import { localKms, memoryKeyStore, memoryTombstones } from '@phi/envelope'
import { describe, it } from 'vitest'
import { auditDepthSuite, auditStoreSuite, keyStoreSuite, kmsSuite, register, tombstoneStoreSuite } from '../src/index.ts'

// What the packages ship without a service behind it. Adapters to services are tested beside their loopback servers.

const inOneProcess = {
  shared: false,
  unreachable: false,
  because: { shared: 'it lies in one process', unreachable: 'there is nothing to reach' },
} as const

register(auditStoreSuite({ name: 'memoryStore', supports: inOneProcess, open: async () => ({ store: memoryStore() }) }), {
  describe,
  it,
})

register(
  auditDepthSuite({
    name: 'memoryStore',
    supports: {
      transactions: false,
      outbox: false,
      because: { transactions: 'memory has none', outbox: 'memory has no transactions' },
    },
    open: async () => ({ store: memoryStore() }),
  }),
  { describe, it },
)

register(keyStoreSuite({ name: 'memoryKeyStore', supports: inOneProcess, open: async () => ({ store: memoryKeyStore() }) }), {
  describe,
  it,
})

register(
  tombstoneStoreSuite({ name: 'memoryTombstones', supports: inOneProcess, open: async () => ({ store: memoryTombstones() }) }),
  { describe, it },
)

register(
  kmsSuite({
    name: 'localKms.generate',
    supports: { destroy: 'immediate', disable: false, faults: false, because: { faults: 'there is no service' } },
    async open() {
      const kms = localKms.generate()
      return {
        kms,
        absentKek: 'local:0000000000000000',
        newKek: () => kms.rotate(),
        async rotate() {
          await kms.rotate()
        },
      }
    },
  }),
  { describe, it },
)

register(
  kmsSuite({
    name: 'localKms.fromSecret',
    supports: { destroy: 'unsupported', manyKeks: false, rotate: false, disable: false, faults: false },
    open: async () => ({ kms: localKms.fromSecret(toHex(randomBytes(32))), absentKek: 'local:0000000000000000' }),
  }),
  { describe, it },
)
