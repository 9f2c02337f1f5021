import type { PolicyJson, Rule } from '../policy/policy.ts'

/** Which roles have the permits of a role: itself, and those that inherit it. */
export function holdersOf(policy: PolicyJson): (role: string) => ReadonlySet<string> {
  const closure = (role: string, out: Set<string>): Set<string> => {
    if (out.has(role)) return out
    out.add(role)
    for (const parent of policy.roles[role]?.inherits ?? []) closure(parent, out)
    return out
  }
  const above = Object.keys(policy.roles).map((role) => [role, closure(role, new Set())] as const)
  const holders = new Map(Object.keys(policy.roles).map((role) => [role, new Set<string>()]))
  for (const [role, has] of above) for (const each of has) holders.get(each)?.add(role)
  return (role) => holders.get(role) ?? new Set()
}

/** Rules by type and action, in the policy's order. */
export type RuleIndex = ReadonlyMap<string, ReadonlyMap<string, readonly Rule[]>>

export function indexOf(rules: readonly Rule[]): RuleIndex {
  const index = new Map<string, Map<string, Rule[]>>()
  for (const rule of rules) {
    for (const name of rule.resources) {
      let actions = index.get(name)
      if (actions === undefined) {
        actions = new Map()
        index.set(name, actions)
      }
      for (const action of rule.actions) {
        const list = actions.get(action)
        if (list === undefined) actions.set(action, [rule])
        else if (list.at(-1) !== rule) list.push(rule)
      }
    }
  }
  return index
}
