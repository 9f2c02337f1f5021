import { equalBytes, isPhiError, parseAs } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import type { ColumnValue, JobProgress, RowKey, TableAccess, TableRow } from '../job/table.ts'
import type { IndexOutput } from './index-term.ts'
import type { SearchIndex } from './search-index.ts'

export interface ReindexOptions<Value, Output extends IndexOutput, Nullable> {
  readonly table: TableAccess
  /** The index, under the tenant's loaded keys; the job writes terms under the active one. */
  readonly index: SearchIndex<Value, Output, Nullable>
  /** The column that holds the terms. */
  readonly indexColumn: string
  /** The sealed columns that the value is opened from. A row is written only while these are what they were when it was read. */
  readonly sealedColumns: readonly string[]
  /**
   * The row's value, opened: `(row) => field.open(row.values.email, { row: row.row })`; null where there is none. What it throws
   * ends the job, since a row that does not open must be looked at and not passed over.
   */
  value(row: TableRow): Nullable | Promise<Nullable>
  /** What becomes of a value that the normaliser refuses: 'stop' the job, or store 'null' and count it. Default 'stop'. */
  readonly unindexable?: 'stop' | 'null'
  /**
   * Your application's own search, as the application runs it, with the index and the keys that it uses. The job calls it
   * for about one row a batch and stops when a row that it has indexed does not come back. Without it, a job that runs
   * with other keys than the application is not noticed. Return every row that is found, not a page of them.
   */
  find?(value: Value): Promise<readonly RowKey[]>
  /** Called before each batch: load the keys anew here, `() => keyring.tenant('clinic-a')`, since a job outlasts their freshness. */
  refresh?(): Promise<unknown>
  /** Where the first pass begins: the `after` of an earlier run's progress. */
  readonly after?: RowKey
  /** Rows read at a time, 1 to 10,000. Default 500. */
  readonly batchSize?: number
  /** How often the table is walked at most, 1 to 1000. Default 10. */
  readonly maxPasses?: number
  onProgress?(progress: ReindexProgress): void
  /** Ends the job after the row at hand; the report tells where. */
  readonly signal?: AbortSignal
}

export interface ReindexProgress extends JobProgress {
  /** 1 for the pass that writes; the later ones read every row again, and write what has changed since. */
  readonly pass: number
  /** Rows of this pass whose value the normaliser refused. */
  readonly unindexable: number
  /** Rows that your `find` was asked for, and brought back. */
  readonly found: number
}

export interface ReindexReport extends ReindexProgress {
  /** Stale rows that the last whole pass met and did not write; null when no pass went through the whole table. */
  readonly remaining: number | null
  /** A whole pass, from the first row to the last, met no row whose term was missing, old or wrong. */
  readonly done: boolean
}

const optionsSchema = z.strictObject({
  table: z.custom<TableAccess>((value) => {
    const given = value as Partial<TableAccess> | null | undefined
    return typeof given?.read === 'function' && typeof given.swap === 'function'
  }, 'must have the functions `read` and `swap`'),
  index: z.custom(
    (value) => typeof (value as { termOrNull?: unknown } | null)?.termOrNull === 'function',
    'must be a search index',
  ),
  indexColumn: z.string().min(1),
  sealedColumns: z.array(z.string().min(1)).min(1),
  value: z.custom((value) => typeof value === 'function', 'must be a function'),
  unindexable: z.enum(['stop', 'null']).default('stop'),
  find: z.custom((value) => typeof value === 'function', 'must be a function').optional(),
  refresh: z.custom((value) => typeof value === 'function', 'must be a function').optional(),
  after: z.array(z.union([z.string(), z.number()])).optional(),
  batchSize: z.number().int().min(1).max(10_000).default(500),
  maxPasses: z.number().int().min(1).max(1000).default(10),
  onProgress: z.custom((value) => typeof value === 'function', 'must be a function').optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, 'must be an AbortSignal').optional(),
})

const sameValue = (a: ColumnValue, b: ColumnValue): boolean =>
  a instanceof Uint8Array && b instanceof Uint8Array ? equalBytes(a, b) : a === b

/** Drivers disagree on whether a bigint column is a number or a text. */
const sameKey = (a: RowKey, b: RowKey): boolean => a.length === b.length && a.every((part, i) => String(part) === String(b[i]))

const jobError = (detail: string) => envelopeError('PHI_ENVELOPE_JOB', { detail })

/** A row whose term is right now, and what it was made of. */
interface Indexed<Nullable> {
  readonly row: TableRow
  readonly value: Nullable
  readonly term: ColumnValue
  /** Where reading must begin to meet the row again. */
  readonly before: RowKey | undefined
}

/** In the first batch, where a wrong key shall be noticed before much is written; then one row a batch. */
const FIRST_SAMPLES = 10

/**
 * Computes an index column anew, while the application goes on: to add an index to a table that is in use, to move it to a new key,
 * or to change its normaliser or bits. Run it from one place at a time; a second run does no harm, but twice the work.
 *
 * To add an index: add a column that may be null; deploy the application so that every insert and update writes `term(value)` in
 * the statement that writes the sealed value; run this; then search. To rotate: make the new key; wait until no process
 * works without it (`statesMaxAgeMs` of the keyring, or `maxAgeMs` where one may be cut off from the key store), as such a process would
 * not find what others write; run this; then let the old key retire. Searches use `terms(value)`, so both keys' rows are found all the time. Where a normaliser or the number of bits
 * changes, old and new terms do not mix in a column: fill a second column, and search that one when this is done.
 *
 * Rows are written by compare-and-swap on the sealed columns and the index column; a row that somebody else changed is left to
 * the next pass. The table is walked until a whole pass has met no stale row: each row is opened and its term computed again,
 * so that a wrong term is found and not only a missing one.
 * @returns what was done; `done` is false when it was aborted, or when the last pass allowed still met stale rows
 * @throws PhiError PHI_ENVELOPE_JOB for a table that does not do what it must, and when `find` does not bring back an indexed row;
 * PHI_ENVELOPE_INDEX for a value that cannot be indexed; PHI_ENVELOPE_STALE; and whatever your functions throw, unchanged
 */
export async function reindex<Value, Output extends IndexOutput, Nullable>(
  options: ReindexOptions<Value, Output, Nullable>,
): Promise<ReindexReport> {
  const {
    batchSize,
    maxPasses,
    unindexable: policy,
  } = parseAs(optionsSchema, options, 'reindex', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))
  const { table, index, indexColumn, sealedColumns, signal } = options
  const total = await table.count?.()
  const counted = { read: 0, written: 0, conflicts: 0, found: 0 }
  let pass = 0
  let after = options.after
  let unindexable = 0
  let stale = 0
  let missed = 0

  const progress = (): ReindexProgress => ({
    ...counted,
    pass,
    unindexable,
    ...(total === undefined ? {} : { total }),
    ...(after === undefined ? {} : { after }),
  })

  const termOf = (value: Nullable): ColumnValue => {
    if (value === undefined) throw jobError('`value` returned nothing: return null for a row that has no value')
    try {
      return index.termOrNull(value)
    } catch (error) {
      if (policy === 'stop' || !isPhiError(error, 'PHI_ENVELOPE_INDEX')) throw error
      unindexable += 1
      return null
    }
  }

  /** Brings the row up to date; undefined when somebody else got there first. */
  const settle = async (row: TableRow, before: RowKey | undefined): Promise<Indexed<Nullable> | undefined> => {
    const expect: Record<string, ColumnValue> = {}
    for (const column of [...sealedColumns, indexColumn]) {
      const held = Object.hasOwn(row.values, column) ? row.values[column] : undefined
      if (held === undefined) throw jobError('the table did not hand back a column that the job names')
      expect[column] = held
    }
    const value = await options.value(row)
    const term = termOf(value)
    const settled = { row: { ...row, values: { ...expect, [indexColumn]: term } }, value, term, before }
    if (sameValue(expect[indexColumn] as ColumnValue, term)) return settled
    stale += 1
    if (await table.swap(row.key, { expect, set: { [indexColumn]: term } })) {
      counted.written += 1
      return settled
    }
    counted.conflicts += 1
    missed += 1
    return undefined
  }

  const check = async ({ row, value, before }: Indexed<Nullable>): Promise<void> => {
    const keys = (await options.find?.(value as unknown as Value)) ?? []
    if (keys.some((key) => sameKey(key, row.key))) {
      counted.found += 1
      return
    }
    // Not found because somebody has changed or deleted it in the meantime? Then it says nothing about the keys.
    const now = (await readAfter(before)).find(({ key }) => sameKey(key, row.key))
    const unchanged =
      now !== undefined &&
      [...sealedColumns, indexColumn].every((column) =>
        sameValue(now.values[column] as ColumnValue, row.values[column] as ColumnValue),
      )
    if (unchanged) {
      throw jobError(
        'a row that was indexed is not found by the application’s search, which uses other keys, another index or another normaliser',
      )
    }
  }

  const readAfter = (from: RowKey | undefined): Promise<readonly TableRow[]> =>
    table.read({
      limit: batchSize,
      ...(from === undefined ? {} : { after: from }),
      ...(signal === undefined ? {} : { signal }),
    })

  /** From `after` to the end of the table. @returns false when it was aborted */
  const walk = async (): Promise<boolean> => {
    for (let batches = 0; ; batches++) {
      await options.refresh?.()
      if (signal?.aborted) return false
      const from = after
      const rows = await readAfter(from)
      if (rows.length > batchSize) throw jobError('the table handed back more rows than it was asked for')
      const samples: Indexed<Nullable>[] = []
      for (const row of rows) {
        if (signal?.aborted) return false
        if (from !== undefined && sameKey(row.key, from)) throw jobError('the table does not go on from the key it is given')
        const settled = await settle(row, from)
        after = row.key
        counted.read += 1
        if (settled?.term != null && samples.length < (batches === 0 ? FIRST_SAMPLES : 1)) samples.push(settled)
      }
      if (options.find !== undefined) for (const sample of samples) await check(sample)
      options.onProgress?.(progress())
      if (rows.length < batchSize) return true
    }
  }

  let remaining: number | null = null
  while (pass < maxPasses) {
    const whole = after === undefined
    pass += 1
    stale = 0
    missed = 0
    unindexable = 0
    let finished: boolean
    try {
      finished = await walk()
    } catch (error) {
      // A driver that was given the signal rejects with its own error: the caller asked for that.
      if (signal?.aborted && !isPhiError(error)) finished = false
      else throw error
    }
    if (!finished) return { ...progress(), remaining, done: false }
    if (whole) {
      remaining = missed
      if (stale === 0) return { ...progress(), remaining, done: true }
    }
    after = undefined
  }
  return { ...progress(), remaining, done: false }
}
