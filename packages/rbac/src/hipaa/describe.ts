import { formatCitation } from '@phi/core'
import { conditionOf } from '../decision/bucket.ts'
import { expressionText } from '../expression/text.ts'
import type { PolicyJson, Rule } from '../policy/policy.ts'

/** A rule in words, for those who review it. */
export interface PackRow {
  readonly rule: string
  readonly effect: 'permit' | 'forbid'
  /** Roles of a permit; a forbid stands before all of them and has none. */
  readonly roles: readonly string[]
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** The condition, with the constants of the policy; empty for always. */
  readonly when: string
  /** What it shows (the view of a permit), hides (fields of a forbid), or what may open it. */
  readonly result: string
  /** Citations with how they were confirmed: `45 CFR 164.502(b)(1) (text-seen)`. */
  readonly citations: readonly string[]
}

function consequence(rule: Rule): string {
  if (rule.effect === 'permit') {
    const owed = (rule.obligations ?? []).map(({ type }) => type)
    return [rule.view ? `sees ${rule.view}` : 'sees all', ...(owed.length > 0 ? [`owes ${owed.join(', ')}`] : [])].join('; ')
  }
  const effect = rule.fields ? `hides ${rule.fields.join(', ')}` : 'denies'
  return `${effect}; ${rule.unless ? `unless ${rule.unless.join(', ')}` : 'nothing opens it'}`
}

/** The rules of a policy as rows, in their order. Works on every policy, and is meant for this pack and what is made of it. */
export function describePack(policy: PolicyJson): readonly PackRow[] {
  return policy.rules.map((rule) => {
    const condition = conditionOf(rule)
    return {
      rule: rule.id,
      effect: rule.effect,
      roles: rule.effect === 'permit' ? rule.roles : [],
      actions: rule.actions,
      resources: rule.resources,
      when: condition === undefined ? '' : expressionText(condition),
      result: consequence(rule),
      citations: (rule.cite ?? []).map((each) => `${formatCitation(each)} (${each.confirmation})`),
    }
  })
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** The permits of a policy as a table in Markdown: who may do what with which records, for what, and what of them shows. */
export function packTable(policy: PolicyJson): string {
  const rows = policy.rules.flatMap((rule) =>
    rule.effect === 'forbid'
      ? []
      : [
          [
            rule.roles.join(', '),
            rule.actions.join(', '),
            rule.resources.join(', '),
            rule.purposes?.join(', ') ?? 'any',
            consequence(rule),
            `\`${rule.id}\``,
          ],
        ],
  )
  const head = ['who', 'may', 'on', 'for', 'result', 'rule']
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')
}
