import { utf8 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readJson } from './json.ts'

const read = (text: string) => readJson(utf8(text))

describe('strict JSON', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.nat(4), (text, indent) => {
        const value: unknown = JSON.parse(text)
        const unsafe = /"(?:__proto__|constructor|prototype)"/.test(text)
        fc.pre(!unsafe)
        expect(read(JSON.stringify(value, null, indent))).toEqual({ value })
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['{"a":1,"a":2}'],
    ['{"a":1,"\\u0061":2}'],
    ['[{"b":{"a":1,"c":[{}],"a":2}}]'],
    ['{"__proto__":{"role":"admin"}}'],
    ['{"x":[{"constructor":1}]}'],
    ['{"\\u005f_proto__":1}'],
    ['{"prototype":null}'],
  ])('refuses %s, which readers read differently', (text) => {
    expect(read(text)).toBeUndefined()
  })

  it('takes the same names as values, and a name again in another object', () => {
    expect(read('["__proto__","constructor"]')).toEqual({ value: ['__proto__', 'constructor'] })
    expect(read('[{"a":1},{"a":"{\\"a\\":1,\\"a\\":2}"}]')).toEqual({ value: [{ a: 1 }, { a: '{"a":1,"a":2}' }] })
  })

  it('goes 64 deep, and no deeper', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(read(nested(64))).toBeDefined()
    expect(read(nested(65))).toBeUndefined()
    expect(read(nested(100_000))).toBeUndefined()
  })

  it('refuses what is no JSON, no UTF-8, or begins with a byte order mark', () => {
    for (const text of ['', ' ', '{', '{a:1}', "{'a':1}", '[1,]', 'NaN', '1 2', '\u00a01']) expect(read(text)).toBeUndefined()
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0xef, 0xbb, 0xbf, 0x31],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x31, 0],
    ]) {
      expect(readJson(Uint8Array.from(bytes))).toBeUndefined()
    }
  })

  it('agrees with a plain reader that keeps a list of names', () => {
    // The twin: values drawn as lists of members, written out, so that what is doubled is known beforehand.
    type Drawn = { readonly text: string; readonly clean: boolean }
    const { tree } = fc.letrec<{ tree: Drawn }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('1', 'null', '"a"', '"\\\\"', '"{\\""').map((text) => ({ text, clean: true })),
        fc.array(tie('tree'), { maxLength: 3 }).map((all) => ({
          text: `[${all.map(({ text }) => text).join(',')}]`,
          clean: all.every(({ clean }) => clean),
        })),
        fc.array(fc.tuple(fc.constantFrom('a', 'b', '\\u0061', 'c"'), tie('tree')), { maxLength: 3 }).map((members) => {
          const names = members.map(([name]) => (name === '\\u0061' ? 'a' : name))
          return {
            text: `{${members.map(([name, { text }]) => `"${name.replace('"', '\\"')}": ${text}`).join(', ')}}`,
            clean: new Set(names).size === names.length && members.every(([, { clean }]) => clean),
          }
        }),
      ),
    }))
    fc.assert(
      fc.property(tree, ({ text, clean }) => {
        expect(read(text) !== undefined).toBe(clean)
      }),
      { numRuns: 300 },
    )
  })
})
