import { plainText } from '@phi/core'
import * as z from 'zod'
import { isCivilDate } from '../calendar/civil-date.ts'
import { isTimeZone } from '../calendar/zone.ts'
import { denialIds, fulfilmentIds } from './checklists.ts'
import { groundIds } from './grounds.ts'

const moment = z.string().max(120)
const civil = z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD')
const known = z.boolean().nullish()
/** An opaque label: an id of a person, an office, a document. Never shown in an error. */
const label = plainText(256)
const oneOf = (values: readonly string[]) => z.enum(values as [string, ...string[]])
const done = z.array(oneOf(fulfilmentIds)).max(20)
const contains = z.array(oneOf(denialIds)).max(20)
const grounds = z.array(oneOf(groundIds)).max(20)

/** What a restriction must be about for the covered entity to have to agree to it, 164.522(a)(1)(vi). Null: not known. */
export const restrictionSchema = z.strictObject({
  /** The disclosure is to a health plan. */
  toHealthPlan: known,
  /** It is for payment or health care operations. */
  forPaymentOrOperations: known,
  /** It is required by law in any case. */
  requiredByLaw: known,
  /** The information pertains solely to an item or service that was paid in full by or for the individual. */
  paidInFull: known,
})
export type RestrictionFacts = z.output<typeof restrictionSchema>

const opening = {
  /** An opaque label of the request. */
  id: label,
  /** When the request was received: the clock runs from here. */
  received: moment,
  /** IANA name of the zone of the covered entity. Required as soon as a moment is an instant. */
  timeZone: z.string().max(64).refine(isTimeZone, 'must be the IANA name of a time zone').optional(),
  by: label.optional(),
  document: label.optional(),
}

export const openingSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...opening,
    kind: z.literal('access'),
    /** Where the records were. Read only for requests received before 23 September 2013. */
    storage: z.enum(['onsite', 'offsite']).optional(),
  }),
  z.strictObject({ ...opening, kind: z.literal('amendment') }),
  z.strictObject({
    ...opening,
    kind: z.literal('accounting'),
    /** When the individual last asked for an accounting that was free; null when never; absent when not known. */
    previous: moment.nullable().optional(),
  }),
  z.strictObject({ ...opening, kind: z.literal('restriction'), restriction: restrictionSchema.optional() }),
  z.strictObject({
    ...opening,
    kind: z.literal('confidential-communication'),
    /** A provider must accommodate reasonable requests; a plan, if endangerment is stated. */
    entity: z.enum(['provider', 'health-plan']),
    /** The request states that disclosure could endanger the individual. */
    endangermentStated: z.boolean().optional(),
  }),
])

/** A request as it came in. */
export type RequestOpening = z.output<typeof openingSchema>

const base = {
  /** When it happened: a civil date, or an instant. */
  at: moment,
  /** Who acted, as an opaque label. */
  by: label.optional(),
  /** Where the document is kept, as an opaque label. */
  document: label.optional(),
}

const event = <const Type extends string, Shape extends z.core.$ZodLooseShape>(type: Type, shape: Shape) =>
  z.strictObject({ ...base, type: z.literal(type), ...shape })

export const eventSchema = z.discriminatedUnion('type', [
  event('identity-verified', {}),
  /** `at` is the day on which the individual was given the statement. */
  event('extension-stated', { written: known, reasons: known, promisedDate: civil.nullish() }),
  /** `at` is the day on which everything in `done` was done. */
  event('fulfilled', { done }),
  event('granted-in-part', { done, written: known, contains, grounds }),
  event('denied', { written: known, contains, grounds }),
  event('withdrawn', {}),
  event('review-requested', {}),
  /** The reviewing official: a licensed health care professional who took no part in the denial. */
  event('review-referred', { licensed: known, tookPartInDenial: known }),
  event('review-upheld', {}),
  event('review-overturned', {}),
  event('review-notified', { written: known }),
  event('disagreement-filed', { written: known }),
  event('rebuttal-prepared', { written: known, copyToIndividual: known }),
  event('inclusion-requested', {}),
  event('others-informed', {}),
  /** The statement of a health oversight agency or law enforcement official, 164.528(a)(2). `agency` is an opaque label. */
  event('suspension-stated', {
    form: z.enum(['oral', 'written']),
    agency: plainText(200),
    until: civil.nullish(),
    documented: known,
  }),
  /** The individual was told of a fee for an accounting, and could withdraw or modify the request. */
  event('fee-announced', { mayWithdrawOrModify: known }),
  event('fee-charged', {}),
  event('restriction-clarified', { restriction: restrictionSchema }),
  event('restriction-ended', {
    how: z.enum(['individual-in-writing', 'individual-orally', 'entity-informed-individual']),
    documented: known,
  }),
  event('endangerment-stated', {}),
  /** The individual no longer wants it. */
  event('accommodation-ended', {}),
  /** Somebody asked the individual why. There is no field for what was said. */
  event('reason-asked', {}),
])

export type RequestEvent = z.output<typeof eventSchema>
export type RequestEventType = RequestEvent['type']
export type EventOf<Type extends RequestEventType> = Extract<RequestEvent, { readonly type: Type }>

export const requestEventTypes: readonly RequestEventType[] = eventSchema.options.map((option) => option.shape.type.value)
