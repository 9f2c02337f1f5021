/**
 * What can happen to a record or to the system, as the `action` of an event. CRUD first, then the ways in which data leaves,
 * then sign-in and sign-out, then administration of access, configuration and keys.
 */
export const auditActions = [
  'create',
  'read',
  'update',
  'delete',
  'search',
  'export',
  'print',
  'download',
  'upload',
  'send',
  'disclose',
  'login',
  'logout',
  'login-failed',
  'mfa',
  'session-expired',
  'break-glass',
  'grant',
  'revoke',
  'configure',
  'key-rotate',
  'key-destroy',
  'prune',
  'sign',
  'review',
  'amend',
  'restore',
  'execute',
] as const

export type AuditAction = (typeof auditActions)[number]

/** Whether it worked, went wrong, or was refused by policy. */
export const auditOutcomes = ['success', 'failure', 'denied'] as const
export type AuditOutcome = (typeof auditOutcomes)[number]

/** Syslog's severities (RFC 5424 §6.2.1), by keyword. */
export const auditSeverities = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const
export type AuditSeverity = (typeof auditSeverities)[number]
