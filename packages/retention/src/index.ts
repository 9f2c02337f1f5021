/**
 * Retention of records as cited schedules: until when a record is kept, by which rule, what holds it, and deletion that has to be
 * allowed by every rule and leaves a certificate. Helps you meet the retention duties that the schedule names; what it does not know
 * is never disposable.
 *
 * @module @phi/retention
 */
export {
  type Assessment,
  type AssessmentStatus,
  type AssessOptions,
  assessmentStatuses,
  type CeilingOutcome,
  type HoldFact,
  type RetentionPolicy,
  type RuleReference,
  type Why,
} from './assess/assessment.ts'
export { type Explanation, explain, explainInWords, type RetentionChange, type RuleStep } from './assess/explain.ts'
export { assess, type RetentionSchedule, retentionSchedule } from './assess/policy.ts'
export { compareSchedules, type ScheduleChange, type ScheduleComparison } from './assess/shortening.ts'
export type { StatedShorter } from './assess/stated-shorter.ts'
export * from './disposition/index.ts'
export { retentionErrors } from './errors.ts'
export { NARROW_FROM, NARROW_THROUGH } from './narrow/cutoff.ts'
export {
  type NarrowKind,
  type NarrowOptions,
  type NarrowPlace,
  type NarrowTable,
  narrowTable,
} from './narrow/narrow-table.ts'
export type { Cutoffs, NarrowProfile, Signed } from './narrow/profile.ts'
export { type Provider, providers, type RecordKind, recordKinds } from './record/kinds.ts'
export { type DateFact, dateFacts, type FlagFact, flagFacts, type RetentionRecord } from './record/record.ts'
export { majorityAge, majorityDate } from './schedule/majority.ts'
export type { ScheduleOptions, SignOff } from './schedule/options.ts'
export { returnOrDestroy } from './schedule/return-or-destroy.ts'
export {
  contractRule,
  type DisposalCondition,
  houseRule,
  type MinorRule,
  type OwnRule,
  type Period,
  parseRetentionRule,
  type RetentionRule,
  type Start,
} from './schedule/rule.ts'
export { currentOf, memoryScheduleStore, type ScheduleStore } from './schedule/schedule-store.ts'
export { parseScheduleVersion, type ScheduleData, type ScheduleVersion, scheduleOf } from './schedule/schedule-version.ts'
export { type Schedule, usRetention } from './schedule/us-retention.ts'
