import { type Atom, type Expression, isAtom, type Literal, type Term } from './expression.ts'

const quoted = (value: Literal): string => (typeof value === 'string' ? `"${value}"` : String(value))
const words = { lt: '<', le: '<=', gt: '>', ge: '>=' } as const

/** How constants are written: as they are for those who hold the policy, left out for those who only see a decision. */
type Constants = 'shown' | 'withheld'

function constant(value: Literal, constants: Constants): string {
  // What a boolean is compared with says no more than the rule's name does.
  return constants === 'shown' || typeof value === 'boolean' ? quoted(value) : '…'
}

function termText(term: Term, constants: Constants): string {
  if ('attr' in term) return term.attr
  return 'now' in term ? 'now' : constant(term.value, constants)
}

/**
 * An atom in words. A decision travels further than the record it is about, and a constant can say what the record says
 * (`resource.labels contains "hiv"`), so decisions carry the form without constants.
 */
export function atomText(atom: Atom, constants: Constants = 'withheld'): string {
  switch (atom.op) {
    case 'eq':
      return `${termText(atom.left, constants)} = ${termText(atom.right, constants)}`
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return `${termText(atom.left, constants)} ${words[atom.op]} ${termText(atom.right, constants)}`
    case 'in': {
      const left = termText(atom.left, constants)
      if (!('values' in atom.right)) return `${left} in ${termText(atom.right, constants)}`
      return `${left} in (${constants === 'shown' ? atom.right.values.map(quoted).join(', ') : '…'})`
    }
    case 'has':
      return `${atom.of} is present`
    case 'null':
      return `${atom.of} is null`
    case 'cidr':
      return `${atom.of} in network ${constants === 'shown' ? atom.ranges.join(', ') : '…'}`
    case 'purpose':
      return `purpose is ${atom.is.join(' or ')}`
    case 'granted':
      return `a grant of ${atom.kind}`
  }
}

/** A whole condition in words, with its constants: for those who read the policy. */
export function expressionText(expression: Expression): string {
  if (isAtom(expression)) return atomText(expression, 'shown')
  if (expression.op === 'not') return `not (${expressionText(expression.of)})`
  return expression.of
    .map((each) => (isAtom(each) ? expressionText(each) : `(${expressionText(each)})`))
    .join(` ${expression.op} `)
}
