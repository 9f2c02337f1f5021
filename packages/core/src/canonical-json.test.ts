import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeVectors, readVector } from '../test/vectors.ts'
import { canonicalJson, isPhiError, MAX_CANONICAL_DEPTH, toHex, utf8 } from './index.ts'

/** RFC 8785 as plainly as it reads, sharing nothing with the code under test: our own escapes, order and recursion. */
function twin(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Object.is(value, -0) ? '0' : value.toString()
  if (typeof value === 'string') {
    const short: Record<number, string> = { 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r', 34: '\\"', 92: '\\\\' }
    let out = ''
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      out += short[unit] ?? (unit < 32 ? `\\u00${unit < 16 ? '0' : ''}${unit.toString(16)}` : value.charAt(i))
    }
    return `"${out}"`
  }
  if (Array.isArray(value)) return `[${value.map(twin).join()}]`
  const byUnits = (a: string, b: string) => {
    for (let i = 0; i < a.length && i < b.length; i++) {
      const difference = a.charCodeAt(i) - b.charCodeAt(i)
      if (difference !== 0) return difference
    }
    return a.length - b.length
  }
  const members = Object.entries(value as object).sort(([a], [b]) => byUnits(a, b))
  return `{${members.map(([key, member]) => `${twin(key)}:${twin(member)}`).join()}}`
}

const wellFormed = fc.string({ unit: 'binary' })
/** What JSON.parse can make, except -0, which has no text of its own. */
const json = fc.jsonValue({ stringUnit: 'binary', maxDepth: 5 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)

const refusal = (value: unknown) => {
  try {
    canonicalJson(value)
  } catch (error) {
    return error
  }
  return undefined
}
const isRefused = (value: unknown) => isPhiError(refusal(value), 'PHI_CORE_CANONICAL')

describe('canonical JSON: known answers', () => {
  it('sorts keys by UTF-16 code units', () => {
    expect(canonicalJson({ b: 1, a: [true, null, 'x'] })).toBe('{"a":[true,null,"x"],"b":1}')
    // U+1F600 begins with the unit D83D and so stands before U+FB33, although its code point is greater.
    expect(canonicalJson({ '\ufb33': 1, '\u{1f600}': 2 })).toBe('{"\u{1f600}":2,"\ufb33":1}')
    expect(canonicalJson({ 10: 'a', 9: 'b', '': 'c' })).toBe('{"":"c","10":"a","9":"b"}')
  })

  it('writes the numbers of RFC 8785 appendix B', () => {
    const written = (bits: bigint) => canonicalJson(new Float64Array(new BigUint64Array([bits]).buffer)[0])
    expect(written(0x0000000000000000n)).toBe('0')
    expect(written(0x8000000000000000n)).toBe('0')
    expect(written(0x0000000000000001n)).toBe('5e-324')
    expect(written(0x7fefffffffffffffn)).toBe('1.7976931348623157e+308')
    expect(written(0x4340000000000000n)).toBe('9007199254740992')
    expect(written(0x444b1ae4d6e2ef4fn)).toBe('999999999999999900000')
    expect(written(0x444b1ae4d6e2ef50n)).toBe('1e+21')
    expect(written(0x3eb0c6f7a0b5ed8dn)).toBe('0.000001')
    expect(written(0x3eb0c6f7a0b5ed8cn)).toBe('9.999999999999997e-7')
    expect(written(0x41b3de4355555555n)).toBe('333333333.3333333')
    expect(written(0x43143ff3c1cb0959n)).toBe('1424953923781206.2')
  })

  it('escapes control characters, quotes and backslashes, and nothing else', () => {
    expect(canonicalJson('\u0000\b\t\n\f\r\u001f"\\/\u007f\u2028é😀')).toBe(
      '"\\u0000\\b\\t\\n\\f\\r\\u001f\\"\\\\/\u007f\u2028é😀"',
    )
  })
})

describeVectors('canonical JSON: the published RFC 8785 files', ['jcs/input', 'jcs/output', 'jcs/outhex'], () => {
  it.each(['arrays', 'french', 'structures', 'unicode', 'values', 'weird'])('%s', (name) => {
    const text = canonicalJson(JSON.parse(readVector(`jcs/input/${name}.json`)))
    expect(text).toBe(readVector(`jcs/output/${name}.json`))
    expect(toHex(utf8(text))).toBe(readVector(`jcs/outhex/${name}.txt`).replace(/\s+/g, ''))
  })
})

describeVectors('canonical JSON: the published number sequence', 'jcs/numgen.js', () => {
  /** The doubles that numgen.js makes: its listed ones, 2,000 in a row, then the digests of a chain. */
  function* numbers(): Generator<number> {
    const listed = readVector('jcs/numgen.js').match(/0x[0-9a-f]{16}(?=n)/g) ?? []
    const serial = Array.from({ length: 2000 }, (_, i) => 0x0010000000000000n + BigInt(i))
    // The last constant of the file is the start of the serial numbers, not a member of the list.
    yield* new Float64Array(new BigUint64Array([...listed.slice(0, -1).map(BigInt), ...serial]).buffer)
    for (let block = new Uint8Array(32); ; ) {
      block = new Uint8Array(createHash('sha256').update(block).digest())
      for (const double of new Float64Array(block.buffer)) if (double !== 0 && Number.isFinite(double)) yield double
    }
  }

  // Line counts and digests of the expected files, from the README beside the generator.
  const expected: (readonly [lines: number, digest: string])[] = [
    [1_000, 'be18b62b6f69cdab33a7e0dae0d9cfa869fda80ddc712221570f9f40a5878687'],
    [10_000, 'b9f7a8e75ef22a835685a52ccba7f7d6bdc99e34b010992cbc5864cd12be6892'],
    [100_000, '22776e6d4b49fa294a0d0f349268e5c28808fe7e0cb2bcbe28f63894e494d4c7'],
    ...(process.env.PHI_LONG
      ? ([[1_000_000, '49415fee2c56c77864931bd3624faad425c3c577d6d74e89a83bc725506dad16']] as const)
      : []),
  ]
  it.each(expected)('the first %d lines have the published digest', (lines, digest) => {
    const bits = new BigUint64Array(1)
    const double = new Float64Array(bits.buffer)
    const file = createHash('sha256')
    let line = 0
    for (const number of numbers()) {
      if (line++ === lines) break
      double[0] = number
      file.update(`${bits[0]?.toString(16)},${canonicalJson(number)}\n`)
    }
    expect(file.digest('hex')).toBe(digest)
  })
})

describe('canonical JSON: properties', () => {
  it('reads back as the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toStrictEqual(value)
      }),
    )
  })

  it('is idempotent', () => {
    fc.assert(fc.property(json, (value) => canonicalJson(JSON.parse(canonicalJson(value))) === canonicalJson(value)))
  })

  it('does not depend on the order of keys', () => {
    const shuffled = fc
      .uniqueArray(fc.tuple(wellFormed, json), { selector: ([key]) => key, maxLength: 12 })
      .chain((entries) => fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })))
    fc.assert(fc.property(shuffled, ([a, b]) => canonicalJson(Object.fromEntries(a)) === canonicalJson(Object.fromEntries(b))))
  })

  it('writes every double as ECMAScript does', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => canonicalJson(x) === x.toString()),
      { numRuns: 2000 },
    )
  })

  it('takes a string if and only if it is well formed, as a value and as a key', () => {
    const anyText = fc
      .array(fc.integer({ min: 0xd700, max: 0xe0ff }), { maxLength: 6 })
      .map((units) => String.fromCharCode(...units))
    fc.assert(
      fc.property(anyText, (text) => {
        const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)
        expect(isRefused(text)).toBe(lone)
        expect(isRefused({ [text]: 1 })).toBe(lone)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('canonical JSON: against a plain twin', () => {
  it('agrees on random values', () => {
    fc.assert(
      fc.property(json, (value) => canonicalJson(value) === twin(value)),
      { numRuns: 2000 },
    )
  })
})

describe('canonical JSON: hostile input', () => {
  it.each<[string, unknown]>([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['bigint', 1n],
    ['undefined', undefined],
    ['a symbol', Symbol('x')],
    ['a function', () => 1],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['a Set', new Set()],
    ['a RegExp', /x/],
    ['bytes', new Uint8Array(2)],
    ['a boxed string', Object('x')],
    ['a boxed number', Object(1)],
    ['an instance', new (class Note {})()],
    ['an inheriting object', Object.create({ inherited: 1 })],
    ['an error', new Error('x')],
    ['a promise', Promise.resolve()],
    ['a lone high surrogate', '\ud800'],
    ['a lone low surrogate', 'a\udc00b'],
    ['surrogates in the wrong order', '\udc00\ud800'],
  ])('refuses %s, alone, in an array and as a property', (_, value) => {
    expect(isRefused(value)).toBe(true)
    expect(isRefused([1, value])).toBe(true)
    expect(isRefused({ a: 1, b: value })).toBe(true)
  })

  it('refuses keys that are symbols or hold a lone surrogate', () => {
    expect(isRefused({ [Symbol('s')]: 1 })).toBe(true)
    expect(isRefused({ '\udfff': 1 })).toBe(true)
  })

  it('refuses arrays with holes, and arrays that carry more than their elements', () => {
    // biome-ignore lint/suspicious/noSparseArray: the hole is the point
    expect(isRefused([1, , 2])).toBe(true)
    expect(isRefused(new Array(3))).toBe(true)
    expect(isRefused(Object.assign([1], { note: 'lost' }))).toBe(true)
    expect(isRefused(Object.assign([1], { [Symbol('s')]: 'lost' }))).toBe(true)
    // One hole and one named property do not make up for each other's missing key.
    expect(isRefused(Object.assign(new Array(1), { note: 'lost' }))).toBe(true)
  })

  it('refuses what is nested deeper than the limit, cycles included, and takes the limit itself', () => {
    const nested = (depth: number, leaf: unknown = 1) => {
      let value = leaf
      for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { value }
      return value
    }
    expect(canonicalJson(nested(MAX_CANONICAL_DEPTH))).toBe(twin(nested(MAX_CANONICAL_DEPTH)))
    expect(isRefused(nested(MAX_CANONICAL_DEPTH + 1))).toBe(true)
    expect(isRefused(nested(100))).toBe(true)
    expect(isRefused(nested(100_000))).toBe(true)
    const array: unknown[] = []
    array.push(array, array)
    expect(isRefused(array)).toBe(true)
    const object: Record<string, unknown> = {}
    object.self = object
    expect(isRefused(object)).toBe(true)
  })

  it('keeps an own key __proto__ as the plain key it is', () => {
    const text = '{"__proto__":{"admin":true},"constructor":1}'
    expect(canonicalJson(JSON.parse(text))).toBe(text)
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })

  it('takes objects without a prototype', () => {
    expect(canonicalJson(Object.assign(Object.create(null), { b: 1, a: 2 }))).toBe('{"a":2,"b":1}')
  })

  it('never calls toJSON: an own one is refused, an inherited one is not looked up', () => {
    let called = false
    const toJSON = () => {
      called = true
      return 'other'
    }
    expect(isRefused({ a: 1, toJSON })).toBe(true)
    expect(canonicalJson({ toJSON: 'text' })).toBe('{"toJSON":"text"}')
    for (const prototype of [Object.prototype, Array.prototype, String.prototype]) {
      Object.defineProperty(prototype, 'toJSON', { value: toJSON, configurable: true })
    }
    try {
      expect(canonicalJson({ a: ['x', 1] })).toBe('{"a":["x",1]}')
    } finally {
      for (const prototype of [Object.prototype, Array.prototype, String.prototype]) Reflect.deleteProperty(prototype, 'toJSON')
    }
    expect(called).toBe(false)
  })

  it('reads a getter once and lets through what it throws', () => {
    let reads = 0
    const counting = {
      get value() {
        reads++
        return reads
      },
    }
    expect(canonicalJson(counting)).toBe('{"value":1}')
    expect(reads).toBe(1)
    const failure = new RangeError('mine')
    const throwing = {
      get value(): never {
        throw failure
      },
    }
    expect(refusal(throwing)).toBe(failure)
  })

  it('shows neither a value nor a key of the input in its errors', () => {
    for (const value of [
      { 'Jane Roe': undefined },
      { a: 'Jane Roe\ud800' },
      { 'Jane Roe\ud800': 1 },
      ['Jane Roe', new Date(0)],
    ]) {
      const error = refusal(value) as Error
      expect(isPhiError(error, 'PHI_CORE_CANONICAL')).toBe(true)
      expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/Jane|Roe/)
    }
  })
})
