import { isPhiError } from '@phi/core'
import type { Field, UnboundField } from '../field/field.ts'

/** A field of any type, bound to its row or declared `unboundRow: true`. */
export type AnyField = Field<unknown> | UnboundField<unknown>

/** The fields of a table's sealed columns, by the name under which a column stands in `values`. */
export type ColumnFields = Readonly<Record<string, AnyField>>

/** A field, told the row each time whether or not it takes one. @internal */
export interface RowField {
  isCurrent(sealed: string | Uint8Array): boolean
  open(sealed: string | Uint8Array, row: string): unknown
  reseal(sealed: string | Uint8Array, row: string): string | Uint8Array
}

const made = new WeakMap<AnyField, RowField>()

/** @internal */
export function rowField(field: AnyField): RowField {
  const known = made.get(field)
  if (known !== undefined) return known
  const bound = field as Field<unknown>
  const unbound = field as UnboundField<unknown>
  const takes = takesRow(bound)
  const rowed: RowField = {
    isCurrent: (sealed) => field.isCurrent(sealed),
    open(sealed, row) {
      if (typeof sealed === 'string') return takes ? bound.open(sealed, { row }) : unbound.open(sealed)
      return takes ? bound.openBytes(sealed, { row }) : unbound.openBytes(sealed)
    },
    reseal: (sealed, row) => (takes ? bound.reseal(sealed, { row }) : unbound.reseal(sealed)),
  }
  made.set(field, rowed)
  return rowed
}

/** A field judges the row before it looks at the value, and no keys are needed for that: an unbound one refuses any row. */
function takesRow(field: Field<unknown>): boolean {
  try {
    field.openBytes(new Uint8Array(), { row: 'row' })
  } catch (error) {
    return !isPhiError(error, 'PHI_ENVELOPE_ROW')
  }
  return true
}
