import { type ActorType, actorTypes, type DataClass, isDataClass, isInstant, isPurposeOfUse } from '@phi/core'
import {
  type AuditAction,
  type AuditOutcome,
  type AuditSeverity,
  auditActions,
  auditOutcomes,
  auditSeverities,
} from './actions.ts'
import type { AuditActor, AuditContext, AuditSource, AuditSubject, ParsedAuditEvent } from './event.ts'
import { eventLimits } from './event-limits.ts'

// Nearly all events are plain: objects of JSON whose identifiers are printable ASCII. These are read here by hand, in a tenth of the code that
// the schema runs through, which a process that was asleep has to fetch anew for every event. What is not plainly right is
// not judged here: it is left to the schema, which alone says what is wrong, and which tests hold equal to this.

/** Says that the schema is to judge. */
const LEFT = null
type Left = typeof LEFT

const actions: ReadonlySet<unknown> = new Set(auditActions)
const outcomes: ReadonlySet<unknown> = new Set(auditOutcomes)
const severities: ReadonlySet<unknown> = new Set(auditSeverities)
const types: ReadonlySet<unknown> = new Set(actorTypes)

/** An object literal, or one of JSON: nothing is inherited that its literal does not show. */
const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function hasOnly(value: object, known: ReadonlySet<string>): boolean {
  for (const key in value) if (!known.has(key)) return false
  return true
}

/** 1 to `limit` characters of printable ASCII, no space at either end. */
function isName(text: unknown, limit: number): text is string {
  if (typeof text !== 'string') return false
  const { length } = text
  if (length === 0 || length > limit || text.charCodeAt(0) === 0x20 || text.charCodeAt(length - 1) === 0x20) return false
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > 0x7e) return false
  }
  return true
}

const isNameOrNone = (text: unknown): text is string | undefined => text === undefined || isName(text, eventLimits.name)
const isTextOrNone = (text: unknown, limit: number): text is string | undefined =>
  text === undefined || (typeof text === 'string' && text.length > 0 && text.length <= limit)

/** A copy of a list of names. */
function namesOf(list: unknown, most: number, limit: number): string[] | Left {
  if (!Array.isArray(list)) return LEFT
  const { length } = list
  if (length > most) return LEFT
  const names: string[] = []
  for (let i = 0; i < length; i++) {
    const name: unknown = list[i]
    if (!isName(name, limit)) return LEFT
    names.push(name)
  }
  return names
}

/** The same, no name twice; undefined where there is no list. */
function distinctNamesOf(list: unknown, most: number): string[] | undefined | Left {
  if (list === undefined) return undefined
  const names = namesOf(list, most, eventLimits.name)
  return names === LEFT || names.length < 2 || new Set(names).size === names.length ? names : LEFT
}

/** Four numbers up to 255, without zeros in front, as RFC 3986 §3.2.2 writes an IPv4 address. */
function isIpv4(text: unknown): boolean {
  if (typeof text !== 'string' || text.length > 15) return false
  let dots = 0
  let value = -1
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit === -2) {
      if (value < 0) return false
      dots++
      value = -1
    } else {
      if (digit < 0 || digit > 9 || value === 0) return false
      value = value < 0 ? digit : value * 10 + digit
      if (value > 255) return false
    }
  }
  return dots === 3 && value >= 0
}

const ACTOR = new Set(['id', 'onBehalfOf', 'organization', 'roles', 'type'])

function actorOf(value: unknown): AuditActor | Left {
  if (!isPlain(value) || !hasOnly(value, ACTOR)) return LEFT
  const { id, onBehalfOf, organization, roles, type } = value
  if (!isName(id, eventLimits.name) || !types.has(type) || !isNameOrNone(onBehalfOf) || !isNameOrNone(organization)) return LEFT
  const named = roles === undefined ? [] : namesOf(roles, eventLimits.roles, eventLimits.role)
  return named === LEFT ? LEFT : { id, onBehalfOf, organization, roles: named, type: type as ActorType }
}

const SOURCE = new Set(['ip', 'request', 'session', 'site', 'userAgent'])

function sourceOf(value: unknown): AuditSource | undefined | Left {
  if (value === undefined) return undefined
  if (!isPlain(value) || !hasOnly(value, SOURCE)) return LEFT
  const { ip, request, session, site, userAgent } = value
  if (ip !== undefined && !isIpv4(ip)) return LEFT
  if (
    !isNameOrNone(request) ||
    !isNameOrNone(session) ||
    !isNameOrNone(site) ||
    !isTextOrNone(userAgent, eventLimits.userAgent)
  )
    return LEFT
  return { ip: ip as string | undefined, request, session, site, userAgent }
}

const SUBJECT = new Set(['count', 'dataClasses', 'fields', 'patients', 'resource'])
const RESOURCE = new Set(['id', 'type', 'version'])

function resourceOf(value: unknown): AuditSubject['resource'] | Left {
  if (value === undefined) return undefined
  if (!isPlain(value) || !hasOnly(value, RESOURCE)) return LEFT
  const { id, type, version } = value
  return isName(id, eventLimits.name) && isName(type, eventLimits.name) && isNameOrNone(version) ? { id, type, version } : LEFT
}

function subjectOf(value: unknown): AuditSubject | undefined | Left {
  if (value === undefined) return undefined
  if (!isPlain(value) || !hasOnly(value, SUBJECT)) return LEFT
  const { count, dataClasses: classes, fields: listed, patients: named, resource: touched } = value
  if (count !== undefined && !(Number.isSafeInteger(count) && (count as number) >= 0)) return LEFT
  const dataClasses = distinctNamesOf(classes, eventLimits.dataClasses)
  if (dataClasses === LEFT || dataClasses?.every(isDataClass) === false) return LEFT
  const fields = distinctNamesOf(listed, eventLimits.fields)
  const patients = distinctNamesOf(named, eventLimits.patients)
  const resource = resourceOf(touched)
  if (fields === LEFT || patients === LEFT || resource === LEFT) return LEFT
  return { count: count as number | undefined, dataClasses: dataClasses as DataClass[] | undefined, fields, patients, resource }
}

const CONTEXT = new Set(['breakGlass', 'decision', 'purpose', 'reason'])
const DECISION = new Set(['policy', 'rule'])

function decisionOf(value: unknown): AuditContext['decision'] | Left {
  if (value === undefined) return undefined
  if (!isPlain(value) || !hasOnly(value, DECISION)) return LEFT
  const { policy, rule } = value
  return isName(policy, eventLimits.name) && isName(rule, eventLimits.name) ? { policy, rule } : LEFT
}

function contextOf(value: unknown): AuditContext | undefined | Left {
  if (value === undefined) return undefined
  if (!isPlain(value) || !hasOnly(value, CONTEXT)) return LEFT
  const { breakGlass, decision: decided, purpose, reason } = value
  if (breakGlass !== undefined && typeof breakGlass !== 'boolean') return LEFT
  if (purpose !== undefined && !isPurposeOfUse(purpose)) return LEFT
  const decision = decisionOf(decided)
  return decision === LEFT || !isTextOrNone(reason, eventLimits.prose) ? LEFT : { breakGlass, decision, purpose, reason }
}

/** An id: without spaces at all. */
const isIdOrNone = (id: unknown): id is string | undefined =>
  id === undefined || (isName(id, eventLimits.eventId) && !id.includes(' '))

const EVENT = new Set(['action', 'actor', 'context', 'id', 'occurredAt', 'outcome', 'severity', 'source', 'subject'])

/** The event as the schema would give it back, keys that are left out as undefined; or null where the schema has to judge. */
export function plainEvent(input: unknown): ParsedAuditEvent | null {
  if (!isPlain(input) || !hasOnly(input, EVENT)) return LEFT
  const { action, actor: who, context: why, id, occurredAt, outcome, severity, source: where, subject: what } = input
  if (!actions.has(action) || !outcomes.has(outcome) || (severity !== undefined && !severities.has(severity))) return LEFT
  if (!isIdOrNone(id) || (occurredAt !== undefined && !isInstant(occurredAt as string))) return LEFT
  const actor = actorOf(who)
  const source = sourceOf(where)
  const subject = subjectOf(what)
  const context = contextOf(why)
  if (actor === LEFT || source === LEFT || subject === LEFT || context === LEFT) return LEFT
  return {
    action: action as AuditAction,
    actor,
    context,
    id,
    occurredAt: occurredAt as string | undefined,
    outcome: outcome as AuditOutcome,
    severity: severity as AuditSeverity | undefined,
    source,
    subject,
  }
}
