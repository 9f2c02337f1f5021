import * as z from 'zod'

/** Slots by key, each forgotten once it has not been written for `keepMs`, and the oldest of them where there are more than `limit`. */
export interface TableSpec<Slot> {
  readonly slot: z.ZodType<Slot>
  readonly keepMs: number
  readonly limit: number
}

const MAX_KEYS = 100_000
/** The longest key: 32 roles of 64 characters, and what joins them. */
const MAX_KEY = 4096

export const tableOf = <Slot>(slot: z.ZodType<Slot>, keepMs: number, limit = MAX_KEYS): TableSpec<Slot> => ({
  slot,
  keepMs,
  limit,
})

/**
 * Bounded memory by key. The map is in order of the last write, so that what is to be forgotten stands in front.
 *
 * INVARIANT: a slot that is due to be forgotten is never returned, whether it was swept or not. What one actor is told does not
 * depend on when records of others made the table sweep.
 */
export class Table<Slot> {
  readonly #spec: TableSpec<Slot>
  readonly #rows = new Map<string, { last: number; slot: Slot }>()
  #evicted = 0

  constructor(spec: TableSpec<Slot>) {
    this.#spec = spec
  }

  /** Slots that had to go before their time because there were too many keys. */
  get evicted(): number {
    return this.#evicted
  }

  get size(): number {
    return this.#rows.size
  }

  #isDue(last: number, now: number): boolean {
    return Math.abs(now - last) > this.#spec.keepMs
  }

  get(key: string, now: number): Slot | undefined {
    const row = this.#rows.get(key)
    return row === undefined || this.#isDue(row.last, now) ? undefined : row.slot
  }

  /** Writes a slot and forgets what is due. */
  set(key: string, slot: Slot, now: number): void {
    this.#rows.delete(key)
    this.#rows.set(key, { last: now, slot })
    for (const [oldest, { last }] of this.#rows) {
      const due = this.#isDue(last, now)
      if (!due && this.#rows.size <= this.#spec.limit) break
      this.#rows.delete(oldest)
      if (!due) this.#evicted++
    }
  }

  delete(key: string): void {
    this.#rows.delete(key)
  }

  *entries(now: number): Generator<[string, Slot]> {
    for (const [key, { last, slot }] of this.#rows) if (!this.#isDue(last, now)) yield [key, slot]
  }

  save(): unknown {
    return { evicted: this.#evicted, rows: [...this.#rows].map(([key, { last, slot }]) => [key, last, slot]) }
  }

  /** Reads what `save` wrote. @throws ZodError for anything else */
  static load<Slot>(spec: TableSpec<Slot>, saved: unknown): Table<Slot> {
    const rows = z.array(z.tuple([z.string().max(MAX_KEY), z.number(), spec.slot])).max(spec.limit)
    const { evicted, rows: read } = z.strictObject({ evicted: z.int().min(0), rows }).parse(saved)
    const table = new Table(spec)
    for (const [key, last, slot] of read) {
      if (table.#rows.has(key)) throw new RangeError('a key twice')
      table.#rows.set(key, { last, slot })
    }
    table.#evicted = evicted
    return table
  }
}
