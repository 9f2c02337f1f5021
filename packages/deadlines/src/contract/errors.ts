import { errorsOf } from '@phi/core'

/** The errors of contract clocks and of profiles of stated periods. */
export const contractErrors = {
  PHI_DEADLINES_CONTRACT: {
    problem: 'The contract clock or the profile is not valid',
    remedy: 'Correct the place that is named; say in full how the period is counted, as the clause does.',
  },
} as const

export const contractError = errorsOf(contractErrors)
