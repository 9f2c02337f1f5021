import { formatCitation } from '@phi/core'
import { text } from '../federal/common.ts'
import type { Refusal } from '../machine/history.ts'

const cited = (...sections: string[]): readonly string[] =>
  Object.freeze(sections.map((each) => formatCitation(text(`45 CFR ${each}`))))
const extension = cited('164.524(b)(2)(ii)', '164.526(b)(2)(ii)', '164.528(c)(1)(ii)')
const none: readonly string[] = []

/** Why an event of a request can be refused: a fixed sentence and the text. */
export const requestRefusals = {
  'before-the-beginning': { says: 'The event lies before the receipt of the request.', citations: none },
  'out-of-order': { says: 'The event lies before one that is recorded already.', citations: none },
  'in-the-future': { says: 'The event lies after the day on which it is recorded.', citations: none },
  'too-many': { says: 'The history is full.', citations: none },
  'not-for-this-kind': { says: 'Requests of this kind know no such event.', citations: none },
  'not-in-this-state': { says: 'The event has no place in the present state.', citations: none },
  'identity-not-verified': {
    says: 'Information may be disclosed only after the identity is verified.',
    citations: cited('164.514(h)(1)'),
  },
  'already-extended': { says: 'The time was extended once, and can be extended only once.', citations: extension },
  'given-after-the-first-period': { says: 'The statement was given after the first period had ended.', citations: extension },
  'not-written': { says: 'It was not in writing.', citations: none },
  'no-reasons': { says: 'The statement gives no reasons for the delay.', citations: extension },
  'no-date': { says: 'The statement gives no date of completion.', citations: extension },
  'date-beyond-the-limit': { says: 'The promised date lies beyond the additional period.', citations: extension },
  'date-inside-the-first-period': {
    says: 'The promised date lies inside the first period and extends nothing.',
    citations: extension,
  },
  'promises-a-past-day': { says: 'The statement promises a day before it was given.', citations: none },
  'no-period-to-extend': { says: 'No period of the law runs that could be extended.', citations: none },
  'answer-incomplete': {
    says: 'The answer lacks what it must contain, so it is none, and the clock runs on.',
    citations: none,
  },
  'no-ground': {
    says: 'A denial needs a ground that the text knows.',
    citations: cited('164.524(a)(2)', '164.524(a)(3)', '164.526(a)(2)', '164.522(b)'),
  },
  'ground-of-another-kind': {
    says: 'The ground is for another kind of request, or for another kind of covered entity.',
    citations: none,
  },
  'ground-contradicted': { says: 'What the ground says is missing is on record.', citations: none },
  'must-agree': {
    says: 'The covered entity must agree: the disclosure is to a health plan about what was paid in full.',
    citations: cited('164.522(a)(1)(vi)'),
  },
  'not-known-whether-it-must-agree': {
    says: 'Whether the covered entity must agree is not known, so it cannot refuse, or end, the restriction.',
    citations: cited('164.522(a)(1)(vi)'),
  },
  'cannot-end-alone': {
    says: 'This restriction cannot be ended without the individual.',
    citations: cited('164.522(a)(2)(iii)(A)'),
  },
  'ending-not-documented': {
    says: 'An oral agreement to end a restriction must be documented.',
    citations: cited('164.522(a)(2)(ii)'),
  },
  'may-not-ask-why': {
    says: 'A provider may not require an explanation; nothing of it was recorded.',
    citations: cited('164.522(b)(2)(iii)'),
  },
  'only-the-statement': {
    says: 'A plan may require the statement of endangerment, and by our reading no more; nothing of it was recorded.',
    citations: cited('164.522(b)(2)(iv)'),
  },
  'not-reviewable': { says: 'No ground of the denial is open to review.', citations: cited('164.524(a)(2)', '164.524(a)(4)') },
  'reviewer-not-licensed': {
    says: 'The reviewing official must be a licensed health care professional.',
    citations: cited('164.524(a)(4)'),
  },
  'reviewer-took-part': {
    says: 'The reviewing official must not have taken part in the denial.',
    citations: cited('164.524(a)(4)'),
  },
  'copy-not-given': { says: 'The individual must be given a copy of the rebuttal.', citations: cited('164.526(d)(3)') },
  'nothing-was-granted': { says: 'No amendment was made of which others could be informed.', citations: none },
  'accounting-is-free': { says: 'The first accounting in any 12 months is free.', citations: cited('164.528(c)(2)') },
  'not-known-whether-it-is-free': {
    says: 'When the last accounting was asked for is not known, so this one counts as free.',
    citations: cited('164.528(c)(2)'),
  },
  'fee-not-announced': {
    says: 'The individual must be told of the fee in advance, with the chance to withdraw or modify the request.',
    citations: cited('164.528(c)(2)'),
  },
  'suspension-contradictory': {
    says: 'Only a written statement specifies a time, and not one that has passed.',
    citations: cited('164.528(a)(2)'),
  },
} as const satisfies Readonly<Record<string, { readonly says: string; readonly citations: readonly string[] }>>

export type RequestRefusalReason = keyof typeof requestRefusals
export type RequestRefusal = Refusal<RequestRefusalReason>

/** A refusal by its reason, with what is missing, and further citations where the reason is a general one. */
export function refuse(
  reason: RequestRefusalReason,
  more: { readonly missing?: readonly string[]; readonly citations?: readonly string[] } = {},
): RequestRefusal {
  const { says, citations } = requestRefusals[reason]
  return Object.freeze({
    reason,
    says,
    citations: more.citations ?? citations,
    ...(more.missing && { missing: Object.freeze([...more.missing]) }),
  })
}
