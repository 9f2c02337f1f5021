import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { AuditEventInput } from '@phi/audit'
import type { DataClass } from '@phi/core'
import { auditEventOf, type Mapped } from './fhir-audit-event.ts'

/** What a chart entry is, as far as an audit log needs to know: never its content. */
export interface ChartEntry {
  readonly type: string
  readonly id: string
  readonly version?: string
  /** The id of the patient. */
  readonly patient: string
  readonly dataClasses: readonly DataClass[]
  /** Security labels that the resource carries (HL7 v3 ActCode), such as TBOO, "taboo". */
  readonly labels: readonly string[]
}

export interface Charts {
  /** Files read. */
  readonly files: number
  /** By patient, those with the most entries first. */
  readonly byPatient: ReadonlyMap<string, readonly ChartEntry[]>
  /** Resources left out, with the reason. */
  readonly leftOut: readonly { readonly file: string; readonly reason: string }[]
  readonly auditEvents: readonly Mapped[]
}

interface Coding {
  readonly system?: string
  readonly code?: string
}

/** The few elements of the FHIR R4 resources that are looked at. */
export interface FhirResource {
  readonly resourceType: string
  readonly id: string
  readonly extension?: readonly { readonly url?: string }[]
  readonly meta?: { readonly versionId?: string; readonly security?: readonly Coding[] }
  readonly subject?: { readonly reference?: string }
  readonly patient?: { readonly reference?: string }
  readonly beneficiary?: { readonly reference?: string }
  readonly participant?: readonly { readonly actor?: { readonly reference?: string } }[]
  readonly category?: readonly { readonly coding?: readonly Coding[] }[] | { readonly coding?: readonly Coding[] }
  readonly code?: { readonly coding?: readonly Coding[] }
  readonly diagnosis?: readonly { readonly diagnosisCodeableConcept?: { readonly coding?: readonly Coding[] } }[]
}

/** The types that make up a chart, each with the data classes that an entry of it holds. */
const classesOfType: Readonly<Record<string, readonly DataClass[]>> = {
  Patient: ['phi.identity', 'phi.demographic'],
  AllergyIntolerance: ['phi.clinical.history'],
  Appointment: ['phi.schedule.appointment'],
  CarePlan: ['phi.clinical.plan'],
  CareTeam: ['phi.clinical.plan'],
  Claim: ['phi.financial.claim'],
  ClinicalImpression: ['phi.clinical.assessment'],
  Communication: ['phi.comm.message'],
  Composition: ['phi.clinical.note.summary'],
  Condition: ['phi.clinical.diagnosis'],
  Consent: [],
  Coverage: ['phi.financial.insurance', 'phi.identity.plan-id'],
  DiagnosticReport: ['phi.clinical.lab'],
  DocumentReference: ['phi.clinical.note.summary'],
  Encounter: ['phi.schedule.history', 'phi.identity.date.service'],
  EpisodeOfCare: ['phi.schedule.history', 'phi.identity.date.service'],
  ExplanationOfBenefit: ['phi.financial.remittance'],
  Goal: ['phi.clinical.plan'],
  Immunization: ['phi.clinical.history'],
  MedicationRequest: ['phi.clinical.medication'],
  Observation: ['phi.clinical.note.observation'],
  Procedure: ['phi.clinical.history'],
  QuestionnaireResponse: ['phi.clinical.assessment'],
  RiskAssessment: ['phi.clinical.assessment'],
  ServiceRequest: ['phi.clinical.plan'],
}

const observationCategories: Readonly<Record<string, DataClass>> = {
  laboratory: 'phi.clinical.lab',
  imaging: 'phi.clinical.imaging',
  survey: 'phi.clinical.assessment',
  'social-history': 'phi.clinical.history',
}

const codeSystems: Readonly<Record<string, DataClass>> = {
  'http://hl7.org/fhir/sid/icd-10': 'phi.code.icd10',
  'http://hl7.org/fhir/sid/icd-10-cm': 'phi.code.icd10',
  'http://www.ama-assn.org/go/cpt': 'phi.code.cpt',
}

const list = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value as T]

/** What is in a resource: by its type, and for some types by its category and its codes. */
function dataClassesOf(resource: FhirResource): readonly DataClass[] {
  const classes = new Set(classesOfType[resource.resourceType] ?? [])
  if (resource.resourceType === 'Observation') {
    for (const { code } of list(resource.category).flatMap(({ coding }) => coding ?? [])) {
      const byCategory = observationCategories[code ?? '']
      if (byCategory === undefined) continue
      classes.delete('phi.clinical.note.observation')
      classes.add(byCategory)
    }
  }
  const codes = [resource.code, ...(resource.diagnosis ?? []).map((each) => each.diagnosisCodeableConcept)]
  for (const { system } of codes.flatMap((code) => code?.coding ?? [])) {
    const byCode = codeSystems[system ?? '']
    if (byCode !== undefined) classes.add(byCode)
  }
  return [...classes]
}

/** Reads a reference such as `Patient/f001`. Undefined when it points into the same resource or to another server. */
function patientOf(resource: FhirResource): string | undefined {
  if (resource.resourceType === 'Patient') return resource.id
  const { subject, patient, beneficiary, participant = [] } = resource
  const references = [subject, patient, beneficiary, ...participant.map(({ actor }) => actor)]
  for (const each of references) {
    const match = /^Patient\/([A-Za-z0-9.-]{1,64})$/.exec(each?.reference ?? '')
    if (match !== null) return match[1]
  }
  return undefined
}

/** FHIR R4 keeps animals as patients, too. */
const isAnimal = ({ extension = [] }: FhirResource) => extension.some(({ url }) => url?.endsWith('/patient-animal'))

/** The subject of an audit event about a resource; undefined when it is about no patient that the resource names. */
export function chartEntryOf(resource: FhirResource): ChartEntry | undefined {
  const patient = patientOf(resource)
  if (patient === undefined) return undefined
  const { resourceType: type, id, meta } = resource
  const labels = (meta?.security ?? []).flatMap(({ code }) => code ?? [])
  const entry = { type, id, patient, dataClasses: dataClassesOf(resource), labels }
  return meta?.versionId === undefined ? entry : { ...entry, version: meta.versionId }
}

/** The same as an audit event's `subject`. */
export function subjectOf({ type, id, version, patient, dataClasses }: ChartEntry): NonNullable<AuditEventInput['subject']> {
  return {
    resource: version === undefined ? { type, id } : { type, id, version },
    patients: [patient],
    ...(dataClasses.length === 0 ? {} : { dataClasses: [...dataClasses] }),
  }
}

/** Where the example resources of HL7 FHIR R4 were installed. */
function examplesFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('hl7.fhir.r4.examples/package.json'))
}

/** Reads one example resource, by file name. */
export function readExample(file: string, folder = examplesFolder()): FhirResource {
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as FhirResource
}

/** Reads the example resources that belong into a chart, and the example audit events. */
export function readCharts(): Charts {
  const folder = examplesFolder()
  const charts = new Map<string, ChartEntry[]>()
  const leftOut: { file: string; reason: string }[] = []
  const auditEvents: Mapped[] = []
  let files = 0
  for (const file of readdirSync(folder).sort()) {
    const type = file.slice(0, file.indexOf('-'))
    if (type !== 'AuditEvent' && classesOfType[type] === undefined) continue
    const resource = readExample(file, folder)
    files++
    if (type === 'AuditEvent') {
      auditEvents.push(auditEventOf(resource))
      continue
    }
    const entry = chartEntryOf(resource)
    if (isAnimal(resource)) leftOut.push({ file, reason: 'is an animal' })
    else if (entry === undefined) leftOut.push({ file, reason: 'names no patient of its own server' })
    else charts.set(entry.patient, [...(charts.get(entry.patient) ?? []), entry])
  }
  const byPatient = new Map([...charts].sort(([, a], [, b]) => b.length - a.length))
  return { files, byPatient, leftOut, auditEvents }
}
