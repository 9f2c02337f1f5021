import { errorsOf } from '@phi/core'

/** The errors of this package. Merkle and note helpers keep theirs beside them. */
export const auditErrors = {
  PHI_AUDIT_EVENT: {
    problem: 'The event is not valid, and nothing was written',
    remedy: 'Correct the named field; the schema is `auditEventSchema` and every group is closed.',
  },
  PHI_AUDIT_EVENT_TOO_LARGE: {
    problem: 'The event is too large, and nothing was written',
    remedy: 'Record a reference or a hash instead of the content, or write several events.',
  },
  PHI_AUDIT_ORIGIN: {
    problem: 'The origin of the log is not valid',
    remedy: 'Use 1 to 200 printable ASCII characters without spaces and "+", such as a schema-less URL that names no customer.',
  },
  PHI_AUDIT_OPTIONS: {
    problem: 'An option of the audit log is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_AUDIT_WRONG_TENANT: {
    problem: 'The log belongs to another tenant, and nothing was written',
    remedy: 'Open the log with the tenant it was created for, and give every tenant a log with an origin of its own.',
  },
  PHI_AUDIT_CONFLICT: {
    problem: 'An entry with this event id is in the log already and says something else',
    remedy: 'Retry with exactly the same event, or give the new event an id of its own.',
  },
  PHI_AUDIT_BUSY: {
    problem: 'The log did not take the event in the allowed time, and it was not written',
    remedy: 'Slow down and retry; health() tells whether the store is slow or away.',
    retryable: true,
  },
  PHI_AUDIT_UNAVAILABLE: {
    problem: 'The store could not be reached, and the event was not written',
    remedy: 'Refuse the access that was to be recorded, or retry once health() is ok.',
    retryable: true,
  },
  PHI_AUDIT_OUTCOME_UNKNOWN: {
    problem: 'The store was given the entry and did not say what became of it, so it may or may not be in the log',
    remedy: 'Append the same event again with the same event id (info.eventId where the library chose it): it is written once.',
    retryable: true,
  },
  PHI_AUDIT_CLOSED: {
    problem: 'The log has been closed',
    remedy: 'Open it again with openAuditLog().',
  },
  PHI_AUDIT_DENIAL_IN_TRANSACTION: {
    problem: 'A denial or failure cannot be written inside a transaction whose rollback would erase it',
    remedy: 'Call append() for it, outside the transaction: it commits on a connection of its own.',
  },
  PHI_AUDIT_TRANSACTION: {
    problem: 'The store cannot write inside this transaction',
    remedy: 'Pass the transaction handle of the same database as the store, or use append().',
  },
  PHI_AUDIT_STORE: {
    problem: 'The store answered with something that is not a log in format v1',
    remedy: 'Run verify() to find out what was altered, and do not write to this log until it is explained.',
  },
  PHI_AUDIT_NO_SIGNER: {
    problem: 'The log was opened without a signer',
    remedy: 'Pass `signer` to openAuditLog() to issue checkpoints and evidence.',
  },
  PHI_AUDIT_HISTORY_REWRITTEN: {
    problem: 'The log no longer continues the last signed checkpoint, so no new checkpoint was signed',
    remedy: 'Treat this as tampering: keep the store as it is, run verify(), and compare with checkpoints held elsewhere.',
  },
  PHI_AUDIT_RANGE: {
    problem: 'The index or size lies outside the log',
    remedy: 'Ask for entries below the size of the head or of the checkpoint.',
  },
  PHI_AUDIT_PRUNE: {
    problem: 'The log cannot be pruned like this, and nothing was taken away',
    remedy: 'Correct the named option.',
  },
  PHI_AUDIT_PRUNE_FLOOR: {
    problem: 'Entries younger than the retention floor were to be pruned, and nothing was taken away',
    remedy: 'Name an instant at least six years back (45 CFR 164.316(b)(2)(i)); state law and contracts may ask for more.',
  },
  PHI_AUDIT_PRUNE_UNPROVED: {
    problem: 'What was to be pruned does not verify against a checkpoint that was kept elsewhere, and nothing was taken away',
    remedy: 'Pass a checkpoint from a witness, a mailbox or locked storage that covers the entries, and run verify().',
  },
  PHI_AUDIT_PRUNE_ARCHIVE: {
    problem: 'The archive is not what was exported, and nothing was taken away',
    remedy: 'Write the archive again; return the SHA-256 of what lies there.',
  },
  PHI_AUDIT_PRUNE_HELD: {
    problem: 'A hold was placed while the log was being archived, and nothing was taken away',
    remedy: 'Prune again: it will stop before the first record that is held.',
  },
  PHI_AUDIT_SEALER: {
    problem: 'The sealer of the log failed',
    remedy: 'Nothing was written or shown. Check the keys that the sealer needs; the cause is in error.cause.',
  },
  PHI_AUDIT_ANCHOR_TIMEOUT: {
    problem: 'A copy of a checkpoint was not kept in the allowed time',
    remedy: 'Check the anchor and the way to it; it is tried again. Until then the log is anchored as far as health() says.',
    retryable: true,
  },
  PHI_AUDIT_QUERY: {
    problem: 'The query is not valid',
    remedy: 'Correct the named field; cursors are only valid for the query that returned them.',
  },
  PHI_AUDIT_FORMAT: {
    problem: 'The text is not in audit format v1',
    remedy: 'Ask the sender for the file again; it was damaged, cut short, or written by something else.',
  },
} as const

export const auditError = errorsOf(auditErrors)
