import { errorsOf } from '@phi/core'

/** The errors of the test of a covered entity, and of a request for an agreement. A refused step is a value and never an error. */
export const coveredEntityErrors = {
  PHI_BAA_FACTS: {
    problem: 'The facts cannot be read',
    remedy: 'Pass an object as described by `CoveredEntityFacts` or `VendorFacts`; leave out what is not known.',
  },
  PHI_BAA_AGREEMENT_REQUEST: {
    problem: 'The request for an agreement cannot be read',
    remedy:
      'Pass what `openAgreementRequest` and `advanceAgreementRequest` returned, and instants such as 2026-11-21T10:00:00.000Z.',
  },
} as const

export const coveredEntityError = errorsOf(coveredEntityErrors)
