import { formatInstant, parseAs, parseInstant, plainText } from '@phi/core'
import * as z from 'zod'
import { type Eligibility, eligibilities } from '../agreement/agreement.ts'
import { certainEnd, instant } from '../agreement/date.ts'
import { isNpi, type Licence, partySchema } from '../agreement/party.ts'
import { hoursOf, type Period, periodSchema } from '../agreement/period.ts'
import { word } from '../agreement/schema.ts'
import { freeze } from '../freeze.ts'
import { own, ownOf } from '../own.ts'
import {
  type AgreementRequestState,
  type AgreementRequestStep,
  agreementRequestSteps,
  agreementRequestWays,
  nextStepOf,
} from './agreement-request-step.ts'
import { coveredEntityError } from './errors.ts'

/** Who asks for an agreement. */
export interface AgreementApplicant {
  readonly name: string
  readonly practiceName: string
  readonly npi: string
  readonly licence: Licence
}

export interface AgreementRequestEvent {
  readonly step: AgreementRequestStep
  /** An instant, `YYYY-MM-DDTHH:mm:ss.sssZ`. */
  readonly at: string
  /** SHA-256 of the document, 64 hex digits: of the copy that is kept, it is needed. */
  readonly documentHash?: string | undefined
}

/** A request as data: plain, frozen JSON. Its state is computed from its events, and never stored. */
export interface AgreementRequest {
  readonly format: 'phi.agreement-request/v1'
  readonly applicant: AgreementApplicant
  readonly plan: string
  /** What the vendor says of that plan. `always`: the agreement comes without being asked for, and is signed all the same. */
  readonly eligibility: 'always' | 'on-request'
  readonly at: string
  /** The vendor's own promise to answer: `{ businessDays: 2 }`. No law has one. */
  readonly respondWithin?: Period
  readonly events: readonly AgreementRequestEvent[]
}

/** What a vendor says of its plans, and the plan of the customer. */
export interface AgreementOffer {
  readonly eligibility: { readonly [plan: string]: Eligibility }
  readonly plan?: string | undefined
  readonly respondWithin?: Period | undefined
}

/** Why a request cannot be made, or a step not be taken. */
export const agreementRequestProblems = {
  'name-missing': 'The name of the applicant is missing.',
  'practice-name-missing': 'The name of the practice is missing.',
  'npi-missing': 'The National Provider Identifier is missing.',
  'npi-invalid': 'The National Provider Identifier is not ten digits with their check digit.',
  'licence-missing': 'The professional licence is missing, or its State or profession.',
  'licence-expired': 'The licence has expired.',
  'plan-unknown': 'The plan is not known, or the vendor says nothing of it.',
  'plan-not-eligible':
    'The vendor signs no agreement on this plan: move to another before any protected health information goes there.',
  'not-next': 'The step cannot be taken from where the request stands.',
  'before-the-last': 'The step lies before the one that came before it.',
  'copy-not-identified': 'The copy that is kept is not identified: give the SHA-256 of the countersigned document.',
  'another-document': 'The copy that is kept is not the document that was countersigned.',
} as const
export type AgreementRequestProblem = keyof typeof agreementRequestProblems

export type AgreementRequestAnswer =
  | { readonly outcome: 'accepted'; readonly request: AgreementRequest }
  | { readonly outcome: 'refused'; readonly problems: readonly AgreementRequestProblem[] }

const refusal = (context: { readonly path?: string; readonly detail?: string }) =>
  coveredEntityError('PHI_BAA_AGREEMENT_REQUEST', context)

const offerSchema = z.strictObject({
  eligibility: z.record(word, z.enum(eligibilities)),
  plan: word.optional(),
  respondWithin: periodSchema.optional(),
})
const licenceSchema = z.custom<Licence>(
  (value) => partySchema.safeParse({ id: 'x', kind: 'provider', licences: [value] }).success,
  'must be a licence with its State and profession',
)
const eventSchema = z.strictObject({
  step: z.enum(agreementRequestSteps),
  at: instant,
  documentHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
})
const requestSchema = z.strictObject({
  format: z.literal('phi.agreement-request/v1'),
  applicant: z.strictObject({
    name: plainText(200),
    practiceName: plainText(200),
    npi: z.string().refine(isNpi, 'must be ten digits with their check digit'),
    licence: licenceSchema,
  }),
  plan: word,
  eligibility: z.enum(['always', 'on-request']),
  at: instant,
  respondWithin: periodSchema.optional(),
  events: z.array(eventSchema).max(20).readonly(),
})

/** Whether a plan comes with an agreement. What the vendor does not say is not known, and never "yes". */
export function offeredOn({ eligibility, plan }: Pick<AgreementOffer, 'eligibility' | 'plan'>): Eligibility | 'unknown' {
  if (plan === undefined || !Object.hasOwn(eligibility, plan)) return 'unknown'
  return eligibility[plan] ?? 'unknown'
}

/**
 * Asks a vendor for an agreement. What is missing in the application is answered all at once, as a value.
 * @param at the instant of the request
 * @throws PhiError PHI_BAA_AGREEMENT_REQUEST for an application or an offer that cannot be read, or an instant that is none
 */
export function openAgreementRequest(
  applicant: Partial<AgreementApplicant>,
  offer: AgreementOffer,
  at: string,
): AgreementRequestAnswer {
  const { eligibility, plan, respondWithin } = own(parseAs(offerSchema, offer, 'offer', refusal))
  if (!instant.safeParse(at).success) throw refusal({ path: 'at', detail: 'must be an instant' })
  const problems: AgreementRequestProblem[] = []
  const text = (value: unknown): value is string => plainText(200).safeParse(value).success
  const { name, practiceName, npi, licence } = ownFields(applicant)
  if (!text(name)) problems.push('name-missing')
  if (!text(practiceName)) problems.push('practice-name-missing')
  if (npi === undefined || npi === '') problems.push('npi-missing')
  else if (typeof npi !== 'string' || !isNpi(npi)) problems.push('npi-invalid')
  const known = licenceSchema.safeParse(licence)
  if (!known.success) problems.push('licence-missing')
  else if (known.data.expires !== undefined && certainEnd(known.data.expires) <= parseInstant(at)) {
    problems.push('licence-expired')
  }
  const offered = offeredOn({ eligibility, plan })
  if (offered === 'unknown') problems.push('plan-unknown')
  if (offered === 'never') problems.push('plan-not-eligible')
  if (problems.length > 0) return freeze({ outcome: 'refused', problems })
  return freeze({
    outcome: 'accepted',
    request: read({
      format: 'phi.agreement-request/v1',
      applicant: { name, practiceName, npi, licence },
      plan,
      eligibility: offered,
      at,
      ...(respondWithin === undefined ? {} : { respondWithin }),
      events: [],
    }),
  })
}

/** The fields of the application, its own ones only. @throws PhiError PHI_BAA_AGREEMENT_REQUEST when it is no object */
function ownFields(applicant: unknown): { readonly [Key in keyof AgreementApplicant]?: unknown } {
  const { name, practiceName, npi, licence } = ownOf(parseAs(z.looseObject({}), applicant, 'applicant', refusal), () =>
    refusal({ path: 'applicant' }),
  ) as Record<string, unknown>
  return { name, practiceName, npi, licence }
}

/**
 * Takes a step. One that is out of order, lies before the last, or names another document is refused, as a value.
 * @throws PhiError PHI_BAA_AGREEMENT_REQUEST for a request or an event that cannot be read
 */
export function advanceAgreementRequest(request: AgreementRequest, event: AgreementRequestEvent): AgreementRequestAnswer {
  const before = read(request)
  const step = own(parseAs(eventSchema, event, 'event', refusal))
  const problem = problemOf(before, step)
  if (problem !== undefined) return freeze({ outcome: 'refused', problems: [problem] })
  return freeze({ outcome: 'accepted', request: read({ ...before, events: [...before.events, step] }) })
}

/** Reads a request from unknown data, and takes its steps again. @throws PhiError PHI_BAA_AGREEMENT_REQUEST */
export const parseAgreementRequest = (value: unknown): AgreementRequest => read(value)

function read(value: unknown): AgreementRequest {
  const all: AgreementRequest = own(parseAs(requestSchema, value, 'request', refusal)) as AgreementRequest
  for (const [index, event] of all.events.entries()) {
    if (problemOf({ ...all, events: all.events.slice(0, index) }, event) !== undefined) {
      throw refusal({ path: 'request.events.*', detail: 'is a step that cannot be taken from where the request stands' })
    }
  }
  return freeze(all)
}

function problemOf(
  request: AgreementRequest,
  { step, at, documentHash }: AgreementRequestEvent,
): AgreementRequestProblem | undefined {
  const from: readonly AgreementRequestState[] = agreementRequestWays[step].from
  if (!from.includes(stateOf(request.events))) return 'not-next'
  if (at < (request.events.at(-1)?.at ?? request.at)) return 'before-the-last'
  if (step !== 'copy-kept') return undefined
  if (documentHash === undefined) return 'copy-not-identified'
  const countersigned = request.events.find((each) => each.step === 'countersigned')?.documentHash
  return countersigned !== undefined && countersigned !== documentHash ? 'another-document' : undefined
}

const stateOf = (events: readonly AgreementRequestEvent[]): AgreementRequestState => events.at(-1)?.step ?? 'requested'

/** Where a request stands, and what is to be done next. */
export interface AgreementRequestStanding {
  readonly state: AgreementRequestState
  readonly next?: AgreementRequestStep
  /** Who has to take the next step. */
  readonly by?: 'customer' | 'vendor'
  /**
   * Of a request that the vendor promised to answer in time, and has not: from `certainly` on it is late, and before `perhaps` it is not.
   * Between them it depends on weekends and holidays.
   */
  readonly answerDue?: { readonly perhaps: string; readonly certainly: string }
  /** Whether protected health information may be stored with the vendor at the instant asked for, as far as signatures go. */
  readonly mayStorePhi: boolean
}

/**
 * The standing of a request at an instant: steps that come after it have not happened. `mayStorePhi` is false until both have signed;
 * from then on the agreement itself answers what may be stored: ask `decide`.
 * @throws PhiError PHI_BAA_AGREEMENT_REQUEST
 */
export function agreementRequestStanding(request: AgreementRequest, at: string): AgreementRequestStanding {
  const all = read(request)
  if (!instant.safeParse(at).success) throw refusal({ path: 'at', detail: 'must be an instant' })
  const events = all.events.filter((each) => each.at <= at)
  const state = stateOf(events)
  const next = nextStepOf[state]
  const { respondWithin } = all
  return freeze({
    state,
    ...(next === undefined ? {} : { next, by: agreementRequestWays[next].by }),
    ...(state === 'requested' && respondWithin !== undefined ? { answerDue: dueOf(all.at, respondWithin) } : {}),
    mayStorePhi: state === 'countersigned' || state === 'copy-kept',
  })
}

const HOUR = 3_600_000

function dueOf(at: string, within: Period): { readonly perhaps: string; readonly certainly: string } {
  const { shortest, longest } = hoursOf(within)
  const after = (hours: number) => formatInstant(parseInstant(at) + hours * HOUR)
  return { perhaps: after(shortest), certainly: after(longest) }
}
