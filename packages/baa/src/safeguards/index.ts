export { cadences, type SafeguardDuty, safeguardRuleset } from './cadences.ts'
export type { Control, ControlCadence } from './control.ts'
export { type ControlId, controls, isControl, type ParameterOf } from './controls.ts'
export type { Day, Every } from './day.ts'
export * from './documents.ts'
export {
  type EntryStatus,
  entryStatuses,
  type RegisterEntry,
  type RegisterEntryInput,
  type Responsible,
  responsibilities,
} from './entry.ts'
export { safeguardErrors } from './errors.ts'
export type { Evidence } from './evidence.ts'
export {
  type RegisterFinding,
  type RegisterFindingCode,
  registerFindingCodes,
  registerFindings,
  type Wanted,
  type WantedControl,
} from './findings.ts'
export * from './matrix.ts'
export * from './npp/claims.ts'
export {
  type NppCondition,
  type NppElement,
  type NppElementId,
  nppConditions,
  nppElements,
  rightsInNotice,
} from './npp/elements.ts'
export {
  type Notice,
  type NoticeFinding,
  type NoticeFindingCode,
  type NoticeInput,
  type NoticeRetention,
  type NoticeVersionInput,
  notice,
  noticeFindingCodes,
  noticeFindings,
  noticeRetention,
  versionOn,
} from './npp/notice.ts'
export {
  type Delivery,
  type DeliveryWay,
  deliveryWays,
  type Effort,
  type NoticeNeed,
  type NoticeNeedCode,
  type NoticeRecordInput,
  type NoticeStanding,
  noAcknowledgmentReasons,
  noticeNeedCodes,
  noticeNeeds,
  revisionDuties,
} from './npp/record.ts'
export * from './npp/uses.ts'
export * from './oscal.ts'
export {
  type Meets,
  meetsParameter,
  type Parameter,
  type ParameterKind,
  type ParameterKinds,
  type PatchTimes,
  parameterInWords,
  type Severity,
  severities,
  type TrainingTopic,
  trainingTopics,
} from './parameter.ts'
export * from './readiness.ts'
export {
  type Doubt,
  doubts,
  parseRegister,
  type Register,
  register,
  type Standing,
  type StandingState,
  standingOn,
} from './register.ts'
export * from './risks.ts'
export * from './workforce.ts'
