import { type ErrorContext, parseAs } from '@phi/core'
import type * as z from 'zod'
import { auditSeverities } from '../actions.ts'
import { auditEventSchema, type ParsedAuditEvent } from '../event.ts'
import type { GroupName } from '../group.ts'
import { bare, peek, type Remainder, setOnce, uncarry } from './carried.ts'
import { codeOf, codingsOf, Element, unusedOf } from './element.ts'
import { fhirError } from './errors.ts'
import { boundedCopy } from './json.ts'
import { type FhirR4Options, type FhirReadOptions, type ReadOptions, readOptions } from './options.ts'
import { type FhirEntry, type OwnExtensions, ownExtensions } from './own-extensions.ts'
import { readAgents } from './read-agents.ts'
import { readDisclosure } from './read-disclosure.ts'
import { readEntities, readPurpose } from './read-entities.ts'
import { readKind, readOutcome } from './read-kind.ts'
import { fits, partyOf, type Reading, useParty } from './reading.ts'
import { r4Shape, r5Shape } from './shapes.ts'
import { SOURCE_TYPE_DISPLAYS } from './source-types.ts'
import { type FhirCoding, REDACTED, sameCode, systems } from './systems.ts'
import { readTime } from './times.ts'
import type { FhirExtension } from './types.ts'

/** An AuditEvent as an event, and all that the event does not hold. */
export interface FhirReading {
  /** Valid for `log.append`. */
  readonly event: ParsedAuditEvent
  /** When its log or server took it, UTC. */
  readonly recordedAt: string
  /** Which entry of which log it is. Only of resources that were written here; whether the log holds it is what a proof tells. */
  readonly entry?: FhirEntry
  /** Groups that the resource says it does not show. They are not empty: what they hold is not known. */
  readonly hidden: Readonly<Partial<Record<GroupName, 'withheld' | 'sealed' | 'altered'>>>
  /** What the resource says of the reporting system and not of the event: give it to `toFhirR4` to write the same again. */
  readonly reporter: FhirR4Options
  /** Elements of the resource that neither the event nor the reporter has, or has only nearly: `agent[1].altId`, `text`. */
  readonly notCarried: readonly string[]
  /** Facts of the event that the resource does not say for certain: `actor.type`. */
  readonly assumed: readonly string[]
}

type Json = Record<string, unknown>

/** Takes the companions of primitives (`_birthDate`) away: they hold extensions and ids only. */
function withoutCompanions(value: unknown, path: string, taken: string[]): unknown {
  if (Array.isArray(value)) return value.map((item, i) => withoutCompanions(item, `${path}[${i}]`, taken))
  if (typeof value !== 'object' || value === null) return value
  const out: Json = bare()
  for (const [key, item] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`
    // Free-form parts are not walked: their keys are not ours to name.
    if (key === 'text' || key === 'contained' || key === 'extension' || key === 'meta') out[key] = item
    else if (key.startsWith('_') && /^_[a-zA-Z]{1,32}$/.test(key)) taken.push(at)
    else out[key] = withoutCompanions(item, at, taken)
  }
  return out
}

const refusal = (context: ErrorContext) => fhirError('PHI_AUDIT_FHIR_RESOURCE', context)

interface Times {
  readonly recordedAt: string
}

function readTimes(root: Element, version: 'R4' | 'R5', isOurs: boolean, event: Remainder, assumed: string[]): Times {
  const recorded = readTime(root.text('recorded') as string)
  if (recorded === undefined) throw fhirError('PHI_AUDIT_FHIR_RESOURCE', { path: 'recorded', detail: 'must be an instant' })
  if (!recorded.isCut) root.useKey('recorded')
  const period = root.get(version === 'R4' ? 'period' : 'occurredPeriod')
  const start = period?.get('start') ?? root.get('occurredDateTime')
  const time = start === undefined ? undefined : readTime(start.value as string)
  if (start !== undefined && time !== undefined) {
    setOnce(event, 'occurredAt', time.at)
    if (!time.isCut) start.use()
    const end = period?.get('end')
    if (end !== undefined && end.value === start.value) end.use()
  } else if (!isOurs) {
    setOnce(event, 'occurredAt', recorded.at)
    assumed.push('occurredAt')
  }
  return { recordedAt: recorded.at }
}

function readReporter({ root, version, reporter, isDecision }: Reading, entry: FhirEntry | undefined): void {
  const source = root.get('source') as Element
  const observer = source.get('observer') as Element
  const party = partyOf(observer)
  // Written here without an observer, it is the log itself.
  const isDefault = JSON.stringify(party) === JSON.stringify({ identifier: { value: entry?.origin } })
  if (party !== undefined) {
    if (!isDefault) reporter.observer = party
    useParty(observer)
  }
  const site = source.get('site')
  const { identifier, display, reference } = (typeof site?.value === 'object' ? site.value : {}) as {
    identifier?: { value?: string }
    display?: string
    reference?: string
  }
  const name = typeof site?.value === 'string' ? site.value : (display ?? identifier?.value ?? reference)
  if (site !== undefined && fits(name)) {
    reporter.site = name
    if (version === 'R4') site.use()
    else if (display !== undefined) site.useKey('display')
    else if (identifier !== undefined) site.get('identifier')?.useKey('value')
    else site.useKey('reference')
  }
  const type = codingsOf(source, 'type').find(
    (each) => codeOf(each).system === systems.sourceType && Object.hasOwn(SOURCE_TYPE_DISPLAYS, codeOf(each).code ?? ''),
  )
  if (type !== undefined) {
    const code = codeOf(type).code as NonNullable<FhirR4Options['sourceType']>
    if (code !== '4') reporter.sourceType = code
    type.use()
  }
  if (isDecision) reporter.view = 'decision'
}

function readSeverity({ root, version, event }: Reading): void {
  const severity = version === 'R5' ? root.text('severity') : undefined
  const own = severity === 'informational' ? 'info' : auditSeverities.find((known) => known === severity)
  if (own === undefined) return
  setOnce(event, 'severity', own)
  root.useKey('severity')
}

/** What is ours of `meta`, and the id that we gave. What a server put there is its own, and stays listed. */
function useOwnHead(root: Element, event: Remainder, isDecision: boolean): void {
  const meta = root.get('meta')
  meta?.useKey('profile')
  const security = meta?.get('security')?.value
  if (Array.isArray(security)) for (const label of meta?.items('security') ?? []) if (isRedacted(label.value)) label.use()
  if (typeof event.id === 'string' && root.text('id') === (isDecision ? `${event.id}.decision` : event.id)) root.useKey('id')
}

const isRedacted = (label: unknown): boolean =>
  typeof label === 'object' && label !== null && sameCode(label as FhirCoding, REDACTED)

function readId({ root, options, isOurs, event }: Reading): void {
  const id = root.text('id')
  if (isOurs) return
  if (id !== undefined && options.idPrefix !== undefined && id.length <= 64) {
    setOnce(event, 'id', `${options.idPrefix}${id}`)
    root.useKey('id')
  }
}

/** What a group that is not shown may not have: content. */
function checkHidden({ event }: Reading, states: OwnExtensions['states']): void {
  for (const [name] of states) {
    if (peek(event, name) !== undefined) throw fhirError('PHI_AUDIT_FHIR_CONTRADICTION', { path: `event.${name}` })
  }
}

function parsed(event: Remainder): ParsedAuditEvent {
  const result = auditEventSchema.safeParse(event)
  if (result.success) return result.data
  // Keys below a group can be the sender's own; the group and its field are ours.
  const path = (result.error.issues[0]?.path ?? []).slice(0, 2).filter((key) => typeof key === 'string')
  throw fhirError('PHI_AUDIT_FHIR_RESOURCE', { path: ['event', ...path].join('.'), detail: 'an event does not take this fact' })
}

function read(resource: unknown, version: 'R4' | 'R5', options: ReadOptions, shape: z.ZodType): FhirReading {
  const companions: string[] = []
  const value = withoutCompanions(boundedCopy(resource), '', companions) as Json
  parseAs(shape, value, 'AuditEvent', refusal)
  const own = ownExtensions((value.extension ?? []) as readonly FhirExtension[])
  const isOurs = own.entry !== undefined
  for (const name of ['event', 'actor'] as const) {
    if (own.states.has(name)) {
      throw fhirError('PHI_AUDIT_FHIR_INCOMPLETE', { path: 'extension', detail: `the ${name} of the entry is not shown` })
    }
  }
  const used = new Set<string>()
  const root = new Element(value, '', used)
  root.useKey('resourceType')
  for (const i of own.at) root.items('extension')[i]?.use()
  const event: Remainder = bare()
  const assumed: string[] = []
  const { action, kind, isDecision } = readKind(root, version, isOurs, event)
  const outcome = readOutcome(root, version, isOurs, event)
  const said = action === 'login' && outcome !== 'success' && !isOurs ? 'login-failed' : action
  if (said !== undefined) setOnce(event, 'action', said)
  const reading: Reading = { root, version, options, isOurs, event, assumed, reporter: {}, action, kind, isDecision }
  const { recordedAt } = readTimes(root, version, isOurs, event, assumed)
  readId(reading)
  readSeverity(reading)
  const recipient = readAgents(reading)
  readEntities(reading)
  readPurpose(reading)
  if (recipient !== undefined) readDisclosure(reading, recipient)
  readReporter(reading, own.entry)
  if (isOurs) checkHidden(reading, own.states)
  uncarry(event, own.facts)
  checkHidden(reading, own.states)
  if (isOurs) useOwnHead(root, event, isDecision)
  return {
    event: parsed(event),
    recordedAt,
    ...(own.entry === undefined ? {} : { entry: own.entry }),
    hidden: Object.fromEntries(own.states),
    reporter: reading.reporter,
    notCarried: [...unusedOf(value, used), ...companions].sort(),
    assumed: [...new Set(assumed)].sort(),
  }
}

/**
 * Reads a FHIR R4 AuditEvent, our own or another's, into an event. Nothing is left out without being named in `notCarried`, and
 * nothing is filled in without being named in `assumed`.
 * @param resource a parsed JSON value
 * @throws PhiError PHI_AUDIT_FHIR_OPTIONS, _RESOURCE (no AuditEvent), _LIMIT (too large), _INCOMPLETE (no outcome, no actor, no action, or
 *   a group without which there is no event is hidden), _CONTRADICTION (two places differ)
 */
export const fromFhirR4 = (resource: unknown, options: FhirReadOptions = {}): FhirReading =>
  read(resource, 'R4', readOptions(options), r4Shape)

/** Reads a FHIR R5 AuditEvent; see {@link fromFhirR4}. @throws PhiError as there */
export const fromFhirR5 = (resource: unknown, options: FhirReadOptions = {}): FhirReading =>
  read(resource, 'R5', readOptions(options), r5Shape)
