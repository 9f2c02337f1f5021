import { errorsOf } from '@phi/core'

/** The errors of recurring duties and of their calendar. */
export const recurringErrors = {
  PHI_DEADLINES_RECURRING: {
    problem: 'The recurring duty is not valid',
    remedy: 'Correct the place that is named; the form is described by `RecurringDuty`.',
  },
  PHI_DEADLINES_CALENDAR: {
    problem: 'The calendar cannot be written',
    remedy: 'Correct the entry or option that is named; texts are at most a few thousand characters, and dates exist.',
  },
} as const

export const recurringError = errorsOf(recurringErrors)
