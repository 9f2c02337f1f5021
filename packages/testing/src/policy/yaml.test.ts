import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_YAML_LENGTH, readYaml } from './yaml.ts'

const messages = (text: string) => readYaml(text).problems.map(({ message }) => message)
const places = (text: string) => readYaml(text).problems.map(({ place }) => place && [place.line, place.column])

describe('the YAML of a test file', () => {
  it('is plain data, with a place for every part', () => {
    const { value, problems, placeOf } = readYaml('a: 1\nb:\n  - x\n  - { c: NO, d: ~, e: true, f: 2026-01-15 }\n')
    expect(problems).toEqual([])
    expect(JSON.parse(JSON.stringify(value))).toEqual({ a: 1, b: ['x', { c: 'NO', d: null, e: true, f: '2026-01-15' }] })
    expect(placeOf('/b/0')).toEqual({ line: 3, column: 5 })
    expect(placeOf('/b/1/d')).toEqual({ line: 4, column: 14 })
    expect(placeOf('/b/1/d/nothing/there')).toEqual({ line: 4, column: 14 })
    expect(placeOf('')).toEqual({ line: 1, column: 1 })
  })

  it('makes objects without a prototype', () => {
    const { value } = readYaml('a: { b: 1 }')
    expect(Object.getPrototypeOf(value)).toBeNull()
    expect(Object.getPrototypeOf((value as { a: object }).a)).toBeNull()
  })

  it.each([
    ['a: 1\na: 2', 'the key is there twice', [2, 1]],
    ['x: { a: 1, a: 2 }', 'the key is there twice', [1, 12]],
    ['a: &x 1\nb: 2', 'anchors are not allowed', [1, 7]],
    ['a: 1\nb: *x', 'aliases are not allowed', [2, 4]],
    ['a: !!str 1', 'tags are not allowed', [1, 10]],
    ['a: !!js/function "x"', 'tags are not allowed', undefined],
    ['a: ! b', 'tags are not allowed', [1, 6]],
    ['<<: { a: 1 }', 'merge keys are not allowed', [1, 1]],
    ['__proto__: { polluted: 1 }', 'a key has the name of something every object has', [1, 1]],
    ['a: { "__proto__": { polluted: 1 } }', 'a key has the name of something every object has', [1, 6]],
    ['constructor: 1', 'a key has the name of something every object has', [1, 1]],
    ['%YAML 1.1\n---\na: yes', 'directives are not allowed', [1, 1]],
    ['a: 1\n---\nb: 2', 'the file holds more than one document', undefined],
    ['a: .nan', 'a number must be finite', [1, 4]],
    ['a: -.inf', 'a number must be finite', [1, 4]],
    ['? [a]\n: b', 'a key must be text', undefined],
    ['&a b: 1', 'anchors are not allowed', [1, 4]],
    ['a: [1, 2', 'the indentation does not fit, or something is not closed', undefined],
  ] as const)('%j is refused: %s', (text, message, place) => {
    const { value, problems } = readYaml(text)
    expect(value).toBeUndefined()
    expect(problems.map((each) => each.message)).toContain(message)
    expect(problems.every(({ code }) => code === 'unreadable')).toBe(true)
    if (place !== undefined) expect(places(text)).toContainEqual(place)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('refuses the billion laughs without expanding one', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`)
    const { value, problems } = readYaml(['l0: &l0 lol', ...levels].join('\n'))
    expect(value).toBeUndefined()
    expect(problems.map(({ message }) => message)).toContain('aliases are not allowed')
    expect(problems.length).toBeLessThanOrEqual(20)
  })

  it.each([
    ['brackets', '['.repeat(200_000)],
    ['braces', '{a: '.repeat(50_000)],
    ['brackets behind texts that close some', '["]", '.repeat(30_000)],
    ['dashes', '- '.repeat(100_000)],
    ['explicit keys', '? '.repeat(100_000)],
    ['indentation', Array.from({ length: 700 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('refuses what nests too deeply before a parser recurses into it: %s', (_, text) => {
    expect(messages(text)).toEqual(['the file nests too deeply'])
  })

  it('does not take brackets in texts for nesting', () => {
    expect(messages(`a: "${'['.repeat(100)}"\nb: |\n  ${'{'.repeat(100)}\nc: ${'-'.repeat(50)}`)).toEqual([])
  })

  it('refuses what is too long, or holds too much', () => {
    expect(messages('a'.repeat(MAX_YAML_LENGTH + 1))).toEqual([`the file has more than ${MAX_YAML_LENGTH} characters`])
    expect(messages(`a: [${'1,'.repeat(60_000)}]`)).toEqual(['the file holds too much'])
  })

  it('reads thousands of keys in no time', () => {
    const keys = Array.from({ length: 12_000 }, (_, i) => `k${i}: 1`)
    expect(messages(keys.join('\n'))).toEqual([])
    expect(messages([...keys, 'k7: 2'].join('\n'))).toEqual(['the key is there twice'])
  })

  it('never throws, and never answers with both a value and problems', () => {
    const bits = [
      'a',
      ': ',
      '- ',
      '\n',
      '  ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '&x ',
      '*x',
      '!!map ',
      '"',
      "'",
      '|',
      '>',
      '#',
      '%',
      '\t',
      '?',
      '0',
      '\u0000',
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...bits), { maxLength: 60 }), (parts) => {
        const { value, problems } = readYaml(parts.join(''))
        if (problems.length > 0) expect(value).toBeUndefined()
        else expect(value).not.toBeUndefined()
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 20_000 : 500 },
    )
  })

  it('reads back any data that is written as JSON', () => {
    const name = fc.stringMatching(/^[a-z]{1,6}$/)
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(tree, (data) => {
        const { value, problems } = readYaml(JSON.stringify(data))
        expect(problems).toEqual([])
        expect(JSON.stringify(value)).toBe(JSON.stringify(data))
      }),
      { numRuns: 200 },
    )
  })
})
