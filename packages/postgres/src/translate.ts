import { isPhiError, type PhiError } from '@phi/core'
import { CommitUnknown, sqlStateOf } from './client/db.ts'
import { postgresError } from './errors.ts'

/**
 * What a failure says about trying again.
 *
 * - `again`: the server undid the transaction for the sake of another one; the same work from its beginning may succeed at once.
 * - `later`: nothing was written; this server cannot do it now.
 * - `elsewhere`: nothing was written; this server takes no writes, and the one that replaced it may.
 * - `unknown`: the connection is gone, or the server cannot say: what was under way may have been committed.
 * - `refused`: the same work will be refused again.
 */
export type Failure = 'again' | 'later' | 'elsewhere' | 'unknown' | 'refused'

/** PostgreSQL documentation, appendix A, "PostgreSQL Error Codes"; a class stands for all of its codes that are not listed. */
const FAILURES: Readonly<Record<string, Failure>> = {
  // 40, transaction rollback. CockroachDB and YugabyteDB ask for a restart with 40001 as well.
  '40000': 'again', // transaction_rollback
  '40001': 'again', // serialization_failure
  '40P01': 'again', // deadlock_detected
  '40003': 'unknown', // statement_completion_unknown: CockroachDB's name for a lost commit
  // 53, insufficient resources: disk, memory, connections (53300).
  '53': 'later',
  '55P03': 'later', // lock_not_available: lock_timeout, NOWAIT
  '57014': 'later', // query_canceled: statement_timeout, or somebody's cancel
  '25P03': 'later', // idle_in_transaction_session_timeout
  '25P04': 'later', // transaction_timeout
  '57P03': 'later', // cannot_connect_now: starting, stopping or recovering
  // A standby, or a primary that was told to stop writing.
  '25006': 'elsewhere', // read_only_sql_transaction
  // 57P, operator intervention: admin_shutdown (57P01), crash_shutdown, database_dropped, idle_session_timeout. The connection ends.
  '57P': 'unknown',
  // 08, connection exception.
  '08': 'unknown',
}

/**
 * A disk that fails while the write-ahead log is written ends the server or the session, perhaps after the commit's own record was on
 * the disk: recovery then finds it committed. The severity comes in the server's language, so any word but ERROR counts.
 */
function isPanic(error: unknown, state: string): boolean {
  const { severity } = error as { severity?: unknown }
  return /^(53100|58|XX)/.test(state) && typeof severity === 'string' && severity !== 'ERROR'
}

/** A driver's error, or one of ours around it, as {@link Failure}. Without an SQLSTATE the connection broke: `unknown`. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommitUnknown) return 'unknown'
  const state = sqlStateOf(error)
  if (state === undefined || isPanic(error, state)) return 'unknown'
  // protocol_violation: as an ERROR it is a statement that does not fit its parameters; anything else ends the connection.
  if (state === '08P01' && (error as { severity?: unknown }).severity === 'ERROR') return 'refused'
  return FAILURES[state] ?? FAILURES[state.slice(0, 3)] ?? FAILURES[state.slice(0, 2)] ?? 'refused'
}

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
  const failure = failureOf(original)
  if (failure === 'elsewhere')
    return postgresError('PHI_PG_UNAVAILABLE', { ...context, detail: 'the server takes no writes, as a standby does' })
  if (failure !== 'refused') return postgresError('PHI_PG_UNAVAILABLE', context)
  if (sqlstate === '42501') return postgresError('PHI_PG_FORBIDDEN', context)
  if (sqlstate === '42P01' || sqlstate === '3F000' || sqlstate === '42883' || sqlstate === '42704' || sqlstate === '22023') {
    return postgresError('PHI_PG_NOT_MIGRATED', context)
  }
  return postgresError('PHI_PG_QUERY', context)
}
