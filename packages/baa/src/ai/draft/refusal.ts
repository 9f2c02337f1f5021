import { freeze } from '../../freeze.ts'

const row = (says: string, remedy: string) => ({ says, remedy })

/** Why an event of a draft is refused. The state stays as it was. */
// biome-ignore format: a table
export const draftRefusals = freeze({
  'unknown-draft': row('No draft of this id was requested.', 'Record the request first.'),
  'already-requested': row('A draft of this id was requested before.', 'Give every request an id of its own.'),
  'id-used': row('An event of this id was taken before.', 'Give every event an id of its own; an event that was taken is not taken twice.'),
  'time-backwards': row('The event lies before the last one of the draft.', 'Check the clocks, and record events in their order.'),
  'out-of-order': row('The draft is not in a state in which this can happen.', 'See `draftTransitions` for what can follow what.'),
  'not-a-service': row('Output of a model comes from a service, and a person is named.', 'Name the service that ran the model. A text that a person wrote is no draft of a model.'),
  'not-a-person': row('A person of the workforce has to do this, and another kind of actor is named.', 'Have a person review the text. A service cannot stand by it.'),
  'not-a-reviewer': row('The person has none of the roles of those who may stand by the text.', 'Have somebody review it who may: `DraftPolicy.reviewers`.'),
  'other-text': row('The text is not the one that the draft is at.', 'Read the text as it is now, and review that.'),
  'edits-unclear': row('Edits are counted and the text is the same, or none are counted and the text differs.', 'Count the edits, or none.'),
  'other-review': row('The review that is named is not the last one of this draft.', 'Name the review of this draft. One approval serves one draft.'),
  'other-target': row('The draft was requested for another place.', 'Request a draft for this place, and have it reviewed for it.'),
  'no-basis': row('The narrative of a claim does not say which entry of the record it rests on.', 'Name the draft of the note, or the entry that a person wrote: `basis`.'),
  'basis-not-in-record': row('The note that the claim rests on is not in the record.', 'Have the note reviewed, accepted and filed first.'),
  'unknown-successor': row('The draft that takes its place is not there, is this one, or was dropped itself.', 'Request the new draft first.'),
} as const satisfies Readonly<Record<string, { readonly says: string; readonly remedy: string }>>)

export type DraftRefusalCode = keyof typeof draftRefusals

export interface DraftRefusal {
  readonly code: DraftRefusalCode
  readonly says: string
  readonly remedy: string
}

export const draftRefusal = (code: DraftRefusalCode): DraftRefusal => Object.freeze({ code, ...draftRefusals[code] })
