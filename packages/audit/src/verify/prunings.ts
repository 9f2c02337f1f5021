import type { GroupName, Opening } from '../group.ts'
import { retentionFloor, yearsBefore } from '../prune/retention-floor.ts'
import type { Pruned } from '../store/store.ts'
import type { Findings } from './findings.ts'

/** Entries without texts, one run of them from the first on. */
interface Taken {
  readonly from: number
  last: number
}

/** What an entry of the log says was taken away. */
interface Confirmed {
  readonly to: number
  readonly event: number
  /** The entries were younger than the retention floor when it was written. */
  readonly isEarly: boolean
}

/**
 * Entries without texts that were pruned by right: they lie below where the store says that it pruned, and an entry of the log itself,
 * further on, confirms it. What no entry confirms is reported as erased; and as far as signatures go, only an entry that they cover
 * counts, since whoever owns the database can write one behind them.
 */
export class Prunings {
  readonly #claims: readonly Pruned[]
  readonly #events: ReadonlySet<number>
  readonly #findings: Findings
  #taken: Taken | undefined
  /** By claim the latest recorded time of what was taken away below it. */
  readonly #latest = new Map<Pruned, string>()
  readonly #confirmed: Confirmed[] = []
  readonly #now: number

  /** @param now the time, in milliseconds: an entry cannot be older than it is by then, whatever time it gives itself */
  constructor(claims: readonly Pruned[], findings: Findings, now = Number.POSITIVE_INFINITY) {
    this.#now = now
    this.#claims = claims
    this.#events = new Set(claims.map(({ event }) => event))
    this.#findings = findings
  }

  isAnnounced(index: number): boolean {
    return this.#events.has(index)
  }

  /** Takes note of an entry without texts. False: nobody claims that it was pruned. */
  take(index: number, recordedAt: string): boolean {
    let isClaimed = false
    for (const claim of this.#claims) {
      if (index >= claim.to || index >= claim.event) continue
      isClaimed = true
      if (recordedAt > (this.#latest.get(claim) ?? '')) this.#latest.set(claim, recordedAt)
    }
    if (!isClaimed) return false
    this.#taken ??= { from: index, last: index }
    this.#taken.last = index
    return true
  }

  /** An entry that a claim names, and that is as it was recorded. */
  confirm(index: number, recordedAt: string, open: Readonly<Record<GroupName, Opening>>): void {
    const { action, outcome } = JSON.parse(open.event.json) as { action?: unknown; outcome?: unknown }
    const { details } = JSON.parse(open.context.json) as { details?: { to?: unknown } }
    const claim = this.#claims.find(({ event, to }) => event === index && to === details?.to)
    if (claim === undefined || action !== 'prune' || outcome !== 'success') return
    const latest = this.#latest.get(claim)
    const floor = yearsBefore(Math.min(Date.parse(recordedAt), this.#now), retentionFloor.years)
    const isEarly = latest !== undefined && Date.parse(latest) > floor
    this.#confirmed.push({ to: claim.to, event: index, isEarly })
  }

  /**
   * The end of the entries.
   * @param anchoredTo as far as a signature covers them. 0: none does, which is a finding of its own
   */
  end(anchoredTo: number): void {
    const taken = this.#taken
    if (taken === undefined) return
    const confirmed = this.#confirmed.filter(({ event }) => anchoredTo === 0 || event < anchoredTo)
    const upTo = Math.max(0, ...confirmed.map(({ to }) => to))
    if (taken.last >= upTo) {
      this.#findings.add('missing-opening', { index: Math.max(taken.from, upTo), group: 'event' })
      return
    }
    // The entry that vouches for it: who pruned, when and to which archive stands there.
    const by = confirmed.find(({ to }) => to === upTo) as Confirmed
    this.#findings.add('pruned', {
      index: taken.from,
      between: { from: taken.from, to: taken.last + 1 },
      found: String(by.event),
    })
    if (this.#confirmed.some(({ isEarly }) => isEarly)) this.#findings.add('pruned-early', { index: taken.last })
  }
}
