import { type Clock, formatInstant, parseAs, systemClock } from '@phi/core'
import * as z from 'zod'
import { nonceInto } from '#aead'
import { envelopeError } from '../errors.ts'
import { instantSchema } from '../instant.ts'
import type { LoadedKey, PurposeKeys } from '../keys/loaded-key.ts'
import { type AeadCore, kcXaesCore, xaesCore } from '../primitives/xaes.ts'
import { claimsToBeSealed, fromText, HEADER, isSealedText, NONCE, readHeader, type Suite, suites, toText } from './format.ts'
import { type RowId, rowAad } from './row-aad.ts'
import { codecOf, type FieldType, type FieldTypes, fieldTypes } from './value.ts'

/** Which row a value belongs to. */
export interface InRow {
  /** The row's primary key; known before the insert. */
  readonly row: RowId
}

/** A column whose values are sealed. Everything is synchronous while the tenant's keys are fresh. */
export interface Field<T, Where extends readonly unknown[] = readonly [where: InRow]> {
  readonly table: string
  readonly column: string
  readonly type: FieldType
  /**
   * Seals a value for its row, as text 'phi1.…'. The same value twice gives two texts.
   * @throws PhiError PHI_ENVELOPE_VALUE, PHI_ENVELOPE_ROW, PHI_ENVELOPE_ALREADY_SEALED, PHI_ENVELOPE_NO_KEY, PHI_ENVELOPE_STALE
   */
  seal(value: T, ...where: Where): string
  /**
   * The value that was sealed for this row.
   * @throws PhiError PHI_ENVELOPE_OPEN for whatever does not verify, always alike; PHI_ENVELOPE_NOT_SEALED; PHI_ENVELOPE_STALE
   */
  open(sealed: string, ...where: Where): T
  /** As {@link Field.seal}, in the binary form. */
  sealBytes(value: T, ...where: Where): Uint8Array
  /** As {@link Field.open}, of the binary form. */
  openBytes(sealed: Uint8Array, ...where: Where): T
  /** Whether the value is sealed under the active key and the field's own suite. Says nothing about whether it opens. */
  isCurrent(sealed: string | Uint8Array): boolean
  /** Opens the value and seals it under the active key, in the form it came in. */
  reseal<Form extends string | Uint8Array>(sealed: Form, ...where: Where): Form
}

/** A column declared `unboundRow: true`: no row is given, and none is checked. */
export type UnboundField<T> = Field<T, readonly []>

/** How long old plaintext is still taken, and who hears of it. */
export interface PlaintextMigration {
  /** RFC 3339 UTC with milliseconds. From then on a value that is not sealed is an error again. */
  readonly until: string
  /** Called for every value that was handed back as it lay in the database. Count it, and seal that row. */
  onPlaintext(hit: { readonly table: string; readonly column: string; readonly row: RowId | undefined }): void
}

export interface FieldOptions<Type extends FieldType = 'string'> {
  /** The table's and the column's name as they shall stay: values are bound to them. 1 to 128 characters. */
  readonly table: string
  readonly column: string
  /** Default 'string'. Values are bound to it. */
  readonly type?: Type
  /** Default 'KC-XAES-256-GCM', which commits to its key. */
  readonly suite?: Suite
  /** Other suites that it opens, while values move from one to the other. Default none. */
  readonly alsoOpens?: readonly Suite[]
  /** Old plaintext in the column is handed back until a date. Only for fields of type 'string'. */
  readonly plaintext?: PlaintextMigration
  /** Values are not bound to a row: whoever can write to the column can then move them between rows unnoticed. */
  readonly unboundRow?: boolean
}

const name = z
  .string()
  .min(1)
  .max(128)
  .refine((text) => text.isWellFormed(), 'must be well-formed text')
const suite = z.enum(Object.keys(suites) as [Suite, ...Suite[]])

const fieldOptionsSchema = z.strictObject({
  table: name,
  column: name,
  type: z.enum(fieldTypes as readonly [FieldType, ...FieldType[]]).default('string'),
  suite: suite.default('KC-XAES-256-GCM'),
  alsoOpens: z.array(suite).readonly().default([]),
  unboundRow: z.boolean().default(false),
  plaintext: z
    .strictObject({
      until: instantSchema,
      onPlaintext: z.custom<PlaintextMigration['onPlaintext']>((value) => typeof value === 'function', 'must be a function'),
    })
    .optional(),
})

const coreOf: Readonly<Record<Suite, (loaded: LoadedKey) => AeadCore>> = {
  'KC-XAES-256-GCM': (loaded) => loaded.prepared('KC-XAES-256-GCM', kcXaesCore),
  'XAES-256-GCM': (loaded) => loaded.prepared('XAES-256-GCM', xaesCore),
}

/** What a field needs of one key: the cipher, the header, and the associated data but for the row. */
interface Sealer {
  readonly aead: AeadCore
  readonly header: Uint8Array
  readonly aad: (row: RowId | undefined) => Uint8Array
}

/** Values are put together here, when they fit: a buffer of its own for each costs as much as an encryption of 32 bytes. */
const scratch = new Uint8Array(8192)
const room = (size: number): Uint8Array => (size <= scratch.length ? scratch.subarray(0, size) : new Uint8Array(size))

const notHere = () => envelopeError('PHI_ENVELOPE_OPEN')

/** @internal The field of a tenant's or a subject's keys: `keys.field(…)` of the keyring's handles. */
export function makeField<Type extends FieldType = 'string'>(
  keys: PurposeKeys,
  options: FieldOptions<Type>,
  clock: Clock = systemClock,
): Field<FieldTypes[Type], readonly [where?: Partial<InRow>]> {
  const { table, column, type, suite, alsoOpens, unboundRow, plaintext } = parseAs(
    fieldOptionsSchema,
    options,
    'field',
    (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context),
  )
  if (plaintext !== undefined && type !== 'string') {
    throw envelopeError('PHI_ENVELOPE_OPTIONS', {
      path: 'field.plaintext',
      detail: "only fields of type 'string' take old plaintext",
    })
  }
  const codec = codecOf(type as Type)
  const opens = new Set<Suite>([suite, ...alsoOpens])

  const prepare = (loaded: LoadedKey, of: Suite): Sealer => {
    const header = new Uint8Array(HEADER)
    header.set([1, suites[of]])
    header.set(loaded.idBytes, 2)
    return { aead: coreOf[of](loaded), header, aad: rowAad(header, { tenant: keys.tenant, table, column, type }) }
  }
  const sealers = { 'KC-XAES-256-GCM': new WeakMap<LoadedKey, Sealer>(), 'XAES-256-GCM': new WeakMap<LoadedKey, Sealer>() }
  const sealerOf = (loaded: LoadedKey, of: Suite): Sealer => {
    const known = sealers[of].get(loaded)
    if (known !== undefined) return known
    const sealer = prepare(loaded, of)
    sealers[of].set(loaded, sealer)
    return sealer
  }

  const rowOf = (where: Partial<InRow> | undefined): RowId | undefined => {
    const row = where?.row
    if (unboundRow) {
      if (row === undefined) return undefined
      throw envelopeError('PHI_ENVELOPE_ROW', { detail: 'the field is declared `unboundRow: true` and takes no row' })
    }
    if (row === undefined) throw envelopeError('PHI_ENVELOPE_ROW')
    return row
  }

  /** The sealed bytes, in a buffer that the next call may write over. */
  const sealed = (value: FieldTypes[Type], where: Partial<InRow> | undefined): Uint8Array => {
    const row = rowOf(where)
    if (typeof value === 'string' ? isSealedText(value) : value instanceof Uint8Array && isOurs(value)) {
      throw envelopeError('PHI_ENVELOPE_ALREADY_SEALED')
    }
    const loaded = keys.active()
    const { aead, header, aad } = sealerOf(loaded, suite)
    const encoded = codec.encode(value)
    const size = encoded.length
    const out = room(HEADER + NONCE + size + aead.overhead)
    out.set(header)
    nonceInto(out, HEADER, NONCE)
    aead.sealInto(out, HEADER + NONCE, out.subarray(HEADER, HEADER + NONCE), encoded, aad(row))
    encoded.fill(0)
    keys.used(loaded, { sealed: true, bytes: size })
    return out
  }

  const sealBytes = (value: FieldTypes[Type], where: Partial<InRow> | undefined): Uint8Array =>
    Uint8Array.from(sealed(value, where))

  /** Bytes that some key of this tenant sealed, as far as a header can tell: 6 bytes that agree are no accident. */
  const isOurs = (bytes: Uint8Array): boolean => {
    const header = readHeader(bytes)
    return header !== undefined && keys.byId(header.keyId) !== undefined
  }

  const openBytes = (sealed: Uint8Array, where: Partial<InRow> | undefined): FieldTypes[Type] => {
    const row = rowOf(where)
    if (!(sealed instanceof Uint8Array)) throw envelopeError('PHI_ENVELOPE_NOT_SEALED')
    const found = readHeader(sealed)
    if (found === undefined || !opens.has(found.suite)) throw notHere()
    const loaded = keys.byId(found.keyId)
    if (loaded === undefined) throw notHere()
    const { aead, aad } = sealerOf(loaded, found.suite)
    const body = sealed.subarray(HEADER + NONCE)
    const encoded = aead.tryOpen(sealed.subarray(HEADER, HEADER + NONCE), body, aad(row))
    if (encoded === undefined) throw notHere()
    const value = codec.decode(encoded)
    encoded.fill(0)
    if (value === undefined) throw notHere()
    keys.used(loaded, { sealed: false, bytes: body.length })
    return value
  }

  const fromPlaintext = (text: string, where: Partial<InRow> | undefined): FieldTypes[Type] => {
    if (plaintext === undefined || formatInstant(clock()) >= plaintext.until) throw envelopeError('PHI_ENVELOPE_NOT_SEALED')
    plaintext.onPlaintext({ table, column, row: rowOf(where) })
    return text as FieldTypes[Type]
  }

  const bytesOf = (sealed: string): Uint8Array => {
    const bytes = fromText(sealed)
    if (bytes === undefined) throw notHere()
    return bytes
  }

  return Object.freeze({
    table,
    column,
    type: type as FieldType,
    sealBytes,
    openBytes,
    seal: (value, where) => toText(sealed(value, where)),
    open(sealed, where) {
      if (typeof sealed !== 'string') throw envelopeError('PHI_ENVELOPE_NOT_SEALED')
      return claimsToBeSealed(sealed) ? openBytes(bytesOf(sealed), where) : fromPlaintext(sealed, where)
    },
    isCurrent(sealed) {
      const bytes = typeof sealed === 'string' ? fromText(sealed) : sealed
      const header = bytes && readHeader(bytes)
      return header !== undefined && header.suite === suite && header.keyId === keys.active().id
    },
    reseal<Form extends string | Uint8Array>(old: Form, where?: Partial<InRow>): Form {
      if (typeof old !== 'string') return sealBytes(openBytes(old, where), where) as Form
      const bytes = claimsToBeSealed(old) ? bytesOf(old) : undefined
      const value = bytes === undefined ? fromPlaintext(old, where) : openBytes(bytes, where)
      return toText(sealed(value, where)) as Form
    },
  } satisfies Field<FieldTypes[Type], readonly [where?: Partial<InRow>]>)
}
