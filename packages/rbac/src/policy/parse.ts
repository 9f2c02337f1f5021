import {
  type CanonicalValue,
  canonicalJson,
  isInstant,
  isPhiError,
  MAX_CANONICAL_DEPTH,
  parseAs,
  sha256,
  toHex,
  utf8,
} from '@phi/core'
import { rbacError } from '../errors.ts'
import {
  type AttributePath,
  atomsOf,
  type Expression,
  isAtom,
  MAX_EXPRESSION_DEPTH,
  MAX_EXPRESSION_SIZE,
  type Term,
} from '../expression/expression.ts'
import { freeze } from '../freeze.ts'
import { parseRange } from '../ip/address.ts'
import { type Attribute, type Attributes, attributeAt } from './attribute.ts'
import { builtInGrants, builtInOverrides } from './override.ts'
import { type PolicyJson, policySchema, type ResourceType, type Rule } from './policy.ts'

const refuse = (path: string, detail: string): never => {
  throw rbacError('PHI_RBAC_POLICY', { path, detail })
}
const has = (record: object, key: string): boolean => Object.hasOwn(record, key)

/** Circles and bottomless nesting are found before zod or a recursion of ours walks into them. */
function checkShape(value: unknown): void {
  let count = 0
  const walk = (each: unknown, depth: number): void => {
    if (typeof each !== 'object' || each === null) return
    if (depth > MAX_CANONICAL_DEPTH) refuse('policy', 'is nested too deeply, or in a circle')
    if (++count > 2_000_000) refuse('policy', 'is too large')
    for (const inner of Array.isArray(each) ? each : Object.values(each)) walk(inner, depth + 1)
  }
  try {
    walk(value, 0)
  } catch (error) {
    if (isPhiError(error)) throw error
    refuse('policy', 'could not be read')
  }
}

function depthOf(expression: Expression): number {
  if (isAtom(expression)) return 1
  return 1 + (expression.op === 'not' ? depthOf(expression.of) : Math.max(...expression.of.map(depthOf)))
}

/** Attributes that every actor has. */
const actorAttributes: Attributes = { id: { type: 'string' }, tenant: { type: 'string' } }

/** The attribute that a path names, as a rule over this type sees it. */
export function attributeOfPath(policy: PolicyJson, type: ResourceType, path: AttributePath): Attribute | undefined {
  const [root, ...names] = path.split('.')
  if (root === 'resource')
    return names[0] !== undefined && has(type.relations ?? {}, names[0]) ? undefined : attributeAt(type.attributes, names)
  return attributeAt(root === 'actor' ? { ...policy.actor, ...actorAttributes } : (policy.context ?? {}), names)
}

type Scalar = 'string' | 'number' | 'boolean' | 'instant' | 'ip'
interface Side {
  readonly type: Scalar
  readonly values?: readonly string[] | undefined
}

function checkExpression(policy: PolicyJson, type: ResourceType, expression: Expression, path: string): void {
  const attribute = (name: AttributePath): Attribute =>
    attributeOfPath(policy, type, name) ?? refuse(path, 'names an attribute that is not declared')
  const usable = (name: AttributePath): Attribute => {
    const found = attribute(name)
    return found.type === 'opaque' ? refuse(path, 'names an attribute whose type conditions cannot speak about') : found
  }
  const scalar = (term: Term): Side => {
    if ('now' in term) return { type: 'instant' }
    if ('value' in term) {
      if (typeof term.value === 'number' && !Number.isFinite(term.value)) refuse(path, 'holds a number that is not finite')
      return { type: typeof term.value as 'string' | 'number' | 'boolean' }
    }
    const found = usable(term.attr)
    if (found.type === 'set' || found.type === 'object') return refuse(path, 'compares something that is not a single value')
    return found as { type: Scalar }
  }
  /** The types of two terms, as they stand side by side: a text that is a time counts as an instant beside one. */
  const sides = (left: Term, right: Term): readonly [Side, Side] => {
    const types = [scalar(left), scalar(right)] as const
    const timely = (one: Term, other: { type: Scalar }) =>
      other.type === 'instant' && 'value' in one && typeof one.value === 'string' && isInstant(one.value)
    return [
      timely(left, types[1]) ? { type: 'instant' } : types[0],
      timely(right, types[0]) ? { type: 'instant' } : types[1],
    ] as const
  }
  const known = (values: readonly string[] | undefined, constant: unknown) => {
    if (values !== undefined && typeof constant === 'string' && !values.includes(constant)) {
      refuse(path, 'holds a constant that is not among the values of its attribute')
    }
  }
  const atoms = [...atomsOf(expression)]
  if (atoms.length > MAX_EXPRESSION_SIZE) refuse(path, 'has too many parts')
  if (depthOf(expression) > MAX_EXPRESSION_DEPTH) refuse(path, 'is nested too deeply')
  for (const { atom } of atoms) {
    switch (atom.op) {
      case 'eq': {
        const [left, right] = sides(atom.left, atom.right)
        if (left.type !== right.type) refuse(path, 'compares two different types')
        if (!('attr' in atom.left) && !('attr' in atom.right)) refuse(path, 'compares no attribute')
        if ('value' in atom.right) known(left.values, atom.right.value)
        if ('value' in atom.left) known(right.values, atom.left.value)
        break
      }
      case 'lt':
      case 'le':
      case 'gt':
      case 'ge': {
        const [left, right] = sides(atom.left, atom.right)
        if (left.type !== right.type || (left.type !== 'number' && left.type !== 'instant')) {
          refuse(path, 'orders what is not two numbers or two instants')
        }
        if (!('attr' in atom.left) && !('attr' in atom.right)) refuse(path, 'compares no attribute')
        break
      }
      case 'in': {
        const left = scalar(atom.left)
        if (left.type !== 'string' && left.type !== 'number') refuse(path, 'looks for what is neither text nor number')
        if ('values' in atom.right) {
          if ('value' in atom.left) refuse(path, 'compares no attribute')
          for (const each of atom.right.values) {
            if (typeof each !== left.type || (typeof each === 'number' && !Number.isFinite(each)))
              refuse(path, 'lists a value of another type')
            known(left.values, each)
          }
        } else {
          const right = 'attr' in atom.right ? usable(atom.right.attr) : refuse(path, 'needs a set on the right')
          if (right.type !== 'set' || right.of !== left.type) refuse(path, 'needs a set of the same type on the right')
          if ('value' in atom.left) known((right as { values?: readonly string[] }).values, atom.left.value)
        }
        break
      }
      case 'has':
        attribute(atom.of)
        break
      case 'null': {
        const found = usable(atom.of)
        if (!('nullable' in found && found.nullable)) refuse(path, 'asks whether an attribute is null that is never null')
        break
      }
      case 'cidr':
        if (usable(atom.of).type !== 'ip') refuse(path, 'looks for an address in what is none')
        for (const range of atom.ranges) if (parseRange(range) === undefined) refuse(path, 'holds a network that is not valid')
        break
      case 'purpose':
        break
      case 'granted':
        if (![...builtInGrants, ...(policy.grants ?? [])].includes(atom.kind))
          refuse(path, 'names a kind of grant that is not declared')
        if (type.patient === undefined) refuse(path, 'asks for a grant on a type that names no patient')
    }
  }
}

function checkRoles(policy: PolicyJson): void {
  const state = new Map<string, 'open' | 'done'>()
  const visit = (role: string): void => {
    if (state.get(role) === 'done') return
    if (state.get(role) === 'open') refuse('policy.roles.*.inherits', 'runs in a circle')
    state.set(role, 'open')
    for (const parent of policy.roles[role]?.inherits ?? []) {
      if (!has(policy.roles, parent)) refuse('policy.roles.*.inherits', 'names a role that is not declared')
      visit(parent)
    }
    state.set(role, 'done')
  }
  for (const role of Object.keys(policy.roles)) visit(role)
}

function checkResources(policy: PolicyJson): void {
  for (const type of Object.values(policy.resources)) {
    const text = (name: string) => has(type.attributes, name) && type.attributes[name]?.type === 'string'
    if (!text(type.tenant))
      refuse('policy.resources.*.tenant', 'must name an attribute that is text: every record belongs to a tenant')
    if (type.patient !== undefined && !text(type.patient))
      refuse('policy.resources.*.patient', 'must name an attribute that is text')
    for (const [attribute, to] of Object.entries(type.relations ?? {})) {
      if (!has(type.attributes, attribute)) refuse('policy.resources.*.relations', 'names an attribute that is not declared')
      if (!has(policy.resources, to)) refuse('policy.resources.*.relations.*', 'names a type that is not declared')
      if (attribute === type.tenant || attribute === type.patient)
        refuse('policy.resources.*.relations', 'names the tenant or the patient')
    }
  }
  for (const view of Object.values(policy.views ?? {})) {
    for (const [type, fields] of Object.entries(view)) {
      const declared = has(policy.resources, type)
        ? policy.resources[type]
        : refuse('policy.views.*', 'names a type that is not declared')
      if (!fields.every((field) => has((declared as ResourceType).attributes, field))) {
        refuse('policy.views.*.*', 'names a field that is not declared')
      }
    }
  }
}

/** Checks one rule against the policy it stands in. `at` is where it stands, in schema terms. */
export function checkRule(policy: PolicyJson, rule: Rule, at: string): void {
  if (!rule.actions.every((action) => policy.actions.includes(action)))
    refuse(`${at}.actions`, 'names an action that is not declared')
  for (const name of rule.resources) {
    const type = has(policy.resources, name)
      ? (policy.resources[name] as ResourceType)
      : refuse(`${at}.resources`, 'names a type that is not declared')
    if (rule.when !== undefined) checkExpression(policy, type, rule.when, `${at}.when`)
    if (rule.effect === 'permit') {
      if (rule.view !== undefined && !has(policy.views?.[rule.view] ?? {}, name))
        refuse(`${at}.view`, 'names a view that does not list the type')
      for (const each of rule.obligations ?? []) {
        if (each.type === 'redact' && !each.fields.every((field) => has(type.attributes, field))) {
          refuse(`${at}.obligations`, 'redacts a field that is not declared')
        }
      }
      continue
    }
    if (!(rule.fields ?? []).every((field) => has(type.attributes, field)))
      refuse(`${at}.fields`, 'names a field that is not declared')
    for (const id of rule.unless ?? []) {
      const own = has(policy.overrides ?? {}, id) ? policy.overrides?.[id] : undefined
      const override = own ?? (has(builtInOverrides, id) ? builtInOverrides[id as keyof typeof builtInOverrides] : undefined)
      if (override === undefined) refuse(`${at}.unless`, 'names an override that is not declared')
      else checkExpression(policy, type, override.when, own ? 'policy.overrides.*.when' : `${at}.unless`)
    }
  }
  if (rule.effect === 'permit' && !rule.roles.every((role) => has(policy.roles, role))) {
    refuse(`${at}.roles`, 'names a role that is not declared')
  }
}

function checkPolicy(policy: PolicyJson): void {
  checkRoles(policy)
  checkResources(policy)
  for (const reserved of ['id', 'tenant', 'roles']) {
    if (has(policy.actor ?? {}, reserved)) refuse('policy.actor', 'declares id, tenant or roles, which every actor has')
  }
  if (new Set(policy.actions).size !== policy.actions.length) refuse('policy.actions', 'names an action twice')
  for (const id of Object.keys(policy.overrides ?? {})) {
    if (has(builtInOverrides, id)) refuse('policy.overrides', 'redefines a built-in override: give yours another name')
  }
  for (const kind of policy.grants ?? []) {
    if ((builtInGrants as readonly string[]).includes(kind)) refuse('policy.grants', 'declares a built-in kind')
  }
  const seen = new Set<string>()
  for (const rule of policy.rules) {
    if (seen.has(rule.id)) refuse('policy.rules.*.id', 'is there twice')
    seen.add(rule.id)
    checkRule(policy, rule, 'policy.rules.*')
  }
}

declare const checked: unique symbol
/** What a policy speaks about, for the compiler: names of roles, actions, types, fields. */
export interface Vocabulary {
  readonly role: string
  readonly action: string
  readonly resources: { readonly [type: string]: object }
  readonly actor: object
  readonly context: object
}

/** A policy that was checked: the JSON form, frozen. Made by `definePolicy` and `parsePolicy`, and by nothing else. */
export type Policy<Words extends Vocabulary = Vocabulary> = PolicyJson & { readonly [checked]: Words }

const hashes = new WeakMap<object, string>()

/** JSON has no `undefined`: keys that hold it are left out. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => (each === undefined ? [] : [[key, withoutUndefined(each)]])),
  )
}

function hashOf(policy: PolicyJson): string {
  try {
    return `sha256:${toHex(sha256(utf8(canonicalJson(policy as unknown as CanonicalValue))))}`
  } catch {
    // A lone surrogate in a constant, or attributes nested as deep as nothing is.
    return refuse('policy', 'has no canonical JSON form')
  }
}

/**
 * Reads a policy from JSON: checks the form, and that names, types, roles, views and overrides fit together.
 * @throws PhiError PHI_RBAC_POLICY, with the place in schema terms
 */
export function parsePolicy(value: unknown): Policy {
  checkShape(value)
  const parsed = parseAs(policySchema, value, 'policy', (context) => rbacError('PHI_RBAC_POLICY', context)) as PolicyJson
  const policy = freeze(withoutUndefined(parsed)) as Policy
  checkPolicy(policy)
  hashes.set(policy, hashOf(policy))
  return policy
}

/** Whether this very object came out of `parsePolicy` or `definePolicy`. */
export function isChecked(policy: object): policy is Policy {
  return hashes.has(policy)
}

/** `sha256:` and the SHA-256 of the policy's canonical JSON (RFC 8785), in hexadecimal. @throws PhiError PHI_RBAC_POLICY */
export function policyHash(policy: PolicyJson): string {
  return hashes.get(policy) ?? policyHash(parsePolicy(policy))
}
