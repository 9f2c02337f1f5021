import { PURPOSE_OF_USE_SYSTEM } from '@phi/core'

/** Under this name stands all that FHIR has no place for. */
export const FHIR_NAMESPACE = 'urn:phi:audit:fhir:v1'

/** Our own code systems and extensions. */
export const ours = {
  /** Code system: the 28 actions of an event. */
  action: `${FHIR_NAMESPACE}:action`,
  /** Code system: the outcomes of an event. */
  outcome: `${FHIR_NAMESPACE}:outcome`,
  /** Code system: the types of actor. */
  actorType: `${FHIR_NAMESPACE}:actor-type`,
  /** Code system: parts that an agent plays, `on-behalf-of`. */
  part: `${FHIR_NAMESPACE}:part`,
  /** Code system: the data classes of the taxonomy. */
  dataClass: `${FHIR_NAMESPACE}:data-class`,
  /** Prefix of a `Reference.type` that is no type of FHIR, percent-encoded. */
  resource: `${FHIR_NAMESPACE}:resource:`,
  /** Prefix of a policy that is no absolute URI, percent-encoded. */
  policy: `${FHIR_NAMESPACE}:policy:`,
  /** Extension: which entry of which log this is. */
  entry: `${FHIR_NAMESPACE}:entry`,
  /** Extension: the facts of the event that have no element. */
  event: `${FHIR_NAMESPACE}:event`,
  /** Extension: a group that is not shown, and why. */
  group: `${FHIR_NAMESPACE}:group`,
} as const

/** Code systems of others. */
export const systems = {
  dicom: 'http://dicom.nema.org/resources/ontology/DCM',
  rest: 'http://hl7.org/fhir/restful-interaction',
  eventType: 'http://terminology.hl7.org/CodeSystem/audit-event-type',
  lifecycle: 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle',
  participation: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
  provenance: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
  roleClass: 'http://terminology.hl7.org/CodeSystem/v3-RoleClass',
  securityRole: 'http://terminology.hl7.org/CodeSystem/extra-security-role-type',
  sourceType: 'http://terminology.hl7.org/CodeSystem/security-source-type',
  entityType: 'http://terminology.hl7.org/CodeSystem/audit-entity-type',
  objectRole: 'http://terminology.hl7.org/CodeSystem/object-role',
  resourceTypes: 'http://hl7.org/fhir/resource-types',
  observationValue: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
  issueSeverity: 'http://hl7.org/fhir/issue-severity',
  outcome: 'http://terminology.hl7.org/CodeSystem/audit-event-outcome',
  purpose: PURPOSE_OF_USE_SYSTEM,
  balpEntity: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType',
  balpAgent: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes',
  balpDecision: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType',
} as const

/** FHIR: why an element has no value. */
export const DATA_ABSENT = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'

export interface FhirCoding {
  readonly system?: string
  readonly code?: string
  readonly display?: string
}

export const coding = (system: string, code: string, display?: string): FhirCoding =>
  display === undefined ? { system, code } : { system, code, display }

/** The label of a resource from which something was left out. */
export const REDACTED = coding(systems.observationValue, 'REDACTED', 'redacted')

export const sameCode = (a: FhirCoding, b: FhirCoding): boolean => a.system === b.system && a.code === b.code
