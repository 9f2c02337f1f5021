import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { jsonPlaces } from './json-places.ts'

const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')

/** The lines of keys and members, as a parser of YAML sees the same text: JSON is YAML. */
function linesByYaml(text: string): ReadonlyMap<string, number> {
  const counter = new LineCounter()
  const { contents } = parseDocument(text, { lineCounter: counter, version: '1.2', schema: 'json', uniqueKeys: false })
  const lines = new Map<string, number>()
  const lineOf = (node: Node | null) => counter.linePos(node?.range?.[0] ?? 0).line
  const walk = (node: Node | null, at: string, depth: number) => {
    if (depth > 4) return
    if (isSeq(node)) {
      for (const [index, each] of node.items.entries()) {
        const pointer = `${at}/${index}`
        lines.set(pointer, lineOf(each as Node))
        walk(each as Node, pointer, depth + 1)
      }
    }
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        if (!isScalar(key)) continue
        const pointer = `${at}/${escaped(String(key.value))}`
        lines.set(pointer, lineOf(key))
        walk(value as Node | null, pointer, depth + 1)
      }
    }
  }
  walk(contents, '', 1)
  return lines
}

describe('places in JSON', () => {
  it('finds the lines of what is named, or of what holds it', () => {
    const text =
      '{\n  "id": "a",\n  "rules": [\n    { "id": "x" },\n    {\n      "id": "y, \\"z\\" ]"\n    }\n  ],\n  "a/b": 1\n}\n'
    const { lineOf, repeated } = jsonPlaces(text)
    expect(['', '/id', '/rules', '/rules/0', '/rules/1', '/rules/1/id', '/a~1b'].map(lineOf)).toEqual([1, 2, 3, 4, 5, 6, 9])
    expect(['/rules/1/id/deeper', '/rules/7', '/none/at/all'].map(lineOf)).toEqual([6, 3, 1])
    expect(repeated).toEqual([])
  })

  it('finds keys that stand twice in one object, however they are written', () => {
    expect(jsonPlaces('{"a":1,\n"b":{"a":2},\n"\\u0061":3}').repeated).toEqual([3])
    expect(jsonPlaces('[{"a":1},{"a":1}]').repeated).toEqual([])
    expect(jsonPlaces('{"":1,\n"":2,"__proto__":1}').repeated).toEqual([2])
  })

  it('agrees with a parser of YAML about every text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 1, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        const { lineOf } = jsonPlaces(text)
        // A tab cannot indent in YAML; the lines are those of the same text with spaces.
        const lines = linesByYaml(JSON.stringify(value, null, indent === '\t' ? 2 : indent))
        for (const [pointer, line] of lines) expect([pointer, lineOf(pointer)]).toEqual([pointer, line])
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 5_000 : 150 },
    )
  })

  it('takes a text that is deep and long in one go', () => {
    const deep = 200_000
    expect(jsonPlaces(`${'['.repeat(deep)}${']'.repeat(deep)}`).lineOf('/0/0/0/0/0/0')).toBe(1)
  })
})
