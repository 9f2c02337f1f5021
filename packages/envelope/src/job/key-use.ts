import { parseAs } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import { batchSizeSchema, signalSchema, tableSchema } from './batch-options.ts'
import { columnValue, readRows } from './read-rows.ts'
import { lookAt } from './stored-value.ts'
import type { RowKey, TableAccess } from './table.ts'

/** Which keys a table's values are sealed under. */
export interface KeyUse {
  readonly rows: number
  /** How many values stand under each key id. A key id that is missing here is not in use in these columns. */
  readonly keyIds: ReadonlyMap<string, number>
  /** Values that name no key: plaintext, or damaged. While there are any, nobody knows which key a damaged one is under. */
  readonly without: number
  /** Nulls. */
  readonly nulls: number
}

const optionsSchema = z.strictObject({
  table: tableSchema,
  columns: z.array(z.string().min(1)).min(1),
  batchSize: batchSizeSchema,
  signal: signalSchema,
})

/**
 * Counts the values of a table by the key they are sealed under, as their headers say; no key is needed and nothing is opened. A
 * version of a data key may be revoked only when its count is 0 in every table, and when longer than the keyring's
 * `cache.maxAgeMs` has passed between the rotation and the beginning of the count: until then a process that does not reach the
 * key store may still seal under it (one that does learns of the rotation within `cache.statesMaxAgeMs`).
 * @throws PhiError PHI_ENVELOPE_OPTIONS; PHI_ENVELOPE_JOB for a table that does not keep to its contract, and when the signal ends
 *   it: half a count is none
 */
export async function countKeyUse(
  table: TableAccess,
  columns: readonly string[],
  options: { readonly batchSize?: number; readonly signal?: AbortSignal } = {},
): Promise<KeyUse> {
  const given = parseAs(optionsSchema, { ...options, table, columns }, 'countKeyUse', (context) =>
    envelopeError('PHI_ENVELOPE_OPTIONS', context),
  )
  const keyIds = new Map<string, number>()
  let [rows, without, nulls] = [0, 0, 0]
  let after: RowKey | undefined
  while (true) {
    if (given.signal?.aborted) throw envelopeError('PHI_ENVELOPE_JOB', { detail: 'the count was stopped by its signal' })
    const batch = await readRows(table, { after, limit: given.batchSize, signal: given.signal })
    const last = batch.at(-1)
    if (last === undefined) return { rows, keyIds, without, nulls }
    rows += batch.length
    for (const row of batch) {
      for (const column of given.columns) {
        const value = columnValue(row, column)
        const seen = value === null ? undefined : lookAt(value)
        if (seen === undefined) nulls += 1
        else if ('keyId' in seen) keyIds.set(seen.keyId, (keyIds.get(seen.keyId) ?? 0) + 1)
        else without += 1
      }
    }
    after = last.key
  }
}
