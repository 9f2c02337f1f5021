import { errorsOf } from '@phi/core'

/** The error of `@phi/deadlines/golden`. What a case gets wrong is a result in the report and never an error. */
export const goldenErrors = {
  PHI_DEADLINES_CORPUS: {
    problem: 'The corpus of golden cases cannot be read',
    remedy:
      'Pass a list of cases, or an object with `cases`: each with a unique id, a rule, facts and expected, all of it plain JSON.',
  },
} as const

export const goldenError = errorsOf(goldenErrors)
