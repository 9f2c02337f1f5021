import { errorsOf } from '@phi/core'

/** The errors of @phi/baa/vendors. That a vendor offers no agreement, or that nobody knows, is an answer and never an error. */
export const vendorErrors = {
  PHI_BAA_VENDORS: {
    problem: 'The data of vendors cannot be read',
    remedy:
      'Correct the place that is named; the form is described by `Vendor` and `VendorRegistry`. Every product needs a source.',
  },
  PHI_BAA_VENDOR_QUESTION: {
    problem: 'The question about a vendor cannot be read',
    remedy: 'Correct the place that is named; the form is described by `VendorQuestion` and `DraftQuestion`.',
  },
} as const

export const vendorError = errorsOf(vendorErrors)
