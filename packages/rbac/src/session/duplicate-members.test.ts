import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasDuplicateMember } from './duplicate-members.ts'

describe('a member that is named twice', () => {
  it.each<[string, boolean]>([
    ['{}', false],
    ['[]', false],
    ['"a"', false],
    ['{"a":1}', false],
    ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}', false],
    ['{"a":"a","b":"a"}', false],
    ['{"a":"{\\"a\\":1,\\"a\\":2}"}', false],
    ['{"a\\"":1,"a":2}', false],
    ['["a","a"]', false],
    ['{"__proto__":1,"constructor":2}', false],
    ['{"a":1,"a":1}', true],
    ['{"a":1 ,\n "a" :1}', true],
    ['{"a":1,"\\u0061":1}', true],
    ['{"":1,"":2}', true],
    ['{"a":{},"b":[1,{"c":1,"c":2}]}', true],
    ['[{"a":[]},{"a":{},"a":{}}]', true],
    ['{"a":[1,2,"a"],"a":3}', true],
    ['{"__proto__":1,"__proto__":2}', true],
    ['{"a":{"b":1},"b":{"a":1},"a":0}', true],
  ])('%s: %s', (json, expected) => {
    JSON.parse(json)
    expect(hasDuplicateMember(json)).toBe(expected)
  })

  it('is never found in what JSON.stringify writes, and always when one is added', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
        fc.nat(),
        fc.jsonValue(),
        (object, pick, value) => {
          const json = JSON.stringify(object)
          expect(hasDuplicateMember(json)).toBe(false)
          const names = Object.keys(object)
          const name = JSON.stringify(names[pick % names.length])
          const twice = `${json.slice(0, -1)},${name}:${JSON.stringify(value)}}`
          expect(hasDuplicateMember(twice)).toBe(true)
          expect(hasDuplicateMember(`[1,{"outer":${twice}}]`)).toBe(true)
        },
      ),
    )
  })

  it('is looked for in time that grows with the text', () => {
    const deep = `${'['.repeat(8000)}${']'.repeat(8000)}`
    const wide = `{${Array.from({ length: 3000 }, (_, i) => `"${i}":"\\\\\\""`).join(',')}}`
    for (let i = 0; i < 20; i++) expect([hasDuplicateMember(deep), hasDuplicateMember(wide)]).toEqual([false, false])
  })
})
