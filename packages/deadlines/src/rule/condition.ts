/**
 * When a rule applies, as data. Evaluated in three values: what depends on a fact that is not known is neither yes nor no.
 *
 * A `count` of the fact `residents` is that of the State at hand, where the rule has one result for each.
 */
export type Condition =
  | 'always'
  | { readonly fact: string; readonly is: string | boolean }
  | { readonly fact: string; readonly oneOf: readonly string[] }
  | { readonly count: string; readonly moreThan: number }
  | { readonly count: string; readonly atLeast: number }
  | { readonly count: string; readonly fewerThan: number }
  | { readonly count: string; readonly atMost: number }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }

/** Yes, no, or not known. */
export type Truth = true | false | undefined

/** The words of a condition, or of its opposite, for results and reports. */
export function conditionInWords(condition: Condition, holds = true): string {
  if (condition === 'always') return holds ? 'always' : 'never'
  const isOrNot = holds ? 'is' : 'is not'
  if ('is' in condition) return `${condition.fact} ${isOrNot} ${condition.is}`
  if ('oneOf' in condition) return `${condition.fact} ${isOrNot} ${condition.oneOf.join(' or ')}`
  if ('moreThan' in condition) return `${condition.count} ${holds ? 'more than' : 'at most'} ${condition.moreThan}`
  if ('atMost' in condition) return `${condition.count} ${holds ? 'at most' : 'more than'} ${condition.atMost}`
  if ('atLeast' in condition)
    return holds ? `${condition.count} ${condition.atLeast} or more` : `${condition.count} fewer than ${condition.atLeast}`
  if ('fewerThan' in condition)
    return holds ? `${condition.count} fewer than ${condition.fewerThan}` : `${condition.count} ${condition.fewerThan} or more`
  if ('not' in condition) return conditionInWords(condition.not, !holds)
  const parts = 'all' in condition ? condition.all : condition.any
  // The opposite of a conjunction is a disjunction.
  const word = 'all' in condition === holds ? ' and ' : ' or '
  return parts
    .map((part) => {
      const words = conditionInWords(part, holds)
      return joinedBy(part, holds) === word || joinedBy(part, holds) === undefined ? words : `(${words})`
    })
    .join(word)
}

/** The word between the parts of a condition, where it has several. */
function joinedBy(condition: Condition, holds: boolean): string | undefined {
  if (condition === 'always') return undefined
  if ('not' in condition) return joinedBy(condition.not, !holds)
  if ('all' in condition && condition.all.length > 1) return holds ? ' and ' : ' or '
  return 'any' in condition && condition.any.length > 1 ? (holds ? ' or ' : ' and ') : undefined
}

/** The names of the facts that a condition reads. */
export function factsOf(condition: Condition): readonly string[] {
  if (condition === 'always') return []
  if ('fact' in condition) return [condition.fact]
  if ('count' in condition) return [condition.count]
  if ('not' in condition) return factsOf(condition.not)
  return [...new Set(('all' in condition ? condition.all : condition.any).flatMap(factsOf))]
}
