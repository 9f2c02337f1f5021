import { type Citation, type Confirmation, formatCitation, type TaxonomyKey } from '@phi/core'
import type { Clause } from '../agreement/clause.ts'
import { cited } from '../citation.ts'

/** What a reason says for: that data may go, that it must not, or that something has to be known or done first. */
export type Effect = 'allow' | 'deny' | 'needs'

/** A line of a table of reasons. */
export interface ReasonRow {
  readonly effect: Effect
  /** What is so, as a sentence. */
  readonly says: string
  /** What to do about it. Empty where nothing is to be done. */
  readonly remedy: string
  readonly citation: Citation
}

/** Makes the lines of a table whose citations are confirmed alike, unless a line says otherwise. */
export const reasonRows =
  (usual: Confirmation) =>
  (effect: Effect, citation: string, says: string, remedy = '', confirmation: Confirmation = usual): ReasonRow => ({
    effect,
    says,
    remedy,
    citation: cited(citation, confirmation),
  })

const row = reasonRows('text-seen')

const CONTRACT = '45 CFR 164.504(e)(2)(i)'
const WRITTEN = '45 CFR 164.502(e)(2)'
const ASSURANCES = '45 CFR 164.502(e)(1)'

/** Every reason that a decision can give, with the text that it rests on. A code is part of the public contract. */
// biome-ignore format: a table
export const reasonCodes = {
  'in-force': row('allow', WRITTEN, 'The agreement is signed by both parties and in force.'),
  'service-covered': row('allow', CONTRACT, 'The service is in the scope of the agreement.'),
  'class-permitted': row('allow', CONTRACT, 'The class of data is permitted.'),
  'use-permitted': row('allow', CONTRACT, 'The use is permitted.'),
  'use-required-by-law': row('allow', '45 CFR 164.504(e)(2)(ii)(A)', 'Law requires it, whether or not the agreement says so.'),
  'condition-met': row('allow', CONTRACT, 'A condition of the agreement is met.'),
  'plan-eligible': row('allow', ASSURANCES, 'The agreement comes with the plan of the customer.'),
  'onward-covered': row('allow', '45 CFR 164.502(e)(1)(ii)', 'The next vendor down the chain is covered too.'),
  'authorized': row('allow', '45 CFR 164.508(a)', 'The individual has authorized it.'),
  'returned-to-source': row('allow', '45 CFR 164.504(e)(2)(ii)(J)', 'The data goes back to whoever it was received from or created for.'),
  'exempt-treatment': row('allow', '45 CFR 160.103', 'A disclosure to a provider for treatment needs no agreement.'),
  'exempt-workforce': row('allow', '45 CFR 160.103', 'Members of the workforce are not business associates.'),
  'exempt-conduit': row('allow', '45 CFR 160.103', 'A mere conduit transmits and has no routine access.', '', 'interpretation'),
  'exempt-payment': row('allow', '42 USC 1320d-8', 'A financial institution that processes a payment is exempt for that.', '', 'secondary'),
  'exempt-payment-of-recipient': row('allow', '45 CFR 164.506(c)(3)', 'A covered entity or a provider may receive it for its own payment activities.'),
  'from-individual': row('allow', '45 CFR 160.102(a)', 'What individuals send of their own is not governed by the rules.', '', 'interpretation'),
  'exempt-de-identified': row('allow', '45 CFR 164.502(d)(2)', 'De-identified data is not protected health information.'),
  'exempt-individual': row('allow', '45 CFR 164.502(a)(1)(i)', 'The individual may have their own data.'),

  'no-agreement': row('deny', ASSURANCES, 'There is no agreement under which the one may disclose to the other.', 'Sign an agreement before any protected health information goes there, or show that an exemption applies.'),
  'not-signed': row('deny', WRITTEN, 'The agreement is not signed by both parties.', 'Have the party that is named sign, and keep the countersigned copy.'),
  'not-yet-effective': row('deny', WRITTEN, 'The agreement is signed and not yet effective.', 'Wait for the effective date, or have the parties agree on an earlier one.'),
  'expired': row('deny', WRITTEN, 'The agreement has expired.', 'Renew it, or have the data returned or destroyed.'),
  'terminated': row('deny', WRITTEN, 'The agreement was terminated.', 'Stop the flow, and have the data returned or destroyed.'),
  'winding-down': row('deny', '45 CFR 164.504(e)(2)(ii)(J)', 'The agreement has ended and the data is being returned or destroyed.', 'Stop the flow. Only the return of data is left.'),
  'closed': row('deny', '45 CFR 164.504(e)(2)(ii)(J)', 'The agreement is closed.', 'Sign a new one before anything goes there.'),
  'service-not-covered': row('deny', CONTRACT, 'The service is not in the scope of the agreement.', 'Use a service that is covered, or have this one added to the agreement.'),
  'service-excluded': row('deny', CONTRACT, 'The agreement takes the service out.', 'Use a service that is covered, or a vendor of its own with its own agreement.'),
  'scope-elsewhere': row('deny', CONTRACT, 'The agreement covers the service only with another product, feature, edition, account, region or configuration.', 'Move to one that the clause names, or have this one added.'),
  'class-not-permitted': row('deny', CONTRACT, 'No clause permits the class of data.', 'Leave the data out, or have the class added to the agreement.'),
  'class-prohibited': row('deny', CONTRACT, 'The agreement prohibits the class of data, or something that it may hold.', 'Leave the data out, or send a narrower class that cannot hold what is prohibited.'),
  'label-prohibited': row('deny', CONTRACT, 'The agreement prohibits data under this label, and the data is under it or may be.', 'Leave records under the label out.'),
  'use-not-permitted': row('deny', '45 CFR 164.504(e)(2)(ii)(A)', 'No clause permits the use.', 'Do not use the data for this, or have the use added to the agreement.'),
  'use-prohibited': row('deny', CONTRACT, 'The agreement prohibits the use.', 'Do not use the data for this.'),
  'training-prohibited': row('deny', CONTRACT, 'The agreement prohibits the training of models on this data.', 'Do not train on it.'),
  'condition-not-met': row('deny', CONTRACT, 'A condition of the agreement is not met.', 'Meet the condition, and attest it with evidence.'),
  'plan-not-eligible': row('deny', ASSURANCES, 'The agreement does not come with the plan of the customer.', 'Move to a plan that comes with an agreement before any protected health information goes there.'),
  'too-identifying': row('deny', '45 CFR 164.514(e)(2)', 'Only a limited data set may go under a data use agreement.', 'Remove the sixteen direct identifiers, or sign a business associate agreement.'),
  'qsoa-alone': row('deny', WRITTEN, 'A qualified service organization agreement is no business associate agreement.', 'Sign a business associate agreement too, or one document with the terms of both.'),
  'onward-not-covered': row('deny', '45 CFR 164.502(e)(1)(ii)', 'A vendor further down the chain may not have the data.', 'Have the vendor sign with its subcontractor, or switch the feature off that reaches it.'),
  'restricted-from-plan': row('deny', '45 CFR 164.522(a)(1)(vi)', 'The individual paid in full out of pocket and has it kept from the health plan.', 'Leave the record out of what goes to the plan.'),
  'exemption-not-met': row('deny', ASSURANCES, 'The exemption that is claimed does not apply.', 'Sign an agreement; the facts of the claim do not fit its test.'),

  'unknown-party': row('needs', ASSURANCES, 'A party is not in the registry.', 'Add the party, with its agreements, or correct its id.'),
  'same-party': row('needs', CONTRACT, 'The data stays where it is, so the question is which agreement it is held under.', 'Ask for the disclosure by which the party received the data, with this use.'),
  'unknown-service': row('needs', CONTRACT, 'The service is not in the taxonomy.', 'Name it by a key of `services` in @phi/core.'),
  'unknown-class': row('needs', CONTRACT, 'A class of data is missing or not in the taxonomy.', 'Name every class by a key of `dataClasses` in @phi/core.'),
  'unknown-label': row('needs', CONTRACT, 'A label is not in the taxonomy.', 'Name every label by a key of `regimeLabels` in @phi/core, or `state:` and a State.'),
  'unknown-use': row('needs', CONTRACT, 'The use is not in the taxonomy.', 'Name it by a key of `uses` in @phi/core.'),
  'unknown-origin': row('needs', CONTRACT, 'What the data was made of is not known, so it may hold anything.', 'Say what it was made of: `madeOf`.'),
  'scope-unknown': row('needs', CONTRACT, 'The agreement limits the scope by something that the question leaves open.', 'Say the product, feature, edition, account, region or configuration: `where`.'),
  'plan-unknown': row('needs', ASSURANCES, 'The agreement comes with some plans, and the plan of the customer is not known.', 'Say which plan the customer is on.'),
  'condition-unknown': row('needs', CONTRACT, 'Nobody has said whether a condition of the agreement is met.', 'Attest the condition in the registry, with evidence and a date of review.'),
  'condition-stale': row('needs', CONTRACT, 'An attestation of a condition is past its review, or not yet made.', 'Look at the configuration again and attest it anew.'),
  'authorization-needed': row('needs', '45 CFR 164.508(a)', 'The use needs the authorization of the individual, or an exception that somebody shows.', 'Obtain the authorization, and name it in the question.'),
  'part2-without-terms': row('needs', '42 CFR 2.12(c)(4)', 'Records of a substance use disorder programme need a qualified service organization agreement, or consent.', 'Have the terms of Part 2 added, or obtain the consent of the patient.', 'memory'),
  'identifiability-unknown': row('needs', '45 CFR 164.514(e)(1)', 'Nobody has attested that the data is a limited data set.', 'Attest `identifiability`, with evidence.'),
  'onward-unknown': row('needs', '45 CFR 164.502(e)(1)(ii)', 'Whether a vendor further down the chain may have the data is not known.', 'Answer what the reasons below it ask.'),
  'chain-cycle': row('needs', '45 CFR 164.502(e)(1)(ii)', 'The chain of vendors comes back to one that is already in it.', 'Correct the subprocessors of the registry.'),
  'exemption-unproved': row('needs', ASSURANCES, 'An exemption is claimed, and a fact of its test is not known or not shown.', 'State the fact, with evidence.'),
  'returning-unsure': row('needs', '45 CFR 164.504(e)(2)(ii)(J)', 'The recipient is one for whom the sender holds data, and nobody has said that this is its data, or the agreement of the two was never signed.', 'Say for whom the data is held: `heldFor`. Or sign the agreement.'),
} as const satisfies Readonly<Record<string, ReasonRow>>

export type ReasonCode = keyof typeof reasonCodes

/** One reason of a decision. */
export interface Reason {
  readonly code: ReasonCode
  readonly effect: Effect
  /** What is so, in a sentence that holds nothing of the caller's. */
  readonly says: string
  /** The text it rests on, as written: `45 CFR 164.504(e)(2)(i)`. `reasonCodes` has it as data, with how well it is confirmed. */
  readonly citation: string
  /** What to do about it. Empty for a reason that allows. */
  readonly remedy: string
  /** The agreement, by its id. */
  readonly agreement?: string
  /** The clause of the agreement, with its section, page and text where they are known. */
  readonly clause?: Clause
  /** The class, label, service or use that it is about. */
  readonly about?: TaxonomyKey
  /** The party, condition, plan or key of the scope that it is about, as the registry names it. */
  readonly name?: string
  /** Of a chain: the reasons further down. */
  readonly because?: readonly Reason[]
}

const written = Object.fromEntries(
  Object.entries(reasonCodes).map(([code, each]) => [code, formatCitation(each.citation)]),
) as Record<ReasonCode, string>

/** Makes a reason, frozen: the same object serves every decision that has it. */
export function reason(
  code: ReasonCode,
  more: Pick<Reason, 'agreement' | 'clause' | 'about' | 'name' | 'because'> = {},
): Reason {
  const { effect, says, remedy } = reasonCodes[code]
  return Object.freeze({ code, effect, says, citation: written[code], remedy, ...more })
}
