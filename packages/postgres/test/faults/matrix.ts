/** What came of the faults of one kind. Events are counted once, however often they were tried. */
export interface FaultCounts {
  /** Faults that were carried out. */
  readonly tried: number
  /** Events that the library said were durable. */
  readonly acknowledged: number
  /** Acknowledged events that were not in the log afterwards. Must be 0. */
  readonly lost: number
  /** Events that were in the log more than once. Must be 0. */
  readonly duplicates: number
  /** Events without an acknowledgement, and how many of them were in the log all the same (at most once). */
  readonly unanswered: number
  readonly unansweredInLog: number
}

const none: FaultCounts = { tried: 0, acknowledged: 0, lost: 0, duplicates: 0, unanswered: 0, unansweredInLog: 0 }

/** Compares what was acknowledged and what was tried with the event ids of the log, in the order of the log. */
export function countEvents(
  log: readonly string[],
  acknowledged: Iterable<string>,
  unanswered: Iterable<string> = [],
): FaultCounts {
  const times = new Map<string, number>()
  for (const id of log) times.set(id, (times.get(id) ?? 0) + 1)
  const acks = new Set(acknowledged)
  const open = [...new Set(unanswered)].filter((id) => !acks.has(id))
  return {
    tried: 1,
    acknowledged: acks.size,
    lost: [...acks].filter((id) => !times.has(id)).length,
    duplicates: [...times.values()].filter((n) => n > 1).length,
    unanswered: open.length,
    unansweredInLog: open.filter((id) => times.has(id)).length,
  }
}

/** The fault matrix of one test file, printed at its end. */
export class FaultMatrix {
  readonly #rows = new Map<string, FaultCounts>()

  add(fault: string, counts: FaultCounts): void {
    const before = this.#rows.get(fault) ?? none
    const sum = Object.fromEntries(
      Object.entries(before).map(([name, n]) => [name, n + counts[name as keyof FaultCounts]]),
    ) as unknown as FaultCounts
    this.#rows.set(fault, sum)
  }

  get total(): FaultCounts {
    const all = new FaultMatrix()
    for (const counts of this.#rows.values()) all.add('', counts)
    return all.#rows.get('') ?? none
  }

  /** A table in Markdown, as docs/fault-matrix.md shows it. */
  toString(): string {
    const head = ['fault', 'tried', 'acknowledged', 'lost', 'duplicates', 'unanswered', 'of these in the log']
    const lines = [...this.#rows].map(([fault, c]) =>
      [fault, c.tried, c.acknowledged, c.lost, c.duplicates, c.unanswered, c.unansweredInLog].join(' | '),
    )
    return [head.join(' | '), head.map(() => '---').join(' | '), ...lines].map((line) => `| ${line} |`).join('\n')
  }
}
