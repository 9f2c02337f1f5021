import { errorsOf } from '@phi/core'

/** Errors of the analysis of a chain. That a chain is not covered is a finding and never an error. */
export const chainErrors = {
  PHI_BAA_CHAIN: {
    problem: 'The question about a chain cannot be read',
    remedy:
      'Pass a service of the taxonomy, an instant and options as described by `ChainOptions`, or links as described by `ClockLink`.',
  },
} as const

export const chainError = errorsOf(chainErrors)
