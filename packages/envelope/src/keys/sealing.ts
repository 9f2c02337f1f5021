import { envelopeError } from '../errors.ts'
import { type Field, type FieldOptions, makeField, type UnboundField } from '../field/field.ts'
import type { FieldType, FieldTypes } from '../field/value.ts'
import type { Custody } from './custody.ts'
import type { Holding } from './holding.ts'
import type { PurposeKeys } from './loaded-key.ts'
import type { KeyPurpose } from './purpose.ts'

/** What can be sealed with a tenant's or a subject's keys. */
export interface Sealing {
  readonly tenant: string
  /** A column whose values are sealed. @throws PhiError PHI_ENVELOPE_OPTIONS, PHI_ENVELOPE_NO_KEY */
  field<Type extends FieldType = 'string'>(
    options: FieldOptions<Type> & { readonly unboundRow: true },
  ): UnboundField<FieldTypes[Type]>
  field<Type extends FieldType = 'string'>(
    options: FieldOptions<Type> & { readonly unboundRow?: false },
  ): Field<FieldTypes[Type]>
  /** The loaded keys of a purpose, for what is built on top. @throws PhiError PHI_ENVELOPE_NO_KEY when the purpose was not loaded */
  keys(purpose: KeyPurpose): PurposeKeys
}

/** @internal */
export function sealing(tenant: string, holdings: ReadonlyMap<KeyPurpose, Holding>, custody: Custody): Sealing {
  const keys = (purpose: KeyPurpose): PurposeKeys => {
    const found = holdings.get(purpose)
    if (found) return found
    throw envelopeError('PHI_ENVELOPE_NO_KEY', { detail: 'this purpose was not loaded' })
  }
  return {
    tenant,
    keys,
    field: ((options: FieldOptions) => makeField(keys('field'), options, custody.settings.clock)) as Sealing['field'],
  }
}
