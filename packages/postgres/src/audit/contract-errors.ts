import { auditError } from '@phi/audit/store'
import { isPhiError } from '@phi/core'
import { CommitUnknown, sqlStateOf } from '../client/db.ts'
import { failureOf, translated } from '../translate.ts'

/** The SQLSTATE that the functions of the schema raise in a transaction of another tenant. */
const WRONG_TENANT = 'PHI01'

const isOfAnotherTenant = (error: unknown): boolean =>
  sqlStateOf(error instanceof CommitUnknown ? error.cause : error) === WRONG_TENANT

/** The error of a write, in the terms of the AuditStore contract. `committing`: what was under way may have been committed. */
export function writeError(error: unknown, phase: 'before' | 'committing'): unknown {
  if (isPhiError(error)) return error
  if (isOfAnotherTenant(error)) return auditError('PHI_AUDIT_WRONG_TENANT', { cause: error })
  if (failureOf(error) === 'unknown')
    return auditError(phase === 'committing' ? 'PHI_AUDIT_OUTCOME_UNKNOWN' : 'PHI_AUDIT_UNAVAILABLE', { cause: error })
  const ours = translated(error)
  return ours.retryable ? auditError('PHI_AUDIT_UNAVAILABLE', { cause: error }) : ours
}

/** The error of a read. */
export function readError(error: unknown): unknown {
  return isOfAnotherTenant(error) ? auditError('PHI_AUDIT_WRONG_TENANT', { cause: error }) : translated(error)
}
