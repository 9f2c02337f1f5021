import { breachNotice, businessAssociateNotice } from './breach.ts'
import { documentation } from './documentation.ts'
import { complaintToSecretary, decedent, hearingRequest, newStandard, penaltyAction, penaltyCure } from './enforcement.ts'
import { ftcBreachNotice } from './ftc.ts'
import { notInForce } from './not-in-force.ts'
import { nppEnrollment, nppFirstService, nppPart2, nppProviderRevision, nppReminder, nppRevision } from './npp.ts'
import { part2BreachNotice } from './part2.ts'
import { accessRequest, accountingRequest, amendmentRequest, denialReview } from './requests.ts'
import { confidentialCommunication, restrictionRequest } from './restrictions.ts'
import { substituteNoticePeriods } from './substitute-notice.ts'

/** The federal rules, by what they are about. */
export const federal = Object.freeze({
  breachNotice,
  businessAssociateNotice,
  substituteNoticePeriods,
  part2BreachNotice,
  ftcBreachNotice,
  accessRequest,
  amendmentRequest,
  accountingRequest,
  denialReview,
  restrictionRequest,
  confidentialCommunication,
  nppFirstService,
  nppProviderRevision,
  nppEnrollment,
  nppReminder,
  nppRevision,
  nppPart2,
  documentation,
  penaltyCure,
  hearingRequest,
  complaintToSecretary,
  penaltyAction,
  newStandard,
  decedent,
  notInForce,
})

export {
  type AccountingExclusion,
  type AccountingLaw,
  type AccountingLookBack,
  type AccountingPeriod,
  type AccountingPeriodFacts,
  accountingExclusions,
  accountingLookBacks,
  accountingPeriod,
} from './accounting.ts'
export {
  type AccountingFee,
  type AccountingFeeFacts,
  accountingFee,
  accountingFeeRequirements,
  type FeeRequirement,
} from './accounting-fee.ts'
export {
  type AccountingSuspension,
  accountingSuspension,
  type SuspensionOptions,
  type SuspensionStatement,
  type SuspensionWindow,
} from './accounting-suspension.ts'
export {
  breachChain,
  type ChainedBreachFacts,
  type ChainedDiscovery,
  type ChainedNotice,
  type ChainLink,
  type DiscoveredBy,
} from './chain.ts'
export type { Proof, ProofStep } from './proof.ts'
export {
  type NoticeMethod,
  type NoticeMethodId,
  noticeMethods,
  type SubstituteNotice,
  type SubstituteNoticeFacts,
  substituteNotice,
} from './substitute-notice.ts'
