import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Truth } from '../expression/truth.ts'
import { canBe, nearest, possibleOf, possibly, type Tree, truthOf } from './tree.ts'

const { tree: trees } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.nat(3).map((index): Tree => ({ op: 'atom', index, at: `/${index}` })),
    fc.record({
      op: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ op: fc.constant('not' as const), of: tie('tree') }),
  ),
}))
const truths = fc.array(fc.constantFrom<Truth>(0, 1, 2), { minLength: 4, maxLength: 4 })

describe('three-valued logic', () => {
  it('is Kleene’s: minimum, maximum and mirror of false, unknown, true', () => {
    const rank = (value: Truth) => (value === 0 ? 0 : value === 2 ? 1 : 2)
    const twin = (tree: Tree, of: readonly Truth[]): number => {
      if (tree.op === 'atom') return rank(of[tree.index] as Truth)
      if (tree.op === 'not') return 2 - twin(tree.of, of)
      const parts = tree.of.map((each) => twin(each, of))
      return tree.op === 'and' ? Math.min(...parts) : Math.max(...parts)
    }
    fc.assert(
      fc.property(trees, truths, (tree, of) => {
        expect(rank(truthOf(tree, of))).toBe(twin(tree, of))
      }),
    )
  })

  it('never becomes known by learning less', () => {
    fc.assert(
      fc.property(trees, truths, fc.nat(3), (tree, of, index) => {
        const less = of.map((value, i) => (i === index ? 2 : value)) as Truth[]
        const value = truthOf(tree, less)
        if (value !== 2) expect(truthOf(tree, of)).toBe(value)
      }),
    )
  })

  it('what can be covers what is', () => {
    fc.assert(
      fc.property(trees, truths, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 4, maxLength: 4 }), (tree, of, more) => {
        const atoms = of.map((value, i) => possibly(value) | (more[i] as number))
        expect(canBe(possibleOf(tree, atoms), truthOf(tree, of))).toBe(true)
      }),
    )
  })

  it('the nearest miss, put right, is no miss', () => {
    fc.assert(
      fc.property(trees, truths, (tree, of) => {
        // Only where each atom stands once: one atom cannot be put right in two ways.
        const indexes = JSON.stringify(tree).match(/"index":\d/g) ?? []
        fc.pre(new Set(indexes).size === indexes.length)
        const polarity = (each: Tree, wished: Truth): [number, Truth][] =>
          each.op === 'atom'
            ? [[each.index, wished]]
            : each.op === 'not'
              ? polarity(each.of, wished === 1 ? 0 : 1)
              : each.of.flatMap((part) => polarity(part, wished))
        const right = new Map(polarity(tree, 1))
        const mended = [...of]
        for (const { index } of nearest(tree, true, of)) mended[index] = right.get(index) as Truth
        expect(truthOf(tree, mended)).toBe(1)
        if (truthOf(tree, of) === 1) expect(nearest(tree, true, of)).toEqual([])
      }),
    )
  })
})
