/**
 * Sealed columns in Drizzle tables: a column type that takes and gives nothing but sealed values, and a helper that seals and opens
 * rows under the keys of a tenant.
 *
 * @module @phi/envelope/drizzle
 */

import { isPhiError } from '@phi/core'
import { getTableColumns, getTableName, type InferInsertModel, type InferSelectModel, type Table } from 'drizzle-orm'
import { customType } from 'drizzle-orm/pg-core'
import { envelopeError } from '../errors.ts'
import type { FieldOptions } from '../field/field.ts'
import { asSealed, type Sealed, storedText } from './sealed.ts'
import { declaredTable, type TableDeclaration } from './sealed-table.ts'
import type { SealedTable, SealedTableOptions } from './sealed-types.ts'

export { compoundRow } from './compound-row.ts'
export { asSealed, type Sealed, storedText } from './sealed.ts'
export type {
  Opened,
  OpenOptions,
  SealedColumnOptions,
  SealedRows,
  SealedTable,
  SealedTableOptions,
  Unsealed,
} from './sealed-types.ts'

export interface SealedTextOptions {
  /**
   * Rows are read although they may still hold old plaintext, which only a field declared `plaintext: { … }` then hands out. Never
   * written. Default false.
   */
  readonly mayHoldPlaintext?: boolean
}

/**
 * The column type, for `customType` of any of Drizzle's dialects: `customType<{ data: Sealed<string>; driverData: string }>(sealedTextType())`.
 * Writing a value that is not sealed, or comparing with one, throws PHI_ENVELOPE_NOT_SEALED before anything is sent; so does
 * reading one.
 */
export function sealedTextType<T = string>({ mayHoldPlaintext = false }: SealedTextOptions = {}) {
  return {
    dataType: () => 'text',
    toDriver: (value: Sealed<T>): string => storedText(asSealed(value as unknown as string)),
    fromDriver: (stored: string): Sealed<T> =>
      mayHoldPlaintext && typeof stored === 'string' ? (stored as unknown as Sealed<T>) : asSealed<T>(stored),
  }
}

/** A `text` column of PostgreSQL whose values are sealed. The type says what they are once opened: `sealedText<Date>('birth_date')`. */
export function sealedText<T = string>(name?: string, options?: SealedTextOptions) {
  const column = customType<{ data: Sealed<T>; driverData: string }>(sealedTextType<T>(options))
  return name === undefined ? column() : column(name)
}

/** Whether a column refuses to write plaintext, as those of {@link sealedTextType} do. */
function refusesPlaintext(column: { mapToDriverValue(value: unknown): unknown }): boolean {
  try {
    column.mapToDriverValue('plaintext')
    return false
  } catch (error) {
    return isPhiError(error, 'PHI_ENVELOPE_NOT_SEALED')
  }
}

/**
 * Declares how the sealed columns of a Drizzle table are sealed; under the keys of a request, `of(keys)` seals and opens its rows:
 *
 *     const sealedNotes = sealedTable(notes, { row: 'id', columns: { body: {} } })
 *     const mine = sealedNotes.of(await keyring.tenant('clinic-a'))
 *     await db.insert(notes).values(mine.seal({ id: 'n-204', body: 'Patient reports better sleep.' }))
 *     const rows = mine.open(await db.select().from(notes))
 *
 * Values are bound to the table's and the columns' names in the database; after a renaming, say the old ones.
 * @throws PhiError PHI_ENVELOPE_OPTIONS for a declared column that would take plaintext, and for a sealed one that is not declared
 */
export function sealedTable<
  T extends Table,
  RowName extends keyof InferSelectModel<T> & string,
  IndexName extends keyof InferSelectModel<T> & string = never,
>(
  table: T,
  { row, columns, indexes, table: boundTable }: SealedTableOptions<InferSelectModel<T>, RowName, IndexName>,
): SealedTable<InferSelectModel<T>, InferInsertModel<T>, Partial<InferInsertModel<T>>, RowName, IndexName> {
  const known = getTableColumns(table)
  const given = columns as Readonly<Record<string, Partial<FieldOptions>>>
  const rowNames = typeof row === 'string' ? [row] : row
  const refuse = (detail: string) => envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'sealedTable', detail })
  for (const name of [...rowNames, ...Object.keys(indexes ?? {})]) {
    if (!Object.hasOwn(known, name)) throw refuse('row and indexes name columns of the table')
  }
  const bound: Record<string, FieldOptions> = {}
  for (const [name, options] of Object.entries(given)) {
    const column = Object.hasOwn(known, name) ? known[name] : undefined
    if (column === undefined || !refusesPlaintext(column)) throw refuse('a declared column is not of the sealed type')
    bound[name] = { column: column.name, ...options, table: boundTable ?? getTableName(table) }
  }
  for (const [name, column] of Object.entries(known)) {
    if (!Object.hasOwn(given, name) && column.dataType === 'custom' && refusesPlaintext(column)) {
      throw refuse('a column of the sealed type is not declared')
    }
  }
  const declaration: TableDeclaration = {
    name: getTableName(table),
    table: boundTable ?? getTableName(table),
    row: rowNames,
    columns: bound,
    indexes: (indexes ?? {}) as TableDeclaration['indexes'],
  }
  return declaredTable(declaration) as unknown as ReturnType<typeof sealedTable<T, RowName, IndexName>>
}
