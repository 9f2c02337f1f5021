/**
 * Sealed columns in Kysely's `Database` interface, a helper that seals and opens rows under the keys of a tenant, and a plugin that
 * refuses to write anything else.
 *
 * @module @phi/envelope/kysely
 */
import type { Insertable, Selectable, Updateable } from 'kysely'
import type { FieldOptions } from '../field/field.ts'
import { declaredTable, type TableDeclaration } from './sealed-table.ts'
import type { SealedTable, SealedTableOptions } from './sealed-types.ts'

export { compoundRow } from './compound-row.ts'
export { sealedGuard } from './kysely-guard.ts'
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

/** Declares the sealed columns of a table of `DB`. */
export type DeclareSealed<DB> = <
  Name extends keyof DB & string,
  RowName extends keyof Selectable<DB[Name]> & string,
  IndexName extends keyof Selectable<DB[Name]> & string = never,
>(
  name: Name,
  options: SealedTableOptions<Selectable<DB[Name]>, RowName, IndexName>,
) => SealedTable<Selectable<DB[Name]>, Insertable<DB[Name]>, Updateable<DB[Name]>, RowName, IndexName>

/**
 * Declares how the sealed columns of a database's tables are sealed; under the keys of a request, `of(keys)` seals and opens rows:
 *
 *     interface Database { note: { id: string; body: Sealed<string> } }
 *     const sealedNotes = sealedTables<Database>()('note', { row: 'id', columns: { body: {} } })
 *
 *     const mine = sealedNotes.of(await keyring.tenant('clinic-a'))
 *     await db.insertInto('note').values(mine.seal({ id: 'n-204', body: 'Patient reports better sleep.' })).execute()
 *     const rows = mine.open(await db.selectFrom('note').selectAll().execute())
 *
 * Values are bound to the names of the table and the columns as they stand in the interface; after a renaming, say the old ones.
 * @throws PhiError PHI_ENVELOPE_OPTIONS
 */
export function sealedTables<DB>(): DeclareSealed<DB> {
  const declare = (
    name: string,
    { row, columns, indexes, table = name }: SealedTableOptions<Record<string, never>, string, string>,
  ): unknown => {
    const rowNames = typeof row === 'string' ? [row] : row
    const bound: Record<string, FieldOptions> = {}
    for (const [column, options] of Object.entries(columns as Readonly<Record<string, Partial<FieldOptions>>>)) {
      bound[column] = { column, ...options, table }
    }
    return declaredTable({
      name,
      table,
      row: rowNames,
      columns: bound,
      indexes: (indexes ?? {}) as unknown as TableDeclaration['indexes'],
    })
  }
  return declare as unknown as DeclareSealed<DB>
}
