import type { Atom, Attribute, Attributes, Expression, PolicyJson, Rule, Term } from '@phi/rbac'
import { atomsIn, conditionOf } from './condition.ts'

type Literal = string | number | boolean
type Values = Extract<Atom, { op: 'in' }>['right'] & { readonly values: readonly (string | number)[] }

/** The constants that a policy compares each attribute with, and those that attributes declare. */
export class KnownConstants {
  readonly #byPath = new Map<string, Set<Literal>>()
  readonly #policy: PolicyJson

  constructor(policy: PolicyJson) {
    this.#policy = policy
    const conditions: (Expression | undefined)[] = [
      ...policy.rules.map((rule: Rule) => conditionOf(rule)),
      ...Object.values(policy.overrides ?? {}).map(({ when }) => when),
    ]
    for (const each of conditions) if (each !== undefined) for (const { atom } of atomsIn(each)) this.#note(atom)
  }

  #note(atom: Atom): void {
    if (!('left' in atom)) return
    const { left, right } = atom
    const add = (term: Term, value: Literal) => {
      if (!('attr' in term)) return
      const known = this.#byPath.get(term.attr) ?? new Set()
      this.#byPath.set(term.attr, known.add(value))
    }
    if ('values' in right) for (const value of right.values) add(left, value)
    else {
      if ('value' in right) add(left, right.value)
      if ('value' in left) add(right, left.value)
    }
  }

  /** The values that an attribute declares, whatever the type of record. */
  #declared(path: string): readonly string[] | undefined {
    const [root, ...names] = path.split('.')
    const roots: readonly (Attributes | undefined)[] =
      root === 'resource'
        ? Object.values(this.#policy.resources).map(({ attributes }) => attributes)
        : [root === 'actor' ? this.#policy.actor : this.#policy.context]
    for (const attributes of roots) {
      let at: Attributes | undefined = attributes
      let found: Attribute | undefined
      for (const name of names) {
        found = at !== undefined && Object.hasOwn(at, name) ? at[name] : undefined
        at = found?.type === 'object' ? found.attributes : undefined
      }
      if (found !== undefined && 'values' in found && found.values !== undefined) return found.values
    }
    return undefined
  }

  /** Another constant for the same attribute: a known one, else one near by. Undefined where there is none. */
  other(path: string, value: Literal, taken: readonly Literal[] = [value]): Literal | undefined {
    if (typeof value === 'boolean') return !value
    const declared = this.#declared(path)
    const known = [...(this.#byPath.get(path) ?? []), ...(declared ?? [])]
    const another = known.find((each) => typeof each === typeof value && !taken.includes(each))
    if (another !== undefined) return another
    if (typeof value === 'number') return value + 1
    return declared === undefined ? `${value}-other` : undefined
  }
}

/** An atom with another constant, in words and form. Comparisons change at their boundary as well. */
export function* constantChanges(atom: Atom, known: KnownConstants): Generator<Atom> {
  switch (atom.op) {
    case 'eq':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge': {
      const turned = { lt: 'le', le: 'lt', gt: 'ge', ge: 'gt', eq: undefined } as const
      const op = turned[atom.op]
      if (op !== undefined) yield { ...atom, op } as Atom
      const { left, right } = atom
      for (const [constant, attribute, key] of [
        [right, left, 'right'],
        [left, right, 'left'],
      ] as const) {
        if (!('value' in constant) || !('attr' in attribute)) continue
        const other = known.other(attribute.attr, constant.value)
        if (other !== undefined) yield { ...atom, [key]: { value: other } } as Atom
      }
      return
    }
    case 'in': {
      if (!('values' in atom.right)) {
        if ('value' in atom.left && 'attr' in atom.right) {
          const other = known.other(atom.right.attr, atom.left.value)
          if (other !== undefined) yield { ...atom, left: { value: other } }
        }
        return
      }
      const { values } = atom.right as Values
      if (values.length > 1) {
        for (const each of values) yield { ...atom, right: { values: values.filter((value) => value !== each) } }
      }
      const [first] = values
      const other = 'attr' in atom.left && first !== undefined ? known.other(atom.left.attr, first, values) : undefined
      if (other !== undefined && typeof other !== 'boolean') yield { ...atom, right: { values: [...values, other] } }
      return
    }
    case 'cidr':
      if (atom.ranges.length > 1) {
        for (const each of atom.ranges) yield { ...atom, ranges: atom.ranges.filter((range) => range !== each) }
      }
      yield { ...atom, ranges: ['0.0.0.0/0', '::/0'] }
      return
    default:
      return
  }
}
