import { type Clock, canonicalJson, formatInstant } from '@phi/core'
import type { AuditOutcome } from './actions.ts'
import { auditError } from './errors.ts'
import type { AuditEventInput } from './event.ts'
import { type GroupName, groupNames, type PreparedEntry, prepareEntry } from './group.ts'
import { groupTexts } from './group-text.ts'
import { entryHash, parseLeaf } from './leaf.ts'
import { parseAuditEvent } from './parse-event.ts'
import type { Receipt } from './receipt.ts'
import { looksSealed } from './sealed/sealed-group.ts'
import type { StoredEntry } from './store/store.ts'
import { eventTerms } from './terms.ts'

/** The receipt of an entry that is in the log already. */
function receiptOfStored(entry: StoredEntry, eventId: string): Receipt {
  const { recordedAt } = parseLeaf(entry.leaf)
  return { index: entry.index, eventId, hash: entryHash(entry.leaf), recordedAt, duplicate: true }
}

/**
 * An event on its way into the log: checked, filled in, committed. Only its place in the chain is missing. The event itself is
 * let go of: many wait at a time, and its texts say all that is needed of it.
 */
export class Candidate {
  readonly prepared: PreparedEntry
  readonly outcome: AuditOutcome
  /** The id where the library chose it: a caller whose answer was lost needs it to retry. */
  readonly generatedId: string | undefined
  /** The caller gave the time. */
  readonly timed: boolean
  /** The texts of the groups that are sealed in `prepared`. */
  readonly plain: Readonly<Partial<Record<GroupName, string>>> | undefined
  /** The entry that has this event's id, where the last attempt found one: whoever seals compares what is sealed in it. */
  twin: StoredEntry | undefined

  constructor(
    prepared: PreparedEntry,
    outcome: AuditOutcome,
    generatedId: string | undefined,
    timed: boolean,
    plain?: Readonly<Partial<Record<GroupName, string>>>,
  ) {
    this.prepared = prepared
    this.outcome = outcome
    this.generatedId = generatedId
    this.timed = timed
    this.plain = plain
  }

  /** The receipt of the entry that has this event's id. */
  receiptOf(entry: StoredEntry): Receipt {
    return receiptOfStored(entry, this.prepared.eventId)
  }

  /**
   * Whether a stored entry says what this event says. The time is compared only where the caller gave one, since a retry that
   * leaves it out means the time of the first attempt. A group that the store no longer has cannot differ. Two sealed texts say nothing
   * of what is in them: whoever seals compares those himself.
   * @throws PhiError PHI_AUDIT_STORE when the stored entry cannot be read
   */
  isSame(entry: StoredEntry): boolean {
    const { open } = this.prepared
    for (const name of groupNames) {
      const stored = entry.open[name]?.json
      if (stored === undefined || stored === open[name].json) continue
      const plain = this.plain?.[name]
      if (plain !== undefined && (stored === plain || looksSealed(stored))) continue
      if (name !== 'event' || this.timed) return false
      try {
        const { occurredAt } = JSON.parse(stored) as { occurredAt: string }
        if (canonicalJson({ ...JSON.parse(open.event.json), occurredAt: `${occurredAt}` }) !== stored) return false
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

/** Checks an event and fills in its id and time. @throws PhiError PHI_AUDIT_EVENT */
export function identified(input: AuditEventInput, newId: () => string, clock: Clock) {
  const event = parseAuditEvent(input)
  const generatedId = event.id === undefined ? newId() : undefined
  return {
    event,
    generatedId,
    id: event.id ?? (generatedId as string),
    occurredAt: event.occurredAt ?? instantText(clock()),
  }
}

/**
 * Checks an event, fills in its id and time, and commits its groups: everything that can be done, and can fail, before
 * anything is written.
 * @throws PhiError PHI_AUDIT_EVENT, PHI_AUDIT_EVENT_TOO_LARGE
 */
export function candidateOf(input: AuditEventInput, newId: () => string, clock: Clock): Candidate {
  const { event, id, occurredAt, generatedId } = identified(input, newId, clock)
  const texts = groupTexts(event, id, occurredAt)
  const prepared = prepareEntry(id, texts, eventTerms(event, id, occurredAt))
  return new Candidate(prepared, event.outcome, generatedId, event.occurredAt !== undefined)
}
