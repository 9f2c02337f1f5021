import { errorsOf } from '@phi/core'

/** The errors of this package. What the law leaves open, or what is not known yet, is a result and never an error. */
export const deadlinesErrors = {
  PHI_DEADLINES_DATE: {
    problem: 'This is not a date or an instant that can be counted from',
    remedy:
      'Write a civil date as YYYY-MM-DD, of a day that exists, or an instant with Z, an offset or a zone: 2026-05-31T23:50:00-04:00.',
  },
  PHI_DEADLINES_ZONE: {
    problem: 'The time zone is missing or not known',
    remedy: 'Pass the IANA name of the zone of the obliged entity, for example America/New_York.',
  },
  PHI_DEADLINES_FACTS: {
    problem: 'The facts are not valid',
    remedy: 'Correct the fact that is named; leave out, or set to null, what is not known.',
  },
  PHI_DEADLINES_CONTRADICTION: {
    problem: 'The facts contradict each other',
    remedy: 'Correct the facts that are named; no date was counted from them.',
  },
  PHI_DEADLINES_RULE: {
    problem: 'The rule is not valid',
    remedy: 'Correct the place that is named; the form is described by `Rule`.',
  },
  PHI_DEADLINES_OPTIONS: {
    problem: 'The options are not valid',
    remedy: 'Correct the option that is named.',
  },
  PHI_DEADLINES_RANGE: {
    problem: 'The count leaves the years that this package knows',
    remedy: 'Check the dates and amounts; years run from 1800 to 2400.',
  },
} as const

export const deadlinesError = errorsOf(deadlinesErrors)
