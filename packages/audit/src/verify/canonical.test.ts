import { canonicalJson, MAX_CANONICAL_DEPTH } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCanonicalObject } from './canonical.ts'

/** The same question, asked plainly. */
function plainly(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value) && canonicalJson(value) === json
  } catch {
    return false
  }
}

const nested = (depth: number, inner = '1') => `${'{"a":'.repeat(depth)}${inner}${'}'.repeat(depth)}`

describe('canonical objects', () => {
  it.each([
    ['{}', true],
    ['{"a":1,"b":[true,false,null,"x",{}]}', true],
    ['{"A":1,"a":2}', true],
    ['{"a":2,"A":1}', false],
    ['{"":0}', true],
    ['{"a":[]}', true],
    ['{"a":[1,]}', false],
    ['{"a":[,1]}', false],
    ['{"a":{},}', false],
    ['{"a"}', false],
    ['{"a":}', false],
    ['{a:1}', false],
    ['{"a":"', false],
    ['{"a":"\\', false],
    ['{"a":tru}', false],
    ['{', false],
    ['', false],
    ['null', false],
    ['"{}"', false],
    ['{"a":"\\n\\u0000\\u000b\\u001f\\u007f"}', false],
    ['{"a":"\\n\\u0000\\u000b\\u001f\u007f\\"\\\\"}', true],
    ['{"a":"\u00e9\ud83d\ude42"}', true],
    ['{"a":"\ud83d"}', false],
    ['{"a":"\ude42\ud83d"}', false],
    ['{"a":5e-324,"b":1e+21,"c":123456789012345680000,"d":-0.5}', true],
    ['{"a":1e400}', false],
    ['{"a":+1}', false],
    ['{"a":1.}', false],
    ['{"a":9007199254740993}', false],
    // Keys sort by what they mean, not by how they are written: U+000D before U+0031.
    ['{"\\r":1,"1":2}', true],
    ['{"1":2,"\\r":1}', false],
    ['{"\u20ac":1,"\ud83d\ude00":2,"\ufb33":3}', true],
    [nested(MAX_CANONICAL_DEPTH), true],
    [nested(MAX_CANONICAL_DEPTH + 1), false],
    [nested(20_000), false],
  ])('%j', (json, expected) => {
    expect(isCanonicalObject(json)).toBe(expected)
    expect(plainly(json)).toBe(expected)
  })

  it('agree with the canonical writer on whatever it writes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })), (value) => {
        expect(isCanonicalObject(canonicalJson(JSON.parse(JSON.stringify(value))))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('agree with the canonical writer on any small change to it', () => {
    const inserted = fc.constantFrom(
      '"',
      '\\',
      ',',
      ':',
      '{',
      '}',
      '[',
      ']',
      '0',
      '1',
      'e',
      '.',
      '-',
      ' ',
      '\n',
      'a',
      '\ud83d',
      '\u0001',
    )
    const change = fc.record({ at: fc.nat(200), remove: fc.nat(2), insert: fc.array(inserted, { maxLength: 2 }) })
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 })),
        change,
        (value, { at, remove, insert }) => {
          const json = canonicalJson(JSON.parse(JSON.stringify(value)))
          const from = at % json.length
          const changed = json.slice(0, from) + insert.join('') + json.slice(from + remove)
          expect(isCanonicalObject(changed)).toBe(plainly(changed))
        },
      ),
      { numRuns: process.env.PHI_LONG === '1' ? 20_000 : 600 },
    )
  })
})
