import { errorsOf } from '@phi/core'

/** The errors of role assignments. Somebody who has no role is none: that is an empty answer. */
export const roleErrors = {
  PHI_RBAC_ROLE: {
    problem: 'The role assignment or the question about it is not valid, and nothing was recorded',
    remedy: 'Correct the place that is named.',
  },
  PHI_RBAC_ROLE_STORE: {
    problem: 'The store of roles answered with something that is no role assignment',
    remedy: 'Grant nothing on it. Run the store’s conformance suite, and find out who wrote to it.',
  },
  PHI_RBAC_ROLE_STORE_UNAVAILABLE: {
    problem: 'The store of roles could not be reached',
    remedy: 'Grant nothing until it can be. An assignment or a revocation can be sent again: twice is the same as once.',
    retryable: true,
  },
} as const

export const roleError = errorsOf(roleErrors)
