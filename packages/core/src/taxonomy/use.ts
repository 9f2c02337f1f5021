import { isKeyOf, type TreeFacts, treeOf } from './tree.ts'

/** What a business associate may do with protected health information for a use, 45 CFR 164.502(a)(3), 164.504(e). */
export type BusinessAssociateMay =
  /** On behalf of the covered entity, as far as the agreement establishes it, 164.504(e)(2)(i). */
  | 'if-agreed'
  /** For itself, if the agreement permits it: the exceptions of 164.504(e)(2)(i)(A)-(B). */
  | 'if-agreed-for-itself'
  /** Only where the covered entity could itself lawfully do so, and the agreement says so. */
  | 'never-beyond-CE'
  /** Whether or not the agreement says so. */
  | 'as-law-requires'

/** What the rules ask of a use. */
export interface UseRules {
  /**
   * Whether the individual's authorization is needed, 164.508. `unless-excepted`: the rule names exceptions that a caller must
   * show to apply. Psychotherapy notes need their own, 164.508(a)(2), and records under Part 2 a consent.
   */
  readonly needsAuthorization: boolean | 'unless-excepted'
  /** Whether the minimum necessary standard applies, 164.502(b). `except-to-providers`: not to disclosures to and requests by a provider. */
  readonly minimumNecessary: boolean | 'except-to-providers'
  /** Whether a disclosure belongs in an accounting, 164.528. `unless-excepted`: not with an authorization or as a limited data set. */
  readonly accountable: boolean | 'unless-excepted'
  readonly baMay: BusinessAssociateMay
}

const useTree = <Key extends string>(rows: Record<Key, TreeFacts & UseRules>) => treeOf<UseRules, Key>(rows)

/**
 * What data is used or disclosed for. Every qualified answer is truthy, so that a caller who only asks "yes or no" gets the
 * stricter one; and a branch answers as its strictest member.
 */
// biome-ignore format: a table
export const uses = /* @__PURE__ */ useTree({
  treatment: { label: 'treatment', needsAuthorization: false, minimumNecessary: 'except-to-providers', accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.506(c)' },
  payment: { label: 'payment', needsAuthorization: false, minimumNecessary: true, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.506(c)' },

  operations: { label: 'health care operations', needsAuthorization: false, minimumNecessary: true, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.506(c)' },
  'operations.quality': { label: 'quality assessment and improvement', needsAuthorization: false, minimumNecessary: true, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.501' },
  'operations.training': { label: 'training of students and practitioners', needsAuthorization: false, minimumNecessary: true, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.501' },
  'operations.audit': { label: 'review, legal services, auditing and compliance', needsAuthorization: false, minimumNecessary: true, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.501' },
  'operations.business-management': { label: 'business management and administration', needsAuthorization: false, minimumNecessary: true, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.501' },
  'operations.data-aggregation': { label: 'data aggregation', needsAuthorization: false, minimumNecessary: true, accountable: false, baMay: 'if-agreed-for-itself', citation: '45 CFR 164.504(e)(2)(i)(B)' },

  // 164.528(a)(1) excepts the covered entity's own operations, and says nothing of a business associate's.
  ba: { label: "a business associate's own needs", needsAuthorization: false, minimumNecessary: true, accountable: true, baMay: 'if-agreed-for-itself', citation: '45 CFR 164.504(e)(4)' },
  'ba.management': { label: 'its management and administration', needsAuthorization: false, minimumNecessary: true, accountable: true, baMay: 'if-agreed-for-itself', citation: '45 CFR 164.504(e)(4)' },
  'ba.legal': { label: 'its legal responsibilities', needsAuthorization: false, minimumNecessary: true, accountable: true, baMay: 'if-agreed-for-itself', citation: '45 CFR 164.504(e)(4)' },

  'required-by-law': { label: 'required by law', needsAuthorization: false, minimumNecessary: false, accountable: true, baMay: 'as-law-requires', citation: '45 CFR 164.512(a)' },
  'public-health': { label: 'public health activities', needsAuthorization: false, minimumNecessary: true, accountable: true, baMay: 'never-beyond-CE', citation: '45 CFR 164.512(b)' },
  research: { label: 'research', needsAuthorization: 'unless-excepted', minimumNecessary: true, accountable: 'unless-excepted', baMay: 'never-beyond-CE', citation: '45 CFR 164.512(i)' },
  marketing: { label: 'marketing', needsAuthorization: 'unless-excepted', minimumNecessary: false, accountable: false, baMay: 'never-beyond-CE', citation: '45 CFR 164.508(a)(3)' },
  sale: { label: 'sale', needsAuthorization: true, minimumNecessary: false, accountable: false, baMay: 'never-beyond-CE', citation: '45 CFR 164.508(a)(4)' },
  fundraising: { label: 'fundraising', needsAuthorization: 'unless-excepted', minimumNecessary: true, accountable: false, baMay: 'never-beyond-CE', citation: '45 CFR 164.514(f)' },
  'de-identify': { label: 'to make de-identified data', needsAuthorization: false, minimumNecessary: true, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.502(d)(1)' },
  'limited-data-set': { label: 'to make or disclose a limited data set', needsAuthorization: false, minimumNecessary: true, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.514(e)' },

  // The rule does not speak of models. Running one for the covered entity is read as operations; training one is not.
  ai: { label: 'use by a model', needsAuthorization: 'unless-excepted', minimumNecessary: true, accountable: false, baMay: 'never-beyond-CE', citation: '45 CFR 164.506(c)', confirmation: 'interpretation' },
  'ai.inference': { label: 'running a model', needsAuthorization: false, minimumNecessary: true, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.506(c)', confirmation: 'interpretation' },
  'ai.evaluation': { label: 'evaluating a model', needsAuthorization: false, minimumNecessary: true, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.501', confirmation: 'interpretation' },
  'ai.training': { label: 'training a model', needsAuthorization: 'unless-excepted', minimumNecessary: true, accountable: false, baMay: 'never-beyond-CE', citation: '45 CFR 164.504(e)(2)(i)', confirmation: 'interpretation' },

  individual: { label: 'to the individual', needsAuthorization: false, minimumNecessary: false, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.502(a)(1)(i)' },
  'individual.access': { label: 'access by the individual', needsAuthorization: false, minimumNecessary: false, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.524' },
  'individual.confidential-channel': { label: 'confidential communications', needsAuthorization: false, minimumNecessary: false, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.522(b)' },

  'incident-response': { label: 'response to security incidents', needsAuthorization: false, minimumNecessary: true, accountable: false, baMay: 'if-agreed', citation: '45 CFR 164.308(a)(6)' },
})

/** What data is used or disclosed for, or a branch that stands for all uses below it. */
export type Use = keyof typeof uses

/** Whether a value is a use or a branch of uses. */
export const isUse = (value: unknown): value is Use => isKeyOf(uses, value)
