import type { AuditEventInput } from '@phi/audit'
import { formatInstant, isPurposeOfUse } from '@phi/core'
import { Element } from './element.ts'

/** A FHIR AuditEvent as one of ours, with what could not be carried over. */
export interface Mapped {
  readonly event: AuditEventInput
  /** How many values the resource has. */
  readonly values: number
  /** The paths of the values that have no place in our event. */
  readonly notCarried: readonly string[]
}

type Action = AuditEventInput['action']

/** What the event was, by its most telling code (DICOM DCM, FHIR restful-interaction). */
const actionOfCode: Readonly<Record<string, Action>> = {
  '110122': 'login',
  '110123': 'logout',
  '110120': 'execute',
  '110121': 'execute',
  Disclosure: 'disclose',
  '110106': 'export',
  '110107': 'upload',
  '110112': 'search',
  '110113': 'configure',
  read: 'read',
  vread: 'read',
  create: 'create',
  update: 'update',
  patch: 'update',
  delete: 'delete',
  search: 'search',
}

/** Failing a code: C, R, U, D, E. */
const actionOfLetter: Readonly<Record<string, Action>> = { C: 'create', R: 'read', U: 'update', D: 'delete', E: 'execute' }

/** AuditEvent.outcome: 0 success, 4 minor, 8 serious, 12 major failure. R4 has no word for "denied". */
const severityOfOutcome: Readonly<Record<string, NonNullable<AuditEventInput['severity']>>> = {
  '4': 'warning',
  '8': 'error',
  '12': 'critical',
}

/** DICOM DCM: the agent to which data went. */
const DESTINATION = '110152'
/** FHIR network-type: what `agent.network.address` holds. */
const MACHINE_NAME = '1'
const IP_ADDRESS = '2'
const REFERENCE = /^(?:([A-Za-z]+)\/([A-Za-z0-9.-]{1,64}))(?:\/_history\/([A-Za-z0-9.-]{1,64}))?$/

const defined = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }

/** Maps a FHIR R4 AuditEvent resource to an event of the audit log. */
export function auditEventOf(resource: object): Mapped {
  const root = new Element(resource)
  const agents = root.list('agent')
  const agent = agents.find((each) => each.takeTrue('requestor')) ?? agents[0] ?? root.at('agent')
  const outcome = root.take('outcome') ?? '0'
  const severity = severityOfOutcome[outcome]
  const purpose = root
    .list('purposeOfEvent')
    .flatMap((each) => each.list('coding'))[0]
    ?.take('code')
  const context = defined({
    purpose: isPurposeOfUse(purpose) ? purpose : undefined,
    disclosure: disclosureOf(root, agents),
    details: defined({
      fhir: root.take('id'),
      outcome: root.take('outcomeDesc'),
      observer: root.take('source', 'observer', 'display') ?? root.take('source', 'observer', 'identifier', 'value'),
      workstation: agents.find((each) => each.peek('network', 'type') === MACHINE_NAME)?.take('network', 'address'),
    }) as Record<string, string>,
  })
  const event = defined({
    action: actionOf(root, outcome),
    outcome: outcome === '0' ? ('success' as const) : ('failure' as const),
    severity,
    occurredAt: instantOf(root.take('recorded')),
    actor: actorOf(agent),
    source: sourceOf(root, agent),
    subject: subjectOf(root),
    context,
  }) as AuditEventInput
  const { values, paths } = root.leftOver()
  return { event, values, notCarried: paths }
}

function actionOf(root: Element, outcome: string): Action {
  const letter = root.take('action') ?? ''
  for (const coding of [...root.list('subtype'), root.at('type')]) {
    const action = actionOfCode[coding.peek('code') ?? '']
    if (action === undefined) continue
    coding.take('code')
    return action === 'login' && outcome !== '0' ? 'login-failed' : action
  }
  return actionOfLetter[letter] ?? 'execute'
}

/** FHIR allows any offset and any precision of seconds; the log writes UTC with milliseconds. */
function instantOf(recorded: string | undefined): string | undefined {
  const time = Date.parse(recorded ?? '')
  return Number.isNaN(time) ? undefined : formatInstant(time)
}

function actorOf(agent: Element): AuditEventInput['actor'] {
  const kind = agent.list('type', 'coding')[0]
  const isHuman = kind?.peek('code') === 'humanuser'
  if (isHuman) kind?.take('code')
  const id = agent.take('who', 'identifier', 'value') ?? agent.take('who', 'reference') ?? agent.take('altId') ?? 'unknown'
  const roles = agent.list('role').flatMap((role) => role.take('text') ?? role.list('coding')[0]?.take('code') ?? [])
  return { id, type: isHuman ? 'workforce' : 'system', roles }
}

function sourceOf(root: Element, agent: Element): AuditEventInput['source'] {
  const isIp = agent.peek('network', 'type') === IP_ADDRESS
  if (isIp) agent.take('network', 'type')
  return defined({ ip: isIp ? agent.take('network', 'address') : undefined, site: root.take('source', 'site') })
}

/** The patient is the entity in the role of one (object-role 1); the resource is the first entity that a reference names. */
function subjectOf(root: Element): AuditEventInput['subject'] {
  const patients = new Set<string>()
  let resource: NonNullable<AuditEventInput['subject']>['resource']
  for (const entity of root.list('entity')) {
    const reference = REFERENCE.exec(entity.peek('what', 'reference') ?? '')
    const [, type, id, version] = reference ?? []
    if (entity.peek('role', 'code') === '1') {
      const patient = type === 'Patient' ? id : entity.peek('what', 'identifier', 'value')
      if (patient === undefined) continue
      patients.add(patient)
      entity.take('role', 'code')
      if (reference === null) entity.take('what', 'identifier', 'value')
      else entity.take('what', 'reference')
    } else if (type !== undefined && id !== undefined && resource === undefined) {
      resource = version === undefined ? { type, id } : { type, id, version }
      if (type === 'Patient') patients.add(id)
      entity.take('what', 'reference')
    }
  }
  return defined({ resource, patients: patients.size === 0 ? undefined : [...patients] })
}

/** 45 CFR 164.528(b)(2): to whom, at which address, what, and for what purpose. */
function disclosureOf(root: Element, agents: readonly Element[]) {
  const to = agents.find((each) => each.list('type', 'coding')[0]?.peek('code') === DESTINATION)
  const recipient = to?.take('who', 'reference') ?? to?.take('who', 'display')
  if (to === undefined || recipient === undefined) return undefined
  to.list('type', 'coding')[0]?.take('code')
  const described = root.list('entity').find((entity) => entity.peek('description') !== undefined)
  return defined({
    recipient,
    address: to.take('network', 'address'),
    description: described?.take('description') ?? 'not stated',
    purpose: root.list('purposeOfEvent')[0]?.list('coding')[0]?.peek('display') ?? 'not stated',
  }) as NonNullable<NonNullable<AuditEventInput['context']>['disclosure']>
}
