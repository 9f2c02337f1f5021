import { type Clock, formatInstant } from '@phi/core'
import { auditError } from './errors.ts'
import { type AuditEventInput, type ParsedAuditEvent, parseAuditEvent } from './event.ts'
import { groupNames, type PreparedEntry, prepareEntry } from './group.ts'
import { groupTexts } from './group-text.ts'
import { entryHash, parseLeaf } from './leaf.ts'
import type { Receipt } from './receipt.ts'
import type { StoredEntry } from './store/store.ts'
import { eventTerms } from './terms.ts'

/** The receipt of an entry that is in the log already. */
function receiptOfStored(entry: StoredEntry, eventId: string): Receipt {
  const { recordedAt } = parseLeaf(entry.leaf)
  return { index: entry.index, eventId, hash: entryHash(entry.leaf), recordedAt, duplicate: true }
}

/** An event on its way into the log: checked, filled in, committed. Only its place in the chain is missing. */
export class Candidate {
  readonly event: ParsedAuditEvent
  readonly prepared: PreparedEntry
  /** The id where the library chose it: a caller whose answer was lost needs it to retry. */
  readonly generatedId: string | undefined

  constructor(event: ParsedAuditEvent, prepared: PreparedEntry, generatedId: string | undefined) {
    this.event = event
    this.prepared = prepared
    this.generatedId = generatedId
  }

  /** The receipt of the entry that has this event's id. */
  receiptOf(entry: StoredEntry): Receipt {
    return receiptOfStored(entry, this.prepared.eventId)
  }

  /**
   * Whether a stored entry says what this event says. The time is compared only where the caller gave one, since a retry that
   * leaves it out means the time of the first attempt. A group that the store no longer has cannot differ.
   * @throws PhiError PHI_AUDIT_STORE when the stored entry cannot be read
   */
  isSame(entry: StoredEntry): boolean {
    const { open, eventId } = this.prepared
    for (const name of groupNames) {
      const stored = entry.open[name]?.json
      if (stored === undefined || stored === open[name].json) continue
      if (name !== 'event' || this.event.occurredAt !== undefined) return false
      try {
        const { occurredAt } = JSON.parse(stored) as { occurredAt: string }
        if (groupTexts(this.event, eventId, occurredAt).event !== stored) return false
      } catch (cause) {
        throw auditError('PHI_AUDIT_STORE', { detail: 'a stored entry cannot be read', cause })
      }
    }
    return true
  }
}

// Many events are recorded in one millisecond.
let lastInstant = Number.NaN
let lastText = ''
function instantText(now: number): string {
  if (now !== lastInstant) {
    lastText = formatInstant(now)
    lastInstant = now
  }
  return lastText
}

/**
 * Checks an event, fills in its id and time, and commits its groups: everything that can be done, and can fail, before
 * anything is written.
 * @throws PhiError PHI_AUDIT_EVENT, PHI_AUDIT_EVENT_TOO_LARGE
 */
export function candidateOf(input: AuditEventInput, newId: () => string, clock: Clock): Candidate {
  const event = parseAuditEvent(input)
  const generatedId = event.id === undefined ? newId() : undefined
  const id = event.id ?? (generatedId as string)
  const occurredAt = event.occurredAt ?? instantText(clock())
  const texts = groupTexts(event, id, occurredAt)
  return new Candidate(event, prepareEntry(id, texts, eventTerms(event, id, occurredAt)), generatedId)
}
