import type { GroupName, Opening } from '../group.ts'
import { retentionFloor, yearsBefore } from '../prune/retention-floor.ts'
import type { Pruned } from '../store/store.ts'
import type { Findings } from './findings.ts'

/** Entries without texts, one run of them from the first on. */
interface Taken {
  readonly from: number
  last: number
  recordedAt: string
}

/**
 * Entries without texts that were pruned by right: they lie below where the store says that it pruned, and an entry of the log itself,
 * further on, confirms it. What no entry confirms is reported as erased.
 */
export class Prunings {
  readonly #claims: readonly Pruned[]
  readonly #events: ReadonlySet<number>
  readonly #findings: Findings
  #taken: Taken | undefined
  #isEarly = false
  /** Up to here an entry of the log says that texts were taken away. */
  #confirmed = 0

  constructor(claims: readonly Pruned[], findings: Findings) {
    this.#claims = claims
    this.#events = new Set(claims.map(({ event }) => event))
    this.#findings = findings
  }

  isAnnounced(index: number): boolean {
    return this.#events.has(index)
  }

  /** Takes note of an entry without texts. False: nobody claims that it was pruned. */
  take(index: number, recordedAt: string): boolean {
    if (!this.#claims.some(({ to, event }) => index < to && index < event)) return false
    this.#taken ??= { from: index, last: index, recordedAt }
    this.#taken.last = index
    if (recordedAt > this.#taken.recordedAt) this.#taken.recordedAt = recordedAt
    return true
  }

  /** An entry that a claim names, and that is as it was recorded. */
  confirm(index: number, recordedAt: string, open: Readonly<Record<GroupName, Opening>>): void {
    const { action, outcome } = JSON.parse(open.event.json) as { action?: unknown; outcome?: unknown }
    const { details } = JSON.parse(open.context.json) as { details?: { to?: unknown } }
    const claim = this.#claims.find(({ event, to }) => event === index && to === details?.to)
    if (claim === undefined || action !== 'prune' || outcome !== 'success') return
    this.#confirmed = Math.max(this.#confirmed, claim.to)
    if (this.#taken === undefined || this.#taken.last >= claim.to) return
    const floor = yearsBefore(Date.parse(recordedAt), retentionFloor.years)
    if (Date.parse(this.#taken.recordedAt) > floor) this.#isEarly = true
  }

  /** The end of the entries. */
  end(): void {
    const taken = this.#taken
    if (taken === undefined) return
    if (taken.last >= this.#confirmed) {
      this.#findings.add('missing-opening', { index: Math.max(taken.from, this.#confirmed), group: 'event' })
      return
    }
    this.#findings.add('pruned', { index: taken.from, between: { from: taken.from, to: taken.last + 1 } })
    if (this.#isEarly) this.#findings.add('pruned-early', { index: taken.last })
  }
}
