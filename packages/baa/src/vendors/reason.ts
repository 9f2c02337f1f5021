import { freeze } from '../freeze.ts'

/** What a reason of an answer speaks for. */
export type VendorVerdict = 'yes' | 'no' | 'unknown'

const row = (verdict: VendorVerdict, says: string, remedy = '') => ({ verdict, says, remedy })

// The law asks for an agreement, 45 CFR 164.502(e); who offers one is a fact and no law, so that these rows cite sources and no section.
// biome-ignore format: a table
export const vendorReasons = freeze({
  'offered': row('yes', 'The vendor signs an agreement for this product.', 'Sign it, write it down as an agreement, and ask `decide`.'),
  'plan-included': row('yes', 'The plan comes with the agreement.'),
  'plan-on-request': row('yes', 'The plan comes with the agreement when you ask for it.', 'Ask for it, and keep the countersigned copy.'),
  'any-plan': row('yes', 'The agreement does not depend on the plan.'),
  'condition': row('yes', 'The agreement asks something of you.', 'Do it, and attest it in the registry with evidence.'),

  'not-offered': row('no', 'The vendor signs no agreement for this product.', 'Send no protected health information there, or show that an exemption applies.'),
  'plan-never': row('no', 'The plan does not come with an agreement.', 'Move to a plan that does before any protected health information goes there.'),
  'scope-excluded': row('no', 'The agreement leaves this out.', 'Use what it covers, or another vendor.'),

  'unknown-vendor': row('unknown', 'No registry has the vendor.', 'Ask the vendor, and write down what it says with its source.'),
  'unknown-product': row('unknown', 'No registry has the product.', 'Ask the vendor, and write down what it says with its source.'),
  'conflict': row('unknown', 'Registries say different things of the vendor.', 'Read the sources that are named, and correct the registry that is wrong.'),
  'stale': row('unknown', 'What is known of the vendor is past its review.', 'Read the sources again, and set `asOf` and `reviewBy` anew.'),
  'not-yet': row('unknown', 'What is known of the vendor was written down after the time of the question.', 'Ask for a time after `asOf`.'),
  'sources-weak': row('unknown', 'No source is more than hearsay.', 'Read the vendor\'s own documents.'),
  'offer-unknown': row('unknown', 'The sources do not say whether the vendor signs an agreement.', 'Ask the vendor.'),
  'plan-not-stated': row('unknown', 'The sources do not say which plans come with the agreement.', 'Ask the vendor about your plan.'),
  'plan-open': row('unknown', 'The agreement comes with some plans, and the question names none.', 'Say which plan you are on.'),
  'plan-unknown': row('unknown', 'The sources do not speak of this plan.', 'Ask the vendor about your plan.'),
  'service-not-named': row('unknown', 'The product is not known to do this.', 'Ask the vendor whether its agreement covers it.'),
  'scope-open': row('unknown', 'The agreement covers some of it, and the question leaves open which.', 'Say the feature, edition or region.'),
  'scope-not-named': row('unknown', 'The sources do not name this among what is covered.', 'Ask the vendor whether its agreement covers it.'),
} as const satisfies Readonly<Record<string, ReturnType<typeof row>>>)

export type VendorReasonCode = keyof typeof vendorReasons

export interface VendorReason {
  readonly code: VendorReasonCode
  readonly verdict: VendorVerdict
  readonly says: string
  readonly remedy: string
  /** What it is about, as the registry or the question names it: a plan, a condition, `feature`. */
  readonly name?: string
}

export function vendorReason(code: VendorReasonCode, name?: string): VendorReason {
  return Object.freeze({ code, ...vendorReasons[code], ...(name === undefined ? {} : { name }) })
}
