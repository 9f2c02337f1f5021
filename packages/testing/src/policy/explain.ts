import type { Because, Decision } from '@phi/rbac'

/** The outcome with what is owed: `allow-if (step-up, refrain)`. */
export function outcomeText({ outcome, obligations }: Pick<Decision, 'outcome' | 'obligations'>): string {
  return outcome === 'allow-if' ? `allow-if (${obligations.map(({ type }) => type).join(', ')})` : outcome
}

const reasons: { readonly [Reason in Decision['reason']]: string } = {
  permitted: 'a permit applies',
  forbidden: 'a forbid fired',
  tenant: 'the record belongs to another tenant, or does not say to which',
  default: 'no permit applies',
  fields: 'a field that is asked for is hidden, or nothing would remain',
  request: 'the request is not one that can be answered',
}
const met = (value: Because['met']): string => (value === 'unknown' ? 'unknown' : value ? 'true' : 'false')

/**
 * Why a decision came out as it did, a sentence a line. Attribute paths and names of the policy, never a value of the request: a
 * decision holds none.
 */
export function explainDecision(decision: Decision): readonly string[] {
  const { rule, reason, because, nearestMiss, overridden, citations } = decision
  const lines = [`${outcomeText(decision)}: ${reasons[reason]}${rule === null ? '' : ` (rule ${rule})`}`]
  if (nearestMiss !== null) {
    const roles = nearestMiss.roles.length > 0 ? [`one of the roles ${nearestMiss.roles.join(', ')}`] : []
    const missing = nearestMiss.missing.map((each) => `${each.atom} (was ${met(each.met)})`)
    const wanting = [...roles, ...missing]
    if (wanting.length > 0) lines.push(`nearest miss: ${nearestMiss.rule}, which lacked ${wanting.join(' and ')}`)
  } else {
    for (const each of because) lines.push(`${each.rule}: ${each.atom} was ${met(each.met)}`)
  }
  for (const each of overridden) lines.push(`${each.rule} was opened by ${each.by}`)
  if (citations.length > 0) lines.push(`cites ${citations.join('; ')}`)
  return lines
}
