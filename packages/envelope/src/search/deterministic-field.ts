import { parseAs, utf8 } from '@phi/core'
import * as z from 'zod'
import { hmac512, type SecretKey } from '#aead'
import { envelopeError } from '../errors.ts'
import { claimsToBeSealed, fromText, HEADER, isSealedText, keyIdAt, toText, VERSION } from '../field/format.ts'
import { codecOf, type FieldTypes } from '../field/value.ts'
import type { LoadedKey, PurposeKeys } from '../keys/loaded-key.ts'
import { lengthPrefixed } from '../length-prefixed.ts'
import { type AesSiv, aesSiv } from '../primitives/aes-siv.ts'
import { hkdfExpandSha512 } from '../primitives/hkdf.ts'
import { nameSchema } from './options.ts'

/** What a deterministic column can hold. */
export type DeterministicType = 'string' | 'bytes'

export interface DeterministicFieldOptions<Type extends DeterministicType = 'string'> {
  /** The table's and the column's name as they shall stay: the key and the values are bound to them. 1 to 128 characters. */
  readonly table: string
  readonly column: string
  /** Default 'string'. Values are bound to it. */
  readonly type?: Type
}

/** A column whose sealed values are equal where its values are equal. Synchronous while the tenant's keys are fresh. */
export interface DeterministicField<T = string> {
  readonly table: string
  readonly column: string
  readonly type: DeterministicType
  /**
   * The value sealed under the active key, as text 'phi1.…'. The same value gives the same text until the key changes.
   * @throws PhiError PHI_ENVELOPE_VALUE, also over 65536 bytes; PHI_ENVELOPE_ALREADY_SEALED; PHI_ENVELOPE_NO_KEY, PHI_ENVELOPE_STALE
   */
  seal(value: T): string
  /** @throws PhiError PHI_ENVELOPE_OPEN for whatever does not verify, always alike; PHI_ENVELOPE_NOT_SEALED; PHI_ENVELOPE_STALE */
  open(sealed: string): T
  /** What to search for, `where column in (…)`: the value under each key that may be used, the newest first. Not for storing. */
  candidates(value: T): readonly [string, ...string[]]
  /** Whether the value is sealed under the active key. Says nothing about whether it opens. */
  isCurrent(sealed: string): boolean
}

const optionsSchema = z.strictObject({
  table: nameSchema,
  column: nameSchema,
  type: z.enum(['string', 'bytes']).default('string'),
})

/** Suite 4 of the sealed format: AES-SIV, deterministic. */
const SUITE = 4
const IV = 16
const MAX_BYTES = 65_536
const LABEL = 'phi.envelope/deterministic/v1'

const notHere = () => envelopeError('PHI_ENVELOPE_OPEN')

/**
 * @internal Deterministic encryption, opt-in: AES-256-SIV (RFC 5297) under a key derived per tenant, table and column from the
 * tenant's 'deterministic' data key (HKDF-Expand-SHA-512 over label, tenant, table and column, 64 bytes).
 *
 *     version 0x01 ‖ suite 0x04 ‖ key id[4] ‖ V[16] ‖ C        text: "phi1." base64url
 *
 * The associated data, one string, is label, header, tenant, table, column and type, each with its length before it. The row is
 * not in it, because equal values of two rows must come out equal. That gives away which rows are equal, how often each value
 * occurs, how long each value is, and lets whoever can write to the table copy a value from one row to another unnoticed. A
 * blind index beside a sealed field gives away less; this one saves the second column where the database must join or enforce
 * uniqueness on the value itself.
 * @param keys the tenant's own keys of purpose 'deterministic'
 * @throws PhiError PHI_ENVELOPE_OPTIONS
 */
export function makeDeterministicField<Type extends DeterministicType = 'string'>(
  keys: PurposeKeys,
  options: DeterministicFieldOptions<Type>,
): DeterministicField<FieldTypes[Type]> {
  const { table, column, type } = parseAs(optionsSchema, options, 'deterministicField', (context) =>
    envelopeError('PHI_ENVELOPE_OPTIONS', context),
  )
  if (keys.purpose !== 'deterministic' || keys.subject !== undefined) {
    throw envelopeError('PHI_ENVELOPE_OPTIONS', {
      path: 'keys',
      detail: "must be the tenant's own, of purpose 'deterministic'",
    })
  }
  const codec = codecOf(type as Type)
  const bound = [utf8(keys.tenant), utf8(table), utf8(column)]
  const prepared = JSON.stringify([LABEL, table, column])

  const make = (dataKey: SecretKey): AesSiv => {
    const key = hkdfExpandSha512((data) => hmac512(dataKey, data), lengthPrefixed([utf8(LABEL), ...bound]), 64)
    const cipher = aesSiv(key)
    key.fill(0)
    return cipher
  }
  const headerOf = (loaded: LoadedKey): Uint8Array => Uint8Array.of(VERSION, SUITE, ...loaded.idBytes)
  const associated = (header: Uint8Array): Uint8Array => lengthPrefixed([utf8(LABEL), header, ...bound, utf8(type)])

  const encoded = (value: FieldTypes[Type]): Uint8Array => {
    const sealedAlready = typeof value === 'string' ? isSealedText(value) : value instanceof Uint8Array && isOurs(value)
    if (sealedAlready) throw envelopeError('PHI_ENVELOPE_ALREADY_SEALED')
    if (typeof value === 'string' && value.length > MAX_BYTES) throw tooLong()
    const bytes = codec.encode(value)
    if (bytes.length > MAX_BYTES) throw tooLong()
    return bytes
  }
  const tooLong = () => envelopeError('PHI_ENVELOPE_VALUE', { detail: `a deterministic value has at most ${MAX_BYTES} bytes` })
  const isOurs = (bytes: Uint8Array): boolean =>
    bytes.length >= HEADER + IV && bytes[0] === VERSION && bytes[1] === SUITE && keys.byId(keyIdAt(bytes)) !== undefined

  const under = (loaded: LoadedKey, bytes: Uint8Array, stored: boolean): string => {
    const header = headerOf(loaded)
    const body = loaded.prepared(prepared, make).seal(bytes, associated(header))
    const out = new Uint8Array(HEADER + body.length)
    out.set(header)
    out.set(body, HEADER)
    keys.used(loaded, { sealed: stored, bytes: bytes.length })
    return toText(out)
  }
  const bytesOf = (sealed: unknown): Uint8Array => {
    if (typeof sealed !== 'string' || !claimsToBeSealed(sealed)) throw envelopeError('PHI_ENVELOPE_NOT_SEALED')
    const bytes = fromText(sealed)
    if (bytes === undefined || bytes.length < HEADER + IV || bytes[0] !== VERSION || bytes[1] !== SUITE) throw notHere()
    return bytes
  }

  return Object.freeze({
    table,
    column,
    type,
    seal(value) {
      const bytes = encoded(value)
      const sealed = under(keys.active(), bytes, true)
      bytes.fill(0)
      return sealed
    },
    open(sealed) {
      const bytes = bytesOf(sealed)
      const loaded = keys.byId(keyIdAt(bytes))
      if (loaded === undefined) throw notHere()
      const body = bytes.subarray(HEADER)
      const opened = loaded.prepared(prepared, make).open(body, associated(bytes.subarray(0, HEADER)))
      const value = codec.decode(opened)
      opened.fill(0)
      if (value === undefined) throw notHere()
      keys.used(loaded, { sealed: false, bytes: body.length })
      return value
    },
    candidates(value) {
      const bytes = encoded(value)
      const [first = keys.active(), ...others] = keys.all()
      const found = [under(first, bytes, false), ...others.map((loaded) => under(loaded, bytes, false))] as const
      bytes.fill(0)
      return found
    },
    isCurrent: (sealed) => keyIdAt(bytesOf(sealed)) === keys.active().id,
  } satisfies DeterministicField<FieldTypes[Type]>)
}
