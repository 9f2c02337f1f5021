import { errorsOf } from '@phi/core'

/**
 * The errors of directives and message routing. A step that the law does not allow is none, and neither is a message that cannot be
 * sent: those are answers with a reason.
 */
export const directiveErrors = {
  PHI_RBAC_DIRECTIVE: {
    problem: 'A directive of a patient could not be read',
    remedy: 'Correct the place that is named. No directive was left out: the whole call was refused.',
  },
  PHI_RBAC_DIRECTIVE_MAPPING: {
    problem: 'A directive of a patient cannot be said in the words of this policy',
    remedy: 'Name the missing attribute or action in the mapping, or declare it in the policy. No directive was left out.',
  },
  PHI_RBAC_DIRECTIVE_STORE: {
    problem: 'The directive was not stored',
    remedy: 'Load the latest version and repeat the step on it; what was recorded before is never changed or shortened.',
  },
  PHI_RBAC_DIRECTIVE_STORE_UNAVAILABLE: {
    problem: 'The store of directives could not be reached',
    remedy:
      'Act on none of the patient’s directives until it can be. After an append, load the latest version: it may have been kept.',
    retryable: true,
  },
  PHI_RBAC_DIRECTIVE_OPTIONS: {
    problem: 'An option of the call is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_RBAC_MESSAGE_ROUTING: {
    problem: 'The routing of messages is not configured completely',
    remedy: 'Give every kind of message its content and retention class, and name the parties that hear of safety concerns.',
  },
} as const

export const directiveError = errorsOf(directiveErrors)
