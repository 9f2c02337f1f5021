import { isPhiError } from '@phi/core'
import { envelopeError } from '../errors.ts'
import { type FieldsOf, fieldOf } from './columns.ts'
import { columnValue } from './read-rows.ts'
import { rowField } from './row-field.ts'
import { lookAt } from './stored-value.ts'
import type { ColumnValue, TableRow } from './table.ts'

/** What is to be done to one row, worked out before anything is written. @internal */
export interface RowWork {
  /** The values as they were read, of the columns that change. */
  readonly expect: Readonly<Record<string, ColumnValue>>
  /** The same columns, sealed anew. */
  readonly set: Readonly<Record<string, ColumnValue>>
  /** How many of them were old plaintext. */
  readonly plaintext: number
  /** How many values are not sealed under the active key, with those that cannot be. */
  readonly stale: number
  readonly failures: readonly { readonly column: string; readonly code: string }[]
  /** The key ids that the row's headers hold. */
  readonly keyIds: readonly string[]
}

/**
 * The code of an error that concerns one value or row, and will be the same next time. Anything else ends the job: what may pass, and
 * what is no error of ours.
 * @internal
 */
export const lastingCode = (error: unknown): string | undefined =>
  isPhiError(error) && !error.retryable ? error.code : undefined

/** What a job does to a row. @internal */
export interface RowPlan {
  readonly columns: readonly string[]
  readonly fieldsOf: FieldsOf
  /** The key that everything is to be under, where the caller has named it. */
  readonly underKey: string | undefined
}

/** Seals anew, in memory, what is stale in a row. A value that does not open has no part in `set`. @internal */
export async function workOn(row: TableRow, { columns, fieldsOf, underKey }: RowPlan): Promise<RowWork> {
  const expect: Record<string, ColumnValue> = {}
  const set: Record<string, ColumnValue> = {}
  const failures: { column: string; code: string }[] = []
  const keyIds: string[] = []
  let plaintext = 0
  let stale = 0
  const fields = await fieldsOf(row)
  for (const column of columns) {
    const value = columnValue(row, column)
    if (value === null) continue
    const seen = lookAt(value)
    if ('keyId' in seen) keyIds.push(seen.keyId)
    let current: boolean
    try {
      const field = rowField(fieldOf(fields, column))
      current = field.isCurrent(value)
      // INVARIANT: reseal opens and verifies before it seals, and refuses what opens to something sealed. Nothing is written of a
      // value for which it throws.
      if (!current) set[column] = field.reseal(value, row.row)
    } catch (error) {
      const code = lastingCode(error)
      if (code === undefined) throw error
      failures.push({ column, code })
      stale += 1
      continue
    }
    holdUnder(underKey, current ? value : (set[column] as string | Uint8Array))
    if (current) continue
    expect[column] = value
    stale += 1
    if (seen.look === 'plaintext') plaintext += 1
  }
  return { expect, set, plaintext, stale, failures, keyIds }
}

/** What this process takes for current is current only if it knows of the key that the caller means. */
function holdUnder(underKey: string | undefined, current: string | Uint8Array): void {
  const seen = lookAt(current)
  if (underKey === undefined || ('keyId' in seen && seen.keyId === underKey)) return
  throw envelopeError('PHI_ENVELOPE_JOB', {
    detail:
      'the key that seals here is not the named one: this process has not heard of the rotation yet, or there was another since',
  })
}
