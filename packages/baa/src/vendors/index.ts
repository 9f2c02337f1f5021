export { type NamedSource, type VendorAnswer, type VendorQuestion, vendorAnswer } from './answer.ts'
export { type VendorData, type VendorEntry, vendorData } from './data.ts'
export { type DocumentRow, vendorDocuments } from './documents.ts'
export { type AgreementDraft, agreementDraft, type DraftQuestion, draftGaps } from './draft.ts'
export { vendorErrors } from './errors.ts'
export { type VendorReason, type VendorReasonCode, type VendorVerdict, vendorReasons } from './reason.ts'
export { starterVendors } from './starter.ts'
export {
  type DocumentKind,
  documentKinds,
  type Vendor,
  type VendorAi,
  type VendorCondition,
  type VendorDocument,
  type VendorOffer,
  type VendorProduct,
  type VendorRegistry,
  type VendorScope,
  type VendorSource,
} from './vendor.ts'
