import { isInstant, isPurposeOfUse, type PurposeOfUse, purposeIsA, purposesOfUse } from '@phi/core'
import { type IpAddress, type IpRange, inRange, parseAddress, parseRange } from '../ip/address.ts'
import type { Attribute } from '../policy/attribute.ts'
import { granted, instantOf } from '../policy/grant.ts'
import { attributeOfPath } from '../policy/parse.ts'
import type { PolicyJson, ResourceType } from '../policy/policy.ts'
import type { Atom, AttributePath, Term } from './expression.ts'
import { FALSE, TRUE, type Truth, UNKNOWN } from './truth.ts'

/** A request as evaluation reads it. Nothing in it is trusted to have the type it should have. */
export interface Facts {
  readonly actor: Readonly<Record<string, unknown>>
  readonly action: unknown
  readonly resource: { readonly type: unknown; readonly record: Readonly<Record<string, unknown>> }
  readonly context?: Readonly<Record<string, unknown>> | undefined
  readonly purpose?: unknown
  readonly grants?: unknown
  /** The time of the request. Evaluation has no clock: whoever calls fills it in. */
  readonly at?: unknown
}
/** The test of one atom. May throw what a getter of the caller's throws. */
export type Test = (facts: Facts) => Truth

/** How many members of a set are looked at. A longer one counts as unreadable: nobody's care team has ten thousand members. */
export const MAX_SET_SIZE = 10_000

/** What reading can find beside a value and null. */
const ABSENT = Symbol('absent')
const INVALID = Symbol('invalid')
type Read = (facts: Facts) => unknown

function rootOf(root: string): (facts: Facts) => unknown {
  if (root === 'actor') return (facts) => facts.actor
  return root === 'resource' ? (facts) => facts.resource.record : (facts) => facts.context
}

/** What can have attributes: an object that is neither an array nor a time. */
const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/**
 * Reads a path without looking at the type at its end. Null on the way is null at the end where the policy allows null there, and
 * unreadable elsewhere.
 */
function rawReader(path: AttributePath, mayBeNull: readonly boolean[]): Read {
  const [root, ...names] = path.split('.') as [string, ...string[]]
  const start = rootOf(root)
  return (facts) => {
    let value = start(facts)
    for (let i = 0; i < names.length; i++) {
      if (value === undefined) return ABSENT
      if (value === null) return mayBeNull[i - 1] === true ? null : INVALID
      if (!isPlain(value)) return INVALID
      value = (value as Record<string, unknown>)[names[i] as string]
    }
    if (value === null) return mayBeNull[names.length - 1] === true ? null : INVALID
    return value === undefined ? ABSENT : value
  }
}

function sound(attribute: Attribute, value: unknown): unknown {
  switch (attribute.type) {
    case 'string':
      return typeof value === 'string' ? value : INVALID
    case 'boolean':
      return typeof value === 'boolean' ? value : INVALID
    case 'number':
      return Number.isFinite(value) ? value : INVALID
    case 'instant': {
      if (!(value instanceof Date) && !(typeof value === 'string' && isInstant(value))) return INVALID
      const at = instantOf(value)
      return Number.isNaN(at) ? INVALID : at
    }
    case 'ip':
      return (typeof value === 'string' ? parseAddress(value) : undefined) ?? INVALID
    case 'set': {
      if (!Array.isArray(value) || value.length > MAX_SET_SIZE) return INVALID
      for (let i = 0; i < value.length; i++) {
        const each: unknown = value[i]
        if (attribute.of === 'string' ? typeof each !== 'string' : !Number.isFinite(each)) return INVALID
      }
      return value
    }
    case 'object':
      return isPlain(value) ? value : INVALID
    case 'opaque':
      return value
  }
}

function nullable(attribute: Attribute): boolean {
  return attribute.type === 'opaque' || attribute.nullable === true
}

function reader(policy: PolicyJson, type: ResourceType, path: AttributePath): Read {
  const names = path.split('.')
  const attributes = names
    .slice(1)
    .map((_, index) => attributeOfPath(policy, type, names.slice(0, index + 2).join('.') as AttributePath))
  const mayBeNull = attributes.map((each) => each === undefined || nullable(each))
  const attribute = attributes.at(-1) ?? ({ type: 'opaque' } as const)
  const read = rawReader(path, mayBeNull)
  return (facts) => {
    const value = read(facts)
    return value === null || value === ABSENT || value === INVALID ? value : sound(attribute, value)
  }
}

/** `other` is what the term is held against: a text beside an instant is an instant. */
function termReader(policy: PolicyJson, type: ResourceType, term: Term, other?: Term): Read {
  if ('attr' in term) return reader(policy, type, term.attr)
  if ('value' in term) {
    const beside = other !== undefined && 'attr' in other ? attributeOfPath(policy, type, other.attr)?.type : undefined
    const value = beside === 'instant' ? instantOf(term.value) : term.value
    return () => value
  }
  return (facts) => {
    const at = instantOf(facts.at)
    return Number.isNaN(at) ? INVALID : at
  }
}

const unreadable = (value: unknown): boolean => value === ABSENT || value === INVALID

function equal(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object') return false
  const [one, two] = [left as IpAddress, right as IpAddress]
  return one.version === two.version && one.a === two.a && one.b === two.b && one.c === two.c && one.d === two.d
}

/** The names of a path that is one name deep in actor, record or context. */
function direct(term: Term): { readonly root: string; readonly name: string } | undefined {
  if (!('attr' in term)) return undefined
  const [root, name, ...deeper] = term.attr.split('.') as [string, string, ...string[]]
  return deeper.length === 0 ? { root, name } : undefined
}

/** An attribute of the record against a constant: what most conditions are, so it is written out. */
function recordEquals(name: string, constant: string | boolean, mayBeNull: boolean): Test {
  const kind = typeof constant
  return ({ resource }) => {
    const value = resource.record[name]
    if (value === constant) return TRUE
    if (typeof value === kind) return FALSE
    return value === null && mayBeNull ? FALSE : UNKNOWN
  }
}

/** An attribute of the actor in a set of the record, the other condition that most policies consist of. */
function actorInRecord(element: string, set: string, otherwise: Test): Test {
  return (facts) => {
    const who = facts.actor[element]
    const members = facts.resource.record[set]
    if (typeof who !== 'string' || !Array.isArray(members) || members.length > MAX_SET_SIZE) return otherwise(facts)
    let found: Truth = FALSE
    for (let i = 0; i < members.length; i++) {
      const member: unknown = members[i]
      if (member === who) found = TRUE
      else if (typeof member !== 'string') return UNKNOWN
    }
    return found
  }
}

function equalsTest(policy: PolicyJson, type: ResourceType, left: Term, right: Term): Test {
  const place = direct(left)
  if (place?.root === 'resource' && 'value' in right && typeof right.value !== 'number') {
    const attribute = type.attributes[place.name] as Attribute
    if (attribute.type === 'string' || attribute.type === 'boolean')
      return recordEquals(place.name, right.value, nullable(attribute))
  }
  const [one, two] = [termReader(policy, type, left, right), termReader(policy, type, right, left)]
  return (facts) => {
    const a = one(facts)
    const b = two(facts)
    if (unreadable(a) || unreadable(b)) return UNKNOWN
    // Two nulls are no match: "no clinic" is not the same clinic.
    if (a === null || b === null) return a === b ? UNKNOWN : FALSE
    return equal(a, b) ? TRUE : FALSE
  }
}

function orderTest(policy: PolicyJson, type: ResourceType, atom: Atom & { op: 'lt' | 'le' | 'gt' | 'ge' }): Test {
  const [one, two] = [termReader(policy, type, atom.left, atom.right), termReader(policy, type, atom.right, atom.left)]
  const { op } = atom
  return (facts) => {
    const a = one(facts)
    const b = two(facts)
    if (typeof a !== 'number' || typeof b !== 'number') return UNKNOWN
    const holds = op === 'lt' ? a < b : op === 'le' ? a <= b : op === 'gt' ? a > b : a >= b
    return holds ? TRUE : FALSE
  }
}

function inTest(policy: PolicyJson, type: ResourceType, atom: Atom & { op: 'in' }): Test {
  const read = termReader(policy, type, atom.left)
  if ('values' in atom.right) {
    const values = new Set<unknown>(atom.right.values)
    return (facts) => {
      const value = read(facts)
      if (unreadable(value)) return UNKNOWN
      return values.has(value) ? TRUE : FALSE
    }
  }
  const set = termReader(policy, type, atom.right)
  const general: Test = (facts) => {
    const value = read(facts)
    const members = set(facts)
    if (unreadable(value) || unreadable(members)) return UNKNOWN
    if (value === null || members === null) return FALSE
    return (members as unknown[]).includes(value) ? TRUE : FALSE
  }
  const [element, place] = [direct(atom.left), direct(atom.right)]
  if (element?.root === 'actor' && place?.root === 'resource') {
    const attribute = type.attributes[place.name] as Attribute
    const isText = attributeOfPath(policy, type, `actor.${element.name}`)?.type === 'string'
    if (isText && attribute.type === 'set' && attribute.of === 'string') return actorInRecord(element.name, place.name, general)
  }
  return general
}

function cidrTest(policy: PolicyJson, type: ResourceType, path: AttributePath, texts: readonly string[]): Test {
  const read = reader(policy, type, path)
  const ranges = texts.map((text) => parseRange(text) as IpRange)
  return (facts) => {
    const address = read(facts)
    if (unreadable(address) || address === null) return UNKNOWN
    return ranges.some((range) => inRange(address as IpAddress, range)) ? TRUE : FALSE
  }
}

/** The purposes that are one of these or a kind of it. */
export function purposesWithin(is: readonly PurposeOfUse[]): ReadonlySet<PurposeOfUse> {
  const all = Object.keys(purposesOfUse) as PurposeOfUse[]
  return new Set(all.filter((code) => is.some((each) => purposeIsA(code, each))))
}

function purposeTest(is: readonly PurposeOfUse[]): Test {
  const within: ReadonlySet<unknown> = purposesWithin(is)
  return ({ purpose }) => {
    if (within.has(purpose)) return TRUE
    return isPurposeOfUse(purpose) ? FALSE : UNKNOWN
  }
}

function grantedTest(type: ResourceType, kind: string): Test {
  const patient = type.patient as string
  return (facts) =>
    granted(facts.grants, {
      kind,
      tenant: facts.actor.tenant,
      actor: facts.actor.id,
      patient: facts.resource.record[patient],
      purpose: facts.purpose,
      type: facts.resource.type,
      action: facts.action,
      at: instantOf(facts.at),
    })
}

/** Turns an atom of a checked policy into its test, for records of one type. */
export function testOf(policy: PolicyJson, type: ResourceType, atom: Atom): Test {
  switch (atom.op) {
    case 'eq': {
      // The constant stands on the right, whichever way it was written.
      const [left, right] = 'attr' in atom.left ? [atom.left, atom.right] : [atom.right, atom.left]
      return equalsTest(policy, type, left, right)
    }
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return orderTest(policy, type, atom as Atom & { op: 'lt' })
    case 'in':
      return inTest(policy, type, atom)
    case 'has': {
      const read = reader(policy, type, atom.of)
      return (facts) => {
        const value = read(facts)
        return value === ABSENT ? FALSE : value === INVALID ? UNKNOWN : TRUE
      }
    }
    case 'null': {
      const read = reader(policy, type, atom.of)
      return (facts) => {
        const value = read(facts)
        return unreadable(value) ? UNKNOWN : value === null ? TRUE : FALSE
      }
    }
    case 'cidr':
      return cidrTest(policy, type, atom.of, atom.ranges)
    case 'purpose':
      return purposeTest(atom.is)
    case 'granted':
      return grantedTest(type, atom.kind)
  }
}

/** Whether an atom asks for the time of the request. */
export function needsTime(atom: Atom): boolean {
  if (atom.op === 'granted') return true
  return 'left' in atom && ('now' in atom.left || ('now' in atom.right && !('values' in atom.right)))
}
