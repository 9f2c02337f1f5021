export {
  type ContractClock,
  type ContractRule,
  contractClock,
  type IncidentFact,
  type Rolls,
  type Starts,
  type Within,
} from './clock.ts'
export { contractErrors } from './errors.ts'
export { type Finding, type FindingCode, findingCodes, type Severity } from './finding.ts'
export { findings, findingsInMarkdown } from './findings.ts'
export { type ContractFacts, contractGroup } from './group.ts'
export {
  type NoticeAddressee,
  type NoticeElement,
  noticeAddressees,
  noticeElements,
  type Profile,
  parseProfile,
  type Right,
  type StatedPeriod,
  type StatedThreshold,
  type Statement,
} from './profile.ts'
export { profiles } from './profiles.ts'
export { type Strictest, strictest } from './strictest.ts'
