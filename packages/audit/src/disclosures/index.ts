/**
 * The accounting of disclosures that 45 CFR 164.528 gives a patient, as a bundle that proves itself and as a page to print.
 *
 * @module @phi/audit/disclosures
 */
export { type AccountingPaper, accountOfDisclosures, type RecordsAbout } from './account.ts'
export {
  type AccountingLine,
  type AccountingPackage,
  type DisclosureAccounting,
  type LineProof,
  readAccounting,
  readAccountingPackage,
  type Unreadable,
  type UnreadableReason,
} from './accounting.ts'
export type { CivilDate } from './civil-date.ts'
export { type BecauseCode, becauseWords, type EntryVerdict, explainEntry, type JudgedEntry } from './entry.ts'
export { disclosureErrors } from './errors.ts'
export type { Research } from './fields.ts'
export { type AccountingFinding, type AccountingFindingCode, accountingFindingKinds } from './findings.ts'
export { type AccountableLog, accountingOfDisclosures, type HandOver, type HandOverOptions } from './hand-over.ts'
export { renderAccountingHtml } from './html.ts'
export {
  accountingLaw,
  type DisclosureBasis,
  type DisclosureBasisKey,
  disclosureBases,
  type Exclusion,
  type ExclusionKey,
  exclusions,
} from './law.ts'
export type { AccountingPeriod } from './period.ts'
export { renderAccountingText } from './plain.ts'
export { type AccountingProofCode, type AccountingProofFinding, accountingProofKinds } from './proof-findings.ts'
export type {
  AccountingRequest,
  Classification,
  Contribution,
  Judgment,
  ReportedDisclosure,
  SuspensionStatement,
} from './request.ts'
export { type AccountingTexts, englishTexts } from './texts.ts'
export type { UnreadableRange } from './unreadable.ts'
export {
  type AccountingReport,
  accountingDigest,
  type VerifyAccountingOptions,
  verifyAccounting,
} from './verify.ts'
