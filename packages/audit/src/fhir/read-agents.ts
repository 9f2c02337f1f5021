import { type ActorType, actorTypes } from '@phi/core'
import { auditActorSchema } from '../event.ts'
import { AUTHOR, HUMAN, OAUTH_USER, ON_BEHALF_OF, PROVIDER, RECIPIENT, SAML_USER } from './agents.ts'
import { setOnce } from './carried.ts'
import { fhirDetails, type TokenType } from './details.ts'
import { codeOf, codingsOf, type Element } from './element.ts'
import { fhirError } from './errors.ts'
import { APPLICATION, DESTINATION, EXPORT, machineCodes } from './kinds.ts'
import { carryOver, fits, isIp, partyOf, type Reading, referenceOf, setDetail, useParty, useReference } from './reading.ts'
import { actorResource, type ReadReference } from './references.ts'
import { coding, type FhirCoding, ours, sameCode, systems } from './systems.ts'
import { decoded, networkType } from './text.ts'

const INFORMANT = coding(systems.participation, 'INF')
const CUSTODIAN_PERSON = coding(systems.participation, 'CST')
const userCodes = [HUMAN, RECIPIENT, AUTHOR, OAUTH_USER, SAML_USER]
const personCodes = [...userCodes, INFORMANT, CUSTODIAN_PERSON]

const isOf = (agent: Element, codes: readonly FhirCoding[]): boolean =>
  codingsOf(agent, 'type').some((each) => codes.some((code) => sameCode(code, codeOf(each))))

/** Marks the codes of an agent that its place in the event tells. */
function useCodes(agent: Element, codes: readonly FhirCoding[]): void {
  for (const each of codingsOf(agent, 'type')) if (codes.some((code) => sameCode(code, codeOf(each)))) each.use()
  agent.useKey('requestor')
}

const isRequestor = (agent: Element) => (agent.value as { requestor?: boolean }).requestor === true

/** Who acted: the person that asked, else the machine that did, else whoever is named first. */
function actorAgent({ kind }: Reading, agents: readonly Element[]): Element | undefined {
  const asked = agents.filter(isRequestor)
  return (
    asked.find((agent) => !isOf(agent, machineCodes)) ??
    asked[0] ??
    agents.find((agent) => isOf(agent, personCodes)) ??
    agents.find((agent) => isOf(agent, [kind.client])) ??
    agents.find((agent) => agent.get('who') !== undefined)
  )
}

const typeOfResource: Readonly<Record<string, ActorType>> = {
  Practitioner: 'workforce',
  PractitionerRole: 'workforce',
  Patient: 'patient',
  Device: 'service',
  Organization: 'vendor',
}

/** What kind of actor it is, by our own code, the type of the reference or the type of the agent. */
function actorTypeOf(reading: Reading, agent: Element, found: ReadReference | undefined): ActorType {
  const own = codingsOf(agent, 'role').find((each) => codeOf(each).system === ours.actorType)
  if (own !== undefined) {
    const type = actorTypes.find((known) => known === codeOf(own).code)
    if (type === undefined)
      throw fhirError('PHI_AUDIT_FHIR_RESOURCE', { path: own.path, detail: 'a type of actor that is not known' })
    own.use()
    return type
  }
  if (found?.type !== undefined && Object.hasOwn(typeOfResource, found.type)) return typeOfResource[found.type] as ActorType
  reading.assumed.push('actor.type')
  if (isOf(agent, machineCodes)) return 'service'
  return reading.options.actorType
}

interface TokenUse {
  readonly type: TokenType
  readonly id: string | undefined
}

/** The token that the actor came with, by the code of the agent or by the profile that the resource claims. */
function tokenOf({ root, isOurs }: Reading, agent: Element): TokenUse | undefined {
  const profiles = isOurs ? [] : ((root.value as { meta?: { profile?: string[] } }).meta?.profile ?? [])
  const claims = (name: string) => profiles.some((profile) => profile.includes(name))
  const policies = (agent.value as { policy?: string[] }).policy ?? []
  const id = policies.length === 1 ? policies[0] : undefined
  if (isOf(agent, [SAML_USER]) || claims('SAMLaccessTokenUse')) return { type: 'saml', id }
  if (claims('OAUTHaccessTokenUse.Opaque')) return { type: 'oauth-opaque', id }
  if (isOf(agent, [OAUTH_USER]) || claims('OAUTHaccessTokenUse')) return { type: 'oauth', id }
  return undefined
}

function readPolicy({ event, isOurs }: Reading, agent: Element, token: TokenUse | undefined): void {
  const policy = agent.get('policy')
  const values = (policy?.value as string[] | undefined) ?? []
  if (policy === undefined || values.length !== 1) return
  const value = values[0] as string
  if (token !== undefined) {
    if (!fits(value)) return
    setDetail(event, fhirDetails.tokenId, value)
    if (!isOurs) setDetail(event, fhirDetails.tokenType, token.type)
    policy.use()
  } else if (isOurs) {
    const named = value.startsWith(ours.policy) ? decoded(value.slice(ours.policy.length)) : value
    if (named === undefined)
      throw fhirError('PHI_AUDIT_FHIR_RESOURCE', { path: policy.path, detail: 'a policy that cannot be decoded' })
    setOnce(event, 'context.decision.policy', named)
    policy.use()
  }
}

const role = auditActorSchema.shape.roles

function readRoles({ event, isOurs }: Reading, agent: Element): void {
  const named = agent.items('role').filter((each) => each.get('text') !== undefined)
  const texts = named.map((each) => each.text('text') as string)
  if (texts.length === 0 || (!isOurs && !role.safeParse(texts).success)) return
  setOnce(event, 'actor.roles', texts)
  for (const each of named) each.useKey('text')
}

/** The id of an actor. A resource of another type than its kind of actor usually is keeps the type: `RelatedPerson/1`. */
function readActorId(
  reading: Reading,
  agent: Element,
  type: ActorType,
  found: ReadReference | undefined,
  token: TokenUse | undefined,
): void {
  const { event, assumed, isOurs } = reading
  const who = agent.get('who')
  if (who !== undefined && found !== undefined) {
    const { system, value } = (who.value as { identifier?: { system?: string; value?: string } }).identifier ?? {}
    if (token !== undefined && value !== undefined && fits(value)) {
      setOnce(event, 'actor.id', value)
      if (fits(system)) setDetail(event, fhirDetails.tokenIssuer, system)
      who.get('identifier')?.useKey('value')
      who.get('identifier')?.useKey('system')
      return
    }
    const isUsual = isOurs || found.type === undefined || found.type === actorResource[type] || found.id.includes('/')
    const id = isUsual ? found.id : `${found.type}/${found.id}`
    if (fits(id)) {
      if (found.onlyText) assumed.push('actor.id')
      setOnce(event, 'actor.id', id)
      useReference(who, found)
      return
    }
  }
  if (isOurs) throw fhirError('PHI_AUDIT_FHIR_INCOMPLETE', { path: `${agent.path}.who` })
  const other = (['altId', 'name'] as const).find((key) => fits(agent.text(key)))
  if (other === undefined && !fits(token?.id)) throw fhirError('PHI_AUDIT_FHIR_INCOMPLETE', { path: `${agent.path}.who` })
  assumed.push('actor.id')
  setOnce(event, 'actor.id', other === undefined ? token?.id : agent.text(other))
  if (other !== undefined) agent.useKey(other)
}

/** The address of an agent, with the element that holds it. */
function addressOf(agent: Element): { element: Element; address: string } | undefined {
  const network = agent.get('network')
  const address = network?.text('address')
  if (network !== undefined && address !== undefined) return { element: network, address }
  for (const key of ['networkString', 'networkUri'] as const) {
    const element = agent.get(key)
    if (element !== undefined) return { element, address: (element.value as string).replace(/^urn:ipv[46]:/i, '') }
  }
  return undefined
}

function readIp({ event }: Reading, agent: Element): void {
  const found = addressOf(agent)
  const set = (event.source as { ip?: string } | undefined)?.ip
  if (found === undefined || !isIp(found.address) || (set !== undefined && set !== found.address)) return
  setOnce(event, 'source.ip', found.address)
  found.element.use()
}

function readActor(reading: Reading, agent: Element): void {
  const { event, kind } = reading
  const token = tokenOf(reading, agent)
  const found = referenceOf(agent.get('who'), 'actor', reading)
  const type = actorTypeOf(reading, agent, found)
  setOnce(event, 'actor.type', type)
  readActorId(reading, agent, type, found, token)
  readRoles(reading, agent)
  readPolicy(reading, agent, token)
  readIp(reading, agent)
  const location = agent.get('location')
  const { identifier, reference, display } = (location?.value ?? {}) as {
    identifier?: { value?: string }
    reference?: string
    display?: string
  }
  const site = identifier?.value ?? reference ?? display
  if (location !== undefined && fits(site)) carryOver(reading, 'source.site', location, site)
  useCodes(agent, [...userCodes, kind.client])
}

/** The machine that asked: its address, its name as the user agent, and its identity as `client.id`. */
function readClient(reading: Reading, agent: Element, codes: readonly FhirCoding[]): void {
  const { event, isOurs } = reading
  readIp(reading, agent)
  const who = agent.get('who')
  const { reference, identifier, display } = (who?.value ?? {}) as {
    reference?: string
    identifier?: { system?: string; value?: string }
    display?: string
  }
  const system = identifier?.system
  const token =
    identifier?.value === undefined || system === undefined || isOurs ? identifier?.value : `${system}|${identifier.value}`
  const id = reference ?? token
  const isSet =
    (event.context as { details?: Record<string, unknown> } | undefined)?.details?.[fhirDetails.client] !== undefined
  if (fits(id) && !isSet) {
    setDetail(event, fhirDetails.client, id)
    if (reference !== undefined) who?.useKey('reference')
    else who?.get('identifier')?.use()
  }
  const address = addressOf(agent)?.address
  const hasAgent = (event.source as { userAgent?: string } | undefined)?.userAgent !== undefined
  if (display !== undefined && display === address) who?.useKey('display')
  else if (display !== undefined && display.length <= 1024 && !hasAgent) {
    setOnce(event, 'source.userAgent', display)
    who?.useKey('display')
  }
  useCodes(agent, codes)
}

/** Us, as the resource has us: what the options say, not the event. */
function readServer({ reporter, kind, isDecision, root }: Reading, agent: Element): void {
  const who = agent.get('who')
  const observer = root.get('source')?.get('observer')
  const party = who === undefined ? undefined : partyOf(who)
  const isObserver = JSON.stringify(who?.value) === JSON.stringify(observer?.value)
  const found = addressOf(agent)
  if (isDecision) {
    if (who !== undefined && isObserver) useParty(who)
    useCodes(agent, [kind.server])
    return
  }
  if (found === undefined || networkType(found.address) === undefined || party === undefined) return
  reporter.server = { network: found.address, ...(isObserver ? {} : { who: party }) }
  found.element.use()
  if (who !== undefined) useParty(who)
  useCodes(agent, [kind.server])
}

/** To whom data were disclosed, where the resource was written here. Of others see `readDisclosure`. */
function readOwnRecipient({ event }: Reading, agent: Element): void {
  const who = agent.get('who')
  const display = who?.text('display')
  if (who === undefined || display === undefined)
    throw fhirError('PHI_AUDIT_FHIR_INCOMPLETE', { path: `${agent.path}.who.display` })
  setOnce(event, 'context.disclosure.recipient', display)
  const found = addressOf(agent)
  if (found !== undefined) setOnce(event, 'context.disclosure.address', found.address)
  found?.element.use()
  who.use()
  useCodes(agent, [DESTINATION])
}

function readParty(reading: Reading, agent: Element, path: string, of: 'actor' | 'organization', code: FhirCoding): void {
  const who = agent.get('who')
  const found = referenceOf(who, of, reading)
  if (who === undefined || found === undefined) return
  // A healthcare provider can be a person (HL7 RoleClass PROV).
  if (of === 'organization' && found.type !== undefined && found.type !== 'Organization') return
  if (found.onlyText) reading.assumed.push(path)
  setOnce(reading.event, path, found.id)
  useReference(who, found)
  // Written here, identifier and name repeat the reference.
  if (reading.isOurs) useParty(who)
  useCodes(agent, [code])
}

/** The parties. @returns the recipient of another's resource, for the disclosure. @throws PhiError PHI_AUDIT_FHIR_INCOMPLETE */
export function readAgents(reading: Reading): Element | undefined {
  const { root, kind, isOurs } = reading
  const agents = root.items('agent')
  const actor = actorAgent(reading, agents)
  if (actor === undefined || (isOurs && !isRequestor(actor))) throw fhirError('PHI_AUDIT_FHIR_INCOMPLETE', { path: 'agent' })
  if (isOurs && agents.filter(isRequestor).length > 1) throw fhirError('PHI_AUDIT_FHIR_CONTRADICTION', { path: 'agent' })
  const rest = new Set(agents.filter((agent) => agent !== actor))
  const pick = (code: FhirCoding): Element | undefined => {
    const agent = [...rest].find((each) => isOf(each, [code]))
    if (agent !== undefined) rest.delete(agent)
    return agent
  }
  readActor(reading, actor)
  const client = isOf(actor, [kind.client]) && isOf(actor, machineCodes) ? undefined : pick(kind.client)
  const application = pick(APPLICATION)
  if (application !== undefined) readClient(reading, application, [APPLICATION])
  if (client !== undefined) readClient(reading, client, [kind.client])
  const server = pick(kind.server)
  if (server !== undefined) readServer(reading, server)
  const organization = pick(PROVIDER)
  if (organization !== undefined) readParty(reading, organization, 'actor.organization', 'organization', PROVIDER)
  const represented = pick(ON_BEHALF_OF)
  if (represented !== undefined) readParty(reading, represented, 'actor.onBehalfOf', 'actor', ON_BEHALF_OF)
  const recipient = sameCode(kind.type, EXPORT) ? pick(DESTINATION) : undefined
  if (recipient !== undefined && isOurs) readOwnRecipient(reading, recipient)
  return isOurs ? undefined : recipient
}
