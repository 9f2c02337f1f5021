import { parseAs, plainText } from '@phi/core'
import type { Signer } from '@phi/core/jws'
import * as z from 'zod'
import type { Agreement } from '../agreement/agreement.ts'
import { earliest, instant } from '../agreement/date.ts'
import { readAgreement } from '../agreement/define.ts'
import { partyId } from '../agreement/party.ts'
import { signError } from './errors.ts'
import { commonOf, documents, SIGNATURE_TYPE, type SignatureStatement } from './statement.ts'

export interface SignOptions {
  /** The id of the party that is bound: one of the two of the agreement. */
  readonly party: string
  readonly signer: Signer
  /** When it is signed, an instant. It is the signer's own word: see `verifySignatures`. */
  readonly at: string
  /** Who signs for the party, and in what office. */
  readonly name?: string | undefined
  readonly title?: string | undefined
}

const optionsSchema = z.strictObject({
  party: partyId,
  signer: z.unknown(),
  at: instant,
  name: plainText(200).optional(),
  title: plainText(200).optional(),
})

/**
 * Signs an agreement for one of its parties: a compact JWS (RFC 7515) with EdDSA or ES256 over who agreed to what, in which version, from
 * when, for which document and which terms. Each party signs on its own, in any order. EdDSA gives the same text every time.
 * @throws PhiError PHI_BAA_SIGNING when the party is none of the agreement's, when it signs before the day that the document bears, when
 *   the agreement already names another moment for this party, or when the key does not sign; PHI_BAA_AGREEMENT, PHI_BAA_CONTRADICTION
 */
export async function signAgreement(agreement: Agreement, options: SignOptions): Promise<string> {
  const { party, at, name, title, signer } = parseAs(optionsSchema, options, 'sign', (context) =>
    signError('PHI_BAA_SIGNING', context),
  )
  const refuse = (path: string, detail: string) => signError('PHI_BAA_SIGNING', { path: `sign.${path}`, detail })
  const read = readAgreement(agreement)
  if (party !== read.from.id && party !== read.to.id) throw refuse('party', 'is not a party of this agreement')
  if (isBeforeDated(read, at)) throw refuse('at', 'lies before the day that the document bears')
  const named = read.signatures.find((each) => each.party === party)
  if (named !== undefined && named.at !== at) throw refuse('at', 'is not the moment that the agreement names for this party')
  const statement: SignatureStatement = {
    ...commonOf(read),
    party,
    at,
    ...(name === undefined ? {} : { name }),
    ...(title === undefined ? {} : { title }),
  }
  return documents.signDocument(documents.readSigner(signer, 'sign.signer'), SIGNATURE_TYPE, statement)
}

/** Nobody signs a document before the first moment of the day that stands on it, in the first zone of the world. */
export const isBeforeDated = ({ dated }: Agreement, at: string): boolean =>
  dated !== undefined && Date.parse(at) < earliest(dated)
