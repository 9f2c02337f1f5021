import type { AuditSeverity } from '../actions.ts'
import type { AuditRecord } from '../record.ts'

/**
 * How urgent a record is to whoever watches. A record with an altered group is an alert, whatever it says: somebody changed the log.
 * Else what was recorded; else `warning` for a failure, a denial and for breaking the glass, and `info` for what succeeded. Where the
 * group that would say so is not shown, `notice`.
 */
export function severityOf(record: AuditRecord): AuditSeverity {
  if (!record.genuine || record.altered.length > 0) return 'alert'
  const { severity, outcome, action } = record.event
  if (severity !== undefined) return severity
  if (outcome === undefined) return 'notice'
  return outcome === 'success' && action !== 'break-glass' ? 'info' : 'warning'
}
