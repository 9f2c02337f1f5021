import { formatCitation } from '@phi/core'
import { text } from '../federal/common.ts'
import type { Refusal } from '../machine/history.ts'

const cited = (...sections: string[]): readonly string[] =>
  Object.freeze(sections.map((each) => formatCitation(text(`45 CFR ${each}`))))
const none: readonly string[] = []

/** Why an event of an incident can be refused: a fixed sentence and the text. */
export const incidentRefusals = {
  'before-the-beginning': { says: 'The event lies before the recording of the incident.', citations: none },
  'out-of-order': { says: 'The event lies before one that is recorded already.', citations: none },
  'in-the-future': { says: 'The event lies after the day on which it is recorded.', citations: none },
  'too-many': { says: 'The history, or its list of such statements, is full.', citations: none },
  'not-for-this-role': { says: 'The event has no place in the incidents of this role.', citations: none },
  'not-in-this-state': { says: 'The event has no place in the present state.', citations: none },
  'later-than-the-entry': { says: 'What is recorded lies after the day of its entry.', citations: none },
  'before-discovery': {
    says: 'The day lies before discovery: record first who knew of the incident by then.',
    citations: cited('164.404(a)(2)', '164.410(a)(2)'),
  },
  'headcount-contradictory': {
    says: 'There are fewer individuals in total than residents of the States that are named.',
    citations: none,
  },
  'delay-contradictory': {
    says: 'Only a written statement specifies a time, and not one that has passed.',
    citations: cited('164.412'),
  },
  'assessment-incomplete': {
    says: 'A low probability needs the complete, documented assessment; until then a breach is presumed.',
    citations: cited('164.402(2)', '164.414(b)'),
  },
  'exclusion-incomplete': {
    says: 'An exclusion needs every condition confirmed and documented; until then a breach is presumed.',
    citations: cited('164.402(1)', '164.414(b)'),
  },
  'not-shown-to-be-secured': {
    says: 'That the information was secured needs every condition confirmed and documented.',
    citations: cited('164.402', '164.414(b)'),
  },
  'no-finding-to-withdraw': { says: 'There is no finding that could be withdrawn.', citations: none },
  'content-incomplete': { says: 'The notice lacks what it must hold, so it is none, and the clock runs on.', citations: none },
  'delay-in-effect': {
    says: 'A law enforcement official has asked for a delay that is still in effect.',
    citations: cited('164.412'),
  },
  'number-reached-not-given': {
    says: 'How many individuals the notice reached is not given, so it cannot be known when all are notified.',
    citations: cited('164.404(a)(1)'),
  },
  'jurisdiction-not-given': {
    says: 'Media are notified for a State or jurisdiction, which is not given.',
    citations: cited('164.406(a)'),
  },
  'nothing-to-follow': {
    says: 'No notice to the covered entity has been recorded that could be added to.',
    citations: cited('164.410(c)(2)'),
  },
  'report-incomplete': {
    says: 'A post-incident report names the root cause and at least one corrective action.',
    citations: none,
  },
  'still-open': { says: 'The incident cannot be closed: what is named is still open.', citations: cited('164.414(b)') },
} as const satisfies Readonly<Record<string, { readonly says: string; readonly citations: readonly string[] }>>

export type IncidentRefusalReason = keyof typeof incidentRefusals
export type IncidentRefusal = Refusal<IncidentRefusalReason>

/** A refusal by its reason, with what is missing, and further citations where the reason is a general one. */
export function refuse(
  reason: IncidentRefusalReason,
  more: { readonly missing?: readonly string[]; readonly citations?: readonly string[] } = {},
): IncidentRefusal {
  const { says, citations } = incidentRefusals[reason]
  return Object.freeze({
    reason,
    says,
    citations: more.citations ?? citations,
    ...(more.missing && { missing: Object.freeze([...more.missing]) }),
  })
}
