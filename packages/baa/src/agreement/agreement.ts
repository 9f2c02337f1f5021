import type { ClassSelector, DataClass, Service, Use } from '@phi/core'
import type { Clause, ClauseSource } from './clause.ts'
import type { DateOrInstant } from './date.ts'
import type { Party } from './party.ts'
import type { ClockTrigger, NoticeElement, Period } from './period.ts'

/**
 * `ce-ba`: a covered entity and its business associate, 45 CFR 164.504(e)(1)-(4). `ba-sub`: a business associate and its subcontractor,
 * (e)(5). `data-use`: a limited data set, 164.514(e)(4). `qsoa`: a Part 2 programme and a qualified service organization, 42 CFR 2.11.
 * `mou`: a memorandum between government agencies, 164.504(e)(3)(i).
 */
export const tiers = ['ce-ba', 'ba-sub', 'data-use', 'qsoa', 'mou'] as const
export type Tier = (typeof tiers)[number]

/** What the scope of a service can be limited by. `service` itself is the tree of @phi/core. */
export const scopeKeys = ['vendor', 'product', 'feature', 'edition', 'account', 'region'] as const
export type ScopeKey = (typeof scopeKeys)[number]

/** Where a service runs, and how it is set up: what a scope clause asks for, or what a request says. */
export type Where = { readonly [Key in ScopeKey]?: string | undefined } & {
  readonly configuration?: { readonly [name: string]: string } | undefined
}

/** What a scope clause asks for. Several values: any of them. */
export type ScopeLimits = { readonly [Key in ScopeKey]?: readonly string[] } & {
  readonly configuration?: { readonly [name: string]: readonly string[] }
}

export interface ServiceClause extends Clause {
  readonly service: Service
  readonly limits: ScopeLimits
}
export interface PermitClause extends Clause {
  readonly class: DataClass
}
export interface ProhibitClause extends Clause {
  readonly selector: ClassSelector
}
export interface UseClause extends Clause {
  readonly use: Use
}

/** Something that the customer has to do, or to leave, for the agreement to hold: MFA on, waiting room on, training off. */
export interface ConditionClause extends Clause {
  /** The customer's own word for it: `mfa-on`. Attestations name it. */
  readonly condition: string
  /** The services that it stands before. Absent: all. */
  readonly services?: readonly Service[]
}

/** Whether one party is an agent of the other under the federal common law of agency: a question of fact, 45 CFR 164.404(a)(2), 164.410(a)(2). */
export const agencies = ['agent', 'independent', 'unknown'] as const
export type Agency = (typeof agencies)[number]

export const eligibilities = ['always', 'on-request', 'never'] as const
export type Eligibility = (typeof eligibilities)[number]

/** The vendor's promise to report. What is left out, the contract does not say. */
export interface ReportClause extends Clause {
  readonly within?: Period
  /** What starts the clock. */
  readonly from?: ClockTrigger
  /** What the report must hold. */
  readonly content?: readonly NoticeElement[]
}

/** A promise with a period: to act on a request of a patient, to give data back. */
export interface TimedClause extends Clause {
  readonly within?: Period
}

export interface ReturnClause extends TimedClause {
  /** Where neither is feasible, the protections go on: the second half of 164.504(e)(2)(ii)(J). */
  readonly otherwiseProtect?: boolean
}

/** The promises that the law, or prudence, asks for. A key that is absent stands in no clause of the contract. */
export interface Terms {
  /** B02: nothing that the covered entity could not do itself. */
  readonly withinCoveredEntityLimits?: Clause
  /** B03: no other use or disclosure. */
  readonly onlyAsPermitted?: Clause
  /** B04: appropriate safeguards, and Subpart C for electronic data. */
  readonly safeguards?: Clause
  /** B05, first half: uses and disclosures that the contract does not provide for. */
  readonly reportUses?: ReportClause
  /** B05, second half: breaches, as 164.410 requires. */
  readonly reportBreaches?: ReportClause
  /** B06: security incidents. */
  readonly reportIncidents?: ReportClause
  /** B07: subcontractors agree to the same restrictions. */
  readonly subcontractors?: Clause
  /** B08 */
  readonly access?: TimedClause
  /** B09 */
  readonly amendment?: TimedClause
  /** B10 */
  readonly accounting?: TimedClause
  /** B11: the rules for duties of the covered entity that it carries out. `carriesOut: 'none'`: the contract says it carries out none. */
  readonly delegatedDuties?: Clause & { readonly carriesOut?: 'none' }
  /** B12 */
  readonly booksAndRecords?: Clause
  /** B13 */
  readonly returnOrDestroy?: ReturnClause
  /** B14 */
  readonly terminationForViolation?: Clause
  /** B15: its own disclosures only if required by law, or with assurances and notice of breaches. */
  readonly managementDisclosures?: Clause
  /** B16: the subcontractor takes on what binds the business associate. */
  readonly upstreamRestrictions?: Clause
  /** Of a limited data set: who may use or receive it, 164.514(e)(4)(ii)(B). */
  readonly limitedRecipients?: Clause
  /** Of a limited data set: not to identify the information or contact the individuals, 164.514(e)(4)(ii)(C)(5). */
  readonly noReidentification?: Clause
  /** Of Part 2: bound by 42 CFR Part 2, and resists in proceedings, 42 CFR 2.11. */
  readonly part2?: Clause
  /** Of a memorandum: it accomplishes the objectives of 164.504(e)(2), 164.504(e)(3)(i)(A). */
  readonly governmentalObjectives?: Clause
  /** Help with the investigation of an incident, and with corrective actions. */
  readonly cooperation?: Clause
  /** The logs that the vendor keeps. */
  readonly logRetention?: TimedClause
}
export type TermKey = keyof Terms

/** What the contract says of models. Absent keys: it is silent. */
export interface AiTerms extends Clause {
  /** Of models, on the customer's prompts, outputs or data. */
  readonly training?: 'prohibited' | 'permitted'
  /** How long prompts and outputs are kept. `none`: not beyond the answer. */
  readonly retention?: Period | 'none'
  /** Whether the customer can have prompts and outputs deleted. */
  readonly deletion?: boolean
  /** Whether a person reviews output before it enters a record or a claim. */
  readonly humanReview?: boolean
  /** Who hosts the models, by the ids of the parties. An empty list: nobody else. */
  readonly subprocessors?: readonly string[]
}

export interface Signature {
  /** The id of the party that is bound. */
  readonly party: string
  /** An instant: a contract that is signed at noon allows nothing in the morning. */
  readonly at: string
  /** Who signed, and in what office. */
  readonly name?: string
  readonly title?: string
}

/** How an agreement ended before its time. */
export interface Termination extends ClauseSource {
  /** From when on it no longer allows anything. */
  readonly at: DateOrInstant
}

/** Data is being returned or destroyed. */
export interface WindingDown extends ClauseSource {
  readonly from: DateOrInstant
}

/** Nothing is held any more; or what cannot be given back stays protected, 164.504(e)(2)(ii)(J). */
export interface Closing {
  readonly at: DateOrInstant
  readonly how: 'returned' | 'destroyed' | 'protections-extended'
  /** Where the proof is: a certificate's id, a file. */
  readonly evidence?: string
}

/** The types that the compiler knows of an agreement written in TypeScript. */
export interface AgreementWords {
  readonly service: Service
}

declare const words: unique symbol

/** An agreement as data: what `defineAgreement` and `parseAgreement` return. Plain, frozen JSON. */
export interface Agreement<Words extends AgreementWords = AgreementWords> {
  /** Only for the compiler; never there. */
  readonly [words]?: Words
  readonly format: 'phi.agreement/v1'
  readonly id: string
  readonly tier: Tier
  /** The version of the contract or of the terms: `1.3`. */
  readonly version: string
  /** The day that the document bears. */
  readonly dated?: DateOrInstant
  /** SHA-256 of the signed document, 64 hex digits. */
  readonly documentHash?: string
  /** Who discloses: the covered entity, or the business associate to its subcontractor. */
  readonly from: Party
  /** Who receives, and acts on behalf of `from`. */
  readonly to: Party
  readonly services: readonly ServiceClause[]
  /** Services that the contract takes out. */
  readonly excludes: readonly ServiceClause[]
  readonly permits: readonly PermitClause[]
  readonly prohibits: readonly ProhibitClause[]
  readonly uses: readonly UseClause[]
  readonly prohibitsUses: readonly UseClause[]
  readonly conditions: readonly ConditionClause[]
  /** Which plans come with the agreement. Absent: plans do not matter. */
  readonly eligibility?: { readonly [plan: string]: Eligibility }
  /** The plan that the customer is on. */
  readonly plan?: string
  readonly terms: Terms
  readonly ai?: AiTerms
  /** Of `to`, for `from`. Absent: the contract is silent, which counts as not known. A clause is evidence, and no proof. */
  readonly agency?: Clause & { readonly is: Agency }
  readonly signatures: readonly Signature[]
  readonly effective: DateOrInstant
  /** The last day of the term, or the instant at which it ends. */
  readonly expires?: DateOrInstant
  readonly terminated?: Termination
  readonly windingDown?: WindingDown
  readonly closed?: Closing
  /** The day on which somebody last read the contract against this data, and by when it has to be read again. */
  readonly asOf?: string
  readonly reviewBy?: string
}
