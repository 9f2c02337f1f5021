import { plainText } from '@phi/core'
import { signedDocuments } from '@phi/core/jws'
import * as z from 'zod'
import type { Agreement } from '../agreement/agreement.ts'
import { dateOrInstant, instant } from '../agreement/date.ts'
import { partyId } from '../agreement/party.ts'
import { signError } from './errors.ts'
import { termsHash } from './terms.ts'

export const SIGNATURE_FORMAT = 'phi.agreement-signature/v1'
/** The `typ` of the JWS: no other document under the same key is taken for a signature of an agreement. */
export const SIGNATURE_TYPE = 'phi-agreement-signature+jwt'

const digest = z.string().regex(/^[0-9a-f]{64}$/)

export const statementSchema = z.strictObject({
  format: z.literal(SIGNATURE_FORMAT),
  agreement: plainText(100),
  version: plainText(80),
  /** Null: the agreement names no document, and the terms alone were signed. */
  documentHash: digest.nullable(),
  termsHash: digest,
  parties: z.strictObject({ from: partyId, to: partyId }),
  effective: dateOrInstant,
  /** Whom the signature binds. */
  party: partyId,
  at: instant,
  name: plainText(200).optional(),
  title: plainText(200).optional(),
})

/** What one party signs. */
export type SignatureStatement = z.infer<typeof statementSchema>

/** What every statement about an agreement has in common. */
export const commonOf = (agreement: Agreement) => ({
  format: SIGNATURE_FORMAT as typeof SIGNATURE_FORMAT,
  agreement: agreement.id,
  version: agreement.version,
  documentHash: agreement.documentHash ?? null,
  termsHash: termsHash(agreement),
  parties: { from: agreement.from.id, to: agreement.to.id },
  effective: agreement.effective,
})

export const documents = signedDocuments((context) => signError('PHI_BAA_SIGNING', context))
