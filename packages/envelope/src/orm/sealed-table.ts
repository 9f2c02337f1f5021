import { isPhiError } from '@phi/core'
import { envelopeError } from '../errors.ts'
import type { Field, FieldOptions, UnboundField } from '../field/field.ts'
import { isSealedText } from '../field/format.ts'
import type { RowId } from '../field/row-aad.ts'
import type { AnyField } from '../job/row-field.ts'
import type { Sealing, TenantSealing } from '../keys/sealing.ts'
import { compoundRow } from './compound-row.ts'

type Values = Readonly<Record<string, unknown>>

/** A declared table, as the subpaths hand it over: without the types of its rows. @internal */
export interface TableDeclaration {
  /** The table's own name. */
  readonly name: string
  /** The name that values are bound to. */
  readonly table: string
  readonly row: readonly string[]
  readonly columns: Readonly<Record<string, FieldOptions<never> | FieldOptions>>
  readonly indexes: Readonly<
    Record<
      string,
      { readonly of: string; readonly index: (keys: TenantSealing) => { term(value: never): string | Uint8Array } }
    >
  >
}

/** A sealed column under some keys: with or without a row, as it was declared. */
interface Column {
  readonly field: AnyField
  readonly seal: (value: unknown, row: () => RowId) => string
  readonly open: (sealed: string, row: () => RowId) => unknown
}

const optionsError = (detail: string) => envelopeError('PHI_ENVELOPE_OPTIONS', { detail })

function columnOf(keys: Sealing, options: FieldOptions<never> | FieldOptions): Column {
  if (options.unboundRow) {
    const field = keys.field({ ...options, unboundRow: true }) as UnboundField<unknown>
    return { field, seal: (value) => field.seal(value), open: (sealed) => field.open(sealed) }
  }
  const field = keys.field({ ...options, unboundRow: false }) as Field<unknown>
  return {
    field,
    seal: (value, row) => field.seal(value, { row: row() }),
    open: (sealed, row) => field.open(sealed, { row: row() }),
  }
}

/** Nested so deep, a row is no row any more; it is taken to hold something sealed. */
const DEEPEST = 32

function holdsSealed(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return isSealedText(value)
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return depth > DEEPEST
  if (Array.isArray(value)) return value.some((each) => holdsSealed(each, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  return Object.values(value).some((each) => holdsSealed(each, depth + 1))
}

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined

function rowIdOf(values: Values, names: readonly string[]): RowId {
  const parts = names.map((name) => values[name])
  if (parts.some(isAbsent)) {
    throw envelopeError('PHI_ENVELOPE_ROW', { detail: 'the columns of the row id must be among the values' })
  }
  // Whether they are row ids at all, the field says.
  return parts.length === 1 ? (parts[0] as RowId) : compoundRow(...(parts as [RowId, RowId]))
}

/** @internal */
export function declaredTable({ name, table, row, columns, indexes }: TableDeclaration) {
  const names = Object.keys(columns)
  const isSealed = (column: string): boolean => names.includes(column)
  if (row.length === 0 || row.some(isSealed)) throw optionsError('the row id is made of columns that are not sealed')
  for (const [index, { of: column }] of Object.entries(indexes)) {
    if (isSealed(index) || row.includes(index) || !isSealed(column)) {
      throw optionsError('an index stands in a column of its own, and is of a sealed one')
    }
  }
  const of = (keys: Sealing, indexKeys: Sealing | TenantSealing = keys) => {
    if (indexKeys.tenant !== keys.tenant) throw optionsError('the keys of the indexes are another tenant’s')
    const tenantKeys = (): TenantSealing => {
      if ('index' in indexKeys) return indexKeys
      throw optionsError('indexes are under the tenant’s keys: hand these in beside the patient’s')
    }
    const byName = new Map(
      Object.entries(columns).map(([column, options]) => [column, columnOf(keys, { ...options, table } as FieldOptions)]),
    )
    const terms = Object.entries(indexes).map(([index, { of: column, index: make }]) => {
      const made = make(tenantKeys()) as { term(value: unknown): string | Uint8Array }
      return { index, column, term: (value: unknown) => made.term(value) }
    })

    /** The value as it is stored, and as it is: an index is made of what is sealed, also where that stays as it was read. */
    const sealed = (column: Column, value: unknown, rowId: () => RowId): { stored: string; plain: unknown } => {
      if (typeof value !== 'string' || !isSealedText(value)) return { stored: column.seal(value, rowId), plain: value }
      try {
        return { stored: value, plain: column.open(value, rowId) }
      } catch (error) {
        throw isPhiError(error, 'PHI_ENVELOPE_OPEN') ? envelopeError('PHI_ENVELOPE_ALREADY_SEALED') : error
      }
    }

    const sealOne = (values: Values, rowId: () => RowId): Values => {
      const out: Record<string, unknown> = { ...values }
      const plain = new Map<string, unknown>()
      for (const [columnName, column] of byName) {
        const value = values[columnName]
        if (isAbsent(value)) {
          if (value === null) plain.set(columnName, null)
          continue
        }
        const done = sealed(column, value, rowId)
        out[columnName] = done.stored
        plain.set(columnName, done.plain)
      }
      for (const { index, column, term } of terms) {
        if (plain.has(column)) out[index] = plain.get(column) === null ? null : term(plain.get(column))
        else if (!isAbsent(values[index])) throw optionsError('an index column is written with the value that it indexes')
      }
      return out
    }

    const seal = (values: Values | readonly Values[]): unknown =>
      Array.isArray(values)
        ? values.map((each: Values) => sealOne(each, () => rowIdOf(each, row)))
        : sealOne(values as Values, () => rowIdOf(values as Values, row))

    const sealChange = (change: Values, where: { readonly row: RowId }): Values => {
      const namesRow = row.some((part) => !isAbsent(change[part]))
      if (namesRow && String(rowIdOf(change, row)) !== String(where.row)) {
        throw envelopeError('PHI_ENVELOPE_ROW', {
          detail: 'a row id never changes: what is sealed for it would not open any more',
        })
      }
      return sealOne(change, () => where.row)
    }

    const openOne = (values: Values | null | undefined, options: AnyOpenOptions): unknown => {
      if (isAbsent(values)) return values
      if (typeof values !== 'object') throw envelopeError('PHI_ENVELOPE_NOT_SEALED', { detail: 'a row is an object' })
      const { propertyOf, leave } = options
      const rowId = () => rowIdOf(values, row.map(propertyOf))
      const out: Record<string, unknown> = { ...values }
      const opened = new Set<string>()
      for (const [columnName, column] of byName) {
        const property = propertyOf(columnName)
        if (!Object.hasOwn(values, property) || leave.has(property)) continue
        opened.add(property)
        const value = values[property]
        if (!isAbsent(value)) out[property] = column.open(value as string, rowId)
      }
      for (const [property, value] of Object.entries(values)) {
        if (opened.has(property) || leave.has(property) || !holdsSealed(value)) continue
        throw optionsError(
          'the row holds a sealed value under an undeclared name: say with `as` which column it is, or `leave` it',
        )
      }
      return out
    }

    const open = (
      rows: unknown,
      options: { as?: Readonly<Record<string, string>>; leave?: readonly string[] } = {},
    ): unknown => {
      const read = openOptions([...names, ...row], options)
      return Array.isArray(rows) ? rows.map((each: Values) => openOne(each, read)) : openOne(rows as Values, read)
    }

    const fields = Object.freeze(Object.fromEntries([...byName].map(([column, { field }]) => [column, field])))
    return Object.freeze({ seal, sealChange, open, fields })
  }
  return Object.freeze({ name, columns: Object.freeze(names), of })
}

interface AnyOpenOptions {
  readonly leave: ReadonlySet<string>
  /** Under which name a column stands in the rows. A name that an alias took is not the column's own any more. */
  readonly propertyOf: (column: string) => string
}

function openOptions(
  known: readonly string[],
  { as = {}, leave = [] }: { readonly as?: Readonly<Record<string, string>>; readonly leave?: readonly string[] },
): AnyOpenOptions {
  const properties = new Map<string, string>()
  for (const [property, column] of Object.entries(as)) {
    if (!known.includes(column)) throw optionsError('`as` names a column that is neither sealed nor part of the row id')
    if (properties.has(column)) throw optionsError('`as` names a column twice: open the two one after the other')
    properties.set(column, property)
  }
  const taken = new Set(Object.keys(as))
  return {
    leave: new Set(leave),
    propertyOf(column) {
      const property = properties.get(column)
      if (property !== undefined) return property
      // A name that stands for another column is not this one's.
      return taken.has(column) ? '' : column
    },
  }
}
