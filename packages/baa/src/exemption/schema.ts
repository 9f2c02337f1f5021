import { plainText } from '@phi/core'
import * as z from 'zod'
import { dateOrInstant } from '../agreement/date.ts'
import { partyId } from '../agreement/party.ts'
import { type ExemptionClaim, paymentActivities } from './exemption.ts'

const fact = z.boolean().optional()

export const claimSchema: z.ZodType<ExemptionClaim> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('treatment'), treatsTheIndividual: fact }),
  z.strictObject({ kind: z.literal('workforce'), underDirectControl: fact }),
  z.strictObject({
    kind: z.literal('conduit'),
    transmits: z.enum(['only', 'and-more']).optional(),
    storage: z.enum(['none', 'temporary', 'persistent']).optional(),
    access: z.enum(['none', 'random-or-infrequent', 'routine']).optional(),
  }),
  z.strictObject({
    kind: z.literal('payment-processing'),
    financialInstitution: fact,
    activities: z.array(z.enum(paymentActivities)).readonly().optional(),
    otherServices: fact,
  }),
  z.strictObject({
    kind: z.literal('de-identified'),
    method: z.enum(['safe-harbor', 'expert']).optional(),
    evidence: plainText(500).optional(),
    removed: z
      .array(z.string().regex(/^[A-R]$/))
      .max(18)
      .readonly()
      .optional(),
    actualKnowledge: fact,
    validUntil: dateOrInstant.optional(),
  }),
  z.strictObject({ kind: z.literal('individual'), identityVerified: fact, isSubject: fact }),
  z.strictObject({ kind: z.literal('payment-of-recipient'), forItsOwnPayment: fact }),
])

export const standingExemptionSchema = z.strictObject({ from: partyId, to: partyId, claim: claimSchema }).readonly()
