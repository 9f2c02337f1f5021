import { isUsState, plainText, type UsState } from '@phi/core'
import * as z from 'zod'
import { isCivilDate } from '../calendar/civil-date.ts'
import { isTimeZone } from '../calendar/zone.ts'
import { assessmentSchema, exclusionIds, findingConditions } from './assessment.ts'
import { noticeItemIds } from './notice-items.ts'

const moment = z.string().max(120)
const civil = z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD')
const known = z.boolean().nullish()
/** An opaque label: an id of a person, an office, a document. Never shown in an error. */
const label = plainText(256)
const words = plainText(4000)
const state = z.string().refine(isUsState, 'must name States by their postal codes')
const people = z.int().min(1).max(10_000_000_000)
const items = z.array(z.enum(noticeItemIds as [string, ...string[]])).max(40)
const conditions = z.array(z.enum(findingConditions as [string, ...string[]])).max(20)

/** zod drops an own key `__proto__` without a word; here it is no State, and refused like any other. */
const residents = z
  .unknown()
  .refine(
    (map) => typeof map !== 'object' || map === null || !Object.hasOwn(map, '__proto__'),
    'must name States by their postal codes',
  )
  .pipe(z.record(state, z.int().min(0).max(10_000_000_000).nullable())) as unknown as z.ZodType<
  Partial<Record<UsState, number | null>>,
  Partial<Record<UsState, number | null>>
>

/** Who knew of the incident, 164.404(a)(2): `on` is the day on which the person knew, or with diligence would have known. */
const knowledge = z.strictObject({
  by: z.enum(['workforce', 'agent', 'perpetrator']),
  on: moment,
  how: z.enum(['knew', 'would-have-known']),
})

export const openingSchema = z.strictObject({
  /** An opaque label of the incident. */
  id: label,
  role: z.enum(['covered-entity', 'business-associate']),
  /** When the incident was recorded. Whoever records it knows of it, so discovery lies on this day at the latest. */
  at: moment,
  /** Earlier knowledge, where there was any. */
  knowledge: z.array(knowledge).max(50).optional(),
  /** The day on which it happened, if known. No federal clock reads it. */
  occurred: civil.nullish(),
  individuals: people.nullish(),
  residents: residents.nullish(),
  /** Other groups of rules that apply, by id: of States, of agreements. The incident cannot be closed without asking them. */
  groups: z.array(plainText(200)).max(50).optional(),
  /** IANA name of the zone of the obliged entity. Required as soon as a moment is an instant. */
  timeZone: z.string().max(64).refine(isTimeZone, 'must be the IANA name of a time zone').optional(),
  by: label.optional(),
})

/** An incident as it is first recorded. */
export type IncidentOpening = z.output<typeof openingSchema>

/** What notices say. Each part may come, and be corrected, at any time. */
export const contentSchema = z.strictObject({
  whatHappened: words.optional(),
  steps: words.optional(),
  investigating: words.optional(),
  mitigating: words.optional(),
  protecting: words.optional(),
  contact: z
    .strictObject({
      tollFree: plainText(100).optional(),
      email: plainText(320).optional(),
      web: plainText(2000).optional(),
      postal: plainText(1000).optional(),
    })
    .optional(),
  plainLanguage: z.boolean().optional(),
  /** Where the list of the individuals is kept, as an opaque label. The list itself has no place here. */
  individualsList: label.optional(),
  reportingEntity: words.optional(),
  typeOfBreach: words.optional(),
  location: words.optional(),
  safeguards: words.optional(),
  actionsTaken: words.optional(),
  attestation: z.boolean().optional(),
})
export type IncidentContent = z.output<typeof contentSchema>

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

/** What was sent, and what it held. */
const notice = {
  /** First-class mail, e-mail, telephone, press release, portal: as the law of the addressee knows it. */
  method: plainText(100),
  contains: items,
  notPossible: items.optional(),
  /** Sent although a law enforcement official asked for a delay. It is recorded as an irregularity. */
  despiteDelay: z.literal(true).optional(),
}

export const eventSchema = z.discriminatedUnion('type', [
  /** Somebody knew earlier, or should have: the clocks move back to that day. */
  event('knowledge-found', { knowledge }),
  event('contained', { measures: words.optional() }),
  /** How many people are affected, as known now; null: not known. */
  event('headcount-revised', { individuals: people.nullish(), residents: residents.nullish() }),
  /** A day from which other clocks run: of State laws and agreements. */
  event('milestone', { which: z.enum(['detected', 'aware', 'determined', 'confirmed']), on: moment }),
  /** The statement of a law enforcement official, 164.412. `at` is its day, or the day on which the written one was received. */
  event('law-enforcement-stated', {
    form: z.enum(['oral', 'written']),
    until: civil.nullish(),
    documented: known,
  }),
  /** Scope, categories, number and intent (S133). */
  event('investigated', {
    scope: words.optional(),
    categories: z.array(plainText(200)).min(1).max(100).optional(),
    individuals: people.nullish(),
    intent: z.enum(['unintentional', 'careless', 'malicious', 'not-known']).optional(),
    occurred: civil.nullish(),
  }),
  event('assessed', {
    finding: z.enum(['breach', 'low-probability-of-compromise']),
    factors: assessmentSchema,
    documented: known,
  }),
  event('excluded', {
    exclusion: z.enum(exclusionIds as [string, ...string[]]),
    confirmed: conditions,
    basis: words.optional(),
    documented: known,
  }),
  event('secured', { confirmed: conditions, basis: words.optional(), documented: known }),
  event('finding-withdrawn', {}),
  event('described', { content: contentSchema, notPossible: items.optional() }),
  event('notified', {
    addressee: plainText(100).refine((to) => to !== 'secretary', 'the Secretary is told with the event "reported"'),
    jurisdiction: state.optional(),
    /** Of individuals: how many were reached by this notice who had not been reached before. */
    reached: z.int().min(0).max(10_000_000_000).optional(),
    /** 164.410(c)(2): what will follow promptly. */
    toFollow: items.optional(),
    /** The facts of other groups that it meets, where the addressee alone does not say so. */
    meets: z.array(plainText(64)).max(20).optional(),
    ...notice,
  }),
  /** To the covered entity, after the notice: 164.410(c)(2). */
  event('supplemented', { contains: items }),
  /** To the Secretary; again as an addendum. `individuals` is the number that was given. */
  event('reported', { individuals: people, ...notice }),
  /** Root cause and corrective actions (S135). */
  event('post-incident-report', {
    rootCause: words.optional(),
    correctiveActions: z
      .array(z.strictObject({ action: words, owner: label.optional(), due: civil.optional() }))
      .max(100)
      .optional(),
  }),
  event('closed', {}),
  event('reopened', {}),
])

export type IncidentEvent = z.output<typeof eventSchema>
export type IncidentEventType = IncidentEvent['type']
export type EventOf<Type extends IncidentEventType> = Extract<IncidentEvent, { readonly type: Type }>

export const incidentEventTypes: readonly IncidentEventType[] = eventSchema.options.map((option) => option.shape.type.value)
