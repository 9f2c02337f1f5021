import { coreError } from './core-errors.ts'

/** How deep arrays and objects may nest. Deeper input is refused before it can exhaust the stack. */
export const MAX_CANONICAL_DEPTH = 64

/** Data with exactly one canonical JSON text. */
export type CanonicalValue =
  | string
  | number
  | boolean
  | null
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue }

const refuse = (detail: string) => coreError('PHI_CORE_CANONICAL', { detail })

/** RFC 8785 §3.2.2.2: JSON.stringify escapes exactly as JCS asks, as long as no surrogate stands alone. */
function text(value: string): string {
  if (!value.isWellFormed()) throw refuse('a string holds a lone surrogate')
  return JSON.stringify(value)
}

function array(value: readonly unknown[], depth: number): string {
  // The elements and `length` are all that JSON can tell of an array: a hole makes fewer keys, any other property makes more.
  if (Reflect.ownKeys(value).length !== value.length + 1) throw refuse('an array has holes or properties of its own')
  let out = '['
  for (let i = 0; i < value.length; i++) {
    if (i > 0) out += ','
    out += write(value[i], depth)
  }
  return `${out}]`
}

function object(value: object, depth: number): string {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw refuse('only plain objects have a canonical form')
  if (Object.getOwnPropertySymbols(value).length > 0) throw refuse('a key is a symbol')
  // RFC 8785 §3.2.3: keys sort by UTF-16 code units, which is what Array.prototype.sort does.
  const keys = Object.keys(value).sort()
  let out = '{'
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    if (i > 0) out += ','
    out += `${text(key)}:${write((value as Record<string, unknown>)[key], depth)}`
  }
  return `${out}}`
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return text(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'number':
      if (!Number.isFinite(value)) throw refuse('a number is NaN or infinite')
      // RFC 8785 §3.2.2.3: the ECMAScript number form; -0 is written as 0.
      return JSON.stringify(value)
    case 'object':
      if (value === null) return 'null'
      if (depth >= MAX_CANONICAL_DEPTH) throw refuse(`nesting is deeper than ${MAX_CANONICAL_DEPTH}`)
      return Array.isArray(value) ? array(value, depth + 1) : object(value, depth + 1)
    default:
      throw refuse(`a value is of type ${typeof value}`)
  }
}

/**
 * The canonical JSON text of a value, RFC 8785 (JSON Canonicalization Scheme).
 *
 * Refused rather than bent: lone surrogates, NaN and infinities, bigint, undefined (also inside arrays and as a property),
 * functions (`toJSON` too), symbols, class instances such as Date and Map, arrays with holes or named properties, and nesting
 * beyond 64 levels, cycles included. Getters are read once; what they throw passes through. Properties that are not
 * enumerable are no part of the value, as in JSON.stringify.
 * @throws PhiError PHI_CORE_CANONICAL
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0)
}
