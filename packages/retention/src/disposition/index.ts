export {
  type DispositionCertificate,
  type KeyErasure,
  type Sanitization,
  type SkipReason,
  sanitizationFields,
  sanitizationGuideline,
  skipReasons,
  type Worker,
} from './certificate/certificate.ts'
export type {
  SignatureAlgorithm,
  SignatureJwk,
  SignatureKeyHandle,
  Signer,
  TrustedKeys,
} from './certificate/jws.ts'
export { recordOpening } from './certificate/record-digest.ts'
export {
  type Coverage,
  type CoverProof,
  certificateCovers,
  type DispositionCertificateProblem,
  type DispositionCertificateReport,
  verifyCertificate,
} from './certificate/verify.ts'
export { dispositionErrors } from './errors.ts'
export { type Execution, execute, type RefusalReason } from './execute/execute.ts'
export type { KeyDestroyer, KeyDestroyRequest, KeyDestruction } from './execute/key-destroyer.ts'
export { CRYPTOGRAPHIC_ERASE, type ExecuteOptions, type ExecuteProgress } from './execute/options.ts'
export { type HoldCriteria, type HoldEvent, type HoldPlaced, type HoldReleased, parseHoldEvent } from './hold/hold.ts'
export { type HoldCase, holdCases, holdsOn } from './hold/holds-on.ts'
export { type Approval, type ApprovalProblem, type ApproveOptions, type ApproverKey, approve } from './plan/approve.ts'
export { type PlanOptions, type PlanProgress, plan } from './plan/plan.ts'
export { type ApprovalRule, type DispositionPlan, parsePlan } from './plan/plan-document.ts'
export { type MemoryRetentionStore, memoryRetentionStore } from './store/memory-store.ts'
export type {
  DisposalAnswer,
  DisposalBatch,
  DisposalReceipt,
  KeyScope,
  RetentionStore,
  RunProgress,
  SanitizationCategory,
  StoredRecord,
} from './store/store.ts'
