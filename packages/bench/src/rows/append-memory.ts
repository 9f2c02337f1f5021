import { hash } from 'node:crypto'
import { memoryStore, openAuditLog } from '@phi/audit'
import { benchEvents } from '../events.ts'
import type { Row } from '../measure.ts'

/** Validate, commit five groups, chain, grow the Merkle frontier. */
export const appendMemory: Row = {
  id: 'audit.append.memory',
  against: 'JSON.stringify and one SHA-256 of the same event',
  atLeast: 0.22,
  async prepare({ quick }) {
    const events = benchEvents(quick ? 5_000 : 20_000)
    return {
      unit: 'events',
      async ours() {
        const log = await openAuditLog({ origin: 'bench.example/audit', store: memoryStore() })
        // As a service under load: many callers at once.
        for (let at = 0; at < events.length; at += 256)
          await Promise.all(events.slice(at, at + 256).map((event) => log.append(event)))
        return events.length
      },
      baseline() {
        for (const event of events) hash('sha256', JSON.stringify(event))
        return events.length
      },
    }
  },
}
