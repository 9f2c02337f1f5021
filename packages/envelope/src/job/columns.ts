import { isPhiError, type PhiError } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import type { AnyField, ColumnFields } from './row-field.ts'
import type { TableRow } from './table.ts'

/** Which columns of a table are sealed, and with which fields. */
export interface JobColumns {
  /** The fields by the name under which a column stands in `values`; only the names where `fieldsOf` gives the fields. */
  readonly columns: ColumnFields | readonly string[]
  /**
   * The fields of one row, where the rows belong to several tenants or patients. It is called for every row: keep what it makes. What it
   * throws of this package's errors concerns the row, but for those that are retryable.
   */
  readonly fieldsOf?: (row: TableRow) => ColumnFields | Promise<ColumnFields>
}

/** The fields of a row, or the error that stands in their place. @internal */
export type FieldsOf = (row: TableRow) => Promise<ColumnFields | PhiError> | ColumnFields

const methods = (value: unknown, ...names: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')

const fieldSchema = z.custom<AnyField>(
  (value) => methods(value, 'open', 'openBytes', 'isCurrent', 'reseal'),
  'must be a field of a tenant’s or a patient’s keys',
)

/** @internal */
export const columnsSchema = z.union([
  z.array(z.string().min(1)).min(1),
  z.record(z.string(), fieldSchema).refine((columns) => Object.keys(columns).length > 0, 'must name a column'),
])

/** @internal */
export const fieldsOfSchema = z
  .custom<NonNullable<JobColumns['fieldsOf']>>((value) => typeof value === 'function', 'must be a function')
  .optional()

/** @throws PhiError PHI_ENVELOPE_OPTIONS @internal */
export function readColumns(
  path: string,
  {
    columns,
    fieldsOf,
  }: { readonly columns: z.output<typeof columnsSchema>; readonly fieldsOf?: JobColumns['fieldsOf'] | undefined },
): { readonly names: readonly string[]; readonly fieldsOf: FieldsOf } {
  if (Array.isArray(columns) !== (fieldsOf !== undefined)) {
    throw envelopeError('PHI_ENVELOPE_OPTIONS', {
      path,
      detail: 'columns holds the fields by column, or the names of the columns together with fieldsOf',
    })
  }
  if (!Array.isArray(columns)) return { names: Object.keys(columns), fieldsOf: () => columns }
  return {
    names: [...new Set(columns)],
    fieldsOf: async (row) => {
      try {
        return await (fieldsOf as NonNullable<JobColumns['fieldsOf']>)(row)
      } catch (error) {
        if (isPhiError(error) && !error.retryable) return error
        throw error
      }
    },
  }
}

/** @throws PhiError PHI_ENVELOPE_JOB where there is no field for the column, or what stood in the fields' place @internal */
export function fieldOf(fields: ColumnFields | PhiError, column: string): AnyField {
  if (isPhiError(fields)) throw fields
  const field = Object.hasOwn(fields, column) ? fields[column] : undefined
  if (field !== undefined) return field
  throw envelopeError('PHI_ENVELOPE_JOB', { detail: 'fieldsOf gave no field for a named column' })
}
