import { type Clock, isPhiError, isPurposeOfUse, type PurposeOfUse, purposeParents, systemClock } from '@phi/core'
import { isPolluted, ownParts, problemOf, type Request } from '../decision/request.ts'
import { rbacError } from '../errors.ts'
import { MAX_SET_SIZE } from '../expression/evaluate.ts'
import { FALSE } from '../expression/truth.ts'
import { type IpAddress, parseAddress } from '../ip/address.ts'
import type { Attribute } from '../policy/attribute.ts'
import { granted, grantedPatients, instantOf } from '../policy/grant.ts'
import type { Vocabulary } from '../policy/parse.ts'
import type { PolicyJson, ResourceType } from '../policy/policy.ts'
import { addressText } from './network.ts'
import { checkedPolicy } from './policies.ts'
import { grantKinds } from './schema.ts'
import { type Shape, shapesOf } from './shape.ts'
import {
  ACTION,
  ACTOR,
  GRANTED_ATTRIBUTE,
  isLong,
  isWellFormed,
  NOW_ATTRIBUTE,
  NULLS,
  PURPOSE,
  PURPOSE_ATTRIBUTE,
  ROLE,
  recordType,
  untranslatable,
} from './syntax.ts'

/** The name of an entity, as Cedar's JSON writes it. */
export interface CedarEntityUid {
  readonly type: string
  readonly id: string
}
/** A value, as Cedar's JSON writes it. */
export type CedarValue =
  | string
  | number
  | boolean
  | readonly CedarValue[]
  | { readonly __extn: { readonly fn: string; readonly arg: string } }
  | { readonly __entity: CedarEntityUid }
  | { readonly [name: string]: CedarValue }
export interface CedarEntity {
  readonly uid: CedarEntityUid
  readonly attrs: { readonly [name: string]: CedarValue }
  readonly parents: readonly CedarEntityUid[]
}
/** What Cedar is asked: the parts of an authorization call beside the policies. */
export interface CedarRequest {
  readonly principal: CedarEntityUid
  readonly action: CedarEntityUid
  readonly resource: CedarEntityUid
  readonly context: { readonly [name: string]: CedarValue }
  readonly entities: readonly CedarEntity[]
}

/** A request after `problemOf` found nothing: who asks and about what have their form, and what they hold may be anything. */
interface Asked {
  readonly actor: Readonly<Record<string, unknown>> & { readonly roles: readonly unknown[] }
  readonly action: string
  readonly resource: { readonly type: string; readonly record: Readonly<Record<string, unknown>> }
  readonly purpose?: unknown
  readonly context?: unknown
  readonly grants?: unknown
  readonly at?: unknown
  readonly fields?: readonly string[]
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function text(value: unknown, path: string): string {
  if (typeof value !== 'string' || !isWellFormed(value)) untranslatable(path, 'must be a text of well-formed Unicode')
  return value
}

function long(value: unknown, path: string): number {
  if (!isLong(value)) untranslatable(path, 'must be a whole number within 53 bits')
  return value === 0 ? 0 : value
}

function leaf(attribute: Attribute, value: unknown, path: string): CedarValue {
  switch (attribute.type) {
    case 'string':
      return text(value, path)
    case 'boolean':
      return typeof value === 'boolean' ? value : untranslatable(path, 'must be true or false')
    case 'number':
      return long(value, path)
    case 'instant': {
      const at = typeof value === 'number' ? Number.NaN : instantOf(value)
      return Number.isNaN(at) ? untranslatable(path, 'must be an instant') : long(at, path)
    }
    case 'ip': {
      const address: IpAddress | undefined = typeof value === 'string' ? parseAddress(value) : undefined
      return address === undefined
        ? untranslatable(path, 'must be an address')
        : { __extn: { fn: 'ip', arg: addressText(address) } }
    }
    case 'set': {
      if (!Array.isArray(value) || value.length > MAX_SET_SIZE) return untranslatable(path, 'must be a set of at most 10,000')
      const member = attribute.of === 'string' ? text : long
      return [...new Set(Array.from(value, (each: unknown) => member(each, path)))]
    }
    default:
      return true
  }
}

/** The attributes that conditions read, and the paths of those that are null. */
function attributesOf(shape: Shape, value: Readonly<Record<string, unknown>>, path: string): Record<string, CedarValue> {
  const nulls: string[] = []
  const walk = (inside: Shape, from: Readonly<Record<string, unknown>>, along: string): Record<string, CedarValue> => {
    const out: Record<string, CedarValue> = {}
    for (const [name, { attribute, inner }] of Object.entries(inside)) {
      const found = from[name]
      const at = `${along}${name}`
      if (found === undefined) continue
      if (found === null) {
        const mayBe = attribute.type === 'opaque' || attribute.nullable === true
        if (!mayBe) untranslatable(`${path}.${at}`, 'is null and not declared to be')
        nulls.push(at)
      } else if (attribute.type === 'object') {
        out[name] = isObject(found) ? walk(inner, found, `${at}.`) : untranslatable(`${path}.${at}`, 'must be an object')
      } else out[name] = leaf(attribute, found, `${path}.${at}`)
    }
    return out
  }
  const out = walk(shape, value, '')
  return nulls.length === 0 ? out : { ...out, [NULLS]: nulls }
}

/** The tenant is only handed over when it is one: everything else stops at the wall. */
function withTenant(out: Record<string, CedarValue>, name: string, tenant: unknown, path: string): Record<string, CedarValue> {
  return typeof tenant === 'string' && tenant !== '' ? { ...out, [name]: text(tenant, path) } : out
}

/** Entities for these names and all that is above them. */
function hierarchy(type: string, names: readonly string[], above: (name: string) => readonly string[]): CedarEntity[] {
  const all = new Set(names)
  for (const each of all) for (const parent of above(each)) all.add(parent)
  return [...all].map((id) => ({ uid: { type, id }, attrs: {}, parents: above(id).map((parent) => ({ type, id: parent })) }))
}

function refuse(detail: string): never {
  throw rbacError('PHI_RBAC_QUERY', { path: 'request', detail })
}

function grantsOf(
  policy: PolicyJson,
  type: ResourceType,
  request: Asked,
  at: unknown,
): { readonly [kind: string]: CedarValue } {
  if (type.patient === undefined) return {}
  const asked = {
    tenant: request.actor.tenant,
    actor: request.actor.id,
    purpose: request.purpose,
    type: request.resource.type,
    action: request.action,
    at: instantOf(at),
  }
  const entries = grantKinds(policy).map((kind): [string, CedarValue] => {
    const patients = grantedPatients(request.grants, { ...asked, kind }).map((each) => text(each, 'request.grants.*.patient'))
    // For a record without a patient no grant counts, so what is not false there is doubt about the grants themselves.
    const complete = granted(request.grants, { ...asked, kind, patient: null }) === FALSE
    return [kind, { patients, complete }]
  })
  return Object.fromEntries(entries)
}

function contextOf(policy: PolicyJson, type: ResourceType, request: Asked, clock: Clock): Record<string, CedarValue> {
  const { context, purpose } = request
  if (context !== undefined && !isObject(context)) untranslatable('request.context', 'must be an object')
  const at = request.at === undefined ? clock() : request.at
  const now = instantOf(at)
  return {
    ...attributesOf(shapesOf(policy).context, context ?? {}, 'request.context'),
    ...(isPurposeOfUse(purpose) ? { [PURPOSE_ATTRIBUTE]: { __entity: { type: PURPOSE, id: purpose } } } : {}),
    ...(Number.isNaN(now) ? {} : { [NOW_ATTRIBUTE]: long(now, 'request.at') }),
    [GRANTED_ATTRIBUTE]: grantsOf(policy, type, request, at),
  }
}

function encoded(policy: PolicyJson, request: Asked, clock: Clock): CedarRequest {
  const problem = problemOf(request)
  if (problem !== undefined) refuse(problem)
  const { actor, action, resource, purpose, fields } = request
  const isKnown = typeof resource.type === 'string' && Object.hasOwn(policy.resources, resource.type)
  const type = isKnown ? policy.resources[resource.type] : undefined
  if (type === undefined) return refuse('the type of the resource is not in the policy')
  if (!policy.actions.includes(action)) refuse('the action is not in the policy')
  if (fields?.some((field) => typeof field !== 'string' || !Object.hasOwn(type.attributes, field)))
    refuse('a field asked for is not declared')
  const shapes = shapesOf(policy)
  const roles = [...new Set(actor.roles)].filter(
    (role): role is string => typeof role === 'string' && Object.hasOwn(policy.roles, role),
  )
  // Names of entities show up in logs and diagnostics, so they are fixed; ids are attributes, where a condition asks for them.
  const principal = { type: ACTOR, id: 'actor' }
  const record = { type: recordType(resource.type), id: 'record' }
  const who = attributesOf(without(shapes.actor, 'tenant'), actor, 'request.actor')
  const what = attributesOf(
    without(shapes.records[resource.type] as Shape, type.tenant),
    resource.record,
    'request.resource.record',
  )
  const parents = roles.map((id) => ({ type: ROLE, id }))
  return {
    principal,
    action: { type: ACTION, id: action },
    resource: record,
    context: contextOf(policy, type, request, clock),
    entities: [
      { uid: principal, attrs: withTenant(who, 'tenant', actor.tenant, 'request.actor.tenant'), parents },
      {
        uid: record,
        attrs: withTenant(what, type.tenant, resource.record[type.tenant], `request.resource.record.${type.tenant}`),
        parents: [],
      },
      ...hierarchy(ROLE, roles, (role) => policy.roles[role]?.inherits ?? []),
      ...(isPurposeOfUse(purpose) ? hierarchy(PURPOSE, [purpose], (code) => purposeParents(code as PurposeOfUse)) : []),
    ],
  }
}

/** What stands in the tenant's place is for the wall to judge. */
function without(shape: Shape, name: string): Shape {
  const { [name]: _, ...rest } = shape
  return rest
}

/** What `cedarRequest` may be told. */
export interface CedarRequestOptions {
  /** Says the time for requests without `at`. Default: the machine's clock. */
  readonly clock?: Clock
}

/**
 * Encodes a request for Cedar, for the policies that `toCedar` makes of the same policy. Only attributes that some condition reads
 * are handed over. Null is told by name in `_nulls`, instants are milliseconds since 1970, and addresses Cedar's `ip`.
 * @throws PhiError PHI_RBAC_UNTRANSLATABLE when an attribute has another type than declared, or a number that is not whole: a
 *   forbid that reads it fires here, and Cedar would skip it, so a refusal must count as a denial; PHI_RBAC_QUERY for what is no
 *   request; PHI_RBAC_POLICY
 */
export function cedarRequest<Words extends Vocabulary>(
  policy: PolicyJson,
  request: Request<Words>,
  options: CedarRequestOptions = {},
): CedarRequest {
  const checked = checkedPolicy(policy)
  try {
    const own = isPolluted() ? ownParts(request) : request
    return encoded(checked, own as unknown as Asked, options.clock ?? systemClock)
  } catch (error) {
    if (isPhiError(error, 'PHI_RBAC_UNTRANSLATABLE') || isPhiError(error, 'PHI_RBAC_QUERY')) throw error
    // What a getter throws may hold anything.
    return untranslatable('request', 'could not be read')
  }
}
