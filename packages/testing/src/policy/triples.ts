import type { PolicyJson } from '@phi/rbac'
import { listed, type Report } from './problem.ts'
import { ANY, type PolicyTests } from './test-file.ts'

/** What is asked for together, in words: `therapist: read Note`. */
export function triplesOf(of: {
  readonly roles: readonly string[]
  readonly actions: readonly string[]
  readonly types: readonly string[]
}): readonly string[] {
  return of.roles.flatMap((role) => of.actions.flatMap((action) => of.types.map((type) => `${role}: ${action} ${type}`)))
}

/** Every role, action and type of the policy is in some cell, or excluded with a reason, and never both. */
export function checkTriples(policy: PolicyJson, tests: PolicyTests, mentioned: ReadonlySet<string>, report: Report): void {
  const excluded = new Set<string>()
  const words = { roles: Object.keys(policy.roles), actions: policy.actions, types: Object.keys(policy.resources) }
  for (const [index, exclusion] of (tests.excluded ?? []).entries()) {
    const at = `/excluded/${index}`
    const [roles, actions, types] = (['roles', 'actions', 'types'] as const).map((key) => {
      const said = exclusion[key]
      if (said === ANY) return words[key]
      const names = typeof said === 'string' ? [said] : said
      for (const name of names) {
        if (!words[key].includes(name)) report('unknown-name', `the policy has no such ${key.slice(0, -1)}`, `${at}/${key}`)
      }
      return names.filter((name) => words[key].includes(name))
    }) as [readonly string[], readonly string[], readonly string[]]
    const triples = triplesOf({ roles, actions, types })
    const both = triples.filter((each) => mentioned.has(each))
    if (both.length > 0) report('exclusion', `this is excluded and tested: ${listed(both)}`, at)
    for (const each of triples) excluded.add(each)
  }
  const untested = triplesOf(words).filter((each) => !mentioned.has(each) && !excluded.has(each))
  if (untested.length === 0) return
  const what =
    untested.length === 1
      ? '1 combination of role, action and type is'
      : `${untested.length} combinations of role, action and type are`
  report('untested', `${what} neither tested nor excluded with a reason: ${listed(untested)}`, '/matrices')
}
