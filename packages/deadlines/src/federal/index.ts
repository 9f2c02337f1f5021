import { breachNotice, businessAssociateNotice } from './breach.ts'
import { accessRequest, accountingRequest, amendmentRequest, denialReview } from './requests.ts'

/** The federal rules, by what they are about. */
export const federal = Object.freeze({
  breachNotice,
  businessAssociateNotice,
  accessRequest,
  amendmentRequest,
  accountingRequest,
  denialReview,
})
