import { errorsOf } from '@phi/core'

/** The errors of stores of agreements. That somebody else was first is an answer and never an error. */
export const agreementStoreErrors = {
  PHI_BAA_AGREEMENT_RECORD: {
    problem: 'The record of agreements is not valid, and nothing was written',
    remedy: 'Correct the place that is named; the form is described by `AgreementRecord`.',
  },
  PHI_BAA_STORE: {
    problem: 'What is stored of the agreements cannot be read',
    remedy: 'Decide nothing on it: find out who wrote to the store past this package, or restore it.',
  },
  PHI_BAA_STORE_UNAVAILABLE: {
    problem: 'The store of agreements could not be reached, and what was being appended may or may not have been',
    remedy: 'Append the same at the same revision again: the answer says what became of it.',
    retryable: true,
  },
} as const

export const agreementStoreError = errorsOf(agreementStoreErrors)
