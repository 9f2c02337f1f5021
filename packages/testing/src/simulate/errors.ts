import { errorsOf } from '@phi/core'

/** The errors of `@phi/testing/simulate`. */
export const simulateErrors = {
  PHI_TESTING_SIMULATE_OPTIONS: {
    problem: 'An option of the simulation is not valid',
    remedy: 'Correct the named option.',
  },
} as const

export const simulateError = errorsOf(simulateErrors)
