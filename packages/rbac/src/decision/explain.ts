import type { Decision, NearestMiss } from './decision.ts'

const metText = (met: boolean | 'unknown'): string => (met === 'unknown' ? 'not known' : met ? 'met' : 'not met')
const reasons: Readonly<Record<Decision['reason'], string>> = {
  permitted: 'A permit applies and no forbid stands in the way',
  forbidden: 'A forbid stands in the way, whatever the roles permit',
  tenant: 'The record belongs to another tenant, or does not say to which',
  default: 'No permit applies',
  fields: 'A field that is asked for is hidden, or no field would remain',
  request: 'The request cannot be answered',
}
const outcomes: Readonly<Record<Decision['outcome'], string>> = { allow: 'Allowed', 'allow-if': 'Allowed once', deny: 'Denied' }

function nearestText({ rule, roles, missing }: NearestMiss): readonly string[] {
  const needs = [
    ...(roles.length === 0 ? [] : [`a role that it is for: ${roles.join(', ')}`]),
    ...missing.map(({ atom, met }) => `${atom} (${metText(met)})`),
  ]
  return [`Nearest permit: ${rule}. It would also have needed:`, ...needs.map((need) => `  - ${need}`)]
}

/**
 * A decision in plain words, several lines of them: for logs, support and reviews. It holds what the decision holds, hence no value of
 * the request.
 */
export function explain(decision: Decision): string {
  const { outcome, reason, rule, action, resource, obligations, because, overridden, nearestMiss, citations, policy } = decision
  const what = action === null || resource === null ? '' : `: ${action} ${resource}`
  const lines = [
    `${outcomes[outcome]}${outcome === 'allow-if' ? ' obligations are discharged' : ''}${what}`,
    `${reasons[reason]}.`,
  ]
  if (rule !== null) lines.push(`Rule: ${rule}${citations.length === 0 ? '' : ` (${citations.join('; ')})`}`)
  if (nearestMiss !== null) lines.push(...nearestText(nearestMiss))
  else for (const each of because) lines.push(`  - ${each.rule}: ${each.atom} (${metText(each.met)})`)
  for (const each of overridden) lines.push(`Opened: ${each.rule}, by ${each.by}`)
  if (obligations.length > 0) lines.push(`Owed before anything is released: ${obligations.map(({ type }) => type).join(', ')}`)
  lines.push(`Policy: ${policy.id} version ${policy.version}, ${policy.hash.slice(0, 19)}…`)
  return lines.join('\n')
}
