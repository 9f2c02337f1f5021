import { errorsOf } from '@phi/core'

/** The errors of stores of requests and incidents. That somebody else was first is an answer and never an error. */
export const caseStoreErrors = {
  PHI_DEADLINES_CASE: {
    problem: 'The case or its entry is not valid, and nothing was written',
    remedy:
      'Correct the place that is named; an entry is the last of the log of what `applyRequestEvent` or `applyIncidentEvent` returned.',
  },
  PHI_DEADLINES_STORE: {
    problem: 'A stored history cannot be read or does not replay',
    remedy:
      'Work with none of it: find out who wrote to the store past this package. For incidents that were closed under rules of your own, give the store `groups`.',
  },
  PHI_DEADLINES_STORE_UNAVAILABLE: {
    problem: 'The store of cases could not be reached, and what was being written may or may not have been',
    remedy: 'Make the same call again: the answer says what became of it.',
    retryable: true,
  },
} as const

export const caseStoreError = errorsOf(caseStoreErrors)
