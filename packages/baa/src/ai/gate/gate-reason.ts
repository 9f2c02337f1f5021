import { formatCitation, type Label, type TaxonomyKey } from '@phi/core'
import type { Clause } from '../../agreement/clause.ts'
import { type Effect, type ReasonRow, reasonRows } from '../../decide/reason.ts'
import { freeze } from '../../freeze.ts'

// The rules do not speak of models. What is cited is the text that a model has to be used under, and the reading is ours.
const row = reasonRows('interpretation')

const NECESSARY = '45 CFR 164.502(b)'
const DEIDENTIFIED = '45 CFR 164.514(a)'
const CONTRACT = '45 CFR 164.504(e)(2)(i)'
const SUBCONTRACTORS = '45 CFR 164.502(e)(1)(ii)'
const RETENTION = '45 CFR 164.504(e)(2)(ii)(J)'

/** Everything that the gate can say of a prompt. What the agreement itself says stands in `decision`. */
// biome-ignore format: a table
export const gateReasons = freeze({
  'no-identifiers-kept': row('allow', NECESSARY, 'No identifier is left that a part does not need.'),
  'covered': row('allow', CONTRACT, 'An agreement covers the service, the data and every vendor that the prompt reaches.'),
  'de-identified': row('allow', DEIDENTIFIED, 'The data is shown to be de-identified, so that it is no protected health information.', '', 'text-seen'),
  'training-prohibited': row('allow', CONTRACT, 'The agreement prohibits training on prompts and outputs.'),
  'retention-limited': row('allow', RETENTION, 'Prompts and outputs are kept no longer than your limit.'),
  'deletion-available': row('allow', RETENTION, 'Prompts and outputs can be deleted, or are not kept.'),

  'not-covered': row('deny', SUBCONTRACTORS, 'The agreement, or one further down the chain, does not let the data go.', 'See `decision.reasons`: leave out what is not covered, or have it added.'),
  'training-use': row('deny', CONTRACT, 'The request is for the training of a model. Nothing is trained through this gate.', 'Train on data that is de-identified with evidence, or with an authorization, outside of the prompts.'),
  'training-permitted': row('deny', CONTRACT, 'An agreement lets the vendor train models on prompts or outputs.', 'Have training prohibited, in the contract and in the settings.'),
  'retention-too-long': row('deny', RETENTION, 'Prompts and outputs are kept longer than your limit.', 'Agree on a shorter retention, or none.'),
  'deletion-unavailable': row('deny', RETENTION, 'Prompts and outputs are kept, and you cannot have them deleted.', 'Agree on deletion on request, or on no retention.'),
  'identifier-not-needed': row('deny', NECESSARY, 'A part is an identifier, and nobody says what it is needed for.', 'Leave it out, or say why it is needed: `needed`.', 'text-seen'),
  'identifier-found': row('deny', NECESSARY, 'A text holds what looks like an identifier that the part does not say it needs.', 'Take it out, or name its class in `holds` with the reason in `needed`. The findings say where it is.', 'text-seen'),
  'nothing-left': row('deny', NECESSARY, 'Nothing is left of the prompt.', 'Send a part that is no identifier, or say why the identifiers are needed.'),

  'coverage-unknown': row('needs', SUBCONTRACTORS, 'Whether an agreement covers the prompt is not known.', 'See `decision.reasons`, and answer what they ask.'),
  'not-an-ai-service': row('needs', CONTRACT, 'The service is not one of the AI services.', 'Name it by a key below `ai` in `services` of @phi/core.'),
  'not-an-inference': row('needs', CONTRACT, 'The use is neither the running nor the evaluation of a model.', 'Use `ai.inference` or `ai.evaluation`.'),
  'exemption-elsewhere': row('needs', DEIDENTIFIED, 'The data may go under an exemption that does not make it free of protected health information.', 'Have an agreement that covers the AI service, or show that the data is de-identified.'),
  'hosting-unstated': row('needs', SUBCONTRACTORS, 'The agreement does not say who hosts the models.', 'Have the vendor name its model hosts (`ai.subprocessors`), or say in the registry that its subprocessors are complete.'),
  'training-unstated': row('needs', CONTRACT, 'The agreement is silent on training.', 'Have it prohibited in writing. A policy page can change without you.'),
  'retention-unstated': row('needs', RETENTION, 'The agreement does not say how long prompts and outputs are kept.', 'Have a period written into it, or "not beyond the answer".'),
  'retention-unclear': row('needs', RETENTION, 'The period may be longer than your limit, depending on the months and holidays it meets.', 'State both in the same unit.'),
  'deletion-unstated': row('needs', RETENTION, 'The agreement does not say whether prompts and outputs can be deleted.', 'Have it written into it.'),
  'labels-unstated': row('needs', CONTRACT, 'Nobody has said which labels the records are under, and some would not be allowed.', 'State `labels` of every part; an empty list says that there are none.'),
  'scan-contradicts-claim': row('needs', DEIDENTIFIED, 'The data is claimed to be de-identified, and a text holds what looks like an identifier.', 'Look at the findings. Correct the data, or its evidence.', 'text-seen'),
} as const satisfies Readonly<Record<string, ReasonRow>>)

export type GateReasonCode = keyof typeof gateReasons

/** One reason of the gate. */
export interface GateReason {
  readonly code: GateReasonCode
  readonly effect: Effect
  /** What is so, in a sentence that holds nothing of the caller's. */
  readonly says: string
  /** The text it rests on, as written. `gateReasons` has it as data, with how well it is confirmed. */
  readonly citation: string
  readonly remedy: string
  /** The agreement, by its id. */
  readonly agreement?: string
  readonly clause?: Clause
  readonly about?: TaxonomyKey
  readonly labels?: readonly Label[]
}

export function gateReason(
  code: GateReasonCode,
  more: Pick<GateReason, 'agreement' | 'clause' | 'about' | 'labels'> = {},
): GateReason {
  const { effect, says, remedy, citation } = gateReasons[code]
  return Object.freeze({ code, effect, says, citation: formatCitation(citation), remedy, ...more })
}
