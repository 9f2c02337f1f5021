import { type AuditStore, memoryStore } from '@phi/audit'
import type { StoreQuery } from '@phi/audit/store'
import type { StoreCase } from '../../store/manifest.ts'
import { succeeds } from '../../suite/assert.ts'
import { extensionsFor, freshLog, readEvent, sameEntries, write } from '../entries.ts'

type Conditions = Omit<StoreQuery, 'order' | 'limit'>

const ids = ['u-1', 'U-1', 'u-10', 'u-1 %', 'u_1', 'ü', 'u\u0308', `u'"\\`] as const

const conditions: readonly Conditions[] = [
  {},
  ...ids.map((actor) => ({ actor })),
  ...ids.map((patient) => ({ patient })),
  { actor: 'u-1', patient: 'u-10' },
  { resource: { type: 'Note' } },
  { resource: { type: 'note' } },
  { resource: { type: 'Note', id: 'n-2' } },
  { resource: { type: 'Note', id: 'n-2' }, outcome: 'denied' },
  { action: 'update' },
  { outcome: 'denied' },
  { action: 'read', outcome: 'success', actor: 'U-1' },
  { eventId: 'e-33' },
  { eventId: 'e-3' },
  { eventId: 'E-33' },
  { from: '2026-01-01T00:10:00.000Z', until: '2026-01-01T00:20:00.000Z' },
  { from: '2026-01-01T00:10:00.001Z' },
  { until: '2026-01-01T00:10:00.000Z', action: 'update' },
  { from: '2026-01-01T00:20:00.000Z', until: '2026-01-01T00:10:00.000Z' },
  { actor: 'nobody' },
]

/** 70 events with ids that patterns, collations and careless quoting take for one another. */
const events = Array.from({ length: 70 }, (_, i) => {
  const subject = {
    resource: { type: i % 3 === 0 ? 'Note' : 'Claim', id: `n-${i % 5}` },
    patients: [...new Set([ids[i % ids.length] as string, ids[(i * 3) % ids.length] as string])],
  }
  return readEvent({
    id: `e-${i}`,
    // Not in the order of the log.
    occurredAt: new Date(Date.UTC(2026, 0, 1, 0, (i * 17) % 70)).toISOString(),
    action: i % 2 === 0 ? 'read' : 'update',
    outcome: i % 10 === 0 ? 'denied' : 'success',
    actor: { id: ids[(i * 5) % ids.length] as string, type: 'workforce' },
    ...(i % 7 === 0 ? { subject: undefined } : { subject }),
  })
})

export const findingCases: readonly StoreCase<AuditStore>[] = [
  {
    title: 'finds by every condition exactly what is there, folding no two ids into one',
    requirements: ['S108'],
    async run({ store }) {
      await findsWhatMemoryFinds(store, (found) => [{ ...found, order: 'oldest', limit: 1000 }])
    },
  },
  {
    title: 'answers a page in the order asked for, after the given index, of at most the given length',
    async run({ store }) {
      await findsWhatMemoryFinds(store, (found) =>
        (['newest', 'oldest'] as const).flatMap((order) => [
          { ...found, order, limit: 3 },
          { ...found, order, limit: 1000, after: 33 },
          { ...found, order, limit: 1, after: 0 },
          { ...found, order, limit: 2, after: 69 },
          { ...found, order, limit: 1000 },
        ]),
      )
    },
  },
]

/** Holds the store against the one in memory, which searches the hashed texts themselves. */
async function findsWhatMemoryFinds(store: AuditStore, pages: (conditions: Conditions) => StoreQuery[]): Promise<void> {
  const key = freshLog()
  const extensions = await extensionsFor(key, events)
  const memory = memoryStore()
  await write(store, key, extensions)
  await write(memory, key, extensions)
  for (const each of conditions) {
    for (const query of pages(each)) {
      const what = `find by ${Object.keys(query).join(', ')}`
      sameEntries(await succeeds(() => store.find(key, query), what), await memory.find(key, query), what)
    }
  }
}
