export type { SignatureJwk, Signer, TrustedKeys } from '@phi/core/jws'
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
export {
  type Chain,
  type ChainClocks,
  type ChainLink,
  type ChainOptions,
  chain,
  type UncoveredLink,
  type UnknownLink,
  type WeakerLink,
} from './chain/chain.ts'
export { chainInMarkdown } from './chain/chain-in-markdown.ts'
export {
  type Assumption,
  type ClockFinding,
  type ClockLink,
  type ClockTier,
  type ComposedClocks,
  composeClocks,
} from './chain/clocks.ts'
export { chainErrors } from './chain/errors.ts'
export { type ChainCode, type ChainFinding, chainCodes } from './chain/findings.ts'
export type { LinkVerdict } from './chain/standing.ts'
export type { Side, Weaker, WeakerCode } from './chain/weaker.ts'
export {
  type AgreementApplicant,
  type AgreementOffer,
  type AgreementRequest,
  type AgreementRequestAnswer,
  type AgreementRequestEvent,
  type AgreementRequestProblem,
  type AgreementRequestStanding,
  advanceAgreementRequest,
  agreementRequestProblems,
  agreementRequestStanding,
  offeredOn,
  openAgreementRequest,
  parseAgreementRequest,
} from './covered-entity/agreement-request.ts'
export {
  type AgreementRequestState,
  type AgreementRequestStep,
  agreementRequestStates,
  agreementRequestSteps,
  agreementRequestWays,
} from './covered-entity/agreement-request-step.ts'
export {
  type CoveredEntityAnswer,
  type CoveredEntityFacts,
  type CoveredEntityQuestion,
  coveredEntityQuestions,
  coveredEntityQuestionTexts,
  coveredEntityTest,
  factsOf,
  type OpenQuestion,
} from './covered-entity/covered-entity.ts'
export { coveredEntityErrors } from './covered-entity/errors.ts'
export { type AgreementNeed, needsAgreement, type VendorFacts } from './covered-entity/needs-agreement.ts'
export { type CareOf, type Profession, professionOf, professions } from './covered-entity/profession.ts'
export { type StandardTransaction, standardTransactions } from './covered-entity/transaction.ts'
export { type CoveredService, decide, decideAny } from './decide/decide.ts'
export { type Decision, type Duty, duties } from './decide/decision.ts'
export { explainDecision } from './decide/explain.ts'
export { type Effect, type Reason, type ReasonCode, reasonCodes } from './decide/reason.ts'
export type { AttestedIdentifiability, Authorization, DecisionRequest } from './decide/request.ts'
export type { Flips } from './diff/cause.ts'
export { clauseChanges } from './diff/clauses.ts'
export {
  type AgreementChange,
  type Diff,
  type DiffOptions,
  diff,
  type OutcomeCount,
  registryOfOne,
  type VersionName,
} from './diff/diff.ts'
export { diffInMarkdown } from './diff/diff-in-markdown.ts'
export { diffErrors } from './diff/errors.ts'
export type { ClauseChange, Direction } from './diff/terms.ts'
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
export * from './flows/index.ts'
export { type GuardedInit, type GuardedMethod, guardedMethods } from './guard/call.ts'
export type { DisclosureRecord } from './guard/disclosure.ts'
export { type FlowDenied, guardErrors, isFlowDenied } from './guard/errors.ts'
export { type FetchLike, type GuardedFetch, type GuardOptions, guardFetch } from './guard/guard-fetch.ts'
export type { GuardedHost } from './guard/hosts.ts'
export { type GuardedBody, notPhi, type Tag, type TagFacts, tagged } from './guard/tag.ts'
export { type LintCode, type LintRow, type LintSeverity, lintCodes } from './lint/code.ts'
export {
  dataUseElements,
  type ElementCode,
  otherElements,
  type RequiredElement,
  requiredElements,
} from './lint/element.ts'
export { lintErrors } from './lint/errors.ts'
export type { LintFinding } from './lint/finding.ts'
export { legalPeriods } from './lint/limit.ts'
export { type LintOptions, lint } from './lint/lint.ts'
export { type LintRegistryOptions, lintRegistry } from './lint/lint-registry.ts'
export { lintInMarkdown } from './lint/markdown.ts'
export type { Attestation } from './registry/attestation.ts'
export { mergeRegistries, type Registry, type RegistryOptions, registry } from './registry/registry.ts'
export type { Subprocessor } from './registry/subprocessor.ts'
export { signErrors } from './sign/errors.ts'
export { type SignOptions, signAgreement } from './sign/sign-agreement.ts'
export {
  type FirstPhi,
  type LoggedEvent,
  namesPhi,
  type SignedBeforePhi,
  type SignedBeforePhiOptions,
  type SignedBeforePhiUnknown,
  type SubjectEvent,
  signedBeforePhi,
} from './sign/signed-before-phi.ts'
export type { SignatureStatement } from './sign/statement.ts'
export { agreementMembers, documentHashOf, partyMembers, termsHash } from './sign/terms.ts'
export {
  type KeysByParty,
  type PartyVerdict,
  type SignatureProblem,
  type SignatureReport,
  signatureProblems,
  verifySignatures,
  withSignatures,
} from './sign/verify-signatures.ts'
export * from './store/index.ts'
