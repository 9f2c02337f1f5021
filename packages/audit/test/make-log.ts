import { type Clock, fixedClock } from '@phi/core'
import type { AuditEventInput } from '../src/event.ts'
import { prepareEntry } from '../src/group.ts'
import { groupTexts } from '../src/group-text.ts'
import { frontierOf } from '../src/head.ts'
import { linkEntries } from '../src/link.ts'
import { frontierRoot } from '../src/merkle/index.ts'
import { ed25519Signer, formatCheckpoint, type Signer, signNote } from '../src/note/index.ts'
import { parseAuditEvent } from '../src/parse-event.ts'
import { memoryStore } from '../src/store/memory.ts'
import type { AuditStore, LogKey } from '../src/store/store.ts'
import { searchTerms } from '../src/terms.ts'

export const testLog: LogKey = { tenant: 'clinic', origin: 'clinic.example/audit' }
export const testSigner = ed25519Signer.fromSecretKey(
  'clinic.example/audit',
  Uint8Array.from({ length: 32 }, (_, i) => i),
)

/** A plausible event; every seventh is a denial without subject or context. */
export function eventAt(i: number): AuditEventInput {
  const actor = { id: `u-${i % 5}`, type: 'workforce' as const, roles: ['therapist'], organization: 'org-1' }
  const common = { id: `e-${i}`, actor }
  if (i % 7 === 6) return { ...common, action: 'login', outcome: 'denied', source: { ip: '203.0.113.9' } }
  return {
    ...common,
    action: i % 3 === 0 ? 'update' : 'read',
    outcome: 'success',
    occurredAt: '2026-03-04T05:06:07.089Z',
    source: { ip: '203.0.113.9', userAgent: 'Mozilla/5.0', session: `s-${i}` },
    subject: { resource: { type: 'ProgressNote', id: `n-${i}` }, patients: [`p-${i % 11}`], dataClasses: [] },
    context: { purpose: 'TREAT', details: { note: `Überweisung ${i} 🙂`, count: i / 4, urgent: false } },
  }
}

/** Appends events in one extension. */
export async function append(store: AuditStore, log: LogKey, events: readonly AuditEventInput[], clock: Clock): Promise<void> {
  const prepared = events.map((input) => {
    const event = parseAuditEvent(input)
    const id = event.id ?? `generated-${Math.random()}`
    const texts = groupTexts(event, id, event.occurredAt ?? '2026-03-04T05:06:07.089Z')
    return prepareEntry(id, texts, searchTerms(texts))
  })
  const ids = prepared.map(({ eventId }) => eventId)
  await store.extend(log, ids, ({ head }) => linkEntries(log.origin, head, prepared, clock()))
}

/** Signs the log as it is, and returns the note. Keeps it in the store unless told otherwise. */
export async function checkpoint(
  store: AuditStore,
  log: LogKey,
  options: { signer?: Signer; keep?: boolean } = {},
): Promise<string> {
  const head = await store.head(log)
  const root = frontierRoot(frontierOf(head))
  const note = await signNote(formatCheckpoint({ origin: log.origin, size: head.size, root }), [options.signer ?? testSigner])
  if (options.keep !== false) await store.saveCheckpoint(log, { size: head.size, note })
  return note
}

/** A log of `size` entries with a checkpoint at every size named. */
export async function makeLog(
  size: number,
  checkpoints: readonly number[] = [],
  options: { log?: LogKey; store?: AuditStore; event?: (i: number) => AuditEventInput } = {},
): Promise<{ store: AuditStore; log: LogKey; notes: string[]; vkey: string }> {
  const { log = testLog, store = memoryStore(), event = eventAt } = options
  const clock = fixedClock('2026-03-04T05:06:08.000Z')
  await store.open(log)
  const notes: string[] = []
  let at = 0
  for (const stop of [...checkpoints, size]) {
    for (; at < stop; at = Math.min(stop, at + 500)) {
      const count = Math.min(500, stop - at)
      await append(
        store,
        log,
        Array.from({ length: count }, (_, i) => event(at + i)),
        clock,
      )
      clock.advance(1500)
    }
    if (checkpoints.includes(stop) && notes.length < checkpoints.length) notes.push(await checkpoint(store, log))
  }
  return { store, log, notes, vkey: testSigner.vkey }
}
