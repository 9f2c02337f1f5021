import { type Citation, cite } from '@phi/core'

/** The text was read, in a public copy of 45 CFR as of May 2019, without later changes. Of 42 CFR no text was. */
const seen = (text: string, title: string): Citation => cite(text, { confirmation: 'text-seen', title })
/** A secondary source was read. */
const secondary = (text: string, title: string): Citation => cite(text, { confirmation: 'secondary', title })
const memory = (text: string, title: string): Citation => cite(text, { confirmation: 'memory', title })
/** The text does not say so by itself: the rule is our reading of it. */
const reading = (text: string, title: string): Citation => cite(text, { confirmation: 'interpretation', title })

/** What the rules of the pack rest on. Each citation stands here once. */
export const hipaaCitations = Object.freeze({
  accessControl: seen('45 CFR 164.312(a)(1)', 'access only for those who were granted it'),
  emergencyAccess: seen('45 CFR 164.312(a)(2)(ii)', 'emergency access procedure'),
  auditControls: seen('45 CFR 164.312(b)', 'audit controls'),
  integrity: seen('45 CFR 164.312(c)(1)', 'protection from improper alteration'),
  authentication: seen('45 CFR 164.312(d)', 'person or entity authentication'),
  activityReview: seen('45 CFR 164.308(a)(1)(ii)(D)', 'review of audit logs and access reports'),
  accessManagement: seen('45 CFR 164.308(a)(4)', 'information access management'),
  incidentResponse: seen('45 CFR 164.308(a)(6)(ii)', 'response to security incidents'),

  toTheIndividual: seen('45 CFR 164.502(a)(1)(i)', 'disclosure to the individual'),
  underwriting: reading('45 CFR 164.502(a)(5)(i)', 'genetic information and underwriting'),
  minimumNecessary: seen('45 CFR 164.502(b)(1)', 'minimum necessary'),
  treatmentExempt: seen('45 CFR 164.502(b)(2)(i)', 'no minimum for disclosures to providers for treatment'),
  individualExempt: seen('45 CFR 164.502(b)(2)(ii)', 'no minimum for what the individual gets'),
  businessAssociate: seen('45 CFR 164.502(e)', 'assurances of a business associate, in writing'),
  fiftyYears: seen('45 CFR 164.502(f)', 'fifty years after death'),
  adultRepresentative: seen('45 CFR 164.502(g)(2)', 'representatives of adults and emancipated minors'),
  minorRepresentative: seen('45 CFR 164.502(g)(3)(i)', 'parents of unemancipated minors, and when they are not'),
  executor: seen('45 CFR 164.502(g)(4)', 'who acts for the deceased or the estate'),
  endangerment: seen('45 CFR 164.502(g)(5)', 'abuse, neglect, endangerment'),

  treatment: seen('45 CFR 164.506(c)(1)', 'own treatment, payment and operations'),
  treatmentOfOthers: seen('45 CFR 164.506(c)(2)', 'disclosure for treatment by another provider'),
  paymentOfOthers: seen('45 CFR 164.506(c)(3)', 'disclosure for payment'),
  authorizationNeeded: seen('45 CFR 164.508(a)(1)', 'what is not permitted otherwise needs an authorization'),
  psychotherapy: seen('45 CFR 164.508(a)(2)', 'psychotherapy notes need an authorization'),
  originator: seen('45 CFR 164.508(a)(2)(i)(A)', 'use by the originator for treatment'),
  ownTraining: seen('45 CFR 164.508(a)(2)(i)(B)', 'own training programs'),
  legalDefense: seen('45 CFR 164.508(a)(2)(i)(C)', 'defense in a proceeding brought by the individual'),
  marketing: seen('45 CFR 164.508(a)(3)', 'marketing needs an authorization'),
  modelTraining: reading('45 CFR 164.508(a)(1)', 'training of models is no permitted use by itself'),
  authorization: seen('45 CFR 164.508(c)', 'what an authorization says'),
  family: seen('45 CFR 164.510(b)(1)(i)', 'those involved in care or payment'),
  familyAgreed: seen('45 CFR 164.510(b)(2)(i)', 'with the agreement of the individual'),
  familyOfDeceased: seen('45 CFR 164.510(b)(5)', 'those who were involved in the care of the deceased'),
  research: memory('45 CFR 164.512(i)', 'research'),
  stateLaw: reading('45 CFR 160.203(b)', 'more stringent State law stands'),

  usesByRole: seen('45 CFR 164.514(d)(2)', 'who needs what for the work'),
  routineDisclosures: seen('45 CFR 164.514(d)(3)', 'protocols for routine disclosures'),
  promptMinimum: reading('45 CFR 164.514(d)(2)', 'identifiers that a draft does not need'),
  verification: seen('45 CFR 164.514(h)(1)(i)', 'identity and authority of who asks'),
  agreedRestriction: seen('45 CFR 164.522(a)(1)(iii)', 'an agreed restriction binds'),
  selfPay: seen('45 CFR 164.522(a)(1)(vi)', 'paid in full: not to the health plan'),
  access: seen('45 CFR 164.524(a)(1)', 'right of access'),
  copies: seen('45 CFR 164.524(c)(2)', 'form of access'),
  recordSet: reading('45 CFR 164.524(a)(1)', 'an unsigned draft is not in the record yet'),
  accounting: secondary('45 CFR 164.528(b)(2)', 'what is noted of a disclosure'),

  part2: secondary('42 CFR Part 2', 'records of substance use disorder programs'),
  withinProgram: secondary('42 CFR 2.12(c)(3)', 'within a program'),
  part2Access: memory('42 CFR 2.23', 'access of the patient'),
  part2Consent: secondary('42 CFR 2.31', 'written consent'),
  sudCounseling: secondary('42 CFR 2.31(b)', 'counseling notes need a consent of their own'),
  consentForFuture: secondary('42 CFR 2.33', 'use with consent for treatment, payment and operations'),
}) satisfies Readonly<Record<string, Citation>>

/** How long the rules protect the information of somebody who died, in years. */
export const YEARS_PROTECTED_AFTER_DEATH = Object.freeze({ years: 50, citation: hipaaCitations.fiftyYears })
