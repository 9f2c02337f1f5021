import { type AuditRecord, memoryStore, openAuditLog } from '@phi/audit'
import { detect, practiceFacts, standardDetectors } from '@phi/audit/detect'
import { benchEvents } from '../events.ts'
import type { Row } from '../measure.ts'

async function* each(records: readonly AuditRecord[]): AsyncGenerator<AuditRecord> {
  yield* records
}

/** All seventeen detectors over a log, against the one question that most services ask of theirs. */
export const detectors: Row = {
  id: 'audit.detect.standard',
  against: 'a Map that counts the patients each actor reached a day, over the same records; ours asks all standard detectors',
  atLeast: 0,
  async prepare({ quick }) {
    const count = quick ? 2_000 : 10_000
    const log = await openAuditLog({ origin: 'bench.example/detect', store: memoryStore() })
    const events = benchEvents(count)
    for (let at = 0; at < count; at += 1000) await Promise.all(events.slice(at, at + 1000).map((event) => log.append(event)))
    const records: AuditRecord[] = []
    for await (const record of log.records()) records.push(record)
    await log.close()
    const facts = practiceFacts({
      timeZone: 'America/New_York',
      roles: { rows: [{ role: 'therapist', reach: 'related' }] },
      relations: { rows: [{ kind: 'treatment', actor: 'u-0', patient: 'p-0' }] },
    })
    return {
      unit: 'records',
      async ours() {
        const detection = detect({ detectors: standardDetectors(), facts })
        for await (const alert of detection.run(each(records))) if (alert.id === '') throw new Error('an alert has no id')
        if (detection.next !== count) throw new Error('records are missing')
        return count
      },
      async baseline() {
        const reached = new Map<string, Set<string>>()
        for await (const { event } of each(records)) {
          const key = `${event.actor?.id} ${event.occurredAt?.slice(0, 10)}`
          let patients = reached.get(key)
          if (patients === undefined) {
            patients = new Set()
            reached.set(key, patients)
          }
          for (const patient of event.subject?.patients ?? []) patients.add(patient)
        }
        if (reached.size === 0) throw new Error('nothing was counted')
        return count
      },
    }
  },
}
