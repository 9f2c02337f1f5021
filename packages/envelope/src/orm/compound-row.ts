import { envelopeError } from '../errors.ts'
import type { RowId } from '../field/row-aad.ts'

/**
 * The row id of a row with a primary key of several columns: a JSON array of the parts as texts, so that no two keys have the same.
 * A tenant's id need not be among them; values are bound to it anyway.
 * @throws PhiError PHI_ENVELOPE_ROW for a part that is no text and no whole number
 */
export function compoundRow(...parts: readonly [RowId, RowId, ...RowId[]]): string {
  const isPart = (part: unknown): part is RowId =>
    (typeof part === 'string' && part.length > 0) || typeof part === 'bigint' || Number.isSafeInteger(part)
  if (!parts.every(isPart)) throw envelopeError('PHI_ENVELOPE_ROW', { detail: 'a part of a compound row id is missing' })
  return JSON.stringify(parts.map(String))
}
