import type { Atom, Expression, Rule, Term } from '@phi/rbac'

type Literal = string | number | boolean

const quoted = (value: Literal): string => (typeof value === 'string' ? `"${value}"` : String(value))
const comparisons = { eq: '=', lt: '<', le: '<=', gt: '>', ge: '>=' } as const
const termText = (term: Term): string => ('attr' in term ? term.attr : 'now' in term ? 'now' : quoted(term.value))

export function isAtom(expression: Expression): expression is Atom {
  return expression.op !== 'and' && expression.op !== 'or' && expression.op !== 'not'
}

/** An atom in words, with the constants of the policy: for those who read and write the policy. */
export function atomText(atom: Atom): string {
  switch (atom.op) {
    case 'eq':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return `${termText(atom.left)} ${comparisons[atom.op]} ${termText(atom.right)}`
    case 'in':
      return `${termText(atom.left)} in ${'values' in atom.right ? `(${atom.right.values.map(quoted).join(', ')})` : termText(atom.right)}`
    case 'has':
      return `${atom.of} is present`
    case 'null':
      return `${atom.of} is null`
    case 'cidr':
      return `${atom.of} in network ${atom.ranges.join(', ')}`
    case 'purpose':
      return `purpose is ${atom.is.join(' or ')}`
    case 'granted':
      return `a grant of ${atom.kind}`
  }
}

/** A condition in words. */
export function conditionText(expression: Expression): string {
  if (isAtom(expression)) return atomText(expression)
  if (expression.op === 'not') return `not (${conditionText(expression.of)})`
  return expression.of.map((each) => (isAtom(each) ? atomText(each) : `(${conditionText(each)})`)).join(` ${expression.op} `)
}

/** A rule in a few words: `permit therapist: read, update Note`. */
export function ruleText(rule: Rule): string {
  const who = rule.effect === 'permit' ? ` ${rule.roles.join(', ')}` : ''
  return `${rule.effect}${who}: ${rule.actions.join(', ')} ${rule.resources.join(', ')}`
}
