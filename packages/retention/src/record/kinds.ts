/**
 * Whether State law on treatment records reaches a kind of record. `if-part-of-record`: where the fact `partOfRecord` is not
 * false, since a message or a bill may belong to the record of the patient.
 */
type StateLaw = 'yes' | 'if-part-of-record' | 'no'

/** Records of treatment. A part of the record is the record, unless a row says otherwise of the part. */
export const treatmentKinds = [
  'medical-record',
  'medical-images',
  'mammogram',
  'basic-information',
  'patient-index',
  'forensic-exam-record',
  'clinical-note',
  'psychotherapy-notes',
] as const

/** What is kept about patients and may or may not be part of the record of treatment. No federal row gives it a period. */
const operationsKinds = ['message', 'appointment', 'billing-record'] as const

/** HIPAA documentation that is in effect for a while: the clock starts when it was last in effect, never when it was written. */
export const documentsInEffect = [
  'policy-document',
  'npp-version',
  'baa',
  'authorization',
  'restriction-agreement',
  'designation',
  'risk-analysis',
  'hipaa-documentation',
] as const

/** HIPAA documentation of one event. */
export const documentsOfEvents = [
  'training-record',
  'npp-acknowledgment',
  'complaint',
  'sanction',
  'security-incident',
  'breach-assessment',
  'breach-notice',
  'individual-request',
] as const

const others = [
  'accounting-entry',
  'audit-log',
  'medicare-provider-record',
  'managed-care-record',
  'employee-medical-record',
  'exposure-record',
  'controlled-substance-record',
  'laboratory-record',
  'immunohematology-record',
  'pathology-report',
  'cytology-slide',
  'histopathology-slide',
  'tissue-block',
  'investigational-drug-record',
] as const

/** The kinds of record that the rows of this package speak of. A schedule may add its own with a house or contract rule. */
export const recordKinds = [
  ...treatmentKinds,
  ...operationsKinds,
  ...documentsInEffect,
  ...documentsOfEvents,
  ...others,
] as const
export type RecordKind = (typeof recordKinds)[number]

const reach = new Map<string, StateLaw>([
  ...treatmentKinds.map((kind) => [kind, 'yes'] as const),
  ...operationsKinds.map((kind) => [kind, 'if-part-of-record'] as const),
])

/** How far State law on treatment records reaches a kind. For kinds of a house's own: as its rules say, so not by itself. */
export const stateLawOn = (kind: string): StateLaw => reach.get(kind) ?? 'no'

/** Who keeps the record, as State rows tell them apart. */
export const providers = ['physician', 'hospital', 'clinic', 'therapist', 'chiropractor', 'other'] as const
export type Provider = (typeof providers)[number]
