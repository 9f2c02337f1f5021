import type { AuditRecord } from '../record.ts'

/** Records to write: a log's `records()` or `exportRecords()`, a page, an array. */
export type Records = Iterable<AuditRecord> | AsyncIterable<AuditRecord>

/** Pieces of a text to read, cut anywhere between two UTF-16 code units. */
export type Chunks = Iterable<string> | AsyncIterable<string>

/** A text longer than a spreadsheet's cell holds: programs cut it, or spill it over the next lines, when they open the file. */
export interface LongCell {
  readonly index: number
  readonly column: string
  /** In UTF-16 code units. */
  readonly length: number
}

/** What was written. */
export interface ExportSummary {
  readonly records: number
  /** The index of the first record and of the last. */
  readonly first?: number
  readonly last?: number
  /** How many of them do not show all groups: some are withheld, sealed or altered. */
  readonly partial: number
  /** CSV only: the first 1,000 cells that are too long for a spreadsheet. */
  readonly longCells?: readonly LongCell[]
  /** CSV only: how many there are. */
  readonly longCellCount?: number
}

/** What every writer takes. */
export interface WriteOptions {
  /** Called once, when the last record has been written. It is not called for an export that was cut. */
  readonly onEnd?: (summary: ExportSummary) => void
}

/** Counts what passes. */
export class Tally {
  records = 0
  #first: number | undefined
  #last: number | undefined
  #partial = 0

  add(record: AuditRecord): void {
    this.records++
    this.#first ??= record.index
    this.#last = record.index
    if (record.withheld.length + record.sealed.length + record.altered.length > 0) this.#partial++
  }

  summary(): ExportSummary {
    const ends = this.#first === undefined ? {} : { first: this.#first, last: this.#last as number }
    return { records: this.records, ...ends, partial: this.#partial }
  }
}

/** One line a record, for the formats that have nothing else to say. */
export async function* writeLines(
  records: Records,
  lineOf: (record: AuditRecord) => string,
  { onEnd }: WriteOptions,
): AsyncGenerator<string, void, undefined> {
  const tally = new Tally()
  for await (const record of records) {
    tally.add(record)
    yield `${lineOf(record)}\n`
  }
  onEnd?.(tally.summary())
}
