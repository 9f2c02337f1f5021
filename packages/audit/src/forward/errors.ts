import { errorsOf } from '@phi/core'

/** The errors of forwarding. */
export const forwardErrors = {
  PHI_AUDIT_FORWARD_OPTIONS: {
    problem: 'An option of the forwarder or of a destination is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_AUDIT_FORWARD_ROLLED_BACK: {
    problem: 'The log is shorter than what was forwarded of it, so forwarding stopped',
    remedy:
      'Treat this as tampering or as a restored backup: keep the store as it is, run verify(), and compare with the receiver.',
  },
  PHI_AUDIT_FORWARD_REWRITTEN: {
    problem: 'The last forwarded entry has another hash now, so forwarding stopped',
    remedy:
      'Treat this as tampering: keep the store as it is, run verify(), and compare with the receiver and with checkpoints.',
  },
  PHI_AUDIT_FORWARD_SOURCE: {
    problem: 'The log did not give its entries one after another, so forwarding stopped',
    remedy: 'Run verify() on the log; info.index is the first entry that is missing or out of place.',
  },
  PHI_AUDIT_FORWARD_CONFLICT: {
    problem: 'Another process moved the cursor of this forwarder, so this one stopped',
    remedy: 'Run one forwarder of a name for a log, or give the second one a name of its own.',
  },
  PHI_AUDIT_FORWARD_CURSOR: {
    problem: 'The cursor could not be read or moved',
    remedy: 'Check the disk or the database that holds it; what was delivered since is sent again if the process ends now.',
    retryable: true,
  },
  PHI_AUDIT_FORWARD_CURSOR_DAMAGED: {
    problem: 'What stands in the place of a cursor or a dead letter is not one',
    remedy: 'Find out what wrote it. To begin again, remove that file: everything is then sent once more.',
  },
  PHI_AUDIT_FORWARD_DEAD_LETTERS_FULL: {
    problem: 'The receiver refused so many records that no more are set aside, so forwarding waits',
    remedy: 'Find out why it refuses them; then send them again with retryDeadLetters() or drop them.',
    retryable: true,
  },
  PHI_AUDIT_FORWARD_READ: {
    problem: 'The log could not be read',
    remedy: 'Check the store of the log. Nothing is lost: it is read again.',
    retryable: true,
  },
  PHI_AUDIT_FORWARD_UNREACHABLE: {
    problem: 'The receiver could not be reached, or the connection broke',
    remedy: 'Check the address, the network and the receiver. Nothing is lost: what was not acknowledged is sent again.',
    retryable: true,
  },
  PHI_AUDIT_FORWARD_TIMEOUT: {
    problem: 'The receiver did not acknowledge in the allowed time',
    remedy: 'Check the receiver, send smaller batches, or allow more time.',
    retryable: true,
  },
  PHI_AUDIT_FORWARD_TLS: {
    problem: 'The receiver did not prove who it is, so nothing was sent',
    remedy: 'Check the certificate, its authority, its names and its pinned fingerprint.',
    retryable: true,
  },
  PHI_AUDIT_FORWARD_ANSWER: {
    problem: 'The receiver gave an answer that is not one of its protocol, so nothing counts as delivered',
    remedy: 'Check that the address is the one of the receiver, and that nothing in between answers for it.',
    retryable: true,
  },
  PHI_AUDIT_FORWARD_BUSY: {
    problem: 'The receiver asked to wait',
    remedy: 'Nothing to do: it is asked again later.',
    retryable: true,
  },
  PHI_AUDIT_FORWARD_FAILING: {
    problem: 'The receiver reported a failure of its own',
    remedy: 'Check the receiver. What it did not take is sent again.',
    retryable: true,
  },
  PHI_AUDIT_FORWARD_NOT_ALLOWED: {
    problem: 'The receiver does not take anything from this sender',
    remedy: 'Check the address, the credentials and the permissions. Nothing is set aside meanwhile.',
    retryable: true,
  },
  PHI_AUDIT_FORWARD_REDIRECT: {
    problem: 'The receiver pointed to another address, and it was not followed',
    remedy: 'Configure the address that may receive these records. No record goes to an address that a receiver names.',
    retryable: true,
  },
  PHI_AUDIT_FORWARD_REFUSED: {
    problem: 'The receiver refused a record',
    remedy: 'Compare the record with what the receiver takes; deadLetters() lists what was set aside.',
  },
  PHI_AUDIT_FORWARD_TOO_LARGE: {
    problem: 'A record is larger than the receiver takes',
    remedy: 'Raise the limit of the receiver, or leave fields out with `redact`; deadLetters() lists what was set aside.',
  },
  PHI_AUDIT_FORWARD_CLOSED: {
    problem: 'The forwarder or the destination has been closed',
    remedy: 'Make another one.',
  },
} as const

export const forwardError = errorsOf(forwardErrors)

export type ForwardCode = keyof typeof forwardErrors
