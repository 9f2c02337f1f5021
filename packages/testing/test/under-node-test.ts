// Run by runners.test.ts with `node --test`: the same suite under Node's own runner, with a gap, and with a wrong adapter when
// asked for one.
import { describe, it } from 'node:test'
import { memoryTombstones } from '@phi/envelope'
import { register, tombstoneStoreSuite } from '@phi/testing'

const wrong = process.env.WRONG === '1' ? { append: async () => undefined } : {}

register(
  tombstoneStoreSuite({
    name: 'memoryTombstones',
    supports: { shared: false, unreachable: false, because: { shared: 'one process' } },
    open: async () => ({ store: { ...memoryTombstones(), ...wrong } }),
  }),
  { describe, it },
)
