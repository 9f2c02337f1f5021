import type { Citation } from '@phi/core'
import type { DirectiveKind } from './directive.ts'
import { directiveLaw } from './law.ts'

/** One thing that a notice or a screen tells a patient. Wording for readers is the application's; this is what has to be in it. */
export interface PatientRight {
  readonly right: string
  /** The kind of directive by which it is used here; null where another package keeps it. */
  readonly usedBy: DirectiveKind | null
  readonly citation: Citation
}

/**
 * What a patient may ask for, for notices of privacy practices and for a page of rights. Counted by a test against the
 * directives.
 */
// biome-ignore format: a table
export const patientRights = /* @__PURE__ */ Object.freeze([
  { right: 'ask that uses and disclosures are restricted, to which we need not agree', usedBy: 'restriction', citation: directiveLaw.mayAsk },
  { right: 'keep from your health plan what you paid for yourself in full', usedBy: 'restriction', citation: directiveLaw.selfPay },
  { right: 'be reached another way or at another place, without giving a reason', usedBy: 'confidential-communication', citation: directiveLaw.confidentialProvider },
  { right: 'take back an authorization in writing', usedBy: 'authorization', citation: directiveLaw.authorizationRevoked },
  { right: 'decide in writing who gets records of substance use treatment', usedBy: 'consent', citation: directiveLaw.consentPartTwo },
  { right: 'see your records and get a copy', usedBy: null, citation: directiveLaw.access },
  { right: 'have your records amended', usedBy: null, citation: directiveLaw.amendment },
  { right: 'be told to whom your records were disclosed', usedBy: null, citation: directiveLaw.accounting },
  { right: 'get our notice of privacy practices', usedBy: null, citation: directiveLaw.notice },
] as const satisfies readonly PatientRight[])

/** What a patient is told about claims: what goes to the insurer, how much of it, and how to stop it. */
// biome-ignore format: a table
export const claimsSharing = /* @__PURE__ */ Object.freeze([
  { says: 'what the insurer needs to pay for your care is sent to it without asking you each time', citation: directiveLaw.payment },
  { says: 'no more than is necessary for that', citation: directiveLaw.minimumNecessary },
  { says: 'nothing about an item that you paid for in full and asked us to keep from it, unless a law requires it', citation: directiveLaw.selfPay },
] as const satisfies readonly { readonly says: string; readonly citation: Citation }[])
