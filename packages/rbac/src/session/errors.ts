import { errorsOf } from '@phi/core'

/**
 * The errors of identities and sessions. A token, an address or a session that is not accepted is none: that is an answer with a
 * reason.
 */
export const sessionErrors = {
  PHI_RBAC_SESSION_OPTIONS: {
    problem: 'An option of the sessions is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_RBAC_SESSION_KEYS: {
    problem: 'The keys cannot be used',
    remedy: 'Pass public keys for verifying and one private key for signing, each as a JSON Web Key with `kid` and `alg`.',
  },
  PHI_RBAC_SESSION_INPUT: {
    problem: 'The call is not valid, and no session was begun or changed',
    remedy: 'Pass an identity from verifyIdentity, and a tenant and roles of your own.',
  },
  PHI_RBAC_SESSION_CLOCK: {
    problem: 'The clock gave no time',
    remedy: 'Pass a clock that answers milliseconds since 1970-01-01T00:00:00Z.',
    retryable: true,
  },
  PHI_RBAC_SESSION_STORE: {
    problem: 'The session store failed, and the sessions may or may not have been ended',
    remedy: 'Retry until it succeeds: ending twice is the same as ending once.',
    retryable: true,
  },
  PHI_RBAC_SESSION_STORE_UNAVAILABLE: {
    problem: 'The session store could not be reached',
    remedy: 'Refuse the request, and retry once the store can be reached.',
    retryable: true,
  },
} as const

export const sessionError = errorsOf(sessionErrors)
