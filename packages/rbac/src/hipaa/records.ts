import * as z from 'zod'
import { hipaaLabels } from './labels.ts'

const ids = z.array(z.string()).readonly()
const owned = { id: z.string(), tenant: z.string() }

/**
 * What every record about a patient says. The first group is the same for all records of a patient, the second is the record's
 * own. Load all of it: what is left out counts as unknown, and unknown is denied.
 */
const aboutPatient = {
  ...owned,
  patient: z.string(),

  /** Ids of those who treat the patient. */
  careTeam: ids,
  /** Ids of those who must not see the patient's records, as agreed with the patient: 45 CFR 164.522(a). */
  restrictedFrom: ids,
  /** Decided under 45 CFR 164.502(g)(5): nobody is treated as the representative. */
  representativeRefused: z.boolean(),
  /** What the patient said, alive, about telling those involved in care: 45 CFR 164.510(b). */
  familyPreference: z.enum(['agreed', 'objected', 'not-expressed']),
  deceased: z.boolean(),
  /** `protectedUntil(dateOfDeath)`; null for the living. */
  protectedUntil: z.date().nullable(),

  /** `regimeFacts(labels)`. */
  labels: z.array(z.enum(hipaaLabels)).readonly(),
  /** `regimeFacts(labels)`. */
  stateLaw: z.boolean(),
  /** The Part 2 program that the record comes from; null for none. */
  part2Program: z.string().nullable(),
  /** Whether the parent stands aside for the service that the record is about: 45 CFR 164.502(g)(3)(i)(A), (B), (C). */
  parentExcluded: z.enum(['no', 'minor-consented', 'lawful-without-parent', 'confidentiality-agreed']),
}
const written = { ...aboutPatient, author: z.string() }
/** Text that a model may have written; `reviewedBy` is the person who read it, null for nobody. */
const reviewed = { origin: z.enum(['person', 'ai']), reviewedBy: z.string().nullable() }
const body = z.string()

const noteKeptApart = z.object({
  ...written,
  /** Ids of those who learn under supervision in the entity's own training program: 45 CFR 164.508(a)(2)(i)(B). */
  trainingGroup: ids,
  sessionDate: z.string(),
  body,
})

/** The types of records of a therapy platform. Fields that no rule reads are there for the views; extend them as you need. */
export const hipaaResources = {
  Patient: z.object({
    ...aboutPatient,
    name: z.string(),
    birthDate: z.string(),
    sex: z.string(),
    address: z.string(),
    phone: z.string(),
    email: z.string(),
    payer: z.string().nullable(),
    memberId: z.string().nullable(),
    /** Ids of physicians who referred the patient. */
    referrers: ids,
  }),
  Appointment: z.object({
    ...aboutPatient,
    start: z.date(),
    end: z.date(),
    status: z.string(),
    place: z.string(),
    telehealthLink: z.string().nullable(),
    procedureCodes: ids,
    reason: z.string().nullable(),
  }),
  ProgressNote: z.object({
    ...written,
    ...reviewed,
    status: z.enum(['draft', 'signed']),
    sessionDate: z.string(),
    minutes: z.number(),
    diagnosisCodes: ids,
    procedureCodes: ids,
    body,
  }),
  /** Kept apart from the record, 45 CFR 164.501. Start and stop times, plans, results and summaries belong into ProgressNote. */
  PsychotherapyNote: noteKeptApart,
  /** Kept apart from the record of a Part 2 program, 42 CFR 2.11. */
  SudCounselingNote: noteKeptApart,
  TreatmentPlan: z.object({
    ...written,
    referrers: ids,
    diagnosisCodes: ids,
    goals: z.string(),
    interventions: z.string(),
    summary: z.string(),
  }),
  Claim: z.object({
    ...written,
    ...reviewed,
    status: z.string(),
    payer: z.string(),
    memberId: z.string(),
    name: z.string(),
    birthDate: z.string(),
    sex: z.string(),
    address: z.string(),
    renderingProvider: z.string(),
    serviceDate: z.string(),
    placeOfService: z.string(),
    diagnosisCodes: ids,
    procedureCodes: ids,
    modifiers: ids,
    units: z.number(),
    charge: z.number(),
    priorAuthorization: z.string().nullable(),
    /** Why the service was needed, in words. */
    narrative: z.string().nullable(),
    /** Text of a note that was attached. */
    attachment: z.string().nullable(),
  }),
  Payment: z.object({
    ...aboutPatient,
    claim: z.string().nullable(),
    amount: z.number(),
    method: z.string(),
    paidAt: z.date().nullable(),
    status: z.string(),
  }),
  Message: z.object({ ...written, sentAt: z.date().nullable(), body }),
  Recording: z.object({
    ...written,
    medium: z.enum(['audio', 'video', 'transcript']),
    sessionDate: z.string(),
    content: z.string(),
  }),
  /** What a model wrote before a person put it into the record. Its labels are those of everything in the prompt. */
  AiDraft: z.object({ ...written, reviewedBy: z.string().nullable(), prompt: z.string(), output: z.string() }),
  /** A file made of records. Its labels are those of everything in it; `patient` is null for a file about several. */
  Export: z.object({
    ...written,
    patient: z.string().nullable(),
    scope: z.string(),
    status: z.string(),
    file: z.string(),
  }),
  AuditEntry: z.object({
    ...owned,
    at: z.date(),
    actorId: z.string(),
    event: z.string(),
    subjectType: z.string(),
    subjectId: z.string(),
    details: z.string(),
  }),
  Account: z.object({
    ...owned,
    /** The id of the actor whose account it is. */
    user: z.string(),
    userRoles: ids,
    status: z.string(),
    factors: ids,
  }),
  SecuritySetting: z.object({ ...owned, kind: z.enum(['isolation', 'session', 'network']), value: z.string() }),
} as const

/** Whom a record may be shown to, and under which regimes it is: what rules read, and nobody changes by editing the record. */
export const rulesOnly = [
  'restrictedFrom',
  'representativeRefused',
  'familyPreference',
  'protectedUntil',
  'labels',
  'stateLaw',
  'part2Program',
  'parentExcluded',
] as const

/** Text that carries what was said, and inherits the labels of its sources. */
export const carriers = ['ProgressNote', 'TreatmentPlan', 'Message', 'Recording', 'AiDraft', 'Claim', 'Export'] as const
/** Notes kept apart. */
const keptApart = ['PsychotherapyNote', 'SudCounselingNote'] as const
/** Every type that is about a patient. */
export const patientTypes = ['Patient', 'Appointment', 'Payment', ...carriers, ...keptApart] as const
/** What an individual may ask to see: the record, without what is kept apart and without what is no record. */
export const recordSet = [
  'Patient',
  'Appointment',
  'ProgressNote',
  'TreatmentPlan',
  'Claim',
  'Payment',
  'Message',
  'Recording',
] as const
