/**
 * A hash-chained, Merkle-proved, redactable audit log.
 *
 * @module @phi/audit
 */
export {
  type AuditAction,
  type AuditOutcome,
  type AuditSeverity,
  auditActions,
  auditOutcomes,
  auditSeverities,
} from './actions.ts'
export type { AnchoringOptions, AnchorState, CheckpointAnchor } from './anchoring.ts'
export type { AppendLimits } from './appender.ts'
export type { AuditLog, ConsistencyProof, InclusionProof } from './audit-log.ts'
export { auditErrors } from './errors.ts'
export {
  type AuditActor,
  type AuditContext,
  type AuditEventInput,
  type AuditSource,
  type AuditSubject,
  auditEventSchema,
} from './event.ts'
export { bundleRecords, type EvidenceBundle, readBundle, verifyBundle } from './evidence/bundle.ts'
export type { Disclosure } from './evidence/disclose.ts'
export { type LinesState, resumeLines, verifyLines } from './evidence/jsonl.ts'
export { linesErrors } from './evidence/jsonl-errors.ts'
export {
  formatTlogProof,
  parseTlogProof,
  type TlogProof,
  type VerifyTlogProofOptions,
  verifyTlogProof,
} from './evidence/tlog-proof.ts'
export { tlogProofErrors } from './evidence/tlog-proof-errors.ts'
export type { Exporter } from './exporter.ts'
export { type GroupName, groupNames } from './group.ts'
export type { AuditHealth } from './health.ts'
export { openAuditLog } from './log.ts'
export { type Ed25519Signer, ed25519Signer, type Signer, type Verifier } from './note/index.ts'
export type { AuditLogOptions, CheckpointPolicy } from './options.ts'
export type { OutboxOptions, OutboxReceipt, OutboxReport } from './outbox/outbox.ts'
export type { PruneOptions, PruneReport } from './prune/prune.ts'
export { retentionFloor } from './prune/retention-floor.ts'
export type { AuditPage, AuditQuery } from './query.ts'
export type { Receipt } from './receipt.ts'
export type { AuditRecord } from './record.ts'
export type { ExportQuery, RecordRange } from './records.ts'
export type { SealableGroup, Sealer, SealPlace } from './sealed/sealer.ts'
export { memoryStore } from './store/memory.ts'
export type { AuditStore, Head } from './store/store.ts'
export { type Finding, type FindingCode, type FindingSeverity, findingKinds, type VerificationReport } from './verify/report.ts'
export { type ResumePoint, type VerifyOptions, verifyLog } from './verify/verify.ts'
