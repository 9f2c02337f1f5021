export { type AiAuditEvent, type AiUse, type AiUseKind, aiAuditEvent, aiUses } from './audit-event.ts'
export {
  type ClaimBasis,
  type DraftEvent,
  type DraftEventType,
  type DraftPolicy,
  type DraftTarget,
  draftTargets,
} from './draft/event.ts'
export {
  applyDraftEvent,
  type Draft,
  type DraftLedger,
  type DraftResult,
  type DraftState,
  draftStates,
  draftTransitions,
  emptyLedger,
  type Review,
  replayDrafts,
} from './draft/ledger.ts'
export { type DraftRefusal, type DraftRefusalCode, draftRefusals } from './draft/refusal.ts'
export { isAcceptedText } from './draft/text.ts'
export { aiErrors } from './errors.ts'
export { type GateOptions, type GateRequest, type GateResult, gate } from './gate/gate.ts'
export { type GateReason, type GateReasonCode, gateReasons } from './gate/gate-reason.ts'
export type { DataPart, InstructionPart, PromptFinding, PromptPart } from './gate/prompt.ts'
export type { GateRecord } from './gate/record.ts'
export type { RetentionLimit } from './gate/terms.ts'
export { type IdentifierKind, identifierKinds } from './identifiers/patterns.ts'
export { type Found, type KnownIdentifier, scanText } from './identifiers/scan.ts'
export { purgeDue } from './purge/due.ts'
export type { PurgeEvent, PurgeHold, PurgeItem, PurgeRules } from './purge/event.ts'
export {
  type PurgeMismatch,
  type PurgeMismatchCode,
  type PurgePlan,
  type PurgeReceipt,
  type PurgeRow,
  type PurgeState,
  purgeMismatches,
  purgePlan,
  purgeReceipt,
  purgeRequest,
  purgeStates,
} from './purge/plan.ts'
export { type AiRiskEntry, aiRiskEntries } from './risk.ts'
export { isHashOf, type TextHash, type TextKey, textHash } from './text-hash.ts'
