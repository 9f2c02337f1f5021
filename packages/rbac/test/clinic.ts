import { compile, type Rules } from '../src/decision/rules.ts'
import { hipaaRules } from '../src/hipaa/policy.ts'
import { type HipaaResourceType, hipaaVocabulary } from '../src/hipaa/vocabulary.ts'
import { definePolicy } from '../src/policy/define.ts'
import type { Grant } from '../src/policy/grant.ts'
import type { PolicyJson } from '../src/policy/policy.ts'

/** Noon of a day, UTC. */
export const NOW = Date.parse('2026-11-22T12:00:00.000Z')
const HOUR = 3_600_000

const CLINIC = 'clinic-a'
const PATIENT = 'p1'

const facts = {
  id: 'r1',
  tenant: CLINIC,
  patient: PATIENT,
  careTeam: ['t1'],
  restrictedFrom: [],
  representativeRefused: false,
  familyPreference: 'not-expressed',
  deceased: false,
  protectedUntil: null,
  labels: [],
  stateLaw: false,
  part2Program: null,
  parentExcluded: 'no',
}
const written = { ...facts, author: 't1' }
const note = { ...written, trainingGroup: ['t8'], sessionDate: '2026-11-20', body: 'text' }

/** A record of each type that no regime adds to, complete. */
export const records: Readonly<Record<HipaaResourceType, Readonly<Record<string, unknown>>>> = {
  Patient: {
    ...facts,
    name: 'A B',
    birthDate: '1980-01-02',
    sex: 'F',
    address: '1 Way',
    phone: '555',
    email: 'a@b.example',
    payer: 'plan',
    memberId: 'm1',
    referrers: ['d1'],
  },
  Appointment: {
    ...facts,
    start: new Date(NOW),
    end: new Date(NOW + HOUR),
    status: 'booked',
    place: 'office',
    telehealthLink: null,
    procedureCodes: ['90834'],
    reason: 'text',
  },
  ProgressNote: {
    ...written,
    origin: 'person',
    reviewedBy: null,
    status: 'draft',
    sessionDate: '2026-11-20',
    minutes: 45,
    diagnosisCodes: ['F41.1'],
    procedureCodes: ['90834'],
    body: 'text',
  },
  PsychotherapyNote: note,
  SudCounselingNote: note,
  TreatmentPlan: {
    ...written,
    referrers: ['d1'],
    diagnosisCodes: ['F41.1'],
    goals: 'text',
    interventions: 'text',
    summary: 'text',
  },
  Claim: {
    ...written,
    origin: 'person',
    reviewedBy: null,
    status: 'open',
    payer: 'plan',
    memberId: 'm1',
    name: 'A B',
    birthDate: '1980-01-02',
    sex: 'F',
    address: '1 Way',
    renderingProvider: 'npi',
    serviceDate: '2026-11-20',
    placeOfService: '11',
    diagnosisCodes: ['F41.1'],
    procedureCodes: ['90834'],
    modifiers: [],
    units: 1,
    charge: 150,
    priorAuthorization: null,
    narrative: 'text',
    attachment: 'text',
  },
  Payment: { ...facts, claim: 'c1', amount: 20, method: 'card', paidAt: new Date(NOW), status: 'paid' },
  Message: { ...written, sentAt: new Date(NOW), body: 'text' },
  Recording: { ...written, medium: 'transcript', sessionDate: '2026-11-20', content: 'text' },
  AiDraft: { ...written, reviewedBy: null, prompt: 'text', output: 'text' },
  Export: { ...written, author: 'a1', scope: 'record', status: 'ready', file: 'f1' },
  AuditEntry: {
    id: 'e1',
    tenant: CLINIC,
    at: new Date(NOW),
    actorId: 't1',
    event: 'read',
    subjectType: 'ProgressNote',
    subjectId: 'n1',
    details: '',
  },
  Account: { id: 'u1', tenant: CLINIC, user: 't2', userRoles: ['therapist'], status: 'active', factors: ['otp'] },
  SecuritySetting: { id: 's1', tenant: CLINIC, kind: 'isolation', value: 'off' },
}

/** A grant for the patient that began an hour ago and lasts another day; a broken glass, ten minutes old, half an hour. */
export function grant(kind: string, more: Partial<Grant> = {}): Grant {
  const glass = { actor: 't9', from: NOW - HOUR / 6, until: NOW + HOUR / 2, reason: 'unconscious in the waiting room' }
  const rest = { from: NOW - HOUR, until: NOW + 24 * HOUR }
  return { kind, tenant: CLINIC, patient: PATIENT, ...(kind === 'break-glass' ? glass : rest), ...more }
}

/** Changes to a request; a key that holds `undefined` takes the attribute away. */
export interface Facts {
  readonly actor?: Readonly<Record<string, unknown>>
  readonly purpose?: string | undefined
  readonly context?: Readonly<Record<string, unknown>>
  readonly record?: Readonly<Record<string, unknown>>
  readonly grants?: readonly Grant[] | undefined
}

const without = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))

/** One set of changes after the other. */
export function together(...each: readonly Facts[]): Facts {
  const all = Object.assign({}, ...each) as Facts
  const of = (part: 'actor' | 'context' | 'record') => Object.assign({}, ...each.map((one) => one[part])) as object
  return { ...all, actor: { ...of('actor') }, context: { ...of('context') }, record: { ...of('record') } }
}

/** A request, as untyped as one that comes from outside. */
export function request(role: string, action: string, type: HipaaResourceType, facts: Facts) {
  return {
    actor: without({ id: 't1', tenant: CLINIC, roles: [role], ...facts.actor }),
    action,
    resource: { type, record: without({ ...records[type], ...facts.record }) },
    ...(facts.purpose === undefined ? {} : { purpose: facts.purpose }),
    ...(facts.context === undefined ? {} : { context: without(facts.context) }),
    ...(facts.grants === undefined ? {} : { grants: facts.grants }),
    at: NOW,
  } as never
}

/**
 * The pack with a role that may do everything on top: what is denied to it, a forbid denies. Also shows that a team can add a role
 * and a rule of its own.
 */
export const packWithRoot = definePolicy(
  { id: 'clinic', version: '1', ...hipaaVocabulary, roles: { ...hipaaVocabulary.roles, root: {} } },
  (builder) => [...hipaaRules(builder), builder.permit('root').toAnyAction().onAnyResource().as('root')],
)

/** The rules of a policy, for requests that the compiler knows nothing about. */
export const untyped = (policy: PolicyJson): Rules => compile(policy)
