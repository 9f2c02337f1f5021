export * from './agreement/agreement.ts'
export type { CheckedAgreement, Problem, ServicesOf, WordsOf } from './agreement/checked.ts'
export { type Clause, type ClauseSource, clauseInWords } from './agreement/clause.ts'
export type { DateOrInstant } from './agreement/date.ts'
export { defineAgreement, parseAgreement } from './agreement/define.ts'
export type * from './agreement/input.ts'
export {
  type CoveredEntityType,
  coveredEntityTypes,
  isNpi,
  type Licence,
  type Party,
  type PartyKind,
  partyKinds,
} from './agreement/party.ts'
export {
  type ClockTrigger,
  type NoticeElement,
  noticeElements,
  type Period,
  periodInWords,
  triggers,
} from './agreement/period.ts'
export { type Status, type StatusStep, statusAt, statuses } from './agreement/status.ts'
export { type CoveredService, decide, decideAny } from './decide/decide.ts'
export { type Decision, type Duty, duties } from './decide/decision.ts'
export { explainDecision } from './decide/explain.ts'
export { type Effect, type Reason, type ReasonCode, reasonCodes } from './decide/reason.ts'
export type { AttestedIdentifiability, Authorization, DecisionRequest } from './decide/request.ts'
export { baaErrors } from './errors.ts'
export {
  type ExemptionClaim,
  type ExemptionKind,
  exemptionKinds,
  type PaymentActivity,
  paymentActivities,
  type StandingExemption,
} from './exemption/exemption.ts'
export { type ExemptionFact, type ExemptionSetting, testExemption } from './exemption/test.ts'
export type { Attestation } from './registry/attestation.ts'
export { mergeRegistries, type Registry, type RegistryOptions, registry } from './registry/registry.ts'
export type { Subprocessor } from './registry/subprocessor.ts'
