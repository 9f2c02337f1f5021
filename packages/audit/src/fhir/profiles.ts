import type { AuditRecord } from '../record.ts'
import { AUTHOR, OAUTH_USER, PROVIDER, RECIPIENT, SAML_USER } from './agents.ts'
import { fhirDetails } from './details.ts'
import { CONSENT, PATIENT, QUERY, REQUEST_ID, SYSTEM_OBJECT } from './entities.ts'
import { APPLICATION, DECISION, DESTINATION, type Kind, kinds, SOURCE } from './kinds.ts'
import type { WriteOptions } from './options.ts'
import { type FhirCoding, sameCode } from './systems.ts'
import type { FhirAgentR4, FhirAuditEventR4, FhirEntityR4 } from './types.ts'

/** Where the IHE Basic Audit Log Patterns (BALP) profiles stand. They are for FHIR R4. */
export const BALP = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.'

/** The profiles that a record may be written for, by the end of their URL. */
export const balpProfiles = [
  'Create',
  'Read',
  'Update',
  'Delete',
  'Query',
  'PatientCreate',
  'PatientRead',
  'PatientUpdate',
  'PatientDelete',
  'PatientQuery',
  'PrivacyDisclosure.Source',
  'PrivacyDisclosure.Recipient',
  'AuthZconsent',
  'SAMLaccessTokenUse.Minimal',
  'SAMLaccessTokenUse.Comprehensive',
  'OAUTHaccessTokenUse.Minimal',
  'OAUTHaccessTokenUse.Comprehensive',
  'OAUTHaccessTokenUse.Opaque',
] as const
export type BalpProfile = (typeof balpProfiles)[number]

/** A profile that is for events of this kind. It fits when nothing is missing. */
export interface ProfileFit {
  readonly profile: BalpProfile
  readonly url: string
  /** Elements that the profile requires and the record or the options do not give, such as `agent:server.network`. */
  readonly missing: readonly string[]
}

type Body = Omit<FhirAuditEventR4, 'resourceType' | 'id' | 'meta'>
type Need = readonly [element: string, isThere: boolean]

const agentsOfType = (body: Body, code: FhirCoding): readonly FhirAgentR4[] =>
  body.agent.filter(({ type }) => type?.coding?.some((each) => sameCode(each, code)) === true)
const entitiesOfType = (body: Body, code: FhirCoding): readonly FhirEntityR4[] =>
  (body.entity ?? []).filter(({ type }) => sameCode(type, code))
const patientsOf = (body: Body) => (body.entity ?? []).filter(({ role }) => role !== undefined && sameCode(role, PATIENT))

/** One agent of a type, with an address where the profile asks for it. */
function one(body: Body, slice: string, code: FhirCoding, withNetwork: boolean): Need[] {
  const agents = agentsOfType(body, code)
  const needs: Need[] = [[`agent:${slice}`, agents.length === 1]]
  if (withNetwork) needs.push([`agent:${slice}.network`, agents[0]?.network !== undefined])
  return needs
}

const patientNeed = (body: Body): Need => ['entity:patient', patientsOf(body).length === 1]

/** The person, of whom these profiles allow one, without a network address. Nobody is named where the actor is a machine. */
function userNeed(body: Body, codes: readonly FhirCoding[]): Need[] {
  const users = body.agent.filter(({ type }) => type?.coding?.some((each) => codes.some((code) => sameCode(each, code))))
  return [['agent:user', users.length <= 1 && users.every(({ network }) => network === undefined)]]
}

function accessNeeds(body: Body, kind: Kind, isPatient: boolean): Need[] {
  const isQuery = kind === kinds.search
  const codes = isQuery || kind === kinds.read ? [RECIPIENT] : [AUTHOR]
  const objects = entitiesOfType(body, SYSTEM_OBJECT)
  const object = objects.length === 1 ? objects[0] : undefined
  return [
    ['outcome', body.outcome === '0'],
    ...one(body, 'client', kind.client, true),
    ...one(body, 'server', kind.server, true),
    ...userNeed(body, codes),
    isQuery
      ? ['entity:query', object?.query !== undefined && object.role !== undefined && sameCode(object.role, QUERY)]
      : ['entity:data', object?.what !== undefined],
    ['entity:transaction', entitiesOfType(body, REQUEST_ID).length <= 1],
    ...(isPatient ? [patientNeed(body)] : []),
  ]
}

const isObserver = (body: Body, agent: FhirAgentR4 | undefined) =>
  agent !== undefined && JSON.stringify(agent.who) === JSON.stringify(body.source.observer)

function disclosureNeeds(body: Body, observer: FhirCoding): Need[] {
  const slice = observer === SOURCE ? 'source' : 'recipient'
  return [
    ...one(body, 'source', SOURCE, true),
    ...one(body, 'recipient', DESTINATION, true),
    [`agent:${slice}.who`, isObserver(body, agentsOfType(body, observer)[0])],
    patientNeed(body),
    ['entity', (body.entity ?? []).length >= 2],
    ['outcome', body.outcome !== undefined],
  ]
}

function decisionNeeds(body: Body): Need[] {
  return [
    ...one(body, 'client', APPLICATION, true),
    ...one(body, 'user', RECIPIENT, false),
    ...one(body, 'userorg', PROVIDER, false),
    ...one(body, 'authorizer', DECISION.server, false),
    ['agent:authorizer.who', isObserver(body, agentsOfType(body, DECISION.server)[0])],
    patientNeed(body),
    ['entity:consent', entitiesOfType(body, CONSENT).length >= 1],
    ['outcome', body.outcome !== undefined],
  ]
}

const hasPolicy = (agent: FhirAgentR4 | undefined): Need => ['agent:user.policy', agent?.policy?.length === 1]

function tokenNeeds(profile: BalpProfile, body: Body): Need[] {
  const isSaml = profile.startsWith('SAML')
  const user = agentsOfType(body, isSaml ? SAML_USER : OAUTH_USER)[0]
  const needs: Need[] = [['agent:user', user?.requestor === true], hasPolicy(user)]
  if (isSaml) needs.push(['agent:user.who.identifier', user?.who.identifier !== undefined])
  if (profile === 'SAMLaccessTokenUse.Comprehensive') needs.push(['agent:userorg', agentsOfType(body, PROVIDER).length > 0])
  if (profile === 'OAUTHaccessTokenUse.Comprehensive') {
    const clients = agentsOfType(body, APPLICATION)
    needs.push(['agent:oClient.who.identifier', clients.length === 1 && clients[0]?.who.identifier !== undefined])
  }
  return needs
}

const access: readonly (readonly [Kind, BalpProfile, BalpProfile])[] = [
  [kinds.create, 'Create', 'PatientCreate'],
  [kinds.read, 'Read', 'PatientRead'],
  [kinds.update, 'Update', 'PatientUpdate'],
  [kinds.delete, 'Delete', 'PatientDelete'],
  [kinds.search, 'Query', 'PatientQuery'],
]

const sameKind = (body: Body, kind: Kind) =>
  'code' in body.type &&
  sameCode(body.type, kind.type) &&
  body.action === kind.action &&
  (body.subtype ?? []).some(
    (code) => kind.subtype !== undefined && (sameCode(code, kind.subtype) || code.code === `v${kind.subtype.code}`),
  )

function tokenProfiles({ context }: AuditRecord['event']): BalpProfile[] {
  switch (context?.details?.[fhirDetails.tokenType]) {
    case 'saml':
      return ['SAMLaccessTokenUse.Minimal', 'SAMLaccessTokenUse.Comprehensive']
    case 'oauth':
      return ['OAUTHaccessTokenUse.Minimal', 'OAUTHaccessTokenUse.Comprehensive']
    case 'oauth-opaque':
      return ['OAUTHaccessTokenUse.Opaque']
    default:
      return []
  }
}

/** The profiles for what a record is about, each with what it asks for and does not find in the resource. */
export function fitsOf(record: AuditRecord, options: WriteOptions, body: Body): ProfileFit[] {
  const fits: ProfileFit[] = []
  const add = (profile: BalpProfile, needs: readonly Need[]) => {
    const missing = needs.filter(([, isThere]) => !isThere).map(([element]) => element)
    fits.push({ profile, url: `${BALP}${profile}`, missing: [...new Set(missing)] })
  }
  if (options.view === 'decision') {
    if (record.event.action !== undefined) add('AuthZconsent', decisionNeeds(body))
    return fits
  }
  const isPatient = patientsOf(body).length === 1
  for (const [kind, plain, patient] of access) {
    if (sameKind(body, kind)) add(isPatient ? patient : plain, accessNeeds(body, kind, isPatient))
  }
  if (record.event.action === 'disclose') add('PrivacyDisclosure.Source', disclosureNeeds(body, SOURCE))
  else if (body.subtype?.some(({ code }) => code === 'disclose'))
    add('PrivacyDisclosure.Recipient', disclosureNeeds(body, DESTINATION))
  if (record.event.action !== undefined)
    for (const profile of tokenProfiles(record.event)) add(profile, tokenNeeds(profile, body))
  return fits
}
