import { type CanonicalValue, canonicalJson, fromUtf8, utf8 } from '@phi/core'
import { envelopeError } from '../errors.ts'

/** The types a field can declare, and what comes back from it. */
export interface FieldTypes {
  string: string
  /** Finite; −0 stays −0. */
  number: number
  bigint: bigint
  boolean: boolean
  /** An instant, to the millisecond. */
  date: Date
  /** Kept as canonical JSON (RFC 8785): the order of keys is not. */
  json: CanonicalValue
  bytes: Uint8Array
  /** Any of the above; each value says what it is. */
  any: string | number | bigint | boolean | Date | CanonicalValue | Uint8Array
}
export type FieldType = keyof FieldTypes

export interface ValueCodec<T> {
  /** @throws PhiError PHI_ENVELOPE_VALUE */
  encode(value: T): Uint8Array
  /** Undefined for bytes that no value encodes to. */
  decode(bytes: Uint8Array): T | undefined
}

const refuse = (detail: string): never => {
  throw envelopeError('PHI_ENVELOPE_VALUE', { detail })
}

const expected = (type: FieldType, value: unknown): never => {
  // Only the name of a type of ours, never anything of the value.
  const given =
    value instanceof Uint8Array ? 'bytes' : value instanceof Date ? 'date' : typeof value === 'object' ? 'json' : typeof value
  const known = given !== 'undefined' && given !== 'function' && given !== 'symbol' && value !== null
  return refuse(`the field takes type '${type}'${known ? `, and was given '${given}': declare the field with this type` : ''}`)
}

const string: ValueCodec<string> = {
  encode(value) {
    if (typeof value !== 'string') return expected('string', value)
    if (!value.isWellFormed()) return refuse('the text holds a lone surrogate')
    return utf8(value)
  },
  decode(bytes) {
    const text = quickText(bytes)
    if (text !== undefined) return text
    try {
      return fromUtf8(bytes)
    } catch {
      return undefined
    }
  },
}

const NodeBuffer = (globalThis as unknown as { Buffer?: new () => Uint8Array }).Buffer

/**
 * The text of a Node buffer, when it is beyond doubt: Buffer reads UTF-8 several times as fast as TextDecoder, and puts U+FFFD where
 * something is wrong. A text that holds one is read again by somebody stricter.
 */
function quickText(bytes: Uint8Array): string | undefined {
  if (NodeBuffer === undefined || !(bytes instanceof NodeBuffer)) return undefined
  const text = bytes.toString()
  return text.includes('\ufffd') ? undefined : text
}

function float64(write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(8)
  write(new DataView(bytes.buffer))
  return bytes
}
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const number: ValueCodec<number> = {
  encode(value) {
    if (typeof value !== 'number') return expected('number', value)
    if (!Number.isFinite(value)) return refuse('the number is not finite')
    return float64((view) => view.setFloat64(0, value))
  },
  decode(bytes) {
    if (bytes.length !== 8) return undefined
    const value = viewOf(bytes).getFloat64(0)
    return Number.isFinite(value) ? value : undefined
  },
}

const bigint: ValueCodec<bigint> = {
  encode: (value) => (typeof value === 'bigint' ? utf8(value.toString()) : expected('bigint', value)),
  decode(bytes) {
    const text = string.decode(bytes)
    return text !== undefined && /^(0|-?[1-9]\d*)$/.test(text) ? BigInt(text) : undefined
  },
}

const boolean: ValueCodec<boolean> = {
  encode: (value) => (typeof value === 'boolean' ? Uint8Array.of(value ? 1 : 0) : expected('boolean', value)),
  decode: (bytes) => (bytes.length === 1 && (bytes[0] as number) < 2 ? bytes[0] === 1 : undefined),
}

const date: ValueCodec<Date> = {
  encode(value) {
    if (!(value instanceof Date)) return expected('date', value)
    const time = value.getTime()
    if (Number.isNaN(time)) return refuse('the date is invalid')
    return float64((view) => view.setBigInt64(0, BigInt(time)))
  },
  decode(bytes) {
    if (bytes.length !== 8) return undefined
    const value = new Date(Number(viewOf(bytes).getBigInt64(0)))
    return Number.isNaN(value.getTime()) ? undefined : value
  },
}

const json: ValueCodec<CanonicalValue> = {
  encode(value) {
    try {
      return utf8(canonicalJson(value))
    } catch {
      return refuse('the value is not JSON: finite numbers, well-formed text, plain objects and arrays, no undefined')
    }
  },
  decode(bytes) {
    const text = string.decode(bytes)
    try {
      return text === undefined ? undefined : (JSON.parse(text) as CanonicalValue)
    } catch {
      return undefined
    }
  },
}

const bytes: ValueCodec<Uint8Array> = {
  encode: (value) => (value instanceof Uint8Array ? Uint8Array.from(value) : expected('bytes', value)),
  decode: (value) => Uint8Array.from(value),
}

/** A value that is no text begins with a byte that says what it is. A text in a field of type 'string' has none: its type is bound instead. */
const tags = { string: 1, number: 2, bigint: 3, boolean: 4, date: 5, json: 6, bytes: 7 } as const
type Tagged = keyof typeof tags
const plain: { readonly [Type in Tagged]: ValueCodec<FieldTypes[Type]> } = {
  string,
  number,
  bigint,
  boolean,
  date,
  json,
  bytes,
}

function tagged<T>(tag: number, codec: ValueCodec<T>): ValueCodec<T> {
  return {
    encode(value) {
      const encoded = codec.encode(value)
      const out = new Uint8Array(encoded.length + 1)
      out[0] = tag
      out.set(encoded, 1)
      encoded.fill(0)
      return out
    },
    decode: (encoded) => (encoded[0] === tag ? codec.decode(encoded.subarray(1)) : undefined),
  }
}

const typeOf = (value: unknown): Tagged | undefined => {
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Date) return 'date'
  const type = typeof value
  if (type === 'object') return 'json'
  return type === 'string' || type === 'number' || type === 'bigint' || type === 'boolean' ? type : undefined
}

const any: ValueCodec<FieldTypes['any']> = {
  encode(value) {
    const type = typeOf(value)
    if (type === undefined) return refuse('a value of this type cannot be sealed')
    return tagged(tags[type], plain[type] as ValueCodec<unknown>).encode(value)
  },
  decode(encoded) {
    const type = (Object.keys(tags) as Tagged[]).find((name) => tags[name] === encoded[0])
    return type && (plain[type] as ValueCodec<FieldTypes['any']>).decode(encoded.subarray(1))
  },
}

const codecs: { readonly [Type in FieldType]: ValueCodec<FieldTypes[Type]> } = {
  string,
  number: tagged(tags.number, number),
  bigint: tagged(tags.bigint, bigint),
  boolean: tagged(tags.boolean, boolean),
  date: tagged(tags.date, date),
  json: tagged(tags.json, json),
  bytes: tagged(tags.bytes, bytes),
  any,
}

export const fieldTypes = Object.keys(codecs) as readonly FieldType[]

export const codecOf = <Type extends FieldType>(type: Type): ValueCodec<FieldTypes[Type]> => codecs[type]
