import { isInstant, type PurposeOfUse, purposesOfUse } from '@phi/core'
import type { AuditAction, AuditOutcome, AuditSeverity } from '../actions.ts'
import { auditEventSchema } from '../event.ts'
import { type GroupName, groupNames } from '../group.ts'
import type { AuditRecord } from '../record.ts'
import { agentsOf, type DraftAgent } from './agents.ts'
import { carry, peek, peekDetail, type Remainder, take, takeDetail } from './carried.ts'
import { fhirDetails } from './details.ts'
import { type DraftEntity, entitiesOf } from './entities.ts'
import { fhirError } from './errors.ts'
import { DECISION, type Kind, kinds, RECEIVED_DISCLOSURE, VREAD } from './kinds.ts'
import type { WriteOptions } from './options.ts'
import { coding, type FhirCoding, ours, REDACTED, systems } from './systems.ts'
import { isFhirId, isFhirString } from './text.ts'
import type { FhirConcept, FhirExtension, FhirMeta, FhirReference } from './types.ts'

/** A record laid out for FHIR, before it is written as R4 or R5. */
interface Draft {
  readonly id?: string
  readonly security?: readonly FhirCoding[]
  readonly extension: readonly FhirExtension[]
  /** `undefined` where the event group is not shown. */
  readonly kind?: Kind
  readonly subtypes: readonly FhirCoding[]
  readonly occurredAt?: string
  readonly recordedAt: string
  readonly outcome?: AuditOutcome
  readonly severity?: AuditSeverity
  readonly purpose?: FhirConcept
  readonly agents: readonly DraftAgent[]
  readonly observer: FhirReference
  readonly entities: readonly DraftEntity[]
  /** Why the event group is not shown. */
  readonly absent: 'masked' | 'error'
}

const refuse = (path: string, detail: string) => fhirError('PHI_AUDIT_FHIR_RECORD', { path, detail })
const looseEvent = auditEventSchema.partial()
const HASH = /^[A-Za-z0-9+/]{43}=$/

const isWellFormed = (value: unknown): boolean => {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && isWellFormed(inner))
}

/** What a record says, as a copy to take facts out of. @throws PhiError PHI_AUDIT_FHIR_RECORD */
function remainderOf({ event, index, recordedAt, hash, origin }: AuditRecord): Remainder {
  if (!Number.isSafeInteger(index) || index < 0) throw refuse('record.index', 'must be a whole number from 0 on')
  // FHIR knows no year 0, R4 §2.24.0.1 (instant).
  if (!isInstant(recordedAt) || recordedAt.startsWith('0000'))
    throw refuse('record.recordedAt', 'must be a UTC time after the year 0')
  if (typeof hash !== 'string' || !HASH.test(hash)) throw refuse('record.hash', 'must be a SHA-256 as base64')
  if (typeof origin !== 'string' || !isFhirString(origin)) throw refuse('record.origin', 'must be the origin of a log')
  const parsed = looseEvent.safeParse(event)
  if (!parsed.success) throw refuse('record.event', 'must be the groups of an event')
  if (!isWellFormed(parsed.data)) throw refuse('record.event', 'must not hold a lone surrogate')
  return JSON.parse(JSON.stringify(parsed.data)) as Remainder
}

interface KindAndCodes {
  readonly kind: Kind
  readonly subtypes: readonly FhirCoding[]
}

function kindOf(rest: Remainder, view: WriteOptions['view']): KindAndCodes | undefined {
  const action = rest.action as AuditAction | undefined
  if (action === undefined) return undefined
  if (view === 'decision') return { kind: DECISION, subtypes: DECISION.subtype === undefined ? [] : [DECISION.subtype] }
  take(rest, 'action')
  const isReceived = action === 'upload' && peekDetail(rest, fhirDetails.disclosure) === 'received'
  if (isReceived) takeDetail(rest, fhirDetails.disclosure)
  const kind = isReceived ? RECEIVED_DISCLOSURE : kinds[action]
  const isVersion = action === 'read' && peek(rest, 'subject.resource.version') !== undefined
  const standard = isVersion ? VREAD : kind.subtype
  return { kind, subtypes: [...(standard === undefined ? [] : [standard]), coding(ours.action, action)] }
}

/** The purpose as a concept, whose text is the reason that was given. */
function purposeOf(rest: Remainder): FhirConcept | undefined {
  const code = peek(rest, 'context.purpose') as PurposeOfUse | undefined
  const reason = peek(rest, 'context.reason') as string | undefined
  const isShown = reason !== undefined && isFhirString(reason)
  if (code === undefined && !isShown) return undefined
  if (code !== undefined) take(rest, 'context.purpose')
  if (isShown) take(rest, 'context.reason')
  return {
    ...(code === undefined ? {} : { coding: [coding(systems.purpose, code, purposesOfUse[code].display)] }),
    ...(isShown ? { text: reason } : {}),
  }
}

type State = 'withheld' | 'sealed' | 'altered'

/** Why each group that is not shown is not. Sealed and altered are said before withheld. */
function statesOf(record: AuditRecord): ReadonlyMap<GroupName, State> {
  const states = new Map<GroupName, State>()
  for (const name of groupNames) {
    if (record.altered.includes(name)) states.set(name, 'altered')
    else if (record.sealed.includes(name)) states.set(name, 'sealed')
    else if (record.withheld.includes(name)) states.set(name, 'withheld')
  }
  return states
}

/** FHIR R4 data-absent-reason: what was altered is an error, what is withheld or sealed is masked. */
const absentReason = (state: State | undefined) => (state === 'altered' ? 'error' : 'masked')

function extensionsOf(record: AuditRecord, rest: Remainder, states: ReadonlyMap<GroupName, State>): FhirExtension[] {
  const facts = carry(rest)
  return [
    {
      url: ours.entry,
      extension: [
        { url: 'origin', valueString: record.origin },
        { url: 'index', valueString: String(record.index) },
        { url: 'hash', valueBase64Binary: record.hash },
      ],
    },
    ...[...states].map(([name, state]) => ({
      url: ours.group,
      extension: [
        { url: 'name', valueCode: name },
        { url: 'state', valueCode: state },
      ],
    })),
    ...(facts.length === 0 ? [] : [{ url: ours.event, extension: facts }]),
  ]
}

function idOf(rest: Remainder, view: WriteOptions['view']): string | undefined {
  if (typeof rest.id !== 'string') return undefined
  const id = view === 'decision' ? `${rest.id}.decision` : rest.id
  return isFhirId(id) ? id : undefined
}

/** Lays a record out. @throws PhiError PHI_AUDIT_FHIR_RECORD */
export function draftOf(record: AuditRecord, options: WriteOptions, version: 'R4' | 'R5'): Draft {
  const rest = remainderOf(record)
  const states = statesOf(record)
  const isDecision = options.view === 'decision'
  const isSearch = rest.action === 'search'
  const id = idOf(rest, options.view)
  const found = kindOf(rest, options.view)
  const kind = found?.kind ?? kinds.execute
  const observer: FhirReference = (options.observer as FhirReference | undefined) ?? { identifier: { value: record.origin } }
  const agents = agentsOf({ rest, kind, options, observer, isDecision, absent: absentReason(states.get('actor')) })
  const entities = entitiesOf({ rest, kind, options, version, isDecision, isSearch })
  const purpose = purposeOf(rest)
  const outcome = rest.outcome as AuditOutcome | undefined
  if (outcome !== undefined) take(rest, 'outcome')
  const occurredAt = typeof rest.occurredAt === 'string' && !rest.occurredAt.startsWith('0000') ? rest.occurredAt : undefined
  if (occurredAt !== undefined) take(rest, 'occurredAt')
  const severity = version === 'R5' ? (rest.severity as AuditSeverity | undefined) : undefined
  if (severity !== undefined) take(rest, 'severity')
  return {
    ...(id === undefined ? {} : { id }),
    ...(states.size === 0 ? {} : { security: [REDACTED] }),
    ...(found === undefined ? {} : { kind }),
    subtypes: found?.subtypes ?? [],
    ...(occurredAt === undefined ? {} : { occurredAt }),
    recordedAt: record.recordedAt,
    ...(outcome === undefined ? {} : { outcome }),
    ...(severity === undefined ? {} : { severity }),
    ...(purpose === undefined ? {} : { purpose }),
    agents,
    observer,
    entities,
    absent: absentReason(states.get('event')),
    extension: extensionsOf(record, rest, states),
  }
}

/** `meta`, where there is something to say in it. */
export function metaOf(profiles: readonly string[], security: readonly FhirCoding[] | undefined): { meta?: FhirMeta } {
  if (profiles.length === 0 && security === undefined) return {}
  return { meta: { ...(profiles.length === 0 ? {} : { profile: profiles }), ...(security === undefined ? {} : { security }) } }
}
