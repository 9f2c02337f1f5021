import { errorsOf } from '@phi/core'

/** The errors of schedules and assessments. That a record cannot be disposed of is a result and never an error. */
export const retentionErrors = {
  PHI_RETENTION_RULE: {
    problem: 'The retention rule is not valid',
    remedy: 'Correct the place that is named; the form is described by `RetentionRule`.',
  },
  PHI_RETENTION_SCHEDULE: {
    problem: 'The retention schedule is not valid',
    remedy: 'Correct the place that is named; the form is described by `ScheduleOptions`.',
  },
  PHI_RETENTION_OPTIONS: {
    problem: 'The options are not valid',
    remedy: 'Correct the option that is named; today is a civil date, YYYY-MM-DD.',
  },
} as const

export const retentionError = errorsOf(retentionErrors)
