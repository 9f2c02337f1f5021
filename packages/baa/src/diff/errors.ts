import { errorsOf } from '@phi/core'

/** Errors of the comparison of agreements. What changed is a result and never an error. */
export const diffErrors = {
  PHI_BAA_DIFF: {
    problem: 'The two cannot be compared',
    remedy: 'Pass two agreements of the same two parties, or two registries, and options as described by `DiffOptions`.',
  },
} as const

export const diffError = errorsOf(diffErrors)
