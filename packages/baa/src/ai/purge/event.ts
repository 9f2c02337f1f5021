import { isInstant, plainText } from '@phi/core'
import * as z from 'zod'
import { partyId } from '../../agreement/party.ts'
import { type Period, periodSchema } from '../../agreement/period.ts'
import { readOwn } from '../../own.ts'
import { aiError } from '../errors.ts'
import { isTextHash, type TextHash } from '../text-hash.ts'

/** A prompt, an output or an edit that somebody keeps: the vendor, or you. */
export interface PurgeItem {
  /** Your own id of it. Receipts show its keyed hash. */
  readonly id: string
  readonly kind: 'prompt' | 'output' | 'edit'
  /** The party that keeps it. */
  readonly keeper: string
  readonly created: string
}

/** A legal hold: what it covers is not to be deleted. Without `items` and `keeper` it covers everything. */
export interface PurgeHold {
  readonly id: string
  readonly items?: readonly string[] | undefined
  readonly keeper?: string | undefined
  readonly from: string
  /** The instant of its release. Left out: it stands. */
  readonly until?: string | undefined
}

export interface PurgeRules {
  /** How long each keeper may keep, by the party's id. An item of a keeper that is not here has no due time that is known. */
  readonly retention: { readonly [keeper: string]: Period | 'none' }
  readonly holds?: readonly PurgeHold[] | undefined
  /** Within what time of a request a keeper has to confirm: as your agreement with it says. Left out: no confirmation is ever late. */
  readonly confirmWithin?: Period | undefined
}

interface Common {
  /** The id of the request that it belongs to. */
  readonly request: string
  readonly at: string
}

/** What happens to a deletion. Items are named by `textHash` of their ids. */
export type PurgeEvent = Common &
  (
    | { readonly type: 'request'; readonly keeper: string; readonly items: readonly TextHash[] }
    /** The keeper says that it deleted them. */
    | {
        readonly type: 'confirm'
        readonly keeper: string
        readonly items: readonly TextHash[]
        readonly count: number
        /** Where the confirmation is kept: a message id, a certificate. */
        readonly evidence: string
      }
    /** Somebody looked, and they are gone; or they are not. */
    | { readonly type: 'verify'; readonly items: readonly TextHash[]; readonly gone: boolean; readonly evidence: string }
    /** The keeper says that it could not. */
    | { readonly type: 'fail'; readonly items: readonly TextHash[] }
  )

const at = z.string().refine(isInstant, 'must be an instant')
const hashes = z
  .array(z.string().refine(isTextHash, 'must be a hash of `textHash`'))
  .min(1)
  .max(100_000)
  .refine((all) => new Set(all).size === all.length, 'must not name the same thing twice')
  .readonly()
const common = { request: plainText(128), at }

const eventSchema: z.ZodType<PurgeEvent> = z.discriminatedUnion('type', [
  z.strictObject({ ...common, type: z.literal('request'), keeper: partyId, items: hashes }),
  z.strictObject({
    ...common,
    type: z.literal('confirm'),
    keeper: partyId,
    items: hashes,
    count: z.int().min(0),
    evidence: plainText(500),
  }),
  z.strictObject({ ...common, type: z.literal('verify'), items: hashes, gone: z.boolean(), evidence: plainText(500) }),
  z.strictObject({ ...common, type: z.literal('fail'), items: hashes }),
])

const itemSchema: z.ZodType<PurgeItem> = z.strictObject({
  id: plainText(256),
  kind: z.enum(['prompt', 'output', 'edit']),
  keeper: partyId,
  created: at,
})

const holdSchema: z.ZodType<PurgeHold> = z.strictObject({
  id: plainText(128),
  items: z.array(plainText(256)).min(1).max(100_000).readonly().optional(),
  keeper: partyId.optional(),
  from: at,
  until: at.optional(),
})

const rulesSchema: z.ZodType<PurgeRules> = z.strictObject({
  retention: z.record(partyId, z.union([z.literal('none'), periodSchema])),
  holds: z.array(holdSchema).max(10_000).readonly().optional(),
  confirmWithin: periodSchema.optional(),
})

const input = z.strictObject({
  items: z
    .array(itemSchema)
    .max(1_000_000)
    .refine((all) => new Set(all.map((each) => each.id)).size === all.length, 'must not hold two with one id'),
  events: z.array(eventSchema).max(1_000_000),
  rules: rulesSchema,
  at,
})

/** @throws PhiError PHI_BAA_AI_PURGE */
export const readPurge = (value: {
  readonly items: readonly PurgeItem[]
  readonly events: readonly PurgeEvent[]
  readonly rules: PurgeRules
  readonly at: string
}): z.output<typeof input> => readOwn(input, value, 'purge', (context) => aiError('PHI_BAA_AI_PURGE', context))
