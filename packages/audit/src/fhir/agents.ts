import type { ActorType } from '@phi/core'
import { peek, peekDetail, type Remainder, take, takeDetail } from './carried.ts'
import { fhirDetails, isIdentifier, type TokenType, tokenTypes } from './details.ts'
import { APPLICATION, DESTINATION, EXPORT, type Kind } from './kinds.ts'
import type { WriteOptions } from './options.ts'
import { actorResource, referenceTo } from './references.ts'
import { coding, DATA_ABSENT, type FhirCoding, ours, sameCode, systems } from './systems.ts'
import { isAbsoluteUri, isFhirString, networkType } from './text.ts'
import type { FhirConcept, FhirReference } from './types.ts'

/** An agent before it is written as R4 or R5. */
export interface DraftAgent {
  readonly type?: readonly FhirCoding[]
  readonly role?: readonly FhirConcept[]
  readonly who: FhirReference
  /** `undefined` where the actor is withheld. */
  readonly requestor: boolean | undefined
  readonly location?: FhirReference
  readonly policy?: readonly string[]
  readonly network?: string
}

interface Token {
  readonly type: TokenType
  readonly id: string
  readonly issuer?: string
}

/** What the agents are made of. */
interface AgentContext {
  readonly rest: Remainder
  readonly kind: Kind
  readonly options: WriteOptions
  readonly observer: FhirReference
  readonly isDecision: boolean
  readonly absent: 'masked' | 'error'
}

/** FHIR R4 §2.24.0.1, uri: without white space. */
const isUri = (text: unknown): text is string => isIdentifier(text) && !/\s/.test(text)

const HUMAN = coding(systems.securityRole, 'humanuser', 'human user')
const RECIPIENT = coding(systems.participation, 'IRCP', 'information recipient')
const AUTHOR = coding(systems.participation, 'AUT', 'author (originator)')
const PROVIDER = coding(systems.roleClass, 'PROV', 'healthcare provider')
const ON_BEHALF_OF = coding(ours.part, 'on-behalf-of')
export const OAUTH_USER = coding(systems.balpAgent, 'UserOauthAgent', 'User OAuth Agent participant')
export const SAML_USER = coding(systems.balpAgent, 'UserSamlAgent', 'User SAML Agent participant')
export { AUTHOR, HUMAN, ON_BEHALF_OF, PROVIDER, RECIPIENT }

/** The token that the request came with, where the event has a usable one. */
function tokenOf(rest: Remainder): Token | undefined {
  const type = tokenTypes.find((known) => known === peekDetail(rest, fhirDetails.tokenType))
  const id = peekDetail(rest, fhirDetails.tokenId)
  const issuer = peekDetail(rest, fhirDetails.tokenIssuer)
  if (type === undefined || !isUri(id)) return undefined
  return isUri(issuer) ? { type, id, issuer } : { type, id }
}

/** A policy as the URI that FHIR asks for. */
const policyUri = (policy: string): string =>
  isAbsoluteUri(policy) && !policy.startsWith(ours.policy) ? policy : `${ours.policy}${encodeURIComponent(policy)}`

const absentParty = (reason: string): FhirReference => ({ extension: [{ url: DATA_ABSENT, valueCode: reason }] })

/** Who acted: a person with a role of its own, or a machine that is the client itself. */
interface Requestor {
  readonly who: FhirReference
  readonly role: readonly FhirConcept[]
  readonly type: ActorType
  readonly location?: FhirReference
  readonly policy?: readonly string[]
}

function requestorOf({ rest, options, isDecision }: AgentContext, token: Token | undefined): Requestor | undefined {
  const type = peek(rest, 'actor.type') as ActorType | undefined
  const id = peek(rest, 'actor.id') as string | undefined
  if (type === undefined || id === undefined) return undefined
  const roles = (peek(rest, 'actor.roles') as string[] | undefined) ?? []
  take(rest, 'actor.type')
  take(rest, 'actor.id')
  const shown = roles.every(isFhirString) ? roles : []
  if (shown.length > 0) take(rest, 'actor.roles')
  const role = [{ coding: [coding(ours.actorType, type)] }, ...shown.map((text) => ({ text }))]
  let who = referenceTo(actorResource[type], id, 'actor', options)
  let policy: readonly string[] | undefined
  if (token !== undefined) {
    who = { identifier: token.issuer === undefined ? { value: id } : { system: token.issuer, value: id } }
    policy = [token.id]
    takeDetail(rest, fhirDetails.tokenId)
    if (token.issuer !== undefined) takeDetail(rest, fhirDetails.tokenIssuer)
  } else {
    const named = peek(rest, 'context.decision.policy') as string | undefined
    if (named !== undefined && !isDecision) {
      policy = [policyUri(named)]
      take(rest, 'context.decision.policy')
    }
  }
  const site = peek(rest, 'source.site') as string | undefined
  if (site !== undefined && !isDecision) take(rest, 'source.site')
  return {
    who,
    role,
    type,
    ...(policy === undefined ? {} : { policy }),
    ...(site === undefined || isDecision ? {} : { location: { type: 'Location', identifier: { value: site } } }),
  }
}

const WRITING = ['C', 'U', 'D']

/** The codes of the person: author of what is written, and otherwise recipient of information. */
function userCodes(kind: Kind, type: ActorType, token: Token | undefined): FhirCoding[] {
  const codes = [WRITING.includes(kind.action) ? AUTHOR : RECIPIENT]
  if (token !== undefined) codes.push(token.type === 'saml' ? SAML_USER : OAUTH_USER)
  if (type === 'workforce' || type === 'patient') codes.push(HUMAN)
  return codes
}

const isMachine = (type: ActorType) => type === 'service' || type === 'system'

const deviceReference = (id: string, { references }: WriteOptions): FhirReference =>
  references === 'when-valid' && /^Device\/[A-Za-z0-9.-]{1,64}$/.test(id) ? { reference: id } : { identifier: { value: id } }

/** The machine that asked, with its address, and the OAuth client, where those are two. */
function clientAgents({ rest, kind, options }: AgentContext, token: Token | undefined): DraftAgent[] {
  const ip = peek(rest, 'source.ip') as string | undefined
  const userAgent = peek(rest, 'source.userAgent') as string | undefined
  const client = peekDetail(rest, fhirDetails.client)
  const network = ip === undefined ? {} : { network: ip }
  if (ip !== undefined) take(rest, 'source.ip')
  // A user agent that is the address itself could not be told from a client that is named by its address.
  const isShown = userAgent !== undefined && userAgent !== ip && isFhirString(userAgent)
  if (isShown) take(rest, 'source.userAgent')
  const display = isShown ? { display: userAgent } : {}
  const agents: DraftAgent[] = []
  let who: FhirReference = display
  if (isIdentifier(client)) {
    takeDetail(rest, fhirDetails.client)
    const isOauth = token?.type === 'oauth'
    const named = isOauth ? { identifier: { value: client } } : deviceReference(client, options)
    if (isOauth && !sameCode(kind.client, APPLICATION)) {
      agents.push({ type: [APPLICATION], who: named, requestor: false, ...network })
    } else who = { ...named, ...display }
  }
  if (Object.keys(who).length === 0 && ip !== undefined) who = { display: ip }
  if (Object.keys(who).length > 0) agents.unshift({ type: [kind.client], who, requestor: false, ...network })
  return agents
}

/** The system that answered: us. */
function serverAgent({ kind, options, observer, isDecision }: AgentContext): DraftAgent[] {
  if (isDecision) return [{ type: [kind.server], who: observer, requestor: false }]
  const { server } = options
  if (server === undefined) return []
  return [
    {
      type: [kind.server],
      who: (server.who as FhirReference | undefined) ?? observer,
      requestor: false,
      network: server.network,
    },
  ]
}

/** To whom data were disclosed. A postal address is no network address, and is carried. */
function recipientAgent({ rest, kind, isDecision }: AgentContext): DraftAgent[] {
  const recipient = peek(rest, 'context.disclosure.recipient') as string | undefined
  if (isDecision || recipient === undefined || !sameCode(kind.type, EXPORT) || !isFhirString(recipient)) return []
  take(rest, 'context.disclosure.recipient')
  const address = peek(rest, 'context.disclosure.address') as string | undefined
  const isNetwork = address !== undefined && networkType(address) !== undefined
  if (isNetwork) take(rest, 'context.disclosure.address')
  return [{ type: [DESTINATION], who: { display: recipient }, requestor: false, ...(isNetwork ? { network: address } : {}) }]
}

function organizationAgent({ rest, options }: AgentContext, token: Token | undefined): DraftAgent[] {
  const id = peek(rest, 'actor.organization') as string | undefined
  if (id === undefined) return []
  take(rest, 'actor.organization')
  const who = referenceTo('Organization', id, 'organization', options)
  // BALP's SAML profile asks for an identifier and a name.
  const saml = token?.type === 'saml' ? { identifier: { value: id }, display: id } : {}
  return [{ type: [PROVIDER], who: { ...who, ...saml }, requestor: false }]
}

function representedAgent({ rest, options }: AgentContext): DraftAgent[] {
  const id = peek(rest, 'actor.onBehalfOf') as string | undefined
  if (id === undefined) return []
  take(rest, 'actor.onBehalfOf')
  const system = options.systems.actor
  return [
    {
      type: [ON_BEHALF_OF],
      who: { identifier: system === undefined ? { value: id } : { system, value: id } },
      requestor: false,
    },
  ]
}

/** Every party of an event. Takes what it places out of what is left. */
export function agentsOf(context: AgentContext): DraftAgent[] {
  const { rest, kind, isDecision, absent } = context
  const type = peek(rest, 'actor.type') as ActorType | undefined
  const isPerson = type !== undefined && (isDecision || !isMachine(type))
  const token = isPerson ? tokenOf(rest) : undefined
  const requestor = requestorOf(context, token)
  const agents: DraftAgent[] = []
  if (requestor === undefined) agents.push({ who: absentParty(absent), requestor: undefined })
  else {
    const { type: actorType, ...agent } = requestor
    if (isPerson)
      agents.push({ ...agent, type: userCodes(kind, actorType, token), requestor: true }, ...clientAgents(context, token))
    else {
      const ip = peek(rest, 'source.ip') as string | undefined
      if (ip !== undefined) take(rest, 'source.ip')
      agents.push({ ...agent, type: [kind.client], requestor: true, ...(ip === undefined ? {} : { network: ip }) })
    }
  }
  return [
    ...agents,
    ...serverAgent(context),
    ...recipientAgent(context),
    ...organizationAgent(context, token),
    ...representedAgent(context),
  ]
}
