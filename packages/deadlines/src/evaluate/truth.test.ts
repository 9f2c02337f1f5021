import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Condition, conditionInWords, factsOf, type Truth } from '../rule/condition.ts'
import type { ReadFacts } from '../rule/facts.ts'
import { exactly, missing, nowhere, truthOf } from './truth.ts'

const read = (values: Record<string, unknown>, atLeast: Record<string, number> = {}): ReadFacts => ({
  zone: undefined,
  values,
  moments: {},
  atLeast,
})
const truth = (condition: Condition, values: Record<string, unknown>, atLeast?: Record<string, number>): Truth =>
  truthOf(condition, read(values, atLeast), nowhere)

const serious: Condition = { fact: 'serious', is: true }
const red: Condition = { fact: 'colour', oneOf: ['red'] }

describe('conditions in three values', () => {
  it.each([
    [true, true, true, true],
    [true, false, false, true],
    [true, undefined, undefined, true],
    [false, true, false, true],
    [false, false, false, false],
    [false, undefined, false, undefined],
    [undefined, true, undefined, true],
    [undefined, false, false, undefined],
    [undefined, undefined, undefined, undefined],
  ])('%s with %s: all %s, any %s', (a, b, all, any) => {
    const values = { serious: a, colour: b === undefined ? null : b ? 'red' : 'green' }
    expect(truth({ all: [serious, red] }, values)).toBe(all)
    expect(truth({ any: [serious, red] }, values)).toBe(any)
    expect(truth({ not: { all: [serious, red] } }, values)).toBe(all === undefined ? undefined : !all)
  })

  it.each([
    [499, false, false, true, true],
    [500, false, true, false, true],
    [501, true, true, false, false],
  ])(
    'C4 %i people: more than 500 %s, 500 or more %s, fewer than 500 %s, at most 500 %s',
    (people, more, least, fewer, most) => {
      expect(truth({ count: 'people', moreThan: 500 }, { people })).toBe(more)
      expect(truth({ count: 'people', atLeast: 500 }, { people })).toBe(least)
      expect(truth({ count: 'people', fewerThan: 500 }, { people })).toBe(fewer)
      expect(truth({ count: 'people', atMost: 500 }, { people })).toBe(most)
    },
  )

  it('of a count that is not known are decided by what is known of it, and not otherwise', () => {
    for (const people of [null, undefined]) {
      expect(truth({ count: 'people', atLeast: 500 }, { people })).toBeUndefined()
      expect(truth({ count: 'people', fewerThan: 500 }, { people })).toBeUndefined()
      expect(truth({ count: 'people', atLeast: 500 }, { people }, { people: 500 })).toBe(true)
      expect(truth({ count: 'people', fewerThan: 500 }, { people }, { people: 500 })).toBe(false)
      expect(truth({ count: 'people', atLeast: 500 }, { people }, { people: 499 })).toBeUndefined()
    }
    // Nobody has fewer than nobody.
    expect(truth({ count: 'people', atLeast: 0 }, {})).toBe(true)
  })

  it('read a count of residents as that of the State at hand', () => {
    const more: Condition = { count: 'residents', moreThan: 500 }
    const at = (residents: number | null) =>
      truthOf(more, read({ residents: { OH: 1, TX: 900 } }), { state: 'OH', residents: exactly(residents) })
    expect([at(500), at(501), at(null)]).toEqual([false, true, undefined])
    expect(truthOf(more, read({}), { state: undefined, residents: { min: 0, max: 500 } })).toBe(false)
  })

  it.each([
    [{ moreThan: 500 }, { min: 501, max: 900 }, { min: 500, max: 501 }, { min: 0, max: 500 }],
    [{ atLeast: 500 }, { min: 500, max: 900 }, { min: 499, max: 500 }, { min: 0, max: 499 }],
    [{ fewerThan: 500 }, { min: 0, max: 499 }, { min: 499, max: 500 }, { min: 500, max: 900 }],
    [{ atMost: 500 }, { min: 0, max: 500 }, { min: 500, max: 501 }, { min: 501, max: 900 }],
  ])('%j of a number between two: yes, not known, no', (how, yes, open, no) => {
    const condition = { count: 'residents', ...how } as unknown as Condition
    const truths = [yes, open, no].map((residents) => truthOf(condition, read({}), { state: 'OH', residents }))
    expect(truths).toEqual([true, undefined, false])
  })

  const condition: fc.Arbitrary<Condition> = fc.letrec<{ any: Condition }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constant<Condition>('always'),
      fc.boolean().map((is): Condition => ({ fact: 'serious', is })),
      fc.subarray(['red', 'green', 'blue'], { minLength: 1 }).map((oneOf): Condition => ({ fact: 'colour', oneOf })),
      fc
        .tuple(fc.constantFrom('moreThan', 'atLeast', 'fewerThan', 'atMost'), fc.integer({ min: 0, max: 4 }))
        .map(([how, value]) => ({ count: 'people', [how]: value }) as unknown as Condition),
      fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((all): Condition => ({ all })),
      fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((any): Condition => ({ any })),
      tie('any').map((not): Condition => ({ not })),
    ),
  })).any

  const partial = fc.record({
    serious: fc.constantFrom(true, false, null),
    colour: fc.constantFrom('red', 'green', 'blue', null),
    people: fc.constantFrom(0, 1, 2, 3, 4, 5, null),
  })

  it('are decided only where every completion of the facts decides them so', () => {
    fc.assert(
      fc.property(condition, partial, (each, values) => {
        const decided = truth(each, values)
        const completions: Truth[] = []
        for (const serious of values.serious === null ? [true, false] : [values.serious])
          for (const colour of values.colour === null ? ['red', 'green', 'blue'] : [values.colour])
            for (const people of values.people === null ? [0, 1, 2, 3, 4, 5] : [values.people])
              completions.push(truth(each, { serious, colour, people }))
        expect(completions.includes(undefined)).toBe(false)
        if (decided !== undefined) expect(new Set(completions)).toEqual(new Set([decided]))
      }),
      { numRuns: 3_000 },
    )
  })

  it('name what is missing, exactly where they are open', () => {
    fc.assert(
      fc.property(condition, partial, (each, values) => {
        const names = missing(each, read(values), nowhere)
        expect(names.length > 0).toBe(truth(each, values) === undefined)
        for (const name of names) {
          expect(values[name as keyof typeof values]).toBeNull()
          expect(factsOf(each)).toContain(name)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('say their opposite in words, as the negation does', () => {
    fc.assert(
      fc.property(condition, (each) => {
        expect(conditionInWords({ not: each })).toBe(conditionInWords(each, false))
        expect(conditionInWords({ not: each }, false)).toBe(conditionInWords(each))
        expect(conditionInWords(each)).not.toBe(conditionInWords(each, false))
      }),
      { numRuns: 500 },
    )
  })
})
