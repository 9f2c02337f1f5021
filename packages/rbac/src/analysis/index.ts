/**
 * What a policy comes to, exactly: its whole decision table, what is wrong with it, who can do what and when, and what a change
 * widens.
 *
 * @module @phi/rbac/analysis
 */
export { type Analysis, analyse } from './analyse.ts'
export type { Difference, Direction } from './change.ts'
export { type Change, type DiffOptions, diffPolicies, exitCode, type PolicyDiff, type RelationChange } from './diff.ts'
export { equivalent } from './equivalent.ts'
export { type Finding, type FindingCode, findingCodes, type Severity } from './findings.ts'
export { type Report, renderMarkdown, renderText } from './render.ts'
export { type Duty, type Separation, type SeparationBreach, type SeparationReport, separationOfDuties } from './separation.ts'
export { compareSnapshot, type SnapshotChange, type SnapshotComparison, snapshot } from './snapshot.ts'
export type { AnalysisLimits } from './space.ts'
export type { Offer, Standing } from './standing.ts'
export { type Cell, type DecisionTable, decisionTable, type TableOptions } from './table.ts'
export {
  type Ability,
  type Access,
  type RoleAccess,
  type WhatCan,
  type WhoCan,
  type WhoCanQuestion,
  whatCan,
  whoCan,
} from './who-can.ts'
export type { Description } from './words.ts'
