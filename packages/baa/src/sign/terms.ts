import { canonicalJson, sha256, toHex, utf8 } from '@phi/core'
import type { Agreement } from '../agreement/agreement.ts'
import { readAgreement } from '../agreement/define.ts'
import type { Party } from '../agreement/party.ts'
import { signError } from './errors.ts'

type Member<Of> = Extract<keyof Of, string>

/**
 * Which members of an agreement a signature is given to. `terms`: what the parties agreed; a change of it is another agreement, and asks
 * for new signatures. `document`: named beside the terms, so that a verdict can say which of the two differs. `standing`: what happens to
 * an agreement after it is signed, or what the customer keeps beside it; a signature outlives it.
 */
export const agreementMembers = {
  format: 'terms',
  id: 'terms',
  tier: 'terms',
  version: 'terms',
  dated: 'terms',
  documentHash: 'document',
  from: 'terms',
  to: 'terms',
  services: 'terms',
  excludes: 'terms',
  permits: 'terms',
  prohibits: 'terms',
  uses: 'terms',
  prohibitsUses: 'terms',
  conditions: 'terms',
  eligibility: 'terms',
  plan: 'standing',
  terms: 'terms',
  ai: 'terms',
  agency: 'terms',
  signatures: 'standing',
  effective: 'terms',
  expires: 'terms',
  terminated: 'standing',
  windingDown: 'standing',
  closed: 'standing',
  asOf: 'standing',
  reviewBy: 'standing',
} as const satisfies Readonly<Record<Member<Agreement>, 'terms' | 'document' | 'standing'>>

/** The same for the description of a party: a licence that is renewed makes no other party. */
export const partyMembers = {
  id: 'terms',
  kind: 'terms',
  name: 'terms',
  type: 'terms',
  npi: 'terms',
  licences: 'standing',
  professions: 'standing',
  standardTransactions: 'standing',
} as const satisfies Readonly<Record<Member<Party>, 'terms' | 'standing'>>

const termsIn = (sides: Readonly<Record<string, string>>, value: object) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => Object.hasOwn(sides, key) && sides[key] === 'terms'))

/**
 * SHA-256 of the terms of an agreement, 64 hex digits: over the canonical JSON (RFC 8785) of its members that are terms, those of the two
 * parties likewise. Clauses count with section, page, text and their order. Two agreements have one hash when the same was agreed.
 * @throws PhiError PHI_BAA_AGREEMENT, PHI_BAA_CONTRADICTION for what did not come from `parseAgreement` and is no agreement
 */
export function termsHash(agreement: Agreement): string {
  const read = readAgreement(agreement)
  const terms = {
    ...termsIn(agreementMembers, read),
    from: termsIn(partyMembers, read.from),
    to: termsIn(partyMembers, read.to),
  }
  return toHex(sha256(utf8(canonicalJson(terms))))
}

/**
 * SHA-256 of the signed document as it is stored, 64 hex digits: what `documentHash` of an agreement holds.
 * @throws PhiError PHI_BAA_SIGNING for anything but bytes, and for none
 */
export function documentHashOf(bytes: Uint8Array): string {
  if (!(bytes instanceof Uint8Array) || bytes.length === 0) {
    throw signError('PHI_BAA_SIGNING', { path: 'document', detail: 'must be the bytes of the document' })
  }
  return toHex(sha256(bytes))
}
