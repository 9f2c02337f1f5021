export { type BlindIndex, type BlindIndexOptions, makeBlindIndex } from './blind-index.ts'
export {
  type CompoundIndex,
  type CompoundIndexOptions,
  type CompoundPart,
  type CompoundRow,
  type CompoundValue,
  makeCompoundIndex,
} from './compound-index.ts'
export {
  type DeterministicField,
  type DeterministicFieldOptions,
  type DeterministicType,
  makeDeterministicField,
} from './deterministic-field.ts'
export type { IndexOutput, IndexTerm } from './index-term.ts'
export {
  type ClassSummary,
  type LeakageOptions,
  type LeakageReason,
  type LeakageReport,
  leakageReasons,
  leakageReport,
  leakageThresholds,
  recommendations,
  type Severity,
} from './leakage-report.ts'
export type { InputOf, Normalizer } from './normalizer.ts'
export { type DateOptions, type EmailOptions, type MrnOptions, normalizers, type PhoneOptions } from './normalizers.ts'
export { type IndexPlan, type IndexPlanOptions, type PlanFinding, planFindings, planIndex } from './plan-index.ts'
export { type ReindexOptions, type ReindexProgress, type ReindexReport, reindex } from './reindex.ts'
export { renderLeakageReport } from './render-leakage-report.ts'
export type { SearchIndex } from './search-index.ts'
export type { ColumnCounts } from './value-counts.ts'
