import { describe, expect, it } from 'vitest'
import { type Condition, conditionInWords, factsOf } from './condition.ts'

describe('a condition in words', () => {
  const cases: readonly (readonly [Condition, string, string])[] = [
    ['always', 'always', 'never'],
    [{ fact: 'serious', is: true }, 'serious is true', 'serious is not true'],
    [{ fact: 'storage', is: 'offsite' }, 'storage is offsite', 'storage is not offsite'],
    [{ fact: 'actor', oneOf: ['vendor', 'other'] }, 'actor is vendor or other', 'actor is not vendor or other'],
    [{ count: 'residents', moreThan: 500 }, 'residents more than 500', 'residents at most 500'],
    [{ count: 'residents', atMost: 500 }, 'residents at most 500', 'residents more than 500'],
    [{ count: 'individuals', atLeast: 500 }, 'individuals 500 or more', 'individuals fewer than 500'],
    [{ count: 'individuals', fewerThan: 500 }, 'individuals fewer than 500', 'individuals 500 or more'],
    [{ not: { count: 'individuals', fewerThan: 500 } }, 'individuals 500 or more', 'individuals fewer than 500'],
    [
      {
        all: [
          { fact: 'a', is: true },
          { count: 'n', atLeast: 5 },
        ],
      },
      'a is true and n 5 or more',
      'a is not true or n fewer than 5',
    ],
    [
      {
        any: [
          { fact: 'a', is: true },
          { count: 'n', atLeast: 5 },
        ],
      },
      'a is true or n 5 or more',
      'a is not true and n fewer than 5',
    ],
  ]

  it.each(cases)('%j', (condition, words, opposite) => {
    expect(conditionInWords(condition)).toBe(words)
    expect(conditionInWords(condition, false)).toBe(opposite)
  })

  it('names each fact once', () => {
    expect(factsOf('always')).toEqual([])
    expect(
      factsOf({
        all: [
          { fact: 'a', is: true },
          {
            not: {
              any: [
                { count: 'n', atMost: 1 },
                { fact: 'a', oneOf: ['x'] },
              ],
            },
          },
        ],
      }),
    ).toEqual(['a', 'n'])
  })
})
