import type { PlaintextMigration } from '../field/field.ts'
import type { Suite } from '../field/format.ts'
import type { RowId } from '../field/row-aad.ts'
import type { FieldType, FieldTypes } from '../field/value.ts'
import type { ColumnFields } from '../job/row-field.ts'
import type { Sealing, TenantSealing } from '../keys/sealing.ts'
import type { Sealed } from './sealed.ts'

// How the types of a table's rows become those of rows to seal and of rows that were opened. `Row` is what a select gives, `Insert`
// what an insert takes, `Change` what an update takes: the ORM's own types of the table.

/** The names of the sealed columns. */
export type SealedName<Row> = {
  [K in keyof Row & string]-?: [NonNullable<Row[K]>] extends [Sealed<unknown>] ? K : never
}[keyof Row & string]

type SealedType<V> = NonNullable<V> extends Sealed<infer T> ? T : never

/** The field types that can hold a T. */
type FieldTypeFor<T> = { [K in FieldType]: [T] extends [FieldTypes[K]] ? K : never }[FieldType]

interface ColumnBinding {
  /** The column's name that values are bound to, where it is not the column's name in the table: after a renaming, the old one. */
  readonly column?: string
  readonly suite?: Suite
  readonly alsoOpens?: readonly Suite[]
  readonly unboundRow?: boolean
}

/** How a column is sealed: as `FieldOptions`, but for the names. The type must be one that holds what the table declares. */
export type SealedColumnOptions<T> = ColumnBinding &
  ([T] extends [string]
    ? { readonly type?: FieldTypeFor<T>; readonly plaintext?: PlaintextMigration }
    : { readonly type: FieldTypeFor<T> })

/** An index column that is written together with the sealed column whose values it finds. */
type IndexColumn<Row> = {
  [C in SealedName<Row>]: {
    /** The sealed column. */
    readonly of: C
    /** Makes the index of a tenant. Null gives null. */
    readonly index: (keys: TenantSealing) => { term(value: SealedType<Row[C]>): string | Uint8Array }
  }
}[SealedName<Row>]

export interface SealedTableOptions<Row, RowName extends keyof Row & string, IndexName extends keyof Row & string> {
  /** The columns that make up the row id, mostly one: the primary key. Values are bound to it; it never changes. */
  readonly row: RowName | readonly [RowName, RowName, ...RowName[]]
  /** Every sealed column of the table. */
  readonly columns: { readonly [C in SealedName<Row>]: SealedColumnOptions<SealedType<Row[C]>> }
  readonly indexes?: { readonly [I in IndexName]: IndexColumn<Row> }
  /** The table's name that values are bound to, where it is not the name of the table: after a renaming, the old one. */
  readonly table?: string
}

type Plain<V> = V extends Sealed<infer T> ? T | Sealed<T> : V

/** Values before they are sealed: as they are, or as they were read. Index columns are filled in. */
export type Unsealed<Values, IndexName extends PropertyKey> = {
  [K in keyof Values as K extends IndexName ? never : K]: Plain<Values[K]>
}

type OpenedValue<V> = V extends Sealed<infer T> ? T : V

/** A row after it was opened. */
export type Opened<R, Left extends PropertyKey = never> = R extends object
  ? { [K in keyof R]: K extends Left ? R[K] : OpenedValue<R[K]> }
  : R

export interface OpenOptions<R, Row, Left> {
  /** Which column a property is, where it has another name: `{ noteId: 'id', text: 'body' }`. */
  readonly as?: { readonly [P in keyof NonNullable<R>]?: keyof Row & string }
  /** Properties that stay sealed, such as those of another table in a join: it opens them. */
  readonly leave?: readonly Left[]
}

/** A table's rows under the keys of one tenant or patient. Everything is synchronous while the keys are fresh. */
export interface SealedRows<Row, Insert, Change, RowName extends PropertyKey, IndexName extends PropertyKey> {
  /**
   * A row, or rows, to insert, with the sealed columns sealed. The row id must be known: a key that the database makes is known too
   * late. Null stays null: which rows have no value is not hidden. A value that is sealed already, as it was read, stays as it is
   * if it opens for this row, and is refused if not.
   * @throws PhiError PHI_ENVELOPE_ROW, PHI_ENVELOPE_VALUE, PHI_ENVELOPE_ALREADY_SEALED, PHI_ENVELOPE_STALE; PHI_ENVELOPE_INDEX for a
   *   value that an index refuses
   */
  seal(values: Unsealed<Insert, IndexName> & { readonly [K in RowName]: RowId }): Insert
  seal(values: readonly (Unsealed<Insert, IndexName> & { readonly [K in RowName]: RowId })[]): Insert[]
  /**
   * What an update sets, with the sealed columns sealed for the row. The `where` of the update must name the same row.
   * @throws PhiError as {@link SealedRows.seal}; PHI_ENVELOPE_ROW where the change names another row id
   */
  sealChange(change: Partial<Unsealed<Change, IndexName>>, where: { readonly row: RowId }): Change
  /**
   * A row, or rows, as a query gave them, with every sealed value opened. The row id must be among the columns. A row that holds
   * a sealed value under a name that is not the column's is refused, unless `as` or `leave` says what is to become of it: what
   * comes out holds no ciphertext by accident. Null stays null, and no row (null, undefined) stays none.
   * @throws PhiError PHI_ENVELOPE_OPEN, PHI_ENVELOPE_NOT_SEALED, PHI_ENVELOPE_ROW, PHI_ENVELOPE_STALE; PHI_ENVELOPE_OPTIONS for a
   *   sealed value that nobody declared
   */
  open<R, const Left extends keyof NonNullable<R> & string = never>(
    rows: readonly R[],
    options?: OpenOptions<R, Row, Left>,
  ): Opened<R, Left>[]
  open<R, const Left extends keyof NonNullable<R> & string = never>(
    row: R,
    options?: OpenOptions<R, Row, Left>,
  ): Opened<R, Left>
  /** The fields by column, for `reencrypt` and `scanSealed`. */
  readonly fields: ColumnFields
}

/** A table with sealed columns, declared once. */
export interface SealedTable<Row, Insert, Change, RowName extends PropertyKey, IndexName extends PropertyKey> {
  /** The table's own name, and its sealed columns. */
  readonly name: string
  readonly columns: readonly string[]
  /**
   * The table's rows under these keys, for a request.
   * @param keys a tenant's, or, of a table without indexes, a patient's
   * @throws PhiError PHI_ENVELOPE_OPTIONS, PHI_ENVELOPE_NO_KEY
   */
  of(keys: [IndexName] extends [never] ? Sealing : TenantSealing): SealedRows<Row, Insert, Change, RowName, IndexName>
  /**
   * The same where the rows are under a patient's keys and the table has indexes: these are always under the tenant's.
   * @throws PhiError PHI_ENVELOPE_OPTIONS, PHI_ENVELOPE_NO_KEY
   */
  of(keys: Sealing, indexKeys: TenantSealing): SealedRows<Row, Insert, Change, RowName, IndexName>
}
