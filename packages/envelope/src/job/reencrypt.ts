import { isPhiError, parseAs } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import { batchSizeSchema, callable, keySchema, signalSchema, tableSchema } from './batch-options.ts'
import { columnsSchema, fieldsOfSchema, type JobColumns, readColumns } from './columns.ts'
import { readRows } from './read-rows.ts'
import { type RowWork, workOn } from './row-work.ts'
import type { JobProgress, RowKey, TableAccess, TableRow } from './table.ts'

export interface ReencryptProgress extends JobProgress {
  /** 1 for the first walk through the table, 2 for the second, … */
  readonly pass: number
  /** Rows read in this pass; beside `total` it says how far the pass is. */
  readonly readInPass: number
}

/** A value, or a whole row, that was left as it is. Told to the caller alone, who may look it up; no error holds a key. */
export interface RowError {
  readonly key: RowKey
  /** Undefined when it is the whole row. */
  readonly column: string | undefined
  /** `PHI_ENVELOPE_CONFLICT` for a row that somebody else kept changing; the next pass comes back to it. */
  readonly code: string
  readonly pass: number
}

export interface ReencryptOptions extends JobColumns {
  readonly table: TableAccess
  /** Keeps the keys fresh, before each batch: `() => keyring.tenant(id)`. */
  readonly refresh: () => Promise<unknown>
  /**
   * The id of the key that everything is to be under: `(await keyring.rotate(…)).key.id`. A process that has not heard of that key
   * would take the old one for current and find nothing to do; with this, the job refuses to go on instead.
   */
  readonly underKey?: string
  /** Rows read at a time. Default 500. */
  readonly batchSize?: number
  /** Where an earlier run stopped. */
  readonly after?: RowKey
  /** How often the table is walked through at most. Default 10. */
  readonly maxPasses?: number
  /** Called after every batch, and awaited: a place to write `after` down. */
  readonly onProgress?: (progress: ReencryptProgress) => void | Promise<void>
  /** Called for every value that was left, in every pass that meets it. */
  readonly onRowError?: (error: RowError) => void
  /** Ends the job between two rows. */
  readonly signal?: AbortSignal
}

export interface ReencryptResult {
  /** Whether a whole pass, from the first row to the last, has found every value under the active key: `remaining` is 0. */
  readonly done: boolean
  /** Whether the signal has ended it. */
  readonly stopped: boolean
  /** Where to go on after `stopped`. Absent: from the beginning. */
  readonly after?: RowKey
  readonly passes: number
  /** Rows read, written, and found changed by somebody else, in this run. */
  readonly read: number
  readonly written: number
  readonly conflicts: number
  /** Values that were old plaintext and now are sealed. */
  readonly sealedPlaintext: number
  /** Values that could not be sealed anew, by error code, in the last pass. They are as they were. */
  readonly failed: readonly { readonly code: string; readonly count: number }[]
  /** Values that the last whole pass met and that were not under the active key. Undefined when no pass was whole. */
  readonly remaining: number | undefined
  /** How many values the last pass met under each key id, as their headers say. */
  readonly keyIds: ReadonlyMap<string, number>
}

const optionsSchema = z.strictObject({
  table: tableSchema,
  columns: columnsSchema,
  fieldsOf: fieldsOfSchema,
  refresh: callable<ReencryptOptions['refresh']>(),
  underKey: z
    .string()
    .regex(/^[0-9a-f]{8}$/)
    .optional(),
  batchSize: batchSizeSchema,
  after: keySchema,
  maxPasses: z.number().int().min(1).max(1000).default(10),
  onProgress: callable<NonNullable<ReencryptOptions['onProgress']>>().optional(),
  onRowError: callable<NonNullable<ReencryptOptions['onRowError']>>().optional(),
  signal: signalSchema,
})

/** A batch in which rows were changed under our hands is read again so often before they are left to the next pass. */
const BATCH_ATTEMPTS = 4

/** What one walk through the table has met. */
interface Pass {
  readonly number: number
  readInPass: number
  written: number
  /** Rows that somebody else kept changing. */
  unsettled: number
  /** Values met that were not current; those of a batch that is read again count once. */
  stale: number
  readonly failed: Map<string, number>
  readonly keyIds: Map<string, number>
}

const newPass = (number: number): Pass => ({
  number,
  readInPass: 0,
  written: 0,
  unsettled: 0,
  stale: 0,
  failed: new Map(),
  keyIds: new Map(),
})

const count = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/**
 * Seals anew, row by row, what is not sealed under the active key and in the field's own suite: after a rotation, a change of suite, or
 * while old plaintext is being migrated. Each row is one compare-and-swap of the columns that change, so it may run beside the
 * application, and be killed and run again at any time. A value that does not open is counted and left; it is never written over.
 *
 * It walks through the table until a whole pass has found nothing left, because other processes go on sealing under the old key
 * until they hear of the new one, at the latest `cache.maxAgeMs` of their keyring after the rotation. So before you revoke the old key:
 * wait longer than that, then let a run with `underKey` end with `done`.
 * @throws PhiError PHI_ENVELOPE_OPTIONS; PHI_ENVELOPE_JOB for a table that does not keep to its contract, and where the active key is
 *   not `underKey`; whatever may pass, such as PHI_ENVELOPE_STALE; what the table, `refresh` or a callback throws. What was written
 *   stays; run it again.
 */
export async function reencrypt(options: ReencryptOptions): Promise<ReencryptResult> {
  const { table, refresh, underKey, batchSize, after, maxPasses, onProgress, onRowError, signal, ...rest } = parseAs(
    optionsSchema,
    options,
    'reencrypt',
    (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context),
  )
  const { names, fieldsOf } = readColumns('reencrypt.columns', rest)
  const plan = { columns: names, fieldsOf, underKey }
  const total = await table.count?.()
  let read = 0
  let written = 0
  let conflicts = 0
  let sealedPlaintext = 0
  let place = after

  const isStopped = (): boolean => signal?.aborted === true

  /** Works a row out, with keys loaded anew once if they have become stale under the work. */
  const work = async (row: TableRow): Promise<RowWork> => {
    try {
      return await workOn(row, plan)
    } catch (error) {
      if (!isPhiError(error, 'PHI_ENVELOPE_STALE')) throw error
      await refresh()
      return workOn(row, plan)
    }
  }

  /** @returns whether the row is as it should be, or as it has to stay: false when somebody else changed it in between */
  const settle = async (row: TableRow, { set, expect, plaintext }: RowWork, pass: Pass): Promise<boolean> => {
    if (Object.keys(set).length === 0) return true
    const swapped: unknown = await table.swap(row.key, { expect, set })
    if (typeof swapped !== 'boolean') {
      throw envelopeError('PHI_ENVELOPE_JOB', { detail: 'swap must resolve to whether a row was changed' })
    }
    if (swapped) {
      written += 1
      pass.written += 1
      sealedPlaintext += plaintext
    } else conflicts += 1
    return swapped
  }

  /** Deals with one batch. @returns its last row; undefined at the end of the table, or when stopped before a row */
  const batch = async (pass: Pass): Promise<TableRow | undefined> => {
    for (let attempt = 1; ; attempt++) {
      const rows = await readRows(table, { after: place, limit: batchSize, signal })
      const works: { row: TableRow; work: RowWork; settled: boolean }[] = []
      for (const row of rows) {
        if (isStopped()) break
        const found = await work(row)
        works.push({ row, work: found, settled: await settle(row, found, pass) })
      }
      if (works.some(({ settled }) => !settled) && attempt < BATCH_ATTEMPTS && !isStopped()) {
        // What was written now is read again as current, and must not pass for having been so.
        for (const { work: found, settled } of works) if (settled) pass.stale += Object.keys(found.set).length
        continue
      }
      for (const { row, work: found, settled } of works) {
        pass.stale += found.stale
        for (const id of found.keyIds) count(pass.keyIds, id)
        for (const { column, code } of found.failures) {
          count(pass.failed, code)
          onRowError?.({ key: row.key, column, code, pass: pass.number })
        }
        if (settled) continue
        pass.unsettled += 1
        onRowError?.({ key: row.key, column: undefined, code: 'PHI_ENVELOPE_CONFLICT', pass: pass.number })
      }
      read += works.length
      pass.readInPass += works.length
      return works.at(-1)?.row
    }
  }

  let pass = newPass(1)
  let remaining: number | undefined
  while (true) {
    const whole = place === undefined
    while (!isStopped()) {
      await refresh()
      const last = await orStopped(signal, () => batch(pass))
      if (last === undefined) break
      place = last.key
      await onProgress?.({
        read,
        written,
        conflicts,
        ...(total !== undefined && { total }),
        after: place,
        pass: pass.number,
        readInPass: pass.readInPass,
      })
    }
    if (isStopped()) break
    place = undefined
    if (whole) {
      remaining = pass.stale
      // Nothing to do any more, or nothing that could be done.
      if (remaining === 0 || (pass.written === 0 && pass.unsettled === 0)) break
    }
    if (pass.number === maxPasses) break
    pass = newPass(pass.number + 1)
  }
  return {
    done: remaining === 0,
    stopped: remaining !== 0 && isStopped(),
    ...(place && { after: place }),
    passes: pass.number,
    read,
    written,
    conflicts,
    sealedPlaintext,
    failed: [...pass.failed].map(([code, failures]) => ({ code, count: failures })),
    remaining,
    keyIds: pass.keyIds,
  }
}

/** A read that was broken off because of the signal is no failure. */
async function orStopped<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (signal?.aborted && (error === signal.reason || (error as { name?: unknown } | null)?.name === 'AbortError'))
      return undefined
    throw error
  }
}
