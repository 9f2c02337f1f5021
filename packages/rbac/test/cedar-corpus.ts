import type { Expression } from '../src/expression/expression.ts'
import type { Attribute } from '../src/policy/attribute.ts'

/** An expression as Cedar's JSON writes it: one key, the operator. */
export type CedarJson = { readonly [operator: string]: never }
interface Uid {
  readonly type: string
  readonly id: string
}
interface Entity {
  readonly uid: Uid
  readonly attrs: { readonly [name: string]: unknown }
  readonly parents: readonly Uid[]
}
interface Scope {
  readonly op: string
  readonly entity?: { readonly __entity: Uid } | Uid
  readonly entities?: readonly ({ readonly __entity: Uid } | Uid)[]
  readonly entity_type?: string
  readonly in?: { readonly entity: { readonly __entity: Uid } | Uid }
}
export interface CorpusRequest {
  readonly principal: Uid
  readonly action: Uid
  readonly resource: Uid
  readonly context: { readonly [name: string]: unknown }
  readonly decision: 'allow' | 'deny'
  readonly reason: readonly string[]
  readonly errors: readonly unknown[]
}
export interface CorpusTest {
  readonly id: string
  readonly policy: {
    readonly effect: 'permit' | 'forbid'
    readonly principal: Scope
    readonly action: Scope
    readonly resource: Scope
    readonly conditions: readonly { readonly kind: 'when' | 'unless'; readonly body: CedarJson }[]
  }
  readonly entities: readonly Entity[]
  readonly requests: readonly CorpusRequest[]
}

/** Why a condition of Cedar has no counterpart of ours. */
export class NoCounterpart extends Error {}
const cannot = (why: string): never => {
  throw new NoCounterpart(why)
}

/** A condition of ours, and the attributes of the request that it reads. */
export interface Translated {
  readonly when: Expression
  readonly attributes: { readonly [name: string]: Attribute }
  readonly context: { readonly [name: string]: unknown }
}

type Scalar = string | number | boolean
const nameOf = ({ type, id }: Uid): string => `${type}::${JSON.stringify(id)}`
const uidOf = (value: { readonly __entity: Uid } | Uid): Uid => ('__entity' in value ? value.__entity : value)

/** What an operand is for this request; `undefined` for an attribute that is not there. */
type Operand = { readonly scalar: Scalar } | { readonly entity: Uid } | undefined

/**
 * Translates the scope and condition of a Cedar policy for one request. Every operand becomes an attribute of the request's
 * context: a literal, an attribute of an entity, the ancestors of an entity as a set of texts. The operators become ours.
 */
export function translateCorpus({ policy, entities }: CorpusTest, request: CorpusRequest): Translated {
  const attributes: { [name: string]: Attribute } = {}
  const context: { [name: string]: unknown } = {}
  let count = 0
  const bind = (attribute: Attribute, value: unknown): `context.${string}` => {
    const name = `v${count++}`
    attributes[name] = attribute
    if (value !== undefined) context[name] = value
    return `context.${name}`
  }
  const constant = (value: boolean): Expression => {
    return { op: 'eq', left: { attr: bind({ type: 'boolean' }, true) }, right: { value } }
  }
  const find = (uid: Uid) => entities.find((each) => nameOf(each.uid) === nameOf(uid))
  const ancestors = (uid: Uid): string[] => {
    const all = new Map([[nameOf(uid), uid]])
    for (const each of all.values()) for (const parent of find(each)?.parents ?? []) all.set(nameOf(parent), parent)
    return [...all.keys()]
  }

  const literal = (value: unknown): Operand => {
    if (typeof value === 'string' || typeof value === 'boolean') return { scalar: value }
    if (typeof value === 'number') {
      return Number.isSafeInteger(value) ? { scalar: value } : cannot('numbers beyond 53 bits')
    }
    if (typeof value === 'object' && value !== null && '__entity' in value)
      return { entity: (value as { __entity: Uid }).__entity }
    return cannot('records and sets as values')
  }
  const operand = (json: CedarJson): Operand => {
    const [[operator, body]] = Object.entries(json) as [[string, never]]
    if (operator === 'Value') return literal(body)
    if (operator === 'Var') {
      const variable: string = body
      return variable === 'context' ? cannot('the whole context as a value') : { entity: request[variable as 'principal'] }
    }
    if (operator === '.') {
      const { left, attr } = body as { left: CedarJson; attr: string }
      const from = operand(left)
      if (from === undefined) return undefined
      if (!('entity' in from)) return cannot('operands of other types')
      const { attrs = {} } = find(from.entity) ?? {}
      return Object.hasOwn(attrs, attr) ? literal(attrs[attr]) : undefined
    }
    return cannot(['Set', 'Record'].includes(operator) ? 'records and sets as values' : `${operator} as an operand`)
  }
  const entityOf = (json: CedarJson): Uid | undefined => {
    const found = operand(json)
    if (found === undefined) return undefined
    return 'entity' in found ? found.entity : cannot('operands of other types')
  }
  const asScalar = (of: Operand): Scalar | undefined =>
    of === undefined ? undefined : 'entity' in of ? nameOf(of.entity) : of.scalar
  const typeOf = (of: Scalar | undefined): 'string' | 'number' | 'boolean' => typeof (of ?? '') as 'string'

  const equal = (left: CedarJson, right: CedarJson): Expression => {
    const [one, two] = [operand(left), operand(right)]
    const [a, b] = [asScalar(one), asScalar(two)]
    if (one !== undefined && two !== undefined && ('entity' in one !== 'entity' in two || typeof a !== typeof b)) {
      return cannot('operands of other types')
    }
    const type = typeOf(a ?? b)
    return { op: 'eq', left: { attr: bind({ type }, a) }, right: { attr: bind({ type }, b) } }
  }
  const ordered = (op: 'lt' | 'le', left: CedarJson, right: CedarJson): Expression => {
    const [a, b] = [asScalar(operand(left)), asScalar(operand(right))]
    if ([a, b].some((each) => each !== undefined && typeof each !== 'number')) return cannot('operands of other types')
    return { op, left: { attr: bind({ type: 'number' }, a) }, right: { attr: bind({ type: 'number' }, b) } }
  }
  const below = (uid: Uid | undefined, above: readonly (Uid | undefined)[]): Expression => {
    const set = bind({ type: 'set', of: 'string' }, uid && ancestors(uid))
    // A set with a member that is not there cannot be read.
    const known = above.includes(undefined) ? [undefined] : above
    const parts = known.map((each): Expression => {
      return { op: 'in', left: { attr: bind({ type: 'string' }, each && nameOf(each)) }, right: { attr: set } }
    })
    // In no entity at all: nothing is a member of the empty set.
    return parts.length > 0
      ? { op: 'or', of: parts }
      : { op: 'and', of: [{ op: 'in', left: { value: '' }, right: { attr: set } }] }
  }
  const membersOf = (json: CedarJson): readonly CedarJson[] => {
    if ('Set' in json) return json.Set as readonly CedarJson[]
    return cannot('sets that are not written out')
  }
  const contains = (set: readonly CedarJson[], element: Scalar | undefined): Expression => {
    const members = set.map((each) => asScalar(operand(each)))
    const types = new Set([...members, element].filter((each) => each !== undefined).map((each) => typeof each))
    if (types.size > 1) return cannot('operands of other types')
    const of = types.has('number') ? 'number' : types.has('boolean') ? cannot('sets of booleans') : 'string'
    const whole = members.includes(undefined) ? undefined : members
    return { op: 'in', left: { attr: bind({ type: of }, element) }, right: { attr: bind({ type: 'set', of }, whole) } }
  }
  const isBoolean = (json: CedarJson): boolean => {
    const [[operator, body]] = Object.entries(json) as [[string, never]]
    return (
      ['&&', '||', '!', '==', 'in', 'has', 'is', '<', '<=', 'contains', 'containsAll', 'containsAny', 'if-then-else'].includes(
        operator,
      ) || typeof body === 'boolean'
    )
  }

  const condition = (json: CedarJson): Expression => {
    const [[operator, body]] = Object.entries(json) as [[string, never]]
    const { left, right, arg } = body as { left: CedarJson; right: CedarJson; arg: CedarJson }
    switch (operator) {
      case 'Value':
        return typeof body === 'boolean' ? constant(body) : cannot('operands of other types')
      case '&&':
        return { op: 'and', of: [condition(left), condition(right)] }
      case '||':
        return { op: 'or', of: [condition(left), condition(right)] }
      case '!':
        return { op: 'not', of: condition(arg) }
      case 'if-then-else': {
        const parts = body as { if: CedarJson; then: CedarJson; else: CedarJson }
        const test = condition(parts.if)
        const [then, otherwise] = [condition(parts.then), condition(parts.else)]
        return {
          op: 'or',
          of: [
            { op: 'and', of: [test, then] },
            { op: 'and', of: [{ op: 'not', of: test }, otherwise] },
          ],
        }
      }
      case '==': {
        if (!isBoolean(left) || !isBoolean(right)) return equal(left, right)
        const [a, b] = [condition(left), condition(right)]
        const neither: Expression = {
          op: 'and',
          of: [
            { op: 'not', of: a },
            { op: 'not', of: b },
          ],
        }
        return { op: 'or', of: [{ op: 'and', of: [a, b] }, neither] }
      }
      case '<':
        return ordered('lt', left, right)
      case '<=':
        return ordered('le', left, right)
      case 'has': {
        const from = 'Record' in left ? cannot('records and sets as values') : entityOf(left)
        const { attr } = body as { attr: string | readonly string[] }
        const name = typeof attr === 'string' ? attr : attr.length === 1 ? (attr[0] as string) : cannot('has of a path')
        if (from === undefined) return cannot('has of what is not there')
        const { attrs = {} } = find(from) ?? {}
        return { op: 'has', of: bind({ type: 'opaque' }, Object.hasOwn(attrs, name) ? true : undefined) }
      }
      case 'is': {
        const { entity_type: type, in: above } = body as { entity_type: string; in?: CedarJson }
        const uid = entityOf(left)
        const test: Expression = { op: 'eq', left: { attr: bind({ type: 'string' }, uid?.type) }, right: { value: type } }
        return above === undefined ? test : { op: 'and', of: [test, below(uid, [entityOf(above)])] }
      }
      case 'in':
        return below(entityOf(left), 'Set' in right ? membersOf(right).map(entityOf) : [entityOf(right)])
      case 'contains':
        return contains(membersOf(left), asScalar(operand(right)))
      case 'containsAll':
      case 'containsAny': {
        const set = membersOf(left)
        const parts = membersOf(right).map((each) => contains(set, asScalar(operand(each))))
        if (parts.length > 0) return { op: operator === 'containsAll' ? 'and' : 'or', of: parts }
        contains(set, undefined)
        return constant(operator === 'containsAll')
      }
      default:
        return cannot(operator === '.' ? 'attributes as conditions' : `the operator ${operator}`)
    }
  }

  const scope = (uid: Uid, { op, entity, entities: several, entity_type: type, in: above }: Scope): Expression[] => {
    const is = (name: string): Expression => ({
      op: 'eq',
      left: { attr: bind({ type: 'string' }, uid.type) },
      right: { value: name },
    })
    if (op === 'All') return []
    if (op === '==') {
      const wanted = nameOf(uidOf(entity as Uid))
      return [
        { op: 'eq', left: { attr: bind({ type: 'string' }, nameOf(uid)) }, right: { attr: bind({ type: 'string' }, wanted) } },
      ]
    }
    if (op === 'is') return [is(type as string), ...(above === undefined ? [] : [below(uid, [uidOf(above.entity)])])]
    return [below(uid, (several ?? [entity as Uid]).map(uidOf))]
  }
  const parts: Expression[] = [
    ...scope(request.principal, policy.principal),
    ...scope(request.action, policy.action),
    ...scope(request.resource, policy.resource),
    ...policy.conditions.map(({ kind, body }): Expression => {
      const made = condition(body)
      return kind === 'when' ? made : { op: 'not', of: made }
    }),
  ]
  return { when: { op: 'and', of: parts }, attributes, context }
}
