import { conditionOf, overrideOf } from '../decision/bucket.ts'
import { type AttributePath, atomsOf, type Expression, pathsOf } from '../expression/expression.ts'
import type { Attribute } from '../policy/attribute.ts'
import { attributeOfPath } from '../policy/parse.ts'
import type { PolicyJson, ResourceType } from '../policy/policy.ts'

/** The attributes that some condition reads, as a tree. */
export interface Shape {
  readonly [name: string]: { readonly attribute: Attribute; readonly inner: Shape }
}
/** What a policy reads of actor and context, and of each type of record. Nothing else is handed over. */
export interface Shapes {
  readonly actor: Shape
  readonly context: Shape
  readonly records: { readonly [type: string]: Shape }
}

interface Growing {
  [name: string]: { attribute: Attribute; inner: Growing }
}

/** Every condition of the policy that speaks about a type: of its rules, and of the overrides they name. */
function conditionsFor(policy: PolicyJson, type: string): readonly Expression[] {
  const rules = policy.rules.filter(({ resources }) => resources.includes(type))
  return rules.flatMap((rule) => {
    const condition = conditionOf(rule)
    const overrides = rule.effect === 'forbid' ? (rule.unless ?? []).map((id) => overrideOf(policy, id).when) : []
    return condition === undefined ? overrides : [condition, ...overrides]
  })
}

function grow(shape: Growing, policy: PolicyJson, type: ResourceType, path: AttributePath): void {
  const [root, ...names] = path.split('.') as [string, ...string[]]
  let at = shape
  for (const [index, name] of names.entries()) {
    const attribute = attributeOfPath(policy, type, [root, ...names.slice(0, index + 1)].join('.') as AttributePath)
    if (attribute === undefined) return
    const entry = at[name] ?? { attribute, inner: Object.create(null) as Growing }
    at[name] = entry
    at = entry.inner
  }
}

function shapesFor(policy: PolicyJson): Shapes {
  const empty = () => Object.create(null) as Growing
  const [actor, context] = [empty(), empty()]
  const records: { [type: string]: Growing } = {}
  for (const [name, type] of Object.entries(policy.resources)) {
    const record = empty()
    records[name] = record
    for (const condition of conditionsFor(policy, name)) {
      for (const { atom } of atomsOf(condition)) {
        if (atom.op === 'granted') grow(record, policy, type, `resource.${type.patient as string}`)
        for (const path of pathsOf(atom)) {
          const shape = path.startsWith('resource.') ? record : path.startsWith('actor.') ? actor : context
          grow(shape, policy, type, path)
        }
      }
    }
  }
  return { actor, context, records }
}

const known = new WeakMap<PolicyJson, Shapes>()

/** The shapes of a checked policy, which is frozen and so keeps them. */
export function shapesOf(policy: PolicyJson): Shapes {
  const shapes = known.get(policy) ?? shapesFor(policy)
  known.set(policy, shapes)
  return shapes
}
