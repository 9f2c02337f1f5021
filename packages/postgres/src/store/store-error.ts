import { type ErrorContext, isPhiError, type PhiError } from '@phi/core'
import { sqlStateOf } from '../client/db.ts'
import { translated } from '../translate.ts'

/** What a statement threw, as an error of the interface that the adapter implements: out of reach is that package's word for it. */
export function storeError(error: unknown, unavailable: (context: ErrorContext) => PhiError): PhiError {
  const ours = translated(error)
  return isPhiError(ours, 'PHI_PG_UNAVAILABLE') ? unavailable({ info: ours.info, cause: ours.cause }) : ours
}

/** Somebody else was there first, by a unique index. */
export const isTaken = (error: unknown): boolean => sqlStateOf(error) === '23505'

/** The same after `optimistic`: a race that went on too long is no answer to the caller's question, and neither is a server that is not there. */
export function racedError(error: unknown, unavailable: (context: ErrorContext) => PhiError): PhiError {
  const ours = storeError(error, unavailable)
  return isPhiError(ours, 'PHI_PG_QUERY') && ours.info.sqlstate === '23505' ? unavailable({ info: ours.info }) : ours
}
