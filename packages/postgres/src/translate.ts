import { isPhiError, type PhiError } from '@phi/core'
import { CommitUnknown, sqlStateOf } from './client/db.ts'
import { postgresError } from './errors.ts'

/**
 * SQLSTATEs after which the same work may succeed, and which say that this attempt wrote nothing: serialisation and deadlock
 * (40), resources (53), lock and statement time-outs (55P03, 57014), a server that starts or stops (57P03).
 */
const RETRYABLE = /^(40|53|55P03|57014|57P03)/

/**
 * A driver's error as one of ours. Messages of the server can quote rows ("Failing row contains …"), so only the SQLSTATE is
 * carried over; the original is the cause, for a debugger, and is left out of toJSON().
 */
export function translated(error: unknown): PhiError {
  if (isPhiError(error)) return error
  const original = error instanceof CommitUnknown ? error.cause : error
  const sqlstate = sqlStateOf(original)
  if (sqlstate === undefined) return postgresError('PHI_PG_UNAVAILABLE', { cause: original })
  const context = { info: { sqlstate }, cause: original }
  if (RETRYABLE.test(sqlstate) || sqlstate.startsWith('08') || sqlstate.startsWith('57P'))
    return postgresError('PHI_PG_UNAVAILABLE', context)
  if (sqlstate === '42501') return postgresError('PHI_PG_FORBIDDEN', context)
  if (sqlstate === '42P01' || sqlstate === '3F000' || sqlstate === '42883' || sqlstate === '42704' || sqlstate === '22023') {
    return postgresError('PHI_PG_NOT_MIGRATED', context)
  }
  return postgresError('PHI_PG_QUERY', context)
}
