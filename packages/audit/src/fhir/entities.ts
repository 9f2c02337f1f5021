import { peek, peekDetail, type Remainder, take, takeDetail } from './carried.ts'
import { fhirDetails } from './details.ts'
import { EXPORT, type Kind } from './kinds.ts'
import type { WriteOptions } from './options.ts'
import { referenceTo } from './references.ts'
import { coding, type FhirCoding, ours, sameCode, systems } from './systems.ts'
import { asBase64, isFhirId, isFhirString } from './text.ts'
import type { FhirReference } from './types.ts'

/** An entity before it is written as R4 or R5. */
export interface DraftEntity {
  readonly what?: FhirReference
  readonly type: FhirCoding
  readonly role?: FhirCoding
  readonly labels?: readonly FhirCoding[]
  readonly description?: string
  readonly query?: string
}

export const PERSON = coding(systems.entityType, '1', 'Person')
export const SYSTEM_OBJECT = coding(systems.entityType, '2', 'System Object')
const OTHER = coding(systems.entityType, '4', 'Other')
export const PATIENT = coding(systems.objectRole, '1', 'Patient')
export const DOMAIN_RESOURCE = coding(systems.objectRole, '4', 'Domain Resource')
export const QUERY = coding(systems.objectRole, '24', 'Query')
export const CONSENT = coding(systems.resourceTypes, 'Consent', 'Consent')
export const REQUEST_ID = coding(systems.balpEntity, 'XrequestId')

/** What the entities are made of. */
interface EntityContext {
  readonly rest: Remainder
  readonly kind: Kind
  readonly options: WriteOptions
  readonly version: 'R4' | 'R5'
  readonly isDecision: boolean
  readonly isSearch: boolean
}

const FHIR_TYPE = /^[A-Z][A-Za-z]{1,63}$/
/** The types of resource that an event can name as they are. Others are put under a name of ours. */
const fhirTypes: ReadonlySet<string> = new Set(
  (
    'Account,ActivityDefinition,AdverseEvent,AllergyIntolerance,Appointment,AppointmentResponse,AuditEvent,Basic,Binary,BodyStructure,' +
    'Bundle,CapabilityStatement,CarePlan,CareTeam,ChargeItem,ChargeItemDefinition,Claim,ClaimResponse,ClinicalImpression,CodeSystem,' +
    'Communication,CommunicationRequest,CompartmentDefinition,Composition,ConceptMap,Condition,Consent,Contract,Coverage,' +
    'CoverageEligibilityRequest,CoverageEligibilityResponse,DetectedIssue,Device,DeviceDefinition,DeviceMetric,DeviceRequest,' +
    'DiagnosticReport,DocumentReference,Encounter,Endpoint,EnrollmentRequest,EnrollmentResponse,EpisodeOfCare,EventDefinition,Evidence,' +
    'EvidenceVariable,ExampleScenario,ExplanationOfBenefit,FamilyMemberHistory,Flag,Goal,GraphDefinition,Group,GuidanceResponse,' +
    'HealthcareService,ImagingStudy,Immunization,ImmunizationEvaluation,ImmunizationRecommendation,ImplementationGuide,InsurancePlan,' +
    'Invoice,Library,Linkage,List,Location,Measure,MeasureReport,Medication,MedicationAdministration,MedicationDispense,' +
    'MedicationKnowledge,MedicationRequest,MedicationStatement,MessageDefinition,MessageHeader,MolecularSequence,NamingSystem,' +
    'NutritionOrder,Observation,ObservationDefinition,OperationDefinition,OperationOutcome,Organization,OrganizationAffiliation,Patient,' +
    'PaymentNotice,PaymentReconciliation,Person,PlanDefinition,Practitioner,PractitionerRole,Procedure,Provenance,Questionnaire,' +
    'QuestionnaireResponse,RelatedPerson,ResearchStudy,ResearchSubject,RiskAssessment,Schedule,SearchParameter,' +
    'ServiceRequest,Slot,Specimen,SpecimenDefinition,StructureDefinition,StructureMap,Subscription,Substance,SupplyDelivery,SupplyRequest,' +
    'Task,TerminologyCapabilities,TestReport,TestScript,ValueSet,VerificationResult,VisionPrescription'
  ).split(','),
)

/** The type of FHIR that a type of the event's is written as. */
function fhirTypeOf(type: string, options: WriteOptions): string | undefined {
  const mapped = Object.hasOwn(options.resourceTypes, type) ? options.resourceTypes[type] : undefined
  if (mapped !== undefined) return mapped
  // A type that another one is mapped to would be read back as that one.
  const isTaken = Object.values(options.resourceTypes).includes(type)
  return FHIR_TYPE.test(type) && fhirTypes.has(type) && !isTaken ? type : undefined
}

function resourceReference({ rest, options }: EntityContext): FhirReference | undefined {
  const resource = peek(rest, 'subject.resource') as { type: string; id: string; version?: string } | undefined
  if (resource === undefined) return undefined
  const { type, id, version } = resource
  const fhirType = fhirTypeOf(type, options)
  const isLiteral = fhirType !== undefined && isFhirId(id) && options.references === 'when-valid'
  if (fhirType === undefined) {
    const { identifier } = referenceTo(type, id, 'resource', { ...options, references: 'never' })
    take(rest, 'subject.resource.type')
    take(rest, 'subject.resource.id')
    return { type: `${ours.resource}${encodeURIComponent(type)}`, ...(identifier === undefined ? {} : { identifier }) }
  }
  const shown = isLiteral && version !== undefined && isFhirId(version) ? version : undefined
  const reference = referenceTo(fhirType, id, 'resource', options, shown)
  take(rest, 'subject.resource.type')
  take(rest, 'subject.resource.id')
  if (shown !== undefined) take(rest, 'subject.resource.version')
  return reference
}

function labelsOf(rest: Remainder): readonly FhirCoding[] | undefined {
  const classes = peek(rest, 'subject.dataClasses') as string[] | undefined
  if (classes === undefined || classes.length === 0) return undefined
  take(rest, 'subject.dataClasses')
  return classes.map((key) => coding(ours.dataClass, key))
}

function queryEntity({ rest, isSearch }: EntityContext): DraftEntity | undefined {
  const query = isSearch ? peekDetail(rest, fhirDetails.query) : undefined
  if (typeof query !== 'string' || query === '') return undefined
  takeDetail(rest, fhirDetails.query)
  return { type: SYSTEM_OBJECT, role: QUERY, query: asBase64(query) }
}

function consentEntities({ rest, options }: EntityContext): DraftEntity[] {
  const policy = peek(rest, 'context.decision.policy') as string | undefined
  if (policy === undefined) return []
  take(rest, 'context.decision.policy')
  const isLiteral = options.references === 'when-valid' && /^Consent\/[A-Za-z0-9.-]{1,64}$/.test(policy)
  return [{ type: CONSENT, what: isLiteral ? { reference: policy } : { type: 'Consent', identifier: { value: policy } } }]
}

function patientEntities({ rest, options, isDecision }: EntityContext): DraftEntity[] {
  const patients = peek(rest, 'subject.patients') as string[] | undefined
  // A decision is about one patient; of several, its profile has no place for the others.
  if (patients === undefined || patients.length === 0 || (isDecision && patients.length > 1)) return []
  take(rest, 'subject.patients')
  return patients.map((id) => ({ what: referenceTo('Patient', id, 'patient', options), type: PERSON, role: PATIENT }))
}

/** What an event is about. Takes what it places out of what is left. */
export function entitiesOf(context: EntityContext): DraftEntity[] {
  const { rest, kind, isDecision, isSearch, version } = context
  if (isDecision) return [...patientEntities(context), ...consentEntities(context)]
  const entities: DraftEntity[] = []
  const what = resourceReference(context)
  if (what !== undefined) {
    const labels = labelsOf(rest)
    const description = peek(rest, 'context.disclosure.description') as string | undefined
    const isDescribed =
      version === 'R4' && description !== undefined && sameCode(kind.type, EXPORT) && isFhirString(description)
    if (isDescribed) take(rest, 'context.disclosure.description')
    entities.push({
      what,
      // BALP's Query knows one system object, the query itself.
      type: isSearch ? OTHER : SYSTEM_OBJECT,
      role: DOMAIN_RESOURCE,
      ...(labels === undefined ? {} : { labels }),
      ...(isDescribed ? { description } : {}),
    })
  }
  const query = queryEntity(context)
  if (query !== undefined) {
    const labels = labelsOf(rest)
    entities.push(labels === undefined ? query : { ...query, labels })
  }
  entities.push(...patientEntities(context))
  const request = peek(rest, 'source.request') as string | undefined
  if (request !== undefined && version === 'R4') {
    take(rest, 'source.request')
    entities.push({ what: { identifier: { value: request } }, type: REQUEST_ID })
  }
  return entities
}
