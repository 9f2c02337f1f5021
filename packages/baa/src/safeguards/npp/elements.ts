import { type Citation, formatCitation } from '@phi/core'
import { from } from '../control.ts'

/** What a notice needs only of an entity that does something. */
export const nppConditions = ['fundraises', 'groupHealthPlan', 'underwrites', 'holdsPart2Records'] as const
export type NppCondition = (typeof nppConditions)[number]

/** One element that a notice of privacy practices has to hold. */
export interface NppElement {
  readonly says: string
  readonly citation: Citation
  /** Only where the entity does this. Absent: every notice. */
  readonly when?: NppCondition
  /** It states a right of the individual. */
  readonly right?: true
}

const row = (citation: string, says: string, more: Pick<NppElement, 'when' | 'right'> = {}): NppElement =>
  Object.freeze({ says, citation: from(`45 CFR 164.520(b)(1)${citation}`, 'secondary'), ...more })
const recalled = (citation: string, says: string, more: Pick<NppElement, 'when' | 'right'> = {}): NppElement =>
  Object.freeze({ says, citation: from(`45 CFR 164.520(b)(1)${citation}`, 'memory'), ...more })

/**
 * The content of a notice, 45 CFR 164.520(b)(1). `secondary`: read in a copy of the text as of 2013; `memory`: not re-read. The element on
 * Part 2 records came with a rule of 2024, due by 16 February 2026.
 */
// biome-ignore format: a table
export const nppElements = Object.freeze({
  'header': row('(i)', 'The statement that the rule words, as a header or prominently displayed.'),
  'treatment-payment-operations': row('(ii)(A)', 'The uses and disclosures for treatment, payment and operations, each with an example.'),
  'other-purposes': row('(ii)(B)', 'Each other purpose for which no authorization is needed.'),
  'stricter-law': row('(ii)(C)', 'Where other law is stricter, what that law allows.'),
  'enough-detail': row('(ii)(D)', 'Enough detail of each purpose to put the individual on notice.'),
  'authorizations': row('(ii)(E)', 'Uses that need an authorization, that all others need one too, and that it can be revoked.'),
  'fundraising': row('(iii)(A)', 'That it may contact the individual to raise funds, and the right to opt out.', { when: 'fundraises' }),
  'plan-sponsor': row('(iii)(B)', 'That a group health plan may disclose to the sponsor of the plan.', { when: 'groupHealthPlan' }),
  'underwriting': row('(iii)(C)', 'That genetic information may not be used for underwriting.', { when: 'underwrites' }),
  'right-restrictions': recalled('(iv)(A)', 'The right to ask for restrictions, and when one has to be agreed to.', { right: true }),
  'right-confidential-communications': recalled('(iv)(B)', 'The right to confidential communications.', { right: true }),
  'right-access': recalled('(iv)(C)', 'The right to inspect and copy.', { right: true }),
  'right-amendment': recalled('(iv)(D)', 'The right to amend.', { right: true }),
  'right-accounting': recalled('(iv)(E)', 'The right to an accounting of disclosures.', { right: true }),
  'right-paper-copy': recalled('(iv)(F)', 'The right to a paper copy, also after agreeing to an electronic one.', { right: true }),
  'duty-privacy': recalled('(v)(A)', 'That it is bound by law to keep the information private, to give the notice, and to tell of breaches.'),
  'duty-terms': recalled('(v)(B)', 'That it is bound by the terms of the notice in effect.'),
  'duty-changes': recalled('(v)(C)', 'That it may change its terms for what it holds already, and how a revised notice is given.'),
  'complaints': recalled('(vi)', 'That complaints go to it or to the Secretary, how, and that nobody is retaliated against.'),
  'contact': recalled('(vii)', 'A name or title, and a telephone number.'),
  'effective-date': recalled('(viii)', 'The date on which the notice takes effect.'),
  'part2-records': Object.freeze({ says: 'What holds for records of substance use disorder treatment under 42 CFR Part 2.', citation: from('45 CFR 164.520', 'secondary'), when: 'holdsPart2Records' }) as NppElement,
})
export type NppElementId = keyof typeof nppElements

export const nppElementOf = (id: NppElementId): NppElement => nppElements[id]

/** The day from which the element on Part 2 records has to be in the notice. */
export const PART_2_FROM = '2026-02-16'

/** The rights that a notice names, for a page that tells patients of them: S59. */
export function rightsInNotice(): readonly {
  readonly id: NppElementId
  readonly says: string
  readonly citation: string
}[] {
  return (Object.keys(nppElements) as NppElementId[])
    .filter((id) => nppElementOf(id).right)
    .map((id) => ({ id, says: nppElementOf(id).says, citation: formatCitation(nppElementOf(id).citation) }))
}
