import { plainText } from '@phi/core'
import * as z from 'zod'
import { civilDate } from '../agreement/date.ts'
import { partyId } from '../agreement/party.ts'
import { word } from '../agreement/schema.ts'

/** Somebody looked whether a condition of an agreement is met: on which day, with what evidence, and when to look again. */
export interface Attestation {
  /** The party that has to meet it: the customer, `from` of the agreement. */
  readonly party: string
  /** The other party of the agreement, where the condition is met with one vendor and not with all. */
  readonly with?: string | undefined
  readonly condition: string
  readonly met: boolean
  /** The day on which somebody looked. */
  readonly asOf: string
  /** The last day on which the answer may be relied on. */
  readonly reviewBy: string
  readonly evidence?: string | undefined
}

export const attestationSchema = z
  .strictObject({
    party: partyId,
    with: partyId.optional(),
    condition: word,
    met: z.boolean(),
    asOf: civilDate,
    reviewBy: civilDate,
    evidence: plainText(500).optional(),
  })
  .refine(({ asOf, reviewBy }) => asOf <= reviewBy, { path: ['reviewBy'], message: 'must not lie before `asOf`' })
  .readonly()
