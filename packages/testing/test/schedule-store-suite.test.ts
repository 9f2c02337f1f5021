import { memoryScheduleStore } from '@phi/retention'
import { describe, it } from 'vitest'
import { register, scheduleStoreSuite } from '../src/index.ts'
import { registerMutants } from './mutants.ts'
import { scheduleStoreMutants, simpleScheduleStore } from './schedule-store-mutants.ts'

register(scheduleStoreSuite({ name: 'a schedule store that keeps its contract', open: async () => simpleScheduleStore() }), {
  describe,
  it,
})

register(
  scheduleStoreSuite({
    name: 'memoryScheduleStore',
    supports: {
      shared: false,
      unreachable: false,
      because: { shared: 'it lies in one process', unreachable: 'there is nothing to reach' },
    },
    open: async () => ({ store: memoryScheduleStore() }),
  }),
  { describe, it },
)

describe('a wrong schedule store is found that', () => {
  registerMutants(scheduleStoreMutants, (mutant) => {
    const open = async () => (mutant === undefined ? simpleScheduleStore() : mutant.open())
    return scheduleStoreSuite({ name: 'wrong', supports: mutant?.supports ?? {}, open, caseTimeoutMs: 30_000 })
  })
})
