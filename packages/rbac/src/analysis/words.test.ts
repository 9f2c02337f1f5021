import { describe, expect, it } from 'vitest'
import { cases } from '../../test/random-policy.ts'
import { compile } from '../decision/rules.ts'
import { bucketIn, choicesOf, groundOf } from './table.ts'
import { type Description, describe as inWords, literalText } from './words.ts'

/** Whether the words are about a cell, read off the cubes one by one. */
const names = ({ cubes }: Description, truths: readonly number[]): boolean =>
  cubes.some((cube) => cube.every(({ atom, allowed }) => (allowed & (1 << (truths[atom] ?? 2))) !== 0))

describe('sets of cells in words', () => {
  it('name exactly the cells, or say that they name some', () => {
    let checked = 0
    for (const { policy } of cases({ seed: 11, policies: 40, requests: 1, words: { maxRules: 4, nested: false } })) {
      const rules = compile(policy)
      for (const type of Object.keys(policy.resources)) {
        const bucket = bucketIn(rules, type, 'read')
        if (bucket === undefined) continue
        const { space, standings } = groundOf(rules.policy, bucket)
        if (space.diagrams.cells > 5_000) continue
        const allowed = space.diagrams.map(standings.of(bucket.permits), (number) => (number === 0 ? 0 : 1))
        const words = inWords(space, allowed, 3)
        for (const choice of choicesOf(space.diagrams.sizes)) {
          const isAllowed = space.diagrams.at(allowed, choice) === 1
          const isNamed = names(words, space.truths(choice))
          if (words.exact) expect(isNamed).toBe(isAllowed)
          else if (isNamed) expect(isAllowed).toBe(true)
          checked++
        }
      }
    }
    expect(checked).toBeGreaterThan(2_000)
  })

  it('write constants as JSON, and negate what stands around them', () => {
    const atom = { op: 'eq', left: { value: 'a = b\n' }, right: { attr: 'resource.x' } } as const
    expect([0b010, 0b001, 0b100, 0b110, 0b101, 0b011].map((allowed) => literalText(atom, allowed))).toEqual([
      '"a = b\\n" = resource.x',
      '"a = b\\n" != resource.x',
      '""a = b\\n" = resource.x" is unknown',
      '"a = b\\n" = resource.x (or unknown)',
      '"a = b\\n" != resource.x (or unknown)',
      '""a = b\\n" = resource.x" is known',
    ])
  })
})
