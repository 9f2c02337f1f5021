import { formatInstant, isPhiError } from '@phi/core'
import type { AttributePath, Expression } from '../expression/expression.ts'
import { freeze } from '../freeze.ts'
import { checkRule, isChecked, parsePolicy } from '../policy/parse.ts'
import type { Forbid, PolicyJson, ResourceType } from '../policy/policy.ts'
import { type Directive, hasDoubles, parseDirectives, readDirective } from './directive.ts'
import { directiveError } from './errors.ts'
import { millisecondsOf } from './fields.ts'
import { directiveLaw } from './law.ts'
import { type DirectiveMapping, parseMapping, refuseMapping } from './mapping.ts'
import { type Restriction, type RestrictionStanding, restrictablePurposes, restrictionAt } from './restriction.ts'

export interface ForbidsOptions {
  /** The policy whose rules get the forbids. */
  readonly policy: PolicyJson
  /** The time of the request, as UTC text or milliseconds since 1970. */
  readonly at: string | number
  readonly mapping?: DirectiveMapping | undefined
  /**
   * The patients whose directives these are: a forbid is added that shuts out records of everybody else, so that rules made for one
   * patient are not used for another.
   */
  readonly covering?: { readonly tenant: string; readonly patients: readonly string[] } | undefined
  /**
   * What happens to a directive that cannot be read, or cannot be said in the policy's words. `refuse` (default) throws. `deny` denies:
   * everything of the patient, when it is known for certain whose directive it is; else everything about any patient.
   */
  readonly unreadable?: 'refuse' | 'deny' | undefined
}

interface Place {
  readonly policy: PolicyJson
  readonly mapping: DirectiveMapping
  /** The types that hold something about patients. */
  readonly types: readonly string[]
}

const same = (path: AttributePath, value: string | boolean): Expression => ({
  op: 'eq',
  left: { attr: path },
  right: { value },
})
const among = (path: AttributePath, values: readonly string[]): Expression => ({
  op: 'in',
  left: { attr: path },
  right: { values },
})
const all = (...of: readonly Expression[]): Expression => (of.length === 1 ? (of[0] as Expression) : { op: 'and', of })
const any = (...of: readonly Expression[]): Expression => (of.length === 1 ? (of[0] as Expression) : { op: 'or', of })

/** The attributes of records are mapped by one name for all types; a type that has none cannot be restricted by it. */
function mapped(place: Place, type: string, part: 'labels' | 'id' | 'item' | 'created'): AttributePath {
  const name = place.mapping[part] ?? refuseMapping(`mapping.${part}`, 'is missing, and a restriction needs it')
  const { attributes } = place.policy.resources[type] as ResourceType
  if (!Object.hasOwn(attributes, name))
    return refuseMapping(`mapping.${part}`, 'names an attribute that a restricted type lacks')
  if (part === 'created' && attributes[name]?.type !== 'number' && attributes[name]?.type !== 'instant') {
    return refuseMapping('mapping.created', 'must be an instant, or a number: milliseconds since 1970')
  }
  return `resource.${name}`
}

/** Created or received at this instant or before. */
function createdBy(place: Place, type: string, until: number): Expression {
  const left = { attr: mapped(place, type, 'created') }
  const isInstant = place.policy.resources[type]?.attributes[place.mapping.created as string]?.type === 'instant'
  return { op: 'le', left, right: { value: isInstant ? formatInstant(until) : until } }
}

function ofPatient(place: Place, type: string, whose: { readonly tenant: string; readonly patient: string }): Expression[] {
  const declared = place.policy.resources[type] as ResourceType
  const patient =
    declared.patient ?? refuseMapping('policy.resources.*.patient', 'is missing on a type that a restriction is about')
  return [same(`resource.${declared.tenant}`, whose.tenant), same(`resource.${patient}`, whose.patient)]
}

function ofScope(place: Place, type: string, { scope }: Restriction): Expression[] {
  const out: Expression[] = []
  if (scope.labels !== undefined) {
    const attr = mapped(place, type, 'labels')
    out.push(any(...scope.labels.map((label): Expression => ({ op: 'in', left: { value: label }, right: { attr } }))))
  }
  if (scope.records !== undefined) out.push(among(mapped(place, type, 'id'), scope.records))
  if (scope.items !== undefined) out.push(among(mapped(place, type, 'item'), scope.items))
  return out
}

const path = (place: Place, part: 'recipientKind' | 'recipient'): AttributePath =>
  (place.mapping[part] ?? refuseMapping(`mapping.${part}`, 'is missing, and a restriction needs it')) as AttributePath

function disclosing(place: Place): readonly string[] {
  const { disclosing: actions } = place.mapping
  if (actions === undefined || actions.length === 0) {
    return refuseMapping('mapping.disclosing', 'is missing, and a restriction by recipient needs it')
  }
  return actions
}

interface Target {
  readonly actions: readonly string[]
  readonly conditions: readonly Expression[]
}

/**
 * Toward whom a restriction stands. By recipient it stands before what discloses; by actor, or toward everybody, before every
 * action.
 */
function targetsOf(place: Place, restriction: Restriction): readonly Target[] {
  const { scope, selfPay } = restriction
  if (selfPay) {
    const plans =
      place.mapping.healthPlans ?? refuseMapping('mapping.healthPlans', 'is missing, and a self-pay restriction needs it')
    return [{ actions: disclosing(place), conditions: [among(path(place, 'recipientKind'), plans)] }]
  }
  const out: Target[] = []
  if (scope.actors !== undefined) {
    out.push({ actions: scope.actions ?? place.policy.actions, conditions: [among('actor.id', scope.actors)] })
  }
  const to = [
    ...(scope.recipientKinds === undefined ? [] : [among(path(place, 'recipientKind'), scope.recipientKinds)]),
    ...(scope.recipients === undefined ? [] : [among(path(place, 'recipient'), scope.recipients)]),
  ]
  if (to.length > 0) out.push({ actions: scope.actions ?? disclosing(place), conditions: [any(...to)] })
  return out.length > 0 ? out : [{ actions: scope.actions ?? place.policy.actions, conditions: [] }]
}

function ofRestriction(place: Place, restriction: Restriction, inForce: NonNullable<RestrictionStanding['inForce']>): Forbid[] {
  const { scope, selfPay, tenant, id } = restriction
  const { requiredByLaw } = place.mapping
  const aside: Expression[] = requiredByLaw === undefined ? [] : [{ op: 'not', of: same(requiredByLaw as AttributePath, true) }]
  const isMandatory = inForce.as === 'mandatory'
  const until = inForce.createdUntil
  const drafts = new Map<string, Omit<Forbid, 'id' | 'resources'> & { readonly resources: string[] }>()
  for (const type of scope.fields === undefined ? (scope.types ?? place.types) : Object.keys(scope.fields)) {
    if (!Object.hasOwn(place.policy.resources, type)) {
      refuseMapping('directives.*.scope', 'names a type that the policy does not declare')
    }
    const fields = scope.fields?.[type]
    const about = [
      ...ofPatient(place, type, restriction),
      ...ofScope(place, type, restriction),
      ...(until === null ? [] : [createdBy(place, type, until)]),
    ]
    for (const { actions, conditions } of targetsOf(place, restriction)) {
      const when = all(...about, ...conditions, ...aside)
      // Types that say the same in the same words share one rule.
      const key = JSON.stringify([actions, when, fields === undefined ? null : type])
      const draft = drafts.get(key)
      if (draft !== undefined) draft.resources.push(type)
      else {
        drafts.set(key, {
          effect: 'forbid',
          actions,
          resources: [type],
          purposes: selfPay ? ['HPAYMT', 'HOPERAT'] : (scope.purposes ?? restrictablePurposes),
          when,
          ...(fields === undefined ? {} : { fields }),
          // 164.522(a)(1)(iii) is about agreements; toward a plan there is no emergency.
          ...(isMandatory ? {} : { unless: ['emergency'] }),
          cite: isMandatory
            ? [directiveLaw.selfPay]
            : [directiveLaw.mayAsk, ...(until === null ? [] : [directiveLaw.terminatedByNotice])],
        })
      }
    }
  }
  return [...drafts.values()].map((draft, index) => ({ id: `directive:${tenant}:${id}:${index}`, ...draft }))
}

/** Throws what the policy would say about the forbids, as a mapping that does not fit. */
function checked(place: Place, forbids: readonly Forbid[]): readonly Forbid[] {
  for (const forbid of forbids) {
    try {
      checkRule(place.policy, forbid, 'directives.*.scope')
    } catch (error) {
      if (!isPhiError(error)) throw error
      refuseMapping(error.path ?? 'directives.*.scope', 'does not fit what the policy declares')
    }
  }
  return forbids
}

/** Before everything about one patient, or about any: no purpose, no override. */
function denyAll(place: Place, id: string, whose?: { readonly tenant: string; readonly patient: string }): Forbid[] {
  return place.types.map((type, index) => ({
    id: `${id}:${index}`,
    effect: 'forbid',
    actions: place.policy.actions,
    resources: [type],
    // A type that names no patient may hold anything about anybody.
    ...(whose === undefined || place.policy.resources[type]?.patient === undefined
      ? {}
      : { when: all(...ofPatient(place, type, whose)) }),
  }))
}

/** Before the records of everybody else, and of those that do not say whose they are. */
function onlyFor(place: Place, covering: NonNullable<ForbidsOptions['covering']>): Forbid[] {
  const { tenant, patients } = covering
  if (!Array.isArray(patients) || patients.length === 0 || !patients.every((each) => typeof each === 'string' && each !== '')) {
    throw directiveError('PHI_RBAC_DIRECTIVE_OPTIONS', { path: 'options.covering.patients', detail: 'must name a patient' })
  }
  if (typeof tenant !== 'string' || tenant === '') {
    throw directiveError('PHI_RBAC_DIRECTIVE_OPTIONS', { path: 'options.covering.tenant', detail: 'must name a tenant' })
  }
  return place.types.map((type, index) => {
    const declared = place.policy.resources[type] as ResourceType
    const patient =
      declared.patient ?? refuseMapping('policy.resources.*.patient', 'is missing on a type that is about patients')
    const theirs = all(same(`resource.${declared.tenant}`, tenant), among(`resource.${patient}`, patients))
    return {
      id: `directive:covering:${index}`,
      effect: 'forbid',
      actions: place.policy.actions,
      resources: [type],
      when: { op: 'not', of: theirs },
    }
  })
}

/** What `rules.with` takes at most. */
const MAX_FORBIDS = 1_000

function restrictionForbids(place: Place, directive: Directive, now: number): readonly Forbid[] {
  if (directive.kind !== 'restriction') return []
  const { inForce } = restrictionAt(directive, now)
  return inForce === null ? [] : checked(place, ofRestriction(place, directive, inForce))
}

/**
 * The restrictions that are in force, as forbids for `rules.with(...)`. Hand in the directives of every patient that the rules will be
 * asked about, the latest version of each. Other kinds of directives are read and give no forbid.
 *
 * | restriction | stands before | opens for |
 * |---|---|---|
 * | agreed | its scope, for its purposes, and when no purpose is given | emergency treatment |
 * | ended by notice | the same, for what was created until the notice | emergency treatment |
 * | mandatory (self-pay) | disclosure to a health plan for payment or operations, or for no purpose | nothing |
 *
 * All stand aside where `mapping.requiredByLaw` is true of the request.
 * @throws PhiError PHI_RBAC_DIRECTIVE for a directive that cannot be read, PHI_RBAC_DIRECTIVE_MAPPING for one that the policy has no
 * words for (see `unreadable`), PHI_RBAC_DIRECTIVE_OPTIONS
 */
export function forbidsOf(directives: readonly unknown[], options: ForbidsOptions): readonly Forbid[] {
  const policy = isChecked(options.policy) ? options.policy : parsePolicy(options.policy)
  const now = millisecondsOf(options.at, 'options.at')
  const mapping = parseMapping(options.mapping ?? {}, policy)
  const types = Object.keys(policy.resources).filter((type) => !(mapping.notAboutPatients ?? []).includes(type))
  const place: Place = { policy, mapping, types }
  const mode = options.unreadable ?? 'refuse'
  if (mode !== 'refuse' && mode !== 'deny') {
    throw directiveError('PHI_RBAC_DIRECTIVE_OPTIONS', { path: 'options.unreadable', detail: 'must be refuse or deny' })
  }
  const covering = options.covering === undefined ? [] : onlyFor(place, options.covering)
  const own = mode === 'refuse' ? strictly(place, directives, now) : denying(place, directives, now)
  const forbids = [...covering, ...own]
  if (forbids.length > MAX_FORBIDS) refuseMapping('directives', `make more than ${MAX_FORBIDS} rules: ask about fewer patients`)
  return freeze(forbids)
}

function strictly(place: Place, directives: readonly unknown[], now: number): readonly Forbid[] {
  return parseDirectives(directives).flatMap((each) => restrictionForbids(place, each, now))
}

function denying(place: Place, directives: readonly unknown[], now: number): readonly Forbid[] {
  const read = Array.isArray(directives) ? directives.map(readDirective) : [undefined]
  const known = read.filter((each) => each !== undefined)
  // What cannot be read may be anybody's, whatever name stands in it; and of two versions nobody knows which one counts.
  if (known.length < read.length || hasDoubles(known)) return denyAll(place, 'directive:unreadable')
  return known.flatMap((each): readonly Forbid[] => {
    try {
      return restrictionForbids(place, each, now)
    } catch (error) {
      if (!isPhiError(error)) throw error
      return denyAll(place, `directive:${each.tenant}:${each.id}`, each)
    }
  })
}
