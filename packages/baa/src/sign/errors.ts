import { errorsOf } from '@phi/core'

/** The errors of signing. That a signature does not hold is a verdict and never an error. */
export const signErrors = {
  PHI_BAA_SIGNING: {
    problem: 'The agreement cannot be signed, or its signatures not be looked at, in this way',
    remedy: 'Correct the place that is named; nothing was signed, and nothing counts as verified.',
  },
} as const

export const signError = errorsOf(signErrors)
