import type { Expression, PolicyJson, Rule } from '@phi/rbac'
import { type Asking, rolesHeld } from './decide.ts'

/** Whether a condition asks for a broken glass anywhere. */
function asksForGlass(when: Expression | undefined): boolean {
  if (when === undefined) return false
  if (when.op === 'granted') return when.kind === 'break-glass'
  if (when.op === 'not') return asksForGlass(when.of)
  return when.op === 'and' || when.op === 'or' ? when.of.some(asksForGlass) : false
}

/** Whether a forbid can be opened by a broken glass: by the built-in override, or by one of the policy that asks for it. */
const opensByGlass = (policy: PolicyJson, rule: Rule): boolean =>
  rule.effect === 'forbid' &&
  (rule.unless ?? []).some((id) => id === 'break-glass' || asksForGlass(policy.overrides?.[id]?.when))

/**
 * Whether a broken glass could open anything to somebody: a permit of theirs asks for one, or a forbid that one opens stands before a permit
 * of theirs. For everybody else it would be an alarm about nothing.
 */
export function mayBreakGlass(asking: Asking): boolean {
  const { policy, additional } = asking.rules
  const held = rolesHeld(asking)
  const permits = policy.rules.filter((rule) => rule.effect === 'permit' && rule.roles.some((role) => held.has(role)))
  if (permits.some(({ when }) => asksForGlass(when))) return true
  const shares = (left: readonly string[], right: readonly string[]) => left.some((each) => right.includes(each))
  return [...policy.rules, ...additional].some(
    (rule) =>
      opensByGlass(policy, rule) &&
      permits.some(({ actions, resources }) => shares(actions, rule.actions) && shares(resources, rule.resources)),
  )
}
