/**
 * Envelope encryption for protected health information.
 *
 * @module @phi/envelope
 */
export { memoryTombstones, type Tombstone, type TombstoneStore, tombstoneSchema } from './destruction/tombstone.ts'
export { envelopeErrors } from './errors.ts'
export type { Field, FieldOptions, InRow, PlaintextMigration, UnboundField } from './field/field.ts'
export { inspectSealed, type SealedHeader, type Suite } from './field/format.ts'
export type { RowId } from './field/row-aad.ts'
export type { FieldType, FieldTypes } from './field/value.ts'
export { type BoundFile, type FileStreamOptions, type Files, files, type UnboundFile } from './file/files.ts'
export type { FileReader } from './file/reader.ts'
export type { FileSource } from './file/source.ts'
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
