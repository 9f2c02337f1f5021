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
