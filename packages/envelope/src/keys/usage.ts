import type { KeyStore } from './key-store.ts'

/** What a key has sealed and the store has not been told yet. */
export interface Usage {
  readonly id: string
  seals: number
  bytes: number
}

/**
 * The usage that is still to be written. A key's usage stays in here until the store has it, also when the key itself is no longer
 * held.
 */
export interface UsageLedger {
  add(usage: Usage, bytes: number): void
  /** Writes all of it. What could not be written stays for the next time. @throws what the store throws */
  flush(): Promise<void>
}

/** @internal */
export function usageLedger(store: Pick<KeyStore, 'addUsage'>): UsageLedger {
  const unwritten = new Set<Usage>()
  return {
    add(usage, bytes) {
      if (usage.seals === 0) unwritten.add(usage)
      usage.seals += 1
      usage.bytes += bytes
    },
    async flush() {
      for (const usage of unwritten) {
        const { id, seals, bytes } = usage
        // Taken out before the store is asked: what is sealed meanwhile counts anew.
        unwritten.delete(usage)
        usage.seals = 0
        usage.bytes = 0
        try {
          await store.addUsage(id, { seals, bytes })
        } catch (error) {
          usage.seals += seals
          usage.bytes += bytes
          unwritten.add(usage)
          throw error
        }
      }
    },
  }
}
