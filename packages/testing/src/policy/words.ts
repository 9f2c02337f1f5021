import type { Rule } from '@phi/rbac'

/** A rule in a few words: `permit therapist: read, update Note`. */
export function ruleText(rule: Rule): string {
  const who = rule.effect === 'permit' ? ` ${rule.roles.join(', ')}` : ''
  return `${rule.effect}${who}: ${rule.actions.join(', ')} ${rule.resources.join(', ')}`
}
