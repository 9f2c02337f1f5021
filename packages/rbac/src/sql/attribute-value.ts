import { type Facts, MAX_SET_SIZE, testOf } from '../expression/evaluate.ts'
import type { AttributePath } from '../expression/expression.ts'
import { FALSE, TRUE } from '../expression/truth.ts'
import { type IpAddress, parseAddress } from '../ip/address.ts'
import type { Attribute } from '../policy/attribute.ts'
import { instantOf } from '../policy/grant.ts'
import { attributeOfPath } from '../policy/parse.ts'
import type { PolicyJson, ResourceType } from '../policy/policy.ts'

/** What an attribute of the actor or of the request is: instants in milliseconds, addresses in one spelling, objects as true. */
export type AttributeValue =
  | { readonly state: 'absent' | 'invalid' | 'null' }
  | { readonly state: 'value'; readonly value: string | number | boolean | readonly (string | number)[] }

/** Four decimal bytes, or eight groups: spellings that PostgreSQL reads as well. */
function addressText({ version, a, b, c, d }: IpAddress): string {
  if (version === 4) return [d >>> 24, (d >>> 16) & 255, (d >>> 8) & 255, d & 255].join('.')
  return [a, b, c, d].flatMap((word) => [(word >>> 16).toString(16), (word & 0xffff).toString(16)]).join(':')
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** What stands at a path, and how many of its names led to it: null or nothing on the way ends the way. */
function rawAt(facts: Facts, root: string, names: readonly string[]): { readonly raw: unknown; readonly depth: number } {
  let value: unknown = root === 'actor' ? facts.actor : facts.context
  let depth = 0
  for (; depth < names.length && value !== undefined && value !== null; depth++) {
    if (!isPlain(value)) throw new TypeError('no object')
    value = value[names[depth] as string]
  }
  if (!Array.isArray(value)) return { raw: value, depth }
  const { length } = value
  const members = value as unknown[]
  return { raw: Array.from({ length: Math.min(length, MAX_SET_SIZE + 1) }, (_, index) => members[index]), depth }
}

function normal(attribute: Attribute, value: unknown): string | number | boolean | readonly (string | number)[] {
  if (attribute.type === 'instant') return instantOf(value)
  if (attribute.type === 'ip') return addressText(parseAddress(value as string) as IpAddress)
  return attribute.type === 'object' || attribute.type === 'opaque' ? true : (value as string)
}

/**
 * Reads an attribute of the actor or of the request. Whether it is there and has its type is found by the same tests that decide in
 * memory, over what was read once.
 */
export function attributeValue(policy: PolicyJson, type: ResourceType, path: AttributePath, facts: Facts): AttributeValue {
  const [root, ...names] = path.split('.') as [string, ...string[]]
  let snapshot: Facts
  let raw: unknown
  try {
    const found = rawAt(facts, root, names)
    raw = found.raw
    snapshot = snapshotOf(root, names.slice(0, found.depth), raw)
  } catch {
    return { state: 'invalid' }
  }
  const has = testOf(policy, type, { op: 'has', of: path })(snapshot)
  if (has === FALSE) return { state: 'absent' }
  if (has !== TRUE) return { state: 'invalid' }
  if (raw === null) return { state: 'null' }
  const attribute = attributeOfPath(policy, type, path)
  return attribute === undefined ? { state: 'invalid' } : { state: 'value', value: normal(attribute, raw) }
}

/** Facts that hold one value, at its place. */
function snapshotOf(root: string, names: readonly string[], raw: unknown): Facts {
  const nested = [...names].reverse().reduce<unknown>((inner, name) => ({ __proto__: null, [name]: inner }), raw)
  const none = Object.create(null) as Record<string, unknown>
  const facts = { actor: none, context: none, action: undefined, resource: { type: undefined, record: none } }
  return { ...facts, [root]: nested } as Facts
}
