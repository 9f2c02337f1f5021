import { errorsOf } from '@phi/core'

/** The errors of witnesses, of those who ask them, and of policies. What a witness answers is a result, and no error. */
export const witnessErrors = {
  PHI_AUDIT_WITNESS_POLICY: {
    problem: 'The witness policy is not valid',
    remedy: 'Correct the named part; the format is C2SP tlog-policy, and every name is defined above the line that uses it.',
  },
  PHI_AUDIT_WITNESS_OPTIONS: {
    problem: 'An option of the witness, or of the call to witnesses, is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_AUDIT_WITNESS_QUORUM: {
    problem: 'The checkpoint was signed, and not cosigned by as many witnesses as the policy asks for',
    remedy: 'See health().witnesses for each of them. The checkpoint is offered again by itself; retry once it is cosigned.',
    retryable: true,
  },
  PHI_AUDIT_WITNESS_FORK: {
    problem: 'A witness says that it has seen another history of this log, or more entries than the log now has',
    remedy:
      'Treat this as tampering until explained: keep the store as it is, run verify(), and ask the witness for its checkpoint.',
  },
  PHI_AUDIT_WITNESS_LIED: {
    problem: 'A witness answered with something that is not its cosignature on this checkpoint',
    remedy: 'Compare its key and address with what its operator publishes, and its clock with yours. Its answer was not used.',
  },
  PHI_AUDIT_WITNESS_STORE: {
    problem: 'The state of the witness is damaged, so it cosigns nothing for this log',
    remedy:
      'Find the cause. A witness that lost its state must not go on under the same key: what it saw cannot be known again.',
  },
  PHI_AUDIT_WITNESS_IO: {
    problem: 'The state of the witness could not be read or written, and nothing was cosigned',
    remedy: 'Check the disk; info.errno has the reason.',
    retryable: true,
  },
  PHI_AUDIT_WITNESS_LOCKED: {
    problem: 'The directory of the witness belongs to another process',
    remedy:
      'End the other process first. Two witnesses with one key need two directories, and then are two histories: use one.',
  },
} as const

export const witnessError = errorsOf(witnessErrors)
