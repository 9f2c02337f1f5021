import { envelopeError } from '../errors.ts'
import { type Field, type FieldOptions, makeField, type UnboundField } from '../field/field.ts'
import type { FieldType, FieldTypes } from '../field/value.ts'
import { type BoundFile, type Files, files, type UnboundFile } from '../file/files.ts'
import { type BlindIndex, type BlindIndexOptions, makeBlindIndex } from '../search/blind-index.ts'
import {
  type CompoundIndex,
  type CompoundIndexOptions,
  type CompoundPart,
  makeCompoundIndex,
} from '../search/compound-index.ts'
import {
  type DeterministicField,
  type DeterministicFieldOptions,
  type DeterministicType,
  makeDeterministicField,
} from '../search/deterministic-field.ts'
import type { IndexOutput } from '../search/index-term.ts'
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
  /** Files of one kind, bound to their ids. @throws PhiError PHI_ENVELOPE_OPTIONS, PHI_ENVELOPE_NO_KEY */
  files(options: { readonly collection: string; readonly unboundFile?: false }): Files<BoundFile>
  files(options: { readonly collection: string; readonly unboundFile: true }): Files<UnboundFile>
  /** The loaded keys of a purpose, for what is built on top. @throws PhiError PHI_ENVELOPE_NO_KEY when the purpose was not loaded */
  keys(purpose: KeyPurpose): PurposeKeys
}

/** What only a tenant's own keys do: finding values across all its subjects. */
export interface TenantSealing extends Sealing {
  /** A blind index over one column: equality search without telling the values. @throws PhiError PHI_ENVELOPE_OPTIONS, PHI_ENVELOPE_NO_KEY */
  index<Input = string, Output extends IndexOutput = 'text'>(
    options: BlindIndexOptions<Input, Output>,
  ): BlindIndex<Input, Output>
  /** A blind index over several columns at once, for those with few values. @throws PhiError PHI_ENVELOPE_OPTIONS, PHI_ENVELOPE_NO_KEY */
  compoundIndex<const Parts extends readonly CompoundPart[], Output extends IndexOutput = 'text'>(
    options: CompoundIndexOptions<Parts, Output>,
  ): CompoundIndex<Parts, Output>
  /**
   * A column whose sealed values are equal where its values are: opt-in, load the tenant with the purpose 'deterministic'. It gives away more
   * than a blind index does. @throws PhiError PHI_ENVELOPE_OPTIONS, PHI_ENVELOPE_NO_KEY
   */
  deterministic<Type extends DeterministicType = 'string'>(
    options: DeterministicFieldOptions<Type>,
  ): DeterministicField<FieldTypes[Type]>
}

/** @internal */
export function tenantSealing(tenant: string, holdings: ReadonlyMap<KeyPurpose, Holding>, custody: Custody): TenantSealing {
  const own = sealing(tenant, holdings, custody)
  return {
    ...own,
    index: (options) => makeBlindIndex(own.keys('index'), options),
    compoundIndex: (options) => makeCompoundIndex(own.keys('index'), options),
    deterministic: (options) => makeDeterministicField(own.keys('deterministic'), options),
  }
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
    files: ((options: { readonly collection: string }) => files({ ...options, keys: keys('file') })) as Sealing['files'],
  }
}
