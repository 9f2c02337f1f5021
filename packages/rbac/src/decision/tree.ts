import { type Atom, type Expression, isAtom } from '../expression/expression.ts'
import { FALSE, not, TRUE, type Truth, UNKNOWN } from '../expression/truth.ts'

/** A condition over numbered atoms. */
export type Tree =
  | { readonly op: 'atom'; readonly index: number; readonly at: string }
  | { readonly op: 'and' | 'or'; readonly of: readonly Tree[] }
  | { readonly op: 'not'; readonly of: Tree }

/** Replaces each atom by its number. `number` gives equal atoms the same one. */
export function treeOf(expression: Expression, number: (atom: Atom) => number, at: string): Tree {
  if (isAtom(expression)) return { op: 'atom', index: number(expression), at }
  if (expression.op === 'not') return { op: 'not', of: treeOf(expression.of, number, `${at}/of`) }
  return { op: expression.op, of: expression.of.map((each, index) => treeOf(each, number, `${at}/of/${index}`)) }
}

/** Kleene's three-valued logic. */
export function truthOf(tree: Tree, truths: readonly Truth[]): Truth {
  if (tree.op === 'atom') return truths[tree.index] as Truth
  if (tree.op === 'not') return not(truthOf(tree.of, truths))
  const decisive = tree.op === 'and' ? FALSE : TRUE
  let doubt = false
  for (const each of tree.of) {
    const value = truthOf(each, truths)
    if (value === decisive) return decisive
    if (value === UNKNOWN) doubt = true
  }
  return doubt ? UNKNOWN : decisive === FALSE ? TRUE : FALSE
}

/** Which truths a condition can take: bit 0 false, bit 1 true, bit 2 unknown. */
export type Possible = number
export const ANY_TRUTH: Possible = 0b111
export const possibly = (value: Truth): Possible => 1 << value
export const canBe = (possible: Possible, value: Truth): boolean => (possible & (1 << value)) !== 0

/**
 * Which truths a condition can take when its atoms can take these, each on its own. It may name one too many, where atoms depend
 * on each other, and never one too few.
 */
export function possibleOf(tree: Tree, atoms: readonly Possible[]): Possible {
  if (tree.op === 'atom') return atoms[tree.index] as Possible
  if (tree.op === 'not') {
    const inner = possibleOf(tree.of, atoms)
    return (canBe(inner, UNKNOWN) ? 0b100 : 0) | (canBe(inner, TRUE) ? 0b001 : 0) | (canBe(inner, FALSE) ? 0b010 : 0)
  }
  const [start, pair] = tree.op === 'and' ? [possibly(TRUE), conjunction] : [possibly(FALSE), disjunction]
  return tree.of.map((each) => possibleOf(each, atoms)).reduce(pair, start)
}

const values = [FALSE, TRUE, UNKNOWN] as const

function combine(left: Possible, right: Possible, both: (a: Truth, b: Truth) => Truth): Possible {
  let out = 0
  for (const a of values) for (const b of values) if (canBe(left, a) && canBe(right, b)) out |= 1 << both(a, b)
  return out
}
const and = (a: Truth, b: Truth): Truth =>
  a === FALSE || b === FALSE ? FALSE : a === UNKNOWN || b === UNKNOWN ? UNKNOWN : TRUE
const conjunction = (left: Possible, right: Possible): Possible => combine(left, right, and)
const disjunction = (left: Possible, right: Possible): Possible => combine(left, right, (a, b) => not(and(not(a), not(b))))

/** Every atom of a tree, left to right. */
export function* leavesOf(tree: Tree): Generator<{ readonly index: number; readonly at: string }> {
  if (tree.op === 'atom') yield tree
  else if (tree.op === 'not') yield* leavesOf(tree.of)
  else for (const each of tree.of) yield* leavesOf(each)
}

/** The fewest atoms that would have to come out otherwise for the condition to be as wished, and which those are. */
export function nearest(
  tree: Tree,
  wished: boolean,
  truths: readonly Truth[],
): readonly { readonly index: number; readonly at: string }[] {
  if (tree.op === 'atom') return truths[tree.index] === (wished ? TRUE : FALSE) ? [] : [tree]
  if (tree.op === 'not') return nearest(tree.of, !wished, truths)
  const parts = tree.of.map((each) => nearest(each, wished, truths))
  if ((tree.op === 'and') === wished) return parts.flat()
  return parts.reduce((best, each) => (each.length < best.length ? each : best))
}
