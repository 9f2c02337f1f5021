import { type Citation, formatCitation } from '@phi/core'
import { conditionInWords, factsOf } from '../rule/condition.ts'
import type { Rule } from '../rule/rule.ts'
import type { Change } from './deadline.ts'

/** What every result of a row repeats, made once. */
export interface Prepared {
  readonly duty: string
  readonly citation: string
  readonly citations: readonly Citation[]
  /** The condition, in words. */
  readonly words: string
  /** The facts on which the condition depends. */
  readonly dependsOn: readonly string[]
  /** What would make a row that applies not apply. */
  readonly untrue: readonly Change[]
  /** What would hold the duty. */
  readonly held: readonly Change[]
}

const prepared = new WeakMap<Rule, Prepared>()

export function preparedOf(rule: Rule): Prepared {
  const known = prepared.get(rule)
  if (known) return known
  const dependsOn = Object.freeze(factsOf(rule.applies))
  const opposite = conditionInWords(rule.applies, false)
  const made: Prepared = Object.freeze({
    duty: rule.duty ?? rule.id,
    citation: formatCitation(rule.citation),
    citations: Object.freeze([rule.citation, ...(rule.also ?? [])]),
    words: conditionInWords(rule.applies),
    dependsOn,
    untrue: Object.freeze(
      dependsOn.map((fact): Change => Object.freeze({ fact, when: opposite, becomes: 'not-applicable' as const })),
    ),
    held: Object.freeze(
      rule.holds.map(
        ({ fact }): Change =>
          Object.freeze({
            fact,
            when: 'a law enforcement official states that notice would impede an investigation or harm national security',
            becomes: 'held' as const,
          }),
      ),
    ),
  })
  prepared.set(rule, made)
  return made
}
