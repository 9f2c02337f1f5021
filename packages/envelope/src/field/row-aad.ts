import { utf8 } from '@phi/core'
import { envelopeError } from '../errors.ts'
import { lengthPrefixed } from '../length-prefixed.ts'

/** A row's primary key. Numbers stand for their decimal text: 204 and '204' are one row. */
export type RowId = string | number | bigint

const MAX_ROW = 256
const encoder = new TextEncoder()

function rowText(row: RowId): string {
  if (typeof row === 'bigint' || (typeof row === 'number' && Number.isSafeInteger(row))) return String(row)
  if (typeof row !== 'string' || row.length === 0) throw envelopeError('PHI_ENVELOPE_ROW')
  if (row.length > MAX_ROW || !row.isWellFormed()) {
    throw envelopeError('PHI_ENVELOPE_ROW', { detail: `a row id is well-formed text of at most ${MAX_ROW} characters` })
  }
  return row
}

export interface Bound {
  readonly tenant: string
  readonly table: string
  readonly column: string
  readonly type: string
}

/**
 * Makes the associated data of a field's values: header, tenant, table, column, row id and type, each with its length in bytes before
 * it as an unsigned 32-bit big-endian integer. It is computed anew for every seal and open, and never stored. An unbound value has
 * a row id of length 0, which no row has.
 *
 * The bytes it returns are good until the next call: all but the row stands there already.
 */
export function rowAad(header: Uint8Array, { tenant, table, column, type }: Bound): (row: RowId | undefined) => Uint8Array {
  const before = lengthPrefixed([header, utf8(tenant), utf8(table), utf8(column)])
  const after = lengthPrefixed([utf8(type)])
  // UTF-8 takes at most 3 bytes for a UTF-16 code unit.
  const scratch = new Uint8Array(before.length + 4 + MAX_ROW * 3 + after.length)
  scratch.set(before)
  const start = before.length + 4
  const rowBytes = scratch.subarray(start, start + MAX_ROW * 3)
  const lengthHigh = before.length + 2
  const lengthLow = before.length + 3
  return (row) => {
    const length = row === undefined ? 0 : encoder.encodeInto(rowText(row), rowBytes).written
    scratch[lengthHigh] = length >> 8
    scratch[lengthLow] = length & 0xff
    scratch.set(after, start + length)
    return scratch.subarray(0, start + length + after.length)
  }
}
