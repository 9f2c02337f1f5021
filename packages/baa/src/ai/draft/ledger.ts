import type { Actor } from '@phi/core'
import { freeze } from '../../freeze.ts'
import { aiError } from '../errors.ts'
import type { TextHash } from '../text-hash.ts'
import {
  type ClaimBasis,
  type DraftEvent,
  type DraftEventType,
  type DraftPolicy,
  type DraftTarget,
  type ReadDraftEvent,
  readDraftEvent,
  readDraftPolicy,
} from './event.ts'
import { type DraftRefusal, type DraftRefusalCode, draftRefusal } from './refusal.ts'

/** `record` and `claim`: entered there. The last five are ends. */
export const draftStates = [
  'requested',
  'draft',
  'reviewed',
  'accepted',
  'record',
  'claim',
  'rejected',
  'withdrawn',
  'superseded',
] as const
export type DraftState = (typeof draftStates)[number]

/** What can happen in which state. Whatever is not here is refused. `request` makes a draft, so it happens in none. */
export const draftTransitions = freeze({
  requested: ['generate', 'withdraw', 'supersede'],
  draft: ['edit', 'review', 'reject', 'withdraw', 'supersede'],
  reviewed: ['edit', 'review', 'accept', 'reject', 'withdraw', 'supersede'],
  accepted: ['edit', 'file', 'reject', 'withdraw', 'supersede'],
  record: [],
  claim: [],
  rejected: [],
  withdrawn: [],
  superseded: [],
} as const satisfies { readonly [State in DraftState]: readonly DraftEventType[] })

/** Who stands by a text, since when, and what they changed. */
export interface Review {
  /** The id of the event. */
  readonly id: string
  readonly by: Actor
  readonly at: string
  /** The text that was read, and the one that it became: their hashes are the difference that is kept. */
  readonly from: TextHash
  readonly text: TextHash
  readonly edits: number
}

export interface Draft {
  readonly id: string
  readonly state: DraftState
  readonly target: DraftTarget
  readonly basis?: ClaimBasis
  readonly prompt: TextHash
  readonly requestedBy: Actor
  /** The model and the service that answered. */
  readonly model?: string
  readonly service?: string
  /** What the model said, before anybody touched it. */
  readonly generated?: TextHash
  /** The text as it is now. */
  readonly text?: TextHash
  /** The review that holds. Gone when the text is edited after it. */
  readonly review?: Review
  readonly acceptedBy?: Actor
  readonly supersededBy?: string
  /** The time of the last event. */
  readonly at: string
}

/** All drafts of a log, with the ids of the events that were taken. Frozen: an event gives a new one. */
export interface DraftLedger {
  readonly drafts: ReadonlyMap<string, Draft>
  readonly events: ReadonlySet<string>
}

export const emptyLedger: DraftLedger = Object.freeze({ drafts: new Map(), events: new Set<string>() })

export type DraftResult =
  | { readonly ok: true; readonly ledger: DraftLedger; readonly draft: Draft }
  /** The ledger is the one that was given. */
  | { readonly ok: false; readonly ledger: DraftLedger; readonly refusal: DraftRefusal }

/**
 * Takes an event. Nothing of a model reaches the record or a claim unless a person who may stand by it reviewed that very text.
 * @throws PhiError PHI_BAA_AI_DRAFT for what is no event or no policy; that an event cannot happen is a refusal
 */
export function applyDraftEvent(ledger: DraftLedger, event: DraftEvent, policy: DraftPolicy): DraftResult {
  const rules = readDraftPolicy(policy)
  const read = readDraftEvent(event)
  const made = next(ledger, read, rules)
  if (typeof made === 'string') return Object.freeze({ ok: false, ledger, refusal: draftRefusal(made) })
  const draft = freeze(made)
  const after = Object.freeze({
    drafts: new Map([...ledger.drafts, [draft.id, draft]]),
    events: new Set([...ledger.events, read.id]),
  })
  return Object.freeze({ ok: true, ledger: after, draft })
}

/**
 * A log, replayed: where its drafts stand, and the events of it that cannot have happened. A log without flaws has none.
 * @throws PhiError PHI_BAA_AI_DRAFT
 */
export function replayDrafts(
  events: readonly DraftEvent[],
  policy: DraftPolicy,
): { readonly ledger: DraftLedger; readonly refused: readonly { readonly index: number; readonly refusal: DraftRefusal }[] } {
  const rules = readDraftPolicy(policy)
  if (!Array.isArray(events)) throw aiError('PHI_BAA_AI_DRAFT', { path: 'events', detail: 'must be a list' })
  const drafts = new Map<string, Draft>()
  const taken = new Set<string>()
  const refused: { readonly index: number; readonly refusal: DraftRefusal }[] = []
  for (const [index, event] of events.entries()) {
    const read = readDraftEvent(event)
    const made = next({ drafts, events: taken }, read, rules)
    if (typeof made === 'string') refused.push(Object.freeze({ index, refusal: draftRefusal(made) }))
    else {
      drafts.set(made.id, freeze(made))
      taken.add(read.id)
    }
  }
  return Object.freeze({ ledger: Object.freeze({ drafts, events: taken }), refused: Object.freeze(refused) })
}

/** The draft after the event, or why there is none. */
function next(ledger: DraftLedger, event: ReadDraftEvent, policy: DraftPolicy): Draft | DraftRefusalCode {
  if (ledger.events.has(event.id)) return 'id-used'
  const before = ledger.drafts.get(event.draft)
  if (event.type === 'request') {
    if (before !== undefined) return 'already-requested'
    return requested(event)
  }
  if (before === undefined) return 'unknown-draft'
  // Instants of one form sort as texts.
  if (event.at < before.at) return 'time-backwards'
  if (!(draftTransitions[before.state] as readonly DraftEventType[]).includes(event.type)) return 'out-of-order'
  const moved = steps[event.type](before, event as never, policy, ledger)
  return typeof moved === 'string' ? moved : { ...moved, at: event.at }
}

function requested(event: Extract<ReadDraftEvent, { type: 'request' }>): Draft | DraftRefusalCode {
  if (event.target === 'claim' && event.basis === undefined) return 'no-basis'
  return {
    id: event.draft,
    state: 'requested',
    target: event.target,
    ...(event.basis === undefined ? {} : { basis: event.basis }),
    prompt: event.prompt,
    requestedBy: event.actor,
    at: event.at,
  }
}

type Step<Type extends DraftEventType> = (
  draft: Draft,
  event: Extract<ReadDraftEvent, { type: Type }>,
  policy: DraftPolicy,
  ledger: DraftLedger,
) => Draft | DraftRefusalCode

/** Whether somebody may stand by a text for this place: a person, with one of the roles. */
function unfit(actor: Actor, { target, service }: Draft, policy: DraftPolicy): DraftRefusalCode | undefined {
  // The account that made the text does not become a person by saying so.
  if (actor.type !== 'workforce' || actor.id === service) return 'not-a-person'
  const roles = target === 'claim' ? (policy.claimReviewers ?? policy.reviewers) : policy.reviewers
  return actor.roles.some((each) => roles.includes(each)) ? undefined : 'not-a-reviewer'
}

const steps: { readonly [Type in Exclude<DraftEventType, 'request'>]: Step<Type> } = {
  generate: (draft, event) => {
    if (event.actor.type === 'workforce' || event.actor.type === 'patient') return 'not-a-service'
    return {
      ...draft,
      state: 'draft',
      model: event.model,
      service: event.actor.id,
      generated: event.text,
      text: event.text,
    }
  },
  edit: (draft, event) => {
    if (event.from !== draft.text) return 'other-text'
    const { review: _, acceptedBy: __, ...rest } = draft
    return { ...rest, state: 'draft', text: event.text }
  },
  review: (draft, event, policy) => {
    const why = unfit(event.actor, draft, policy)
    if (why !== undefined) return why
    if (event.from !== draft.text) return 'other-text'
    if ((event.edits === 0) !== (event.from === event.text)) return 'edits-unclear'
    const { id, actor: by, at, from, text, edits } = event
    return { ...draft, state: 'reviewed', text, review: { id, by, at, from, text, edits } }
  },
  accept: (draft, event, policy) => {
    const why = unfit(event.actor, draft, policy)
    if (why !== undefined) return why
    if (event.review !== draft.review?.id) return 'other-review'
    if (event.text !== draft.review.text) return 'other-text'
    return { ...draft, state: 'accepted', acceptedBy: event.actor }
  },
  file: (draft, event, _policy, ledger) => {
    if (event.into !== draft.target) return 'other-target'
    if (event.text !== draft.review?.text || event.text !== draft.text) return 'other-text'
    if (draft.basis !== undefined && 'draft' in draft.basis) {
      if (ledger.drafts.get(draft.basis.draft)?.state !== 'record') return 'basis-not-in-record'
    }
    return { ...draft, state: event.into }
  },
  reject: (draft, event) => (event.actor.type === 'workforce' ? { ...draft, state: 'rejected' } : 'not-a-person'),
  withdraw: (draft) => ({ ...draft, state: 'withdrawn' }),
  supersede: (draft, event, _policy, ledger) => {
    const successor = ledger.drafts.get(event.by)
    const dropped = ['rejected', 'withdrawn', 'superseded'] as readonly (DraftState | undefined)[]
    if (successor === undefined || successor.id === draft.id || dropped.includes(successor.state)) return 'unknown-successor'
    return { ...draft, state: 'superseded', supersededBy: successor.id }
  },
}
