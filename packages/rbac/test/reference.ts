/**
 * Deciding, written a second time from the documented semantics: slow, plain, and without a line of the package's own code (its
 * table of built-in overrides is data, and is read). Tests hold the two equal over random policies and requests.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { purposesOfUse } from '@phi/core'
import type { Expression, Term } from '../src/expression/expression.ts'
import type { Attribute, Attributes } from '../src/policy/attribute.ts'
import type { Obligation } from '../src/policy/obligation.ts'
import { builtInOverrides } from '../src/policy/override.ts'
import type { Forbid, Override, Permit, PolicyJson, Rule } from '../src/policy/policy.ts'

/** `undefined` is unknown. */
type Truth = boolean | undefined
/** Some object of a request. */
type Loose = { readonly [name: string]: unknown }

/** What a decision has to agree on. */
export interface ReferenceDecision {
  readonly outcome: 'allow' | 'allow-if' | 'deny'
  readonly reason: 'permitted' | 'forbidden' | 'tenant' | 'default' | 'fields' | 'request'
  readonly rule: string | null
  readonly fields: readonly string[]
  readonly obligations: readonly Obligation[]
  readonly overridden: readonly { readonly rule: string; readonly by: string }[]
}

const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** Milliseconds of a UTC text with milliseconds. */
function millisecondsOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ$/.test(text)) return undefined
  const time = new Date(text)
  return !Number.isNaN(time.getTime()) && time.toISOString() === text ? time.getTime() : undefined
}

function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime()
  return typeof value === 'string' ? millisecondsOf(value) : undefined
}

/** An address as 32 or 128 binary digits. */
function bitsOf(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  if (isIPv4(text)) {
    return text
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('')
  }
  if (!isIPv6(text) || text.includes('%')) return undefined
  const quad = /[^:]*\.[^:]*$/.exec(text)?.[0]
  const bits = quad === undefined ? '' : (bitsOf(quad) as string)
  const groups = (part: string) => part.split(':').filter((each) => each !== '' && each !== quad)
  const digits = (part: string) =>
    groups(part)
      .map((each) => Number.parseInt(each, 16).toString(2).padStart(16, '0'))
      .join('')
  const [head = '', tail] = text.split('::')
  const [left, right] = tail === undefined ? ['', digits(head) + bits] : [digits(head), digits(tail) + bits]
  const all = left + right.padStart(128 - left.length, '0')
  // An IPv4-mapped address is the IPv4 address.
  return all.startsWith('0'.repeat(80) + '1'.repeat(16)) ? all.slice(96) : all
}

function inNetwork(address: string, network: string): boolean {
  const [text = '', length] = network.split('/')
  const first = bitsOf(text) as string
  const mapped = text.includes(':') && first.length === 32 ? 96 : 0
  const prefix = length === undefined ? first.length : Number(length) - mapped
  return address.length === first.length && address.slice(0, prefix) === first.slice(0, prefix)
}

function kindOfPurpose(code: string, ancestor: string): boolean {
  const found = (purposesOfUse as { readonly [code: string]: { readonly parents: readonly string[] } })[code]
  return code === ancestor || (found?.parents.some((parent) => kindOfPurpose(parent, ancestor)) ?? false)
}
const isPurpose = (value: unknown): value is string => typeof value === 'string' && Object.keys(purposesOfUse).includes(value)

/** What reading finds: a value that has its type, null where that may be, nothing, or something that is not as declared. */
type Found = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'null' | 'absent' | 'wrong' }

function typed(attribute: Attribute, value: unknown): Found {
  const wrong: Found = { kind: 'wrong' }
  const ok = (when: boolean, read: unknown = value): Found => (when ? { kind: 'value', value: read } : wrong)
  switch (attribute.type) {
    case 'string':
    case 'boolean':
      return ok(typeof value === attribute.type)
    case 'number':
      return ok(typeof value === 'number' && Number.isFinite(value))
    case 'instant': {
      const time = typeof value === 'number' ? undefined : timeOf(value)
      return ok(time !== undefined, time)
    }
    case 'ip': {
      const bits = bitsOf(value)
      return ok(bits !== undefined, bits)
    }
    case 'set': {
      if (!Array.isArray(value) || value.length > 10_000) return wrong
      const member = (each: unknown) => (attribute.of === 'string' ? typeof each === 'string' : Number.isFinite(each))
      return ok(Array.from(value).every(member))
    }
    case 'object':
      return ok(isObject(value) && !Array.isArray(value))
    case 'opaque':
      return ok(true)
  }
}

interface World {
  readonly policy: PolicyJson
  readonly type: string
  readonly request: Loose
  readonly now: number
}

function walk(attributes: Attributes, names: readonly string[], from: unknown): Found {
  const [name, ...rest] = names
  const attribute = attributes[name as string] as Attribute
  if (from === undefined) return { kind: 'absent' }
  if (!isObject(from) || Array.isArray(from)) return { kind: 'wrong' }
  const value = from[name as string]
  if (value === undefined) return { kind: 'absent' }
  if (value === null) {
    const nullable = attribute.type === 'opaque' || attribute.nullable === true
    return { kind: nullable ? 'null' : 'wrong' }
  }
  const found = typed(attribute, value)
  if (rest.length === 0 || found.kind !== 'value') return found
  return walk((attribute as Attribute & { type: 'object' }).attributes, rest, value)
}

function read({ policy, type, request }: World, path: string): Found {
  const [root, ...names] = path.split('.')
  if (root === 'context') return walk(policy.context ?? {}, names, request.context)
  if (root === 'resource') {
    return walk((policy.resources[type] as { attributes: Attributes }).attributes, names, (request.resource as Loose).record)
  }
  return walk({ ...policy.actor, id: { type: 'string' }, tenant: { type: 'string' } }, names, request.actor)
}

function termOf(world: World, term: Term): Found {
  if ('value' in term) return { kind: 'value', value: term.value }
  if ('attr' in term) return read(world, term.attr)
  const time = atOf(world)
  return time === undefined ? { kind: 'wrong' } : { kind: 'value', value: time }
}

const atOf = ({ request, now }: World): number | undefined => timeOf(request.at === undefined ? now : request.at)
const known = (found: Found): boolean => found.kind === 'value' || found.kind === 'null'

/** Whether a grant is of the form that is documented. */
function wellFormed(grant: unknown): grant is Loose {
  if (!isObject(grant)) return false
  const from = timeOf(grant.from)
  const until = grant.until === null ? null : timeOf(grant.until)
  const list = (value: unknown, member: (each: unknown) => boolean) =>
    value === undefined || (Array.isArray(value) && value.length <= 1_000 && value.every(member))
  const sound =
    isText(grant.kind) &&
    isText(grant.tenant) &&
    isText(grant.patient) &&
    (grant.actor === undefined || isText(grant.actor)) &&
    list(grant.purposes, isPurpose) &&
    list(grant.resources, isText) &&
    list(grant.actions, isText) &&
    from !== undefined &&
    until !== undefined &&
    (until === null || until > from)
  if (!sound || grant.kind !== 'break-glass') return sound
  // One hour, one actor, one stated reason.
  const hour = 60 * 60 * 1_000
  return (
    grant.actor !== undefined &&
    until !== null &&
    until - (from as number) <= hour &&
    isText(typeof grant.reason === 'string' ? grant.reason.trim() : undefined)
  )
}

function granted(world: World, kind: string): Truth {
  const { policy, type, request } = world
  const { grants, purpose, action } = request
  const actor = request.actor as Loose
  const patient = ((request.resource as Loose).record as Loose)[policy.resources[type]?.patient as string]
  if (grants === undefined) return false
  if (!Array.isArray(grants) || grants.length > 100) return undefined
  if (grants.length === 0) return false
  const at = atOf(world)
  if (at === undefined) return undefined
  const answers = grants.map((grant: unknown): Truth => {
    if (!wellFormed(grant)) return undefined
    const covers =
      grant.kind === kind &&
      grant.tenant === actor.tenant &&
      (grant.actor === undefined || grant.actor === actor.id) &&
      (grant.resources === undefined || (grant.resources as unknown[]).includes(type)) &&
      (grant.actions === undefined || (grant.actions as unknown[]).includes(action)) &&
      (grant.purposes === undefined ||
        (isPurpose(purpose) && (grant.purposes as string[]).some((each) => kindOfPurpose(purpose, each)))) &&
      (timeOf(grant.from) as number) <= at &&
      (grant.until === null || at < (timeOf(grant.until) as number))
    if (!covers || patient === null) return false
    return isText(patient) ? grant.patient === patient : undefined
  })
  return any(answers)
}

const all = (truths: readonly Truth[]): Truth =>
  truths.includes(false) ? false : truths.includes(undefined) ? undefined : true
const any = (truths: readonly Truth[]): Truth => (truths.includes(true) ? true : truths.includes(undefined) ? undefined : false)

function truthOf(world: World, expression: Expression): Truth {
  switch (expression.op) {
    case 'and':
      return all(expression.of.map((each) => truthOf(world, each)))
    case 'or':
      return any(expression.of.map((each) => truthOf(world, each)))
    case 'not': {
      const inner = truthOf(world, expression.of)
      return inner === undefined ? undefined : !inner
    }
    default:
      try {
        return atomOf(world, expression)
      } catch {
        // A getter that throws leaves unknown what depends on it.
        return undefined
      }
  }
}

function atomOf(world: World, atom: Exclude<Expression, { op: 'and' | 'or' | 'not' }>): Truth {
  switch (atom.op) {
    case 'eq': {
      const [left, right] = [termOf(world, atom.left), termOf(world, atom.right)]
      if (!known(left) || !known(right)) return undefined
      if (left.kind === 'null' && right.kind === 'null') return undefined
      return left.kind === 'value' && right.kind === 'value' && left.value === right.value
    }
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge': {
      const [left, right] = [termOf(world, atom.left), termOf(world, atom.right)]
      if (left.kind !== 'value' || right.kind !== 'value') return undefined
      const difference = (left.value as number) - (right.value as number)
      return { lt: difference < 0, le: difference <= 0, gt: difference > 0, ge: difference >= 0 }[atom.op]
    }
    case 'in': {
      const left = termOf(world, atom.left)
      const right: Found = 'values' in atom.right ? { kind: 'value', value: atom.right.values } : termOf(world, atom.right)
      if (!known(left) || !known(right)) return undefined
      return left.kind === 'value' && right.kind === 'value' && (right.value as unknown[]).some((each) => each === left.value)
    }
    case 'has': {
      const found = read(world, atom.of)
      return found.kind === 'wrong' ? undefined : found.kind !== 'absent'
    }
    case 'null': {
      const found = read(world, atom.of)
      return known(found) ? found.kind === 'null' : undefined
    }
    case 'cidr': {
      const found = read(world, atom.of)
      return found.kind === 'value' ? atom.ranges.some((range) => inNetwork(found.value as string, range)) : undefined
    }
    case 'purpose': {
      const { purpose } = world.request
      return isPurpose(purpose) ? atom.is.some((each) => kindOfPurpose(purpose, each)) : undefined
    }
    case 'granted':
      return granted(world, atom.kind)
  }
}

function ruleTruth(world: World, rule: Rule): Truth {
  return all([
    rule.purposes === undefined ? true : truthOf(world, { op: 'purpose', is: rule.purposes }),
    rule.when === undefined ? true : truthOf(world, rule.when),
  ])
}

function hasRole(policy: PolicyJson, role: unknown, wanted: string): boolean {
  if (typeof role !== 'string' || !Object.keys(policy.roles).includes(role)) return false
  return role === wanted || (policy.roles[role]?.inherits ?? []).some((parent) => hasRole(policy, parent, wanted))
}

const denied = (reason: ReferenceDecision['reason'], rule: string | null): ReferenceDecision => {
  return { outcome: 'deny', reason, rule, fields: [], obligations: [], overridden: [] }
}

/** Decides. `now` stands in for `at` where a request has none. */
export function referenceDecide(policy: PolicyJson, request: unknown, now: number): ReferenceDecision {
  try {
    return decided(policy, request, now)
  } catch {
    return denied('request', null)
  }
}

function decided(policy: PolicyJson, request: unknown, now: number): ReferenceDecision {
  const no = denied('request', null)
  if (!isObject(request)) return no
  const { actor, resource, fields: asked, action } = request
  if (!isObject(actor) || !isText(actor.id) || !Array.isArray(actor.roles) || actor.roles.length > 256) return no
  if (!isObject(resource) || !isObject(resource.record) || Array.isArray(resource.record)) return no
  if (asked !== undefined && !(Array.isArray(asked) && asked.length <= 1_000)) return no
  const name = resource.type as string
  if (!Object.keys(policy.resources).includes(name) || !policy.actions.includes(action as string)) return no
  const type = policy.resources[name] as PolicyJson['resources'][string]

  // 1. The tenant.
  if (!isText(actor.tenant) || resource.record[type.tenant] !== actor.tenant) return denied('tenant', 'phi:tenant')
  const every = Object.keys(type.attributes)
  if (asked?.some((field) => !every.includes(field as string))) return no

  const world: World = { policy, type: name, request, now }
  const about = policy.rules.filter((rule) => rule.resources.includes(name) && rule.actions.includes(action as string))

  // 2. Forbids, which fire on true and on unknown unless an override that they name is true.
  const forbids = about.filter((rule): rule is Forbid => rule.effect === 'forbid' && ruleTruth(world, rule) !== false)
  const standing: Forbid[] = []
  const opened: { forbid: Forbid; by: string; override: Override }[] = []
  for (const forbid of forbids) {
    const overrides = { ...policy.overrides, ...builtInOverrides } as { readonly [id: string]: Override }
    const by = (forbid.unless ?? []).find((id) => truthOf(world, (overrides[id] as Override).when) === true)
    if (by === undefined) standing.push(forbid)
    else opened.push({ forbid, by, override: overrides[by] as Override })
  }
  const denying = standing.find((forbid) => forbid.fields === undefined)
  if (denying !== undefined) return denied('forbidden', denying.id)
  const hiding = standing.filter((forbid) => forbid.fields !== undefined)

  // 3. Permits of all roles together.
  const permits = about.filter(
    (rule): rule is Permit =>
      rule.effect === 'permit' &&
      (actor.roles as unknown[]).some((role) => rule.roles.some((wanted) => hasRole(policy, role, wanted))) &&
      ruleTruth(world, rule) === true,
  )
  // 4. Otherwise no.
  if (permits.length === 0) return denied('default', null)

  const fieldsOf = (used: readonly Permit[]): string[] =>
    every.filter((field) => {
      const shown = used.some(({ view }) => view === undefined || policy.views?.[view]?.[name]?.includes(field))
      const hidden = hiding.some((forbid) => forbid.fields?.includes(field))
      const redacted = used.some(({ obligations = [] }) =>
        obligations.some((each) => each.type === 'redact' && each.fields.includes(field)),
      )
      return shown && !hidden && !redacted
    })
  const enough = (used: readonly Permit[]): boolean => {
    const seen = fieldsOf(used)
    return used.length > 0 && seen.length > 0 && (asked ?? []).every((field) => seen.includes(field as string))
  }
  // Without obligations if that will do; else with those of one permit more, the one that asks for the least.
  const owed = (permit: Permit): number => permit.obligations?.length ?? 0
  const free = permits.filter((permit) => owed(permit) === 0)
  const bound = permits.filter((permit) => owed(permit) > 0)
  const attempts = [free, ...[...bound].sort((a, b) => owed(a) - owed(b)).map((one) => [...free, one])]
  const used = attempts.find(enough)
  if (used === undefined) return denied('fields', hiding[0]?.id ?? null)
  const fields = fieldsOf(used)
  const relied = opened.filter(
    ({ forbid }) => forbid.fields === undefined || forbid.fields.some((each) => fields.includes(each)),
  )
  const obligations: Obligation[] = []
  for (const each of [...used, ...relied.map(({ override }) => override)].flatMap((owing) => owing.obligations ?? [])) {
    if (!obligations.some((other) => JSON.stringify(other) === JSON.stringify(each))) obligations.push(each)
  }
  return {
    outcome: obligations.length > 0 ? 'allow-if' : 'allow',
    reason: 'permitted',
    rule: (used[0] as Permit).id,
    fields,
    obligations,
    overridden: relied.map(({ forbid, by }) => ({ rule: forbid.id, by })),
  }
}
