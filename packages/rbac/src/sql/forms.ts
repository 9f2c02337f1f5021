import type { Tree } from '../decision/tree.ts'
import type { Atom, AttributePath, Term } from '../expression/expression.ts'
import { among, contained, equal, type Forms, inNetworks, ordered, present, UNKNOWN_FORMS } from './compare.ts'
import { and, or } from './condition.ts'
import type { Operand } from './operand.ts'

/** What a translation knows of terms and of the atoms that are not comparisons. */
export interface World {
  /** `beside` is what the term is held against: a text beside an instant is an instant. */
  operand(term: Term, beside?: Term): Operand
  has(path: AttributePath): Forms
  purpose(atom: Atom & { op: 'purpose' }): Forms
  granted(kind: string): Forms
}

/** The forms of one atom. */
export function atomForms(atom: Atom, world: World): Forms {
  switch (atom.op) {
    case 'eq':
      return equal(world.operand(atom.left, atom.right), world.operand(atom.right, atom.left))
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return ordered(atom.op, world.operand(atom.left, atom.right), world.operand(atom.right, atom.left))
    case 'in': {
      const element = world.operand(atom.left)
      return 'values' in atom.right ? among(element, atom.right.values) : contained(element, world.operand(atom.right))
    }
    case 'has':
      return world.has(atom.of)
    case 'null': {
      const operand = world.operand({ attr: atom.of })
      return operand.known === false ? UNKNOWN_FORMS : { holds: operand.isNull, fails: present(operand) }
    }
    case 'cidr':
      return inNetworks(world.operand({ attr: atom.of }), atom.ranges)
    case 'purpose':
      return world.purpose(atom)
    case 'granted':
      return world.granted(atom.kind)
  }
}

/** The forms of a condition: those of `not` change places, `and` fails where one part fails, `or` where all do. */
export function treeForms(tree: Tree | undefined, atom: (index: number) => Forms): Forms {
  if (tree === undefined) return { holds: true, fails: false }
  if (tree.op === 'atom') return atom(tree.index)
  if (tree.op === 'not') {
    const { holds, fails } = treeForms(tree.of, atom)
    return { holds: fails, fails: holds }
  }
  const parts = tree.of.map((each) => treeForms(each, atom))
  const [holds, fails] = tree.op === 'and' ? [and, or] : [or, and]
  return { holds: holds(...parts.map((each) => each.holds)), fails: fails(...parts.map((each) => each.fails)) }
}
