import { equalBytes } from '@phi/core'
import { hmac256, hmac512, importKey, type SecretKey } from '#aead'
import { envelopeError } from '../errors.ts'
import type { LoadedKey, PurposeKeys } from '../keys/loaded-key.ts'
import { lengthPrefixed } from '../length-prefixed.ts'
import { hkdfExpandSha512 } from '../primitives/hkdf.ts'
import { type IndexOutput, type IndexTerm, keyIdOfTerm, parseTerm, termBytes, toOutput } from './index-term.ts'

/**
 * An index column that can be searched for equal values without telling them. Everything is synchronous while the tenant's keys are
 * fresh, and throws PHI_ENVELOPE_STALE when they are not.
 *
 * Writing: store `term(value)` beside the sealed value, in the same statement. Reading: `where idx in (terms(value))`, open the rows
 * that come back, and keep those for which `same(opened, value)` holds; with few bits, others come back too.
 */
export interface SearchIndex<Value, Output extends IndexOutput = 'text', Nullable = Value | null> {
  readonly table: string
  readonly columns: readonly string[]
  readonly index: string
  readonly bits: number
  /**
   * The one term to store, under the active key.
   * @throws PhiError PHI_ENVELOPE_INDEX for a value that the normaliser refuses, also for null; PHI_ENVELOPE_NO_KEY, PHI_ENVELOPE_STALE
   */
  term(value: Value): IndexTerm<Output>
  /** As {@link SearchIndex.term}; null stays null, so that which rows have no value is not hidden. Undefined is refused. */
  termOrNull(value: Nullable): IndexTerm<Output> | null
  /**
   * The terms to search for: one under each key that may be used, the newest first. Null is refused: `in (null)` finds nothing.
   * @throws PhiError as {@link SearchIndex.term}
   */
  terms(value: Value): readonly [IndexTerm<Output>, ...IndexTerm<Output>[]]
  /**
   * Whether a stored term was made of this value, or of one that shares its bits. False for null.
   * @throws PhiError PHI_ENVELOPE_INDEX for what is no term of this index, PHI_ENVELOPE_NO_KEY for a term under a key that may not be used
   */
  matches(stored: IndexTerm<Output> | null, value: Value): boolean
  /** Whether two values are one after normalising: what a false positive is told by, once its row is opened. */
  same(a: Value, b: Value): boolean
  /** Under which key a stored term was made: 'none' when the tenant may not use it. @throws PhiError PHI_ENVELOPE_INDEX */
  standing(stored: IndexTerm<Output>): 'active' | 'retiring' | 'none'
}

/** What a kind of index adds: where its values come from, and what its key is bound to. */
export interface IndexKind<Value, Output extends IndexOutput> {
  readonly table: string
  readonly columns: readonly string[]
  readonly index: string
  readonly bits: number
  readonly output: Output
  /** Every part that the key is bound to, but for the tenant; the first says what kind of index it is. */
  readonly binding: readonly [label: string, ...parts: string[]]
  /** The normal form of a value as the bytes that go into the HMAC. @throws PhiError PHI_ENVELOPE_INDEX */
  readonly message: (value: Value) => Uint8Array
  readonly isNull: (value: unknown) => boolean
}

const encoder = new TextEncoder()

/**
 * The key of an index: HKDF-Expand-SHA-512 of the tenant's index data key, 32 bytes, bound to kind, tenant and the rest of the
 * binding in that order, each part with its length before it. A new version of the data key is a new key here too.
 */
function indexKey(dataKey: SecretKey, tenant: string, [label, ...parts]: readonly [string, ...string[]]): SecretKey {
  const bytes = hkdfExpandSha512(
    (data) => hmac512(dataKey, data),
    lengthPrefixed([label, tenant, ...parts].map((part) => encoder.encode(part))),
    32,
  )
  const key = importKey(bytes)
  bytes.fill(0)
  return key
}

/** @internal */
export function searchIndex<Value, Output extends IndexOutput, Nullable>(
  keys: PurposeKeys,
  { table, columns, index, bits, output, binding, message, isNull }: IndexKind<Value, Output>,
): SearchIndex<Value, Output, Nullable> {
  if (keys.purpose !== 'index')
    throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'keys', detail: "must be of purpose 'index'" })
  // A search runs over all rows of a tenant: with a key per patient nothing would be equal.
  if (keys.subject !== undefined) {
    throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'keys', detail: 'an index is under the keys of the tenant itself' })
  }
  const prepared = JSON.stringify(binding)
  const make = (dataKey: SecretKey): SecretKey => indexKey(dataKey, keys.tenant, binding)

  const bytesUnder = (loaded: LoadedKey, text: Uint8Array): Uint8Array => {
    const mac = hmac256(loaded.prepared(prepared, make), text)
    keys.used(loaded, { sealed: false, bytes: text.length })
    return termBytes(loaded.idBytes, mac, bits)
  }
  const term = (value: Value): IndexTerm<Output> => {
    const text = message(value)
    return toOutput(bytesUnder(keys.active(), text), output)
  }

  return Object.freeze({
    table,
    columns,
    index,
    bits,
    term,
    termOrNull: (value: Nullable) => (isNull(value) ? null : term(value as unknown as Value)),
    terms(value: Value) {
      const text = message(value)
      const all = keys.all()
      // Without any key there is an error rather than an empty list, which would find nothing and say nothing.
      const [first = keys.active(), ...others] = all
      const under = (loaded: LoadedKey) => toOutput(bytesUnder(loaded, text), output)
      return [under(first), ...others.map(under)] as const
    },
    matches(stored: IndexTerm<Output> | null, value: Value) {
      const text = message(value)
      if (stored === null) return false
      const bytes = parseTerm(stored, bits, output)
      const loaded = keys.byId(keyIdOfTerm(bytes))
      if (loaded === undefined) throw envelopeError('PHI_ENVELOPE_NO_KEY')
      return equalBytes(bytes, bytesUnder(loaded, text))
    },
    same: (a: Value, b: Value) => equalBytes(message(a), message(b)),
    standing: (stored: IndexTerm<Output>) => keys.byId(keyIdOfTerm(parseTerm(stored, bits, output)))?.state ?? 'none',
  } satisfies SearchIndex<Value, Output, Nullable>)
}
