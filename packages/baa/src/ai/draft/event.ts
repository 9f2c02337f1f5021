import { type Actor, type ActorInput, actorSchema, isInstant, plainText } from '@phi/core'
import * as z from 'zod'
import { readOwn } from '../../own.ts'
import { aiError } from '../errors.ts'
import { isTextHash, type TextHash } from '../text-hash.ts'

/** Where a text of a model may end up. */
export const draftTargets = ['record', 'claim'] as const
export type DraftTarget = (typeof draftTargets)[number]

/** What the narrative of a claim rests on: a note that went through drafts itself, or an entry of the record that a person wrote. */
export type ClaimBasis = { readonly draft: string } | { readonly entry: string }

interface Common {
  /** The event's own id. No two events share one. */
  readonly id: string
  readonly draft: string
  readonly at: string
  readonly actor: ActorInput
}

/** What happens to a draft. Texts are named by their keyed hashes (`textHash`). */
export type DraftEvent = Common &
  (
    | {
        readonly type: 'request'
        readonly target: DraftTarget
        readonly prompt: TextHash
        readonly basis?: ClaimBasis | undefined
      }
    /** A service answers. */
    | { readonly type: 'generate'; readonly text: TextHash; readonly model: string }
    /** Somebody, or a service, changes the text: a review that was made is void. */
    | { readonly type: 'edit'; readonly from: TextHash; readonly text: TextHash }
    /** A person read the text `from`, made so many edits, and stands by `text`. Without edits the two are the same. */
    | { readonly type: 'review'; readonly from: TextHash; readonly text: TextHash; readonly edits: number }
    /** The reviewed text is taken. `review` is the id of the event by which it was reviewed. */
    | { readonly type: 'accept'; readonly review: string; readonly text: TextHash }
    /** The accepted text is entered. */
    | { readonly type: 'file'; readonly into: DraftTarget; readonly text: TextHash }
    | { readonly type: 'reject' }
    | { readonly type: 'withdraw' }
    /** Another draft takes its place. */
    | { readonly type: 'supersede'; readonly by: string }
  )
export type DraftEventType = DraftEvent['type']

/** An event as it was read. */
export type ReadDraftEvent = Omit<DraftEvent, 'actor'> & { readonly actor: Actor } & DraftEvent

const hash = z.string().refine(isTextHash, 'must be a hash of `textHash`')
const common = {
  id: plainText(128),
  draft: plainText(128),
  at: z.string().refine(isInstant, 'must be an instant'),
  actor: actorSchema,
}

const eventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...common,
    type: z.literal('request'),
    target: z.enum(draftTargets),
    prompt: hash,
    basis: z.union([z.strictObject({ draft: plainText(128) }), z.strictObject({ entry: plainText(256) })]).optional(),
  }),
  z.strictObject({ ...common, type: z.literal('generate'), text: hash, model: plainText(256) }),
  z.strictObject({ ...common, type: z.literal('edit'), from: hash, text: hash }),
  z.strictObject({ ...common, type: z.literal('review'), from: hash, text: hash, edits: z.int().min(0).max(1_000_000) }),
  z.strictObject({ ...common, type: z.literal('accept'), review: plainText(128), text: hash }),
  z.strictObject({ ...common, type: z.literal('file'), into: z.enum(draftTargets), text: hash }),
  z.strictObject({ ...common, type: z.literal('reject') }),
  z.strictObject({ ...common, type: z.literal('withdraw') }),
  z.strictObject({ ...common, type: z.literal('supersede'), by: plainText(128) }),
])

/** Who may stand by the text of a model. */
export interface DraftPolicy {
  /** Roles of those who may review and accept: licensed clinicians, say. At least one. */
  readonly reviewers: readonly string[]
  /** Roles of those who may accept and file for a claim, where they are others. Default: `reviewers`. */
  readonly claimReviewers?: readonly string[] | undefined
}

const roles = z.array(plainText(64)).min(1).max(32).readonly()
const policySchema = z.strictObject({ reviewers: roles, claimReviewers: roles.optional() })

/** @throws PhiError PHI_BAA_AI_DRAFT */
export const readDraftEvent = (event: unknown): ReadDraftEvent =>
  readOwn(eventSchema, event, 'event', (context) => aiError('PHI_BAA_AI_DRAFT', context)) as ReadDraftEvent

/** @throws PhiError PHI_BAA_AI_DRAFT */
export const readDraftPolicy = (policy: unknown): DraftPolicy =>
  readOwn(policySchema, policy, 'policy', (context) => aiError('PHI_BAA_AI_DRAFT', context))
