import { isPhiError } from '@phi/core'
import { freeze } from '../freeze.ts'
import { type ChannelConsent, type ChannelOptOut, givenAt, isGiven, reaches } from './channel-consent.ts'
import { type ConfidentialCommunication, confidentialCommunicationAt, lawOf } from './confidential-communication.ts'
import { type ContactPoint, isUsable } from './contact-point.ts'
import { type Directive, hasDoubles, MAX_DIRECTIVES, readDirective } from './directive.ts'
import { directiveError } from './errors.ts'
import { parseFrozen } from './fields.ts'
import { citing, type DirectiveLaw } from './law.ts'
import {
  type RoutingBecause as Because,
  type Escalation,
  type HoldReason,
  type Message,
  messageSchema,
  type RoutingDecision,
  type RoutingReason,
} from './message.ts'
import { channelRules, isRouting, type MessageRouting } from './message-routing.ts'

/** What applies to one message: the patient's directives by kind. */
interface Case {
  readonly message: Message
  readonly now: number
  readonly wants: 'detailed' | 'minimal'
  readonly contacts: readonly ContactPoint[]
  readonly consents: readonly ChannelConsent[]
  readonly optOuts: readonly ChannelOptOut[]
  readonly requests: readonly ConfidentialCommunication[]
}
type Outcome =
  | { readonly hold: HoldReason; readonly because?: readonly Because[]; readonly law: readonly DirectiveLaw[] }
  | {
      readonly contact: ContactPoint
      readonly content: 'detailed' | 'minimal'
      readonly notice?: ContactPoint | undefined
      readonly because: readonly Because[]
      readonly law: readonly DirectiveLaw[]
    }

const why = (reason: RoutingReason, directive: string | null = null): Because => ({ reason, directive })

/** Opt-outs win at the same instant, and one that is dated later than now counts already. */
const isOptedOut = (its: Case, contact: ContactPoint, since: number): ChannelOptOut | undefined =>
  its.optOuts.find((each) => reaches(each, contact, its.contacts) && givenAt(each) >= since)

interface Offer {
  readonly consent: ChannelConsent
  readonly contact: ContactPoint
}

/** Consents that count now for the kind, with the usable addresses they are for; the latest first, then by id. */
function offersOf(its: Case): readonly Offer[] {
  const { message, now } = its
  return its.consents
    .filter((each) => isGiven(each, now) && (each.messages === undefined || each.messages.includes(message.kind)))
    .flatMap((consent) => {
      const contact = its.contacts.find(({ id }) => id === consent.contact)
      if (contact === undefined || contact.channel === 'portal' || !isUsable(contact, now)) return []
      return isOptedOut(its, contact, givenAt(consent)) === undefined ? [{ consent, contact }] : []
    })
    .sort((a, b) => givenAt(b.consent) - givenAt(a.consent) || (a.consent.id < b.consent.id ? -1 : 1))
}

/** Whether an opt-in lets this message go to the contact as it is. */
const carries = (its: Case, { consent }: Offer): boolean => {
  if (!its.message.labels.every((label) => consent.labels?.includes(label))) return false
  return its.wants === 'minimal' || consent.content === 'detailed'
}

function portalOf(its: Case): ContactPoint | 'none' | 'several' {
  const accounts = its.contacts.filter((each) => each.channel === 'portal' && isUsable(each, its.now))
  if (accounts.length > 1) return 'several'
  return accounts[0] ?? 'none'
}

const named = (its: Case): Because[] => (its.message.labels.length > 0 ? [why('consent-names-labels')] : [])

/** Nobody asked for a special way: an offer of the patient that carries the message, else the portal. */
function ordinary(its: Case): Outcome {
  const offers = offersOf(its)
  const offer = offers.find((each) => carries(its, each))
  if (offer !== undefined) {
    const { consent, contact } = offer
    const isMinimal = its.wants === 'minimal'
    return {
      contact,
      content: its.wants,
      because: [why(isMinimal ? 'preference' : 'advised-opt-in', consent.id), ...named(its)],
      law: isMinimal ? ['safeguards'] : ['plainEmail', 'safeguards'],
    }
  }
  const lost = its.consents.find((consent) => {
    const contact = its.contacts.find(({ id }) => id === consent.contact)
    return contact !== undefined && isOptedOut(its, contact, givenAt(consent)) !== undefined
  })
  const because = [
    ...(its.message.labels.length > 0
      ? [why('sensitive-label')]
      : [why(its.wants === 'detailed' ? 'no-opt-in' : 'no-preference')]),
    ...(lost === undefined ? [] : [why('opted-out', lost.id)]),
  ]
  const portal = portalOf(its)
  if (portal === 'several') return { hold: 'contradictory-directives', because, law: ['authentication'] }
  if (portal === 'none') return { hold: 'portal-identity-not-verified', because, law: ['authentication'] }
  return {
    contact: portal,
    content: its.wants,
    // A link has to be written.
    notice: offers.find(({ contact }) => contact.channel === 'email' || contact.channel === 'sms')?.contact,
    because: [...because, why('sealed-or-verified', portal.id)],
    law: ['transmission', 'authentication'],
  }
}

/** The requests for another way that are about the kind of the message; those that name the kind before those for everything. */
function requestsFor(its: Case): readonly ConfidentialCommunication[] {
  const about = its.requests.filter((each) => each.messages === undefined || each.messages.includes(its.message.kind))
  const inForce = about.filter((each) => confidentialCommunicationAt(each, its.now) === 'accommodated')
  const naming = inForce.filter((each) => each.messages !== undefined)
  return naming.length > 0 ? naming : inForce
}

/** The patient asked for another way or place: that one and no other, with as much content as it may carry. */
function confidential(its: Case, requests: readonly [ConfidentialCommunication, ...ConfidentialCommunication[]]): Outcome {
  const law: DirectiveLaw[] = [lawOf(requests[0])]
  const because = requests.map((each) => why('confidential-communication', each.id))
  if (new Set(requests.map((each) => each.contact)).size > 1) return { hold: 'contradictory-directives', because, law }
  const [request] = requests
  const contact = its.contacts.find(({ id }) => id === request.contact)
  if (contact === undefined || contact.channel !== request.channel || !isUsable(contact, its.now)) {
    const isPortal = request.channel === 'portal'
    return { hold: isPortal ? 'portal-identity-not-verified' : 'address-not-verified', because, law }
  }
  // Asked for here, and later opted out of here: nobody can tell which of the two is meant.
  const since = Math.max(...requests.map((each) => Date.parse((each.history[0] as { at: string }).at)))
  if (isOptedOut(its, contact, since) !== undefined) return { hold: 'contradictory-directives', because, law }
  const { open, detailedNeedsOptIn } = channelRules[contact.channel]
  if (!open) return { contact, content: its.wants, because: [...because, why('sealed-or-verified', contact.id)], law }
  const offer = offersOf(its).find((each) => each.contact.id === contact.id && carries(its, each))
  if (offer !== undefined) {
    const reason = its.wants === 'minimal' ? 'preference' : 'advised-opt-in'
    return { contact, content: its.wants, because: [...because, why(reason, offer.consent.id), ...named(its)], law }
  }
  const isSensitive = its.message.labels.length > 0
  if (!isSensitive && (its.wants === 'minimal' || !detailedNeedsOptIn)) return { contact, content: its.wants, because, law }
  const reasons = [...because, why(isSensitive ? 'sensitive-label' : 'no-opt-in')]
  const portal = portalOf(its)
  if (portal === 'several') return { hold: 'contradictory-directives', because: reasons, law }
  if (portal === 'none') return { hold: 'opt-in-needed', because: reasons, law }
  return {
    contact: portal,
    content: its.wants,
    notice: contact,
    because: reasons,
    law: [...law, 'transmission', 'authentication'],
  }
}

function decided(its: Case): Outcome {
  const pending = its.requests.find(
    (each) =>
      (each.messages === undefined || each.messages.includes(its.message.kind)) &&
      confidentialCommunicationAt(each, its.now) === 'requested',
  )
  if (pending !== undefined) {
    const because = [why('confidential-communication', pending.id)]
    return { hold: 'confidential-communication-pending', because, law: [lawOf(pending)] }
  }
  const [first, ...more] = requestsFor(its)
  return first === undefined ? ordinary(its) : confidential(its, [first, ...more])
}

function readMessage(value: unknown): Message | undefined {
  try {
    return parseFrozen(messageSchema, value, 'message', (context) => directiveError('PHI_RBAC_DIRECTIVE', context))
  } catch (error) {
    if (isPhiError(error)) return undefined
    throw error
  }
}

/** Whether a message that cannot be read says for certain that nobody is in danger. */
function saysSafe(value: unknown): boolean {
  try {
    return typeof value === 'object' && value !== null && (value as { safetyConcern?: unknown }).safetyConcern === false
  } catch {
    return false
  }
}

function readAll(values: unknown): readonly Directive[] | undefined {
  try {
    if (!Array.isArray(values) || values.length > MAX_DIRECTIVES) return undefined
    const out: Directive[] = []
    for (let index = 0; index < values.length; index++) {
      const directive = readDirective(values[index])
      if (directive === undefined) return undefined
      out.push(directive)
    }
    return hasDoubles(out) ? undefined : out
  } catch {
    return undefined
  }
}

/**
 * Where a message to a patient goes, and with how much in it.
 *
 * A request for confidential communication that was accommodated decides alone; one without an answer holds the message. Else
 * the patient's consents decide: a preference carries messages without detail, an opt-in after advice carries details, and
 * sensitive labels need a consent that names them. What none of these carries goes to the portal, with a link where the patient wants
 * messages, and only to an account whose identity was verified. Directives of other patients and tenants are not looked at.
 *
 * A message with a safety concern is escalated in every case, also when it is held, and when it cannot be read and does not
 * say that there is none. Never throws for a message or directives, whatever they are.
 * @throws PhiError PHI_RBAC_MESSAGE_ROUTING when the routing did not come from `defineMessageRouting`
 */
export function channelFor(directives: readonly unknown[], message: Message, routing: MessageRouting): RoutingDecision {
  if (!isRouting(routing))
    throw directiveError('PHI_RBAC_MESSAGE_ROUTING', { path: 'routing', detail: 'must be a checked one' })
  const escalation: Escalation = { ...routing.escalation, content: 'minimal', citations: citing('threat') }
  const read = readMessage(message)
  const urgent = read === undefined ? !saysSafe(message) : read.safetyConcern
  const kind = read !== undefined && Object.hasOwn(routing.kinds, read.kind) ? routing.kinds[read.kind] : undefined
  const beside = { retentionClass: kind?.retentionClass ?? null, escalation: urgent ? escalation : null }
  const hold = (reason: HoldReason): RoutingDecision =>
    freeze({ outcome: 'hold', reason, because: [], citations: citing('safeguards'), ...beside })
  if (read === undefined) return hold('message-unreadable')
  if (kind === undefined) return hold('unknown-kind')
  const all = readAll(directives)
  if (all === undefined) return hold('directives-unreadable')
  const theirs = all.filter((each) => each.tenant === read.tenant && each.patient === read.patient)
  const outcome = decided({
    message: read,
    now: Date.parse(read.at),
    wants: kind.content,
    contacts: theirs.filter((each) => each.kind === 'contact-point'),
    consents: theirs.filter((each) => each.kind === 'channel-consent'),
    optOuts: theirs.filter((each) => each.kind === 'channel-opt-out'),
    requests: theirs.filter((each) => each.kind === 'confidential-communication'),
  })
  const citations = citing(...outcome.law)
  if ('hold' in outcome) {
    return freeze({ outcome: 'hold', reason: outcome.hold, because: outcome.because ?? [], citations, ...beside })
  }
  const { contact, content, notice, because } = outcome
  const link = notice && ({ channel: notice.channel, address: notice.address, content: 'link-only' } as const)
  return freeze({
    outcome: 'send',
    channel: contact.channel,
    address: contact.address,
    content,
    notice: link ?? null,
    because,
    citations,
    retentionClass: kind.retentionClass,
    escalation: beside.escalation,
  })
}
