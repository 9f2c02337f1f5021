import type { DateOrInstant } from '../agreement/date.ts'

/** Disclosures that need no agreement. "We call it a conduit" is the commonest error, so each has facts, and a test of them. */
export const exemptionKinds = [
  'treatment',
  'workforce',
  'conduit',
  'payment-processing',
  'de-identified',
  'individual',
  'payment-of-recipient',
] as const
export type ExemptionKind = (typeof exemptionKinds)[number]

/** What a financial institution may do and stay exempt, section 1179 of the Act (42 USC 1320d-8). */
export const paymentActivities = [
  'authorizing',
  'processing',
  'clearing',
  'settling',
  'billing',
  'transferring',
  'reconciling',
  'collecting',
] as const
export type PaymentActivity = (typeof paymentActivities)[number]

/** A fact that is left out is not known, and then the exemption is not proved. */
export type ExemptionClaim =
  /** To a health care provider, for the treatment of the individual, 45 CFR 160.103, (4)(i) of "business associate". */
  | { readonly kind: 'treatment'; readonly treatsTheIndividual?: boolean | undefined }
  /** To somebody under the direct control of the sender, paid or not, 45 CFR 160.103. */
  | { readonly kind: 'workforce'; readonly underDirectControl?: boolean | undefined }
  /** To a courier, a postal service or a carrier of signals: transmission, and storage only on the way. */
  | {
      readonly kind: 'conduit'
      readonly transmits?: 'only' | 'and-more' | undefined
      /** `temporary`: incident to the transmission. A store that holds data is a business associate, whether or not it looks. */
      readonly storage?: 'none' | 'temporary' | 'persistent' | undefined
      readonly access?: 'none' | 'random-or-infrequent' | 'routine' | undefined
    }
  /** To a financial institution, for a consumer's payment. */
  | {
      readonly kind: 'payment-processing'
      readonly financialInstitution?: boolean | undefined
      readonly activities?: readonly PaymentActivity[] | undefined
      /** Anything beyond: a billing system, reports, receivables. It makes a business associate. */
      readonly otherServices?: boolean | undefined
    }
  /** Data de-identified by one of the two methods, 45 CFR 164.514(b). */
  | {
      readonly kind: 'de-identified'
      readonly method?: 'safe-harbor' | 'expert' | undefined
      /** Where the removal report, or the expert's documented analysis, is kept. */
      readonly evidence?: string | undefined
      /** Safe harbor: the identifiers that were removed, by their letters. All of A to R are needed. */
      readonly removed?: readonly string[] | undefined
      /** Safe harbor: that what is left could identify the individual, 164.514(b)(2)(ii). */
      readonly actualKnowledge?: boolean | undefined
      /** Expert: until when the determination stands. */
      readonly validUntil?: DateOrInstant | undefined
    }
  /** To the individual, or to their personal representative, 45 CFR 164.502(a)(1)(i), 164.502(g). */
  | {
      readonly kind: 'individual'
      readonly identityVerified?: boolean | undefined
      /** The data is about the recipient, or about somebody whom the recipient represents. */
      readonly isSubject?: boolean | undefined
    }

  /** To a covered entity or a provider, for its own payment activities: a claim that goes to a health plan, 45 CFR 164.506(c)(3). */
  | { readonly kind: 'payment-of-recipient'; readonly forItsOwnPayment?: boolean | undefined }

/**
 * A claim that stands for a pair of parties, in the registry. Its facts are stated for every disclosure between the two: for people,
 * claim with each question instead, unless one party of the registry stands for "the patient whom it is about".
 */
export interface StandingExemption {
  readonly from: string
  readonly to: string
  readonly claim: ExemptionClaim
}
