import { envelopeError } from '../errors.ts'
import type { RowKey, TableAccess, TableRow } from './table.ts'

/** Where to read, and how much. */
export interface ReadRows {
  readonly after: RowKey | undefined
  readonly limit: number
  readonly signal: AbortSignal | undefined
}

const unusable = (detail: string) => envelopeError('PHI_ENVELOPE_JOB', { detail })

/** A key as one text: equal for equal keys, and for no others. @internal */
const keyText = (key: RowKey): string => JSON.stringify(key)

/**
 * Reads the rows that come next, and holds the table to its contract: a table that answers otherwise would have rows left out
 * without anybody noticing, or a job run for ever.
 * @throws PhiError PHI_ENVELOPE_JOB; what the table throws is passed on as it is
 * @internal
 */
export async function readRows(table: TableAccess, { after, limit, signal }: ReadRows): Promise<readonly TableRow[]> {
  const rows = await table.read({ limit, ...(after && { after }), ...(signal && { signal }) })
  if (!Array.isArray(rows)) throw unusable('the table did not return a list of rows')
  if (rows.length > limit) throw unusable('the table returned more rows than it was asked for')
  const seen = new Set(after ? [keyText(after)] : [])
  for (const row of rows as readonly TableRow[]) {
    if (!isRow(row)) throw unusable('a row must have a key, a row id as text, and values')
    const key = keyText(row.key)
    if (seen.has(key)) throw unusable('the table returned a row twice, or did not go on from the key that it was given')
    seen.add(key)
  }
  return rows
}

const isKeyPart = (part: unknown): boolean => typeof part === 'string' || (typeof part === 'number' && Number.isFinite(part))

const isRow = (row: TableRow): boolean =>
  typeof row === 'object' &&
  row !== null &&
  Array.isArray(row.key) &&
  row.key.length > 0 &&
  row.key.every(isKeyPart) &&
  typeof row.row === 'string' &&
  typeof row.values === 'object' &&
  row.values !== null

/** The value of a column. @throws PhiError PHI_ENVELOPE_JOB for a column that the table left out, or that is no column value @internal */
export function columnValue({ values }: TableRow, column: string): string | Uint8Array | null {
  const value: unknown = Object.hasOwn(values, column) ? values[column] : undefined
  if (value === null || typeof value === 'string' || value instanceof Uint8Array) return value
  throw unusable('the table must return every named column, as text, bytes or null')
}
