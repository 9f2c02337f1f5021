import { errorsOf } from '@phi/core'

/**
 * The errors of disposition. That a record, an approval or a whole run is refused is a result and never an error; these are for
 * input that has not the documented form, and for stores that do not keep to their contract.
 */
export const dispositionErrors = {
  PHI_RETENTION_HOLD: {
    problem: 'The hold, or its release, is not valid',
    remedy: 'Correct the place that is named; the form is described by `HoldEvent`.',
  },
  PHI_RETENTION_PLAN: {
    problem: 'The plan is not one of this package, or was changed after it was made',
    remedy: 'Make the plan again, and approve the one that was made.',
  },
  PHI_RETENTION_APPROVAL: {
    problem: 'The approval cannot be given',
    remedy: 'Have the plan approved by another person, in a role that it names, on or after its day.',
  },
  PHI_RETENTION_STORE: {
    problem: 'The store did not keep to its contract',
    remedy: 'Correct the adapter; `retentionStoreSuite` of @phi/testing shows what it must do. Nothing more was deleted.',
  },
  PHI_RETENTION_STORE_UNAVAILABLE: {
    problem: 'The store cannot be reached',
    remedy: 'Call again with the same plan when it can: what was done stays done, and is not done twice.',
    retryable: true,
  },
  PHI_RETENTION_KEYS: {
    problem: 'The destruction of keys did not answer as it must',
    remedy: 'Look at the key store; call again with the same plan. The records are gone, and their keys may still be there.',
  },
} as const

export const dispositionError = errorsOf(dispositionErrors)
