import type { AuditEventInput } from '@phi/audit'
import type { PurposeOfUse } from '@phi/core'
import { type ChartEntry, subjectOf } from './fhir.ts'
import type { Party } from './people.ts'

/** The moments that the story comes back to. */
export type Mark = 'denial' | 'disclosure' | 'break-glass' | 'sign-note'

/** One event of the day, and when it happens. */
export interface Moment {
  readonly at: number
  readonly event: AuditEventInput
  readonly mark?: Mark
}

type Action = AuditEventInput['action']
type Rest = Partial<Pick<AuditEventInput, 'id' | 'outcome' | 'severity' | 'subject' | 'context'>>

/** mulberry32: the same day each time. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Writes down who does what, when. */
export class Diary {
  readonly moments: Moment[] = []
  readonly #random = seeded(20260304)

  /** A whole number from `from` up to and without `to`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from))
  }

  one<T>(items: readonly T[]): T {
    return items[this.between(0, items.length)] as T
  }

  note(time: number, who: Party, action: Action, rest: Rest = {}, mark?: Mark): void {
    const occurredAt = new Date(time).toISOString()
    const event: AuditEventInput = { action, outcome: 'success', occurredAt, ...who, ...rest }
    this.moments.push(mark === undefined ? { at: time, event } : { at: time, event, mark })
  }

  /** Opens chart entries one after the other, a few seconds to a minute apart. Returns when the last one was opened. */
  opens(time: number, who: Party, entries: readonly ChartEntry[], purpose: PurposeOfUse, more: Rest['context'] = {}): number {
    let now = time
    for (const entry of entries) {
      now += this.between(4_000, 55_000)
      this.note(now, who, 'read', { subject: subjectOf(entry), context: { purpose, ...more } })
    }
    return now
  }
}
