import type { Rule } from '@phi/rbac'

/** A rule without one of its keys. */
export function withoutKey(rule: Rule, key: string): Rule {
  const copy = { ...rule } as Record<string, unknown>
  delete copy[key]
  return copy as unknown as Rule
}

type ListKey = 'obligations' | 'unless' | 'fields' | 'purposes' | 'roles' | 'actions' | 'resources'

/** What a rule lists under a key; nothing where it has no such key. */
export function listOf(rule: Rule, key: ListKey): readonly unknown[] {
  return ((rule as unknown as Record<string, readonly unknown[] | undefined>)[key] ?? []) as readonly unknown[]
}

/** A rule without one member of a list: without the list, when it was the only one. */
export function withoutMember(rule: Rule, key: ListKey, index: number): Rule {
  const list = listOf(rule, key).filter((_, other) => other !== index)
  return list.length === 0 ? withoutKey(rule, key) : ({ ...rule, [key]: list } as unknown as Rule)
}

/** A rule with one more member in a list. */
export function withMember(rule: Rule, key: ListKey, member: unknown): Rule {
  return { ...rule, [key]: [...listOf(rule, key), member] } as unknown as Rule
}
