import { isPurposeOfUse, type PurposeOfUse } from '@phi/core'
import type { Decision, Evidence, Grant, Request as PolicyRequest, Rules } from '@phi/rbac'
import { builtInGrants } from '@phi/rbac'
import type { Call, Caller } from '../call.ts'
import type { CheckedRoute } from '../checked-route.ts'
import { httpError } from '../errors.ts'
import { type Exchange, fault } from '../exchange.ts'
import { bodyOf, shaped } from '../receive/body.ts'
import type { Received } from '../receive/receive.ts'
import { isRefused, type Refused, refused } from '../refused.ts'
import type { Granted } from '../route.ts'
import { factsOf, subjectOf } from './facts.ts'

/** How many records one request may look at. */
const MAX_RECORDS = 10_000

/** Who asks, of which rules. The tenant is the session's, whatever the `actor` option makes of it. */
export interface Asking {
  readonly rules: Rules
  readonly actor: { readonly id: string; readonly tenant: string; readonly roles: readonly string[] }
}

/** A record that was decided about. */
export interface Item {
  readonly record: object
  readonly request: PolicyRequest
  readonly decision: Decision
}

export interface Decided extends Asking {
  readonly call: Call
  readonly purpose: PurposeOfUse
  /** Whether the loader answered with a list. */
  readonly many: boolean
  readonly records: readonly object[]
  /** Those that are not denied. */
  readonly items: readonly Item[]
  readonly denied: number
  /** Fields that were asked for or written, by name. */
  readonly fields: readonly string[] | undefined
  readonly evidence: Evidence
  /** The same question about another record: for what a handler wants to send. */
  readonly ask: (record: object, fields?: readonly string[]) => PolicyRequest
  readonly grants: readonly Grant[]
}

export async function askingOf({ settings }: Exchange, caller: Caller): Promise<Asking> {
  const rules = await settings.rules(caller)
  const given = settings.actor(caller.session)
  if (given?.tenant !== caller.tenant) throw httpError('PHI_HTTP_ACTOR')
  const actor = { ...given, roles: caller.roles } as Asking['actor']
  return { rules, actor }
}

/**
 * One grant of every kind there is, so that a question about a whole type counts with those that a record may have. Where no grants are ever
 * handed in, there are none.
 */
function anyGrant(x: Exchange, { rules, actor }: Asking): readonly Grant[] | undefined {
  if (x.settings.grants === undefined) return undefined
  return [...builtInGrants, ...(rules.policy.grants ?? [])].map((kind) => ({
    ...{ kind, tenant: actor.tenant, patient: 'any', actor: actor.id, from: x.at, until: x.at + 1, reason: 'any' },
  }))
}

/** The roles whose permits somebody has: their own, and those these inherit. */
export function rolesHeld({ rules, actor }: Asking): ReadonlySet<string> {
  const held = new Set<string>()
  const take = (role: string) => {
    if (held.has(role) || !Object.hasOwn(rules.policy.roles, role)) return
    held.add(role)
    for (const each of rules.policy.roles[role]?.inherits ?? []) take(each)
  }
  for (const role of actor.roles) take(role)
  return held
}

/** Whether any permit at all is there for the roles: all that can be said before the purpose or the context is known. */
function anyPermit(asking: Asking, { action, on }: CheckedRoute): boolean {
  const held = rolesHeld(asking)
  return asking.rules.policy.rules.some(
    (rule) =>
      rule.effect === 'permit' &&
      rule.actions.includes(action) &&
      rule.resources.includes(on) &&
      rule.roles.some((role) => held.has(role)),
  )
}

/** Whether there may be any record that the caller may touch so. No: then nothing is read and nothing loaded. */
function mayEver(
  x: Exchange,
  asking: Asking,
  { action, on }: CheckedRoute,
  purpose: PurposeOfUse,
  context: Readonly<Record<string, unknown>> | undefined,
): boolean {
  const { rules, actor } = asking
  const question = { actor, action, type: on, purpose, at: x.at, grants: anyGrant(x, asking), context }
  return rules.mayEver(question as Parameters<Rules['mayEver']>[0])
}

const policyOf = ({ rules }: Asking): string => `${rules.reference.id}@${rules.reference.version}`.slice(0, 256).trim()

/** What the entry says of a decision. `phi:` stands before what is no rule of the policy. */
export const decisionNote = (asking: Asking, decision: Pick<Decision, 'rule' | 'reason'>) => ({
  policy: policyOf(asking),
  rule: decision.rule ?? `phi:${decision.reason}`,
})

const peerMay = (caller: Caller, peers: readonly string[] | undefined): boolean =>
  peers === undefined || (caller.peer?.names.some((name) => peers.includes(name)) ?? false)

const hidden = ['authorization', 'cookie', 'proxy-authorization']

/** Reads what the request asks for. This is the first time that its body is touched. */
async function callOf(x: Exchange, route: CheckedRoute, caller: Caller, received: Received): Promise<Call | Refused> {
  const query = route.query === undefined ? { value: received.query } : shaped(route.query, received.query, 'query')
  if (isRefused(query)) return query
  const body = await bodyOf(x, route.body, route.maxBodyBytes ?? x.settings.maxBodyBytes)
  if (isRefused(body)) return body
  // Handlers have no use for the token, and their logs even less.
  const headers = new Headers(x.request.headers)
  for (const name of hidden) headers.delete(name)
  const { params, url } = received
  const { method } = x.request
  return Object.freeze({
    ...{ caller, params, url, method, headers, signal: x.signal, at: x.at },
    ...{ query: query.value as Call['query'], body: body.value },
  })
}

/** What a loader answered with, as a list; undefined where nothing is there. */
function recordsOf(loaded: unknown): readonly object[] | undefined {
  if (loaded === undefined || loaded === null) return undefined
  const records: readonly unknown[] = Array.isArray(loaded) ? loaded : [loaded]
  if (records.length > MAX_RECORDS) throw httpError('PHI_HTTP_TOO_MANY')
  if (!records.every((each) => typeof each === 'object' && each !== null && !Array.isArray(each))) {
    throw httpError('PHI_HTTP_LOADED')
  }
  return records as readonly object[]
}

/**
 * What the caller was granted about these records. About another tenant's nobody is asked: no grant reaches past the wall, and whoever is asked
 * might fail, or take its time, over a record that is not to be known.
 */
async function grantedTo(
  { settings: { grants } }: Exchange,
  caller: Caller,
  records: readonly object[],
  isForeign: (record: object) => boolean,
): Promise<Granted | undefined> {
  if (grants === undefined) return undefined
  const ours = records.filter((record) => !isForeign(record))
  return ours.length === 0 ? undefined : grants(caller, ours)
}

function evidenceOf(x: Exchange, caller: Caller, given: Granted | undefined): Evidence {
  const { acr, authTime } = caller.session
  const authentication = { acr: acr ?? undefined, authTime: authTime === null ? undefined : authTime / 1_000 }
  // How somebody signed in is the session's to say.
  return { ...given?.evidence, authentication, now: x.at, redacted: true }
}

/** Whether a broken glass opened it: without the glass the answer is no. */
export function neededGlass({ rules, grants }: Pick<Decided, 'rules' | 'grants'>, { request, decision }: Item): boolean {
  if (decision.outcome === 'deny' || !grants.some(({ kind }) => kind === 'break-glass')) return false
  const without = { ...request, grants: grants.filter(({ kind }) => kind !== 'break-glass') } as PolicyRequest
  return rules.decide(without).outcome === 'deny'
}

/** Not denied: allowed, or allowed once something is done. */
const isOpen = (decision: Decision): boolean => decision.outcome !== 'deny'

/** A question that may be asked: who, in which call, what for. */
interface Question extends Asking {
  readonly call: Call
  readonly purpose: PurposeOfUse
  readonly context: Readonly<Record<string, unknown>> | undefined
}

/** Whether there may be any record at all for this caller; and what they ask for, which is read only then. */
async function questionOf(x: Exchange, route: CheckedRoute, caller: Caller, received: Received): Promise<Question | Refused> {
  const { purpose: purposeFor, context: contextFor } = route
  if (!peerMay(caller, route.peers)) return refused('forbidden', { reason: 'peer' })
  const asking = await askingOf(x, caller)
  const never = () => {
    x.noted.decision = decisionNote(asking, { rule: 'phi:may-ever', reason: 'default' })
    return refused('forbidden', { reason: 'type' })
  }
  // Without the call there is no purpose or context yet, and roles are all that can be asked about.
  const early = typeof purposeFor === 'function' || contextFor !== undefined ? undefined : purposeFor
  if (early !== undefined) x.noted.purpose = early
  if (!(early === undefined ? anyPermit(asking, route) : mayEver(x, asking, route, early, undefined))) return never()

  const call = await callOf(x, route, caller, received)
  if (isRefused(call)) return call
  const purpose = typeof purposeFor === 'function' ? purposeFor(call) : purposeFor
  if (purpose === undefined || !isPurposeOfUse(purpose)) return refused('purpose-required')
  x.noted.purpose = purpose
  const context = contextFor?.(call)
  if (early === undefined && !mayEver(x, asking, route, purpose, context)) return never()
  return { ...asking, call, purpose, context }
}

/** The third step: whether this caller may do this, with these records. */
export async function decideStep(
  x: Exchange,
  route: CheckedRoute,
  caller: Caller,
  received: Received,
): Promise<Decided | Refused> {
  x.step = 'decide'
  const question = await questionOf(x, route, caller, received)
  if (isRefused(question)) return question
  const { rules, actor, call, purpose, context } = question
  const { action, on } = route

  const loaded = await route.load(call)
  const records = recordsOf(loaded)
  if (records === undefined) return refused('not-found', { reason: 'absent' })
  const asking = (grants: readonly Grant[], record: object, named?: readonly string[]): PolicyRequest => {
    const facts = { actor, action, resource: { type: on, record }, purpose, context, grants, at: x.at }
    return { ...facts, ...(named && { fields: named }) } as unknown as PolicyRequest
  }
  const given = await grantedTo(x, caller, records, (record) => rules.decide(asking([], record)).reason === 'tenant')
  const grants = given?.grants ?? []
  const ask = (record: object, named?: readonly string[]) => asking(grants, record, named)
  const fields = route.fields(call)
  const all = records.map((record): Item => {
    const request = ask(record, fields)
    return { record, request, decision: rules.decide(request) }
  })
  const items = all.filter(({ decision }) => isOpen(decision))
  const decided: Decided = {
    ...{ rules, actor, call, purpose, records, items, fields, ask, grants },
    many: Array.isArray(loaded),
    denied: all.length - items.length,
    evidence: evidenceOf(x, caller, given),
  }
  const first = items[0] ?? all[0]
  if (first !== undefined) x.noted.decision = decisionNote(question, first.decision)
  if (items.some((item) => neededGlass(decided, item))) x.noted.breakGlass = true
  return decided.many || first === undefined ? decided : (oneDenied(x, route, decided, first) ?? decided)
}

/** What to answer when the one record that was asked for is denied. */
function oneDenied(x: Exchange, { on, admitsDenial }: CheckedRoute, decided: Decided, only: Item): Refused | undefined {
  const { rules, fields, ask } = decided
  const { decision, record } = only
  // Whose record it is belongs into no log but that of its own tenant.
  const isForeign = decision.reason === 'tenant'
  // Names that the policy does not know are the client's, and no part of an entry.
  const known = (fields ?? []).filter((field) => Object.hasOwn(rules.policy.resources[on]?.attributes ?? {}, field))
  try {
    if (!isForeign) x.noted.subject = subjectOf(on, [factsOf(x.settings, on, record)], known)
  } catch (error) {
    if (isOpen(decision)) throw error
    // A fault here would tell that the record is there: nothing is said of one that is not.
    fault(x, error)
  }
  if (isOpen(decision)) return undefined
  // Who may know the record and asked for a field that is hidden is told that the field is the matter.
  if (fields !== undefined && isOpen(rules.decide(ask(record)))) return refused('forbidden', { reason: 'fields' })
  // Another tenant's record is never admitted, whatever a route admits.
  return refused(admitsDenial && !isForeign ? 'forbidden' : 'not-found', { reason: 'denied' })
}
