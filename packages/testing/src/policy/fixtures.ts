import { isInstant } from '@phi/core'
import { type Attribute, type Attributes, builtInGrants, type PolicyJson, type ResourceType } from '@phi/rbac'
import { type PlaceOf, type Problem, problemAt } from './problem.ts'
import type { PolicyTests } from './test-file.ts'

type Values = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** Whether a value is one that the attribute can hold. Addresses count as text here: a wrong one is unknown when it is decided. */
function fits(attribute: Attribute, value: unknown): boolean {
  if (attribute.type === 'opaque') return true
  if (value === null) return attribute.nullable === true
  switch (attribute.type) {
    case 'string':
      return typeof value === 'string' && (attribute.values?.includes(value) ?? true)
    case 'ip':
      return typeof value === 'string'
    case 'boolean':
      return typeof value === 'boolean'
    case 'number':
      return Number.isFinite(value)
    case 'instant':
      return value instanceof Date || (typeof value === 'string' && isInstant(value))
    case 'set': {
      if (!Array.isArray(value)) return false
      const { of, values } = attribute
      return value.every((each) =>
        of === 'string' ? typeof each === 'string' && (values?.includes(each) ?? true) : Number.isFinite(each),
      )
    }
    case 'object':
      return isObject(value)
  }
}

/**
 * A misspelt attribute would be an absent one, which denies: the test would pass for the wrong reason. So fixtures hold what the
 * policy declares, or say which attributes are wrong on purpose.
 */
function checkValues(
  values: Values,
  declared: Attributes,
  what: string,
  at: string,
  unsound: readonly string[],
  problem: (message: string, at: string) => void,
): void {
  for (const [name, value] of Object.entries(values)) {
    const attribute = Object.hasOwn(declared, name) ? (declared[name] as Attribute) : undefined
    const here = `${at}/${name}`
    if (attribute === undefined) problem(`the policy declares no such attribute of ${what}`, here)
    else if (value === undefined || unsound.includes(name)) continue
    else if (!fits(attribute, value))
      problem(`this is not what the policy declares the attribute to hold (${attribute.type})`, here)
    else if (attribute.type === 'object' && isObject(value)) checkValues(value, attribute.attributes, what, here, [], problem)
  }
}

const actorBase: Attributes = { id: { type: 'string' }, tenant: { type: 'string' } }

/** Holds the fixtures of a test file against what the policy declares. */
export function checkFixtures(policy: PolicyJson, tests: PolicyTests, placeOf: PlaceOf): readonly Problem[] {
  const problems: Problem[] = []
  const problem = (message: string, at: string) => problems.push(problemAt('record', message, at, placeOf))
  for (const [name, values] of Object.entries(tests.actors)) {
    const at = `/actors/${name}`
    if (Object.hasOwn(values, 'roles')) problem('roles are an axis, not an attribute of an actor', `${at}/roles`)
    else checkValues(values, { ...policy.actor, ...actorBase }, 'actors', at, [], problem)
  }
  for (const [name, { type, record, unsound = [] }] of Object.entries(tests.records)) {
    const at = `/records/${name}`
    const declared: ResourceType | undefined = Object.hasOwn(policy.resources, type) ? policy.resources[type] : undefined
    if (declared === undefined) problem('the policy declares no such type', `${at}/type`)
    else checkValues(record, declared.attributes, 'this type', `${at}/record`, unsound, problem)
    for (const [index, each] of unsound.entries()) {
      if (!Object.hasOwn(record, each)) problem('the record has no such attribute', `${at}/unsound/${index}`)
    }
  }
  for (const [name, values] of Object.entries(tests.contexts ?? {})) {
    checkValues(values, policy.context ?? {}, 'requests', `/contexts/${name}`, [], problem)
  }
  for (const [name, { kind }] of Object.entries(tests.grants ?? {})) {
    const known = [...builtInGrants, ...(policy.grants ?? [])] as readonly unknown[]
    if (!known.includes(kind)) problem('the policy declares no such kind of grant', `/grants/${name}/kind`)
  }
  return problems
}
