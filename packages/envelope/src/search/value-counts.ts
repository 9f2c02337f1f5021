import { envelopeError } from '../errors.ts'

/**
 * How often the values of a column occur. Any of three; the counts alone are best, since they hold no PHI:
 * `select count(*) from patient where email_idx is not null group by email_idx`.
 */
export type ColumnCounts =
  /** One number a value, in any order. */
  | { readonly counts: Iterable<number> }
  /** By value; the values are not looked at. */
  | { readonly histogram: ReadonlyMap<unknown, number> }
  /** The values row by row, or the index terms; null counts as no value. Held in memory while they are counted. */
  | { readonly values: Iterable<string | number | Uint8Array | null> }

/** How often each value occurs, most frequent first: counts of rows, each 1 or more. */
export type SortedCounts = readonly number[]

const refuse = (path: string, detail: string) => envelopeError('PHI_ENVELOPE_OPTIONS', { path, detail })

/**
 * Counts, sorted from the largest down. Values that occur in no row are left out.
 * @throws PhiError PHI_ENVELOPE_OPTIONS for anything that is no count, and when there is no row at all
 */
export function sortedCounts(column: ColumnCounts): SortedCounts {
  const counts = [...countsOf(column)].filter((count) => {
    if (!Number.isSafeInteger(count) || count < 0) throw refuse('counts', 'a count must be a whole number from 0 on')
    return count > 0
  })
  if (counts.length === 0) throw refuse('counts', 'there is no row with a value')
  return counts.sort((a, b) => b - a)
}

function countsOf(column: ColumnCounts): Iterable<number> {
  const { counts, histogram, values } = (column ?? {}) as { counts?: unknown; histogram?: unknown; values?: unknown }
  if (isIterable(counts)) return counts as Iterable<number>
  if (histogram instanceof Map) return histogram.values() as Iterable<number>
  if (!isIterable(values)) throw refuse('counts', 'must be `counts`, a `histogram` or `values`')
  const seen = new Map<string, number>()
  for (const value of values) {
    if (value === null) continue
    const key = keyOf(value)
    seen.set(key, (seen.get(key) ?? 0) + 1)
  }
  return seen.values()
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof (value as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === 'function'

function keyOf(value: unknown): string {
  if (typeof value === 'string') return `s${value}`
  if (typeof value === 'number') return `n${value}`
  if (value instanceof Uint8Array) return `b${value.join()}`
  throw refuse('values', 'a value must be text, a number, bytes or null')
}

/** The sum of counts. */
export const rowsOf = (counts: SortedCounts): number => counts.reduce((sum, count) => sum + count, 0)
