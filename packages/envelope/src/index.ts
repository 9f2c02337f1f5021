/**
 * Envelope encryption for protected health information.
 *
 * @module @phi/envelope
 */
export { type AuditPlace, type AuditSealer, auditSealer } from './audit-sealer.ts'
export type { HorizonOptions, HorizonResult } from './destruction/backup-horizon.ts'
export type { CancelOptions } from './destruction/cancel.ts'
export {
  addendumSchema,
  certificateSchema,
  type DestructionAddendum,
  type DestructionCertificate,
} from './destruction/certificate.ts'
export type { Destruction } from './destruction/destroy.ts'
export type { DestroyOptions, Sample } from './destruction/destroy-options.ts'
export type { CertificateAlgorithm, CertificateJwk, CertificateKeys, CertificateSigner, KeyHandle } from './destruction/jws.ts'
export type { RestoreGuardOptions, RestoreProgress, RestoreReport } from './destruction/restore-guard.ts'
export { cryptographicErase, type DestructionRule, destructionRules } from './destruction/rules.ts'
export { subjectDigest } from './destruction/subject-digest.ts'
export { memoryTombstones, type Tombstone, type TombstoneStore, tombstoneSchema } from './destruction/tombstone.ts'
export {
  type AddendumReport,
  type CertificateProblem,
  type CertificateReport,
  type VerifyCertificateOptions,
  verifyAddendum,
  verifyCertificate,
} from './destruction/verify-certificate.ts'
export { envelopeErrors } from './errors.ts'
export type { Field, FieldOptions, InRow, PlaintextMigration, UnboundField } from './field/field.ts'
export { inspectSealed, type SealedHeader, type Suite } from './field/format.ts'
export type { RowId } from './field/row-aad.ts'
export type { FieldType, FieldTypes } from './field/value.ts'
export type { ByteStream } from './file/byte-stream.ts'
export type { ByteTransformer } from './file/byte-transformer.ts'
export { type BoundFile, type FileStreamOptions, type Files, files, type UnboundFile } from './file/files.ts'
export type { FileProgress } from './file/options.ts'
export type { FileRange, FileReader } from './file/reader.ts'
export type { FileSource } from './file/source.ts'
export type { JobColumns } from './job/columns.ts'
export { countKeyUse, type KeyUse } from './job/key-use.ts'
export {
  type ReencryptOptions,
  type ReencryptProgress,
  type ReencryptResult,
  type RowError,
  reencrypt,
} from './job/reencrypt.ts'
export type { AnyField, ColumnFields } from './job/row-field.ts'
export { type ScanFinding, type ScanOptions, type ScanProgress, type ScanTable, scanSealed } from './job/scan.ts'
export {
  type ColumnReport,
  type FindingKind,
  findingKinds,
  renderScan,
  type ScanReport,
  type ScanVerdict,
} from './job/scan-report.ts'
export type { ColumnValue, JobProgress, RowKey, TableAccess, TableRow } from './job/table.ts'
export type { CacheLimits } from './keys/holding.ts'
export { type DataKeyRecord, dataKeySchema, type KeyState, keyStates } from './keys/key-record.ts'
export type { KeyStore } from './keys/key-store.ts'
export { type Keyring, type LoadOptions, openKeyring, type SubjectKeys, type TenantKeys } from './keys/keyring.ts'
export type { KeyEvent, KeyringOptions, RotationPolicy } from './keys/keyring-options.ts'
export type { LoadedKey, PurposeKeys } from './keys/loaded-key.ts'
export { memoryKeyStore } from './keys/memory-key-store.ts'
export { type KeyPurpose, keyPurposes } from './keys/purpose.ts'
export type { Sealing, TenantSealing } from './keys/sealing.ts'
export type { Kms } from './kms/kms.ts'
export { type LocalKms, localKms } from './kms/local.ts'
export type { DueKey } from './rotation/due.ts'
export type { KeyInfo } from './rotation/key-info.ts'
export type { Revocation, RevokeOptions } from './rotation/revoke.ts'
export type { RewrapOptions, RewrapProgress, RewrapResult } from './rotation/rewrap.ts'
export type { RotateOptions, Rotation } from './rotation/rotate.ts'
export type { KeyStatus } from './rotation/status.ts'
export {
  type BlindIndex,
  type BlindIndexOptions,
  type ClassSummary,
  type ColumnCounts,
  type CompoundIndex,
  type CompoundIndexOptions,
  type CompoundPart,
  type CompoundRow,
  type CompoundValue,
  type DateOptions,
  type DeterministicField,
  type DeterministicFieldOptions,
  type DeterministicType,
  type EmailOptions,
  type IndexOutput,
  type IndexPlan,
  type IndexPlanOptions,
  type IndexTerm,
  type InputOf,
  type LeakageOptions,
  type LeakageReason,
  type LeakageReport,
  leakageReasons,
  leakageReport,
  leakageThresholds,
  type MrnOptions,
  type Normalizer,
  normalizers,
  type PhoneOptions,
  type PlanFinding,
  planFindings,
  planIndex,
  type ReindexOptions,
  type ReindexProgress,
  type ReindexReport,
  recommendations,
  reindex,
  renderLeakageReport,
  type SearchIndex,
  type Severity,
} from './search/index.ts'
