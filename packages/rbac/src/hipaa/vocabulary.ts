import * as z from 'zod'
import { conditions } from '../policy/conditions.ts'
import type { Builder, WordsOf } from '../policy/define.ts'
import type { Obligation } from '../policy/obligation.ts'
import { type BuiltInOverride, builtInOverrides } from '../policy/override.ts'
import { hipaaCitations as law } from './citations.ts'
import { hipaaResources } from './records.ts'
import { hipaaViews } from './views.ts'

/**
 * What can be done. `read`, `create`, `update` and `sign` are uses inside the entity, and what patients and their representatives
 * do in the portal. `disclose` lets somebody outside see a record, whoever pushes the button: a referring physician who looks at a
 * plan asks to `disclose` it to a treating provider. `export` takes a copy out of the system. `administer` changes rights.
 */
export const hipaaActions = ['read', 'create', 'update', 'sign', 'disclose', 'export', 'administer'] as const

export const hipaaRoles = {
  therapist: {},
  patient: {},
  /** Stands in for a patient: an adult's representative, a parent, an executor. */
  representative: {},
  administrator: {},
  billing: {},
  frontDesk: {},
  referringPhysician: {},
  auditor: {},
  securityOfficer: {},
  incidentResponder: {},
  /** A program. What it may do is said by `actor.services`. */
  service: {},
} as const

/** Who receives what is disclosed or exported. */
export const hipaaRecipients = [
  'individual',
  'personal-representative',
  /** A parent or guardian of an unemancipated minor. */
  'parent',
  /** Family, friends and others who help with care or payment. */
  'involved-in-care',
  'treating-provider',
  /** A health plan, or who acts for one. */
  'health-plan',
  /** Passes claims on to health plans. */
  'clearinghouse',
  'business-associate',
  /** Whom an authorization names. */
  'authorized-party',
  /** A court, an adversary, or counsel in a proceeding. */
  'legal-proceeding',
  'other',
] as const

/** Ids of patients. */
const patients = z.array(z.string()).readonly().optional()

const actor = z.object({
  /** The patient whose account it is. */
  patient: z.string().optional(),
  /** Adults and emancipated minors for whom the actor has the authority to decide: 45 CFR 164.502(g)(2). */
  represents: patients,
  /** Unemancipated minors whose parent or guardian the actor is: 45 CFR 164.502(g)(3). */
  parentOf: patients,
  /** Deceased patients for whom the actor has the authority to act: 45 CFR 164.502(g)(4). */
  executorOf: patients,
  /** What a service account was set up for. */
  services: z
    .array(z.enum(['scheduling.reminders', 'billing.claims', 'ai.note-draft']))
    .readonly()
    .optional(),
  /** The id of the person for whom a service works at the moment. */
  onBehalfOf: z.string().optional(),
  /** Part 2 programs the actor works in. */
  part2Programs: z.array(z.string()).readonly().optional(),
  /** Security incidents on whose team the actor is. */
  incidents: z.array(z.string()).readonly().optional(),
})

const context = z.object({
  recipient: z.enum(hipaaRecipients),
  /** Whoever will see the information was identified: 45 CFR 164.514(h), 164.312(d). */
  identityVerified: z.boolean(),
  /** A business associate agreement with the recipient covers this. */
  agreementInForce: z.boolean(),
  /** The patient who brought the proceeding that the entity defends itself in. */
  proceedingBy: z.string(),
  /** The security incident that is worked on. */
  incident: z.string(),
})

/**
 * Authorizations of 45 CFR 164.508 and consents of 42 CFR 2.31 that speak about notes kept apart: neither may be part of another
 * one, so they are kinds of their own. Hand in only those that name the recipient of the request.
 */
export const hipaaGrants = ['psychotherapy-authorization', 'sud-counseling-consent'] as const
export type HipaaGrant = (typeof hipaaGrants)[number]

export type HipaaRole = keyof typeof hipaaRoles
export type HipaaAction = (typeof hipaaActions)[number]
export type HipaaRecipient = (typeof hipaaRecipients)[number]
export type HipaaResourceType = keyof typeof hipaaResources
export type HipaaView = keyof typeof hipaaViews
export type HipaaWords = WordsOf<HipaaRole, HipaaAction, typeof hipaaResources, typeof actor, typeof context>

const is = conditions<HipaaWords, HipaaGrant>()
const ownRecord = is.eq(is.actor('patient'), is.resource('patient'))
const toIndividual = is.in(is.context('recipient'), ['individual', 'personal-representative'])

/** What may open a forbid of the pack, beside the built-in overrides. A forbid names those that open it, one by one. */
export const hipaaOverrides = {
  /** The notes may be used by who wrote them, to treat. */
  originator: {
    when: is.and(is.purpose('TREAT'), is.eq(is.resource('author'), is.actor('id'))),
    cite: [law.originator],
  },
  /** The entity's own training program. */
  'own-training': {
    when: is.and(is.purpose('TRAIN'), is.in(is.actor('id'), is.resource('trainingGroup'))),
    cite: [law.ownTraining],
  },
  /** The entity defends itself in a proceeding that this patient brought. */
  'legal-defense': {
    when: is.and(is.purpose('HLEGAL'), is.eq(is.context('proceedingBy'), is.resource('patient'))),
    cite: [law.legalDefense],
  },
  'psychotherapy-authorization': { when: is.granted('psychotherapy-authorization'), cite: [law.psychotherapy] },
  'sud-counseling-consent': {
    when: is.granted('sud-counseling-consent'),
    obligations: builtInOverrides.consent.obligations,
    cite: [law.sudCounseling],
  },
  /** Staff of the program, for their work: no consent is needed. */
  'within-part2-program': {
    when: is.and(is.purpose('TREAT', 'HPAYMT', 'PATADMIN'), is.in(is.resource('part2Program'), is.actor('part2Programs'))),
    cite: [law.withinProgram],
  },
  /** Use by who got the records with consent. The notice goes with disclosures, not with uses. */
  'part2-consent': { when: is.granted('consent'), cite: [law.part2Consent, law.consentForFuture] },
  /** Treatment by people; a prompt to a model is none for this purpose. */
  'treatment-by-people': {
    when: is.and(is.purpose('TREAT'), is.not(is.purpose('TREATDS'))),
    cite: [law.treatment],
  },
  'to-treating-provider': {
    when: is.and(is.purpose('TREAT'), is.eq(is.context('recipient'), 'treating-provider')),
    cite: [law.treatmentOfOthers],
  },
  /** The patient looks at the patient's own record. */
  'own-record': { when: ownRecord, cite: [law.toTheIndividual] },
  /** The patient is the one who gets it: Part 2 does not stand between patients and their records. */
  'to-the-patient': { when: is.eq(is.context('recipient'), 'individual'), cite: [law.part2Access] },
  /** Who represents an adult stands where the patient stands. */
  'adult-represented': {
    when: is.and(is.in(is.resource('patient'), is.actor('represents')), is.not(is.resource('representativeRefused'))),
    cite: [law.adultRepresentative],
  },
  'to-the-individual': { when: toIndividual, cite: [law.toTheIndividual] },
  /** A member of the incident's team works on it. */
  'incident-response': {
    when: is.in(is.context('incident'), is.actor('incidents')),
    obligations: [{ type: 'document', record: ['incident', 'what was looked at or changed', 'reason'] }],
    cite: [law.incidentResponse],
  },
} as const
export type HipaaOverride = keyof typeof hipaaOverrides

/** What the groups of rules are written with. */
type HipaaBuilder = Builder<HipaaWords, HipaaView, HipaaOverride | BuiltInOverride, HipaaGrant>

/**
 * The builder that `definePolicy` hands in, of this vocabulary or of one that adds to it. A vocabulary that lacks some of its words
 * is refused when the policy is checked, with PHI_RBAC_POLICY.
 */
export interface AnyBuilder {
  readonly permit: unknown
  readonly forbid: unknown
  readonly is: unknown
}
export const packWords = (builder: AnyBuilder): HipaaBuilder => builder as HipaaBuilder

/** How long ago an actor may have signed in when rights are changed or copies leave, in seconds: ours, not the law's. */
export const STEP_UP_MAX_AGE_SECONDS = 300
export const stepUp: Obligation = Object.freeze({ type: 'step-up', max_age: STEP_UP_MAX_AGE_SECONDS })

/**
 * The words of the pack: all of `definePolicy`'s configuration but the policy's own name and version. Spread it, add types and
 * roles of your own, and choose among the groups of rules.
 */
export const hipaaVocabulary = {
  actions: hipaaActions,
  roles: hipaaRoles,
  resources: hipaaResources,
  actor,
  context,
  views: hipaaViews,
  overrides: hipaaOverrides,
  grants: hipaaGrants,
} as const
