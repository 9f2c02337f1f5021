import { type Atom, type Expression, isAtom, type Rule } from '@phi/rbac'

/** A part of a condition, and how to write the condition with another part in its place. */
export interface Spot {
  readonly part: Expression
  /** A JSON pointer into the condition. */
  readonly at: string
  /** The whole condition with something else here; undefined takes the part out, and the whole with it when nothing is left. */
  replaced(by: Expression | undefined): Expression | undefined
}

/** Every part of a condition, the whole first. */
export function* spotsOf(expression: Expression, at = '', replaced: Spot['replaced'] = (by) => by): Generator<Spot> {
  yield { part: expression, at, replaced }
  if (isAtom(expression)) return
  if (expression.op === 'not') {
    yield* spotsOf(expression.of, `${at}/of`, (by) => replaced(by && { op: 'not', of: by }))
    return
  }
  const { op, of } = expression
  for (const [index, each] of of.entries()) {
    const within: Spot['replaced'] = (by) => {
      const rest =
        by === undefined ? of.filter((_, other) => other !== index) : of.map((old, other) => (other === index ? by : old))
      return replaced(rest.length === 0 ? undefined : { op, of: rest })
    }
    yield* spotsOf(each, `${at}/of/${index}`, within)
  }
}

/** True for every request that reaches a rule: an actor always has an id. Conditions have no constants of their own. */
export const ALWAYS: Expression = { op: 'eq', left: { attr: 'actor.id' }, right: { attr: 'actor.id' } }
export const NEVER: Expression = { op: 'not', of: ALWAYS }

/** Every atom of a condition, left to right, with its place and how to write the condition with something else there. */
export function* atomsIn(expression: Expression): Generator<Spot & { readonly atom: Atom }> {
  for (const spot of spotsOf(expression)) if (isAtom(spot.part)) yield { ...spot, atom: spot.part }
}

/** The whole condition of a rule: its purposes, then what it says. */
export function conditionOf(rule: Rule): Expression | undefined {
  const purpose: Expression | undefined = rule.purposes && { op: 'purpose', is: rule.purposes }
  if (purpose === undefined || rule.when === undefined) return purpose ?? rule.when
  return { op: 'and', of: [purpose, rule.when] }
}
