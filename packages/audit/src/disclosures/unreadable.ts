import type { Unreadable, UnreadableReason } from './accounting.ts'
import { unreadableReasons } from './accounting.ts'
import type { CivilDate } from './civil-date.ts'

/** Entries that follow each other and could not be read, from `from` through `to`. */
export interface UnreadableRange {
  readonly why: UnreadableReason
  readonly from: number
  readonly to: number
}

/** Collects what could not be read, exactly for the file and in one row a reason for the patient. */
export class UnreadableEntries {
  readonly ranges: { why: UnreadableReason; from: number; to: number }[] = []
  readonly #rows = new Map<UnreadableReason, Unreadable>()

  /** @param day on which it was recorded; null where the entry is not there */
  add(why: UnreadableReason, index: number, day: CivilDate | null, to: number = index): void {
    const last = this.ranges.at(-1)
    if (last?.why === why && last.to + 1 === index) last.to = to
    else this.ranges.push({ why, from: index, to })
    const row = this.#rows.get(why)
    const entries = to - index + 1
    if (row === undefined) this.#rows.set(why, { why, entries, from: index, to, recordedFrom: day, recordedTo: day })
    else {
      row.entries += entries
      row.to = to
      if (day !== null && (row.recordedFrom === null || day < row.recordedFrom)) row.recordedFrom = day
      if (day !== null && (row.recordedTo === null || day > row.recordedTo)) row.recordedTo = day
    }
  }

  rows(): Unreadable[] {
    return unreadableReasons.flatMap((why) => this.#rows.get(why) ?? [])
  }
}
