import { errorsOf } from '@phi/core'

/** The errors of lint. What is wrong with an agreement is a finding and never an error. */
export const lintErrors = {
  PHI_BAA_LINT: {
    problem: 'What lint was given beside the agreement cannot be used',
    remedy: 'Correct the place that is named; the form is described by `LintOptions` and `LintRegistryOptions`.',
  },
} as const

export const lintError = errorsOf(lintErrors)
