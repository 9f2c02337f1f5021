import type { PolicyJson } from '../policy/policy.ts'
import { comparisonsOf, compiledOf, pairsOf } from './compare.ts'
import type { AnalysisLimits } from './space.ts'

/** Which attributes of a type hold records of another: `view` narrows those, and shows what they hold otherwise. */
export const relationsOf = (policy: PolicyJson, type: string): string =>
  JSON.stringify(Object.entries(policy.resources[type]?.relations ?? {}).sort())

/**
 * Whether two policies decide every request alike: the same outcome, the same fields and the same obligations in every cell, for
 * every role and for roles together, also when a request asks for fields by name. Names of rules, citations and the wording of
 * explanations may differ. Obligations and fields count as sets.
 *
 * True is proved. Types that name other related records are told apart, whether or not those can be reached. Where permits with
 * obligations show fields that overlap in part, two policies that come to the same may be told apart.
 * @throws PhiError PHI_RBAC_TOO_LARGE when it cannot be told, PHI_RBAC_POLICY
 */
export function equivalent(before: PolicyJson, after: PolicyJson, limits: AnalysisLimits = {}): boolean {
  const [one, two] = [compiledOf(before), compiledOf(after)]
  const types = Object.keys(one.policy.resources).filter((type) => Object.hasOwn(two.policy.resources, type))
  if (types.some((type) => relationsOf(one.policy, type) !== relationsOf(two.policy, type))) return false
  return pairsOf(one.policy, two.policy).every((pair) =>
    // What is equal is the same diagram.
    comparisonsOf(one, two, pair, limits).every(({ roleSets, before: was, after: is }) =>
      roleSets.every((each) => was(each) === is(each)),
    ),
  )
}
