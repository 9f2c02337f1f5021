export { type BusinessCalendar, federalCalendar, undisputedCalendar } from './calendar/business-days.ts'
export {
  addMonths,
  addYears,
  type CivilDate,
  type Day,
  formatDay,
  isCivilDate,
  parseDay,
  type Rounding,
  readDay,
} from './calendar/civil-date.ts'
export { civilDateIn, isTimeZone, type Moment } from './calendar/zone.ts'
export { deadlinesErrors } from './errors.ts'
export {
  type Because,
  type Change,
  type Deadline,
  type ExtensionDefect,
  type ExtensionOutcome,
  type HoldOutcome,
  type HoldReason,
  type HoldWindow,
  type Status,
  type Step,
  statuses,
} from './evaluate/deadline.ts'
export { evaluate } from './evaluate/evaluate.ts'
export { explainDeadline } from './evaluate/explain.ts'
export type { EvaluateOptions } from './evaluate/options.ts'
export {
  type AccountingExclusion,
  type AccountingFee,
  type AccountingFeeFacts,
  type AccountingLaw,
  type AccountingLookBack,
  type AccountingPeriod,
  type AccountingPeriodFacts,
  type AccountingSuspension,
  accountingExclusions,
  accountingFee,
  accountingFeeRequirements,
  accountingLookBacks,
  accountingPeriod,
  accountingSuspension,
  breachChain,
  type ChainedBreachFacts,
  type ChainedDiscovery,
  type ChainedNotice,
  type ChainLink,
  type DiscoveredBy,
  type FeeRequirement,
  federal,
  type NoticeMethod,
  type NoticeMethodId,
  noticeMethods,
  type Proof,
  type ProofStep,
  type SubstituteNotice,
  type SubstituteNoticeFacts,
  type SuspensionOptions,
  type SuspensionStatement,
  type SuspensionWindow,
  substituteNotice,
} from './federal/index.ts'
export { type Condition, conditionInWords } from './rule/condition.ts'
export type {
  ExtensionStatement,
  FactKind,
  FactKinds,
  FactOf,
  FactsOf,
  Knowledge,
  LawEnforcementStatement,
} from './rule/facts.ts'
export { type RuleGroup, type Ruleset, ruleGroup } from './rule/group.ts'
export type { Basis, Counts, Extension, Hold, InForce, Limit, Roll, Rule, Trigger } from './rule/rule.ts'
