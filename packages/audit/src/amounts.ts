import { auditError } from './errors.ts'

/** @throws PhiError PHI_AUDIT_OPTIONS */
export function positive(value: number, path: string): number {
  if (!Number.isSafeInteger(value) || value < 1)
    throw auditError('PHI_AUDIT_OPTIONS', { path, detail: 'must be a positive whole number' })
  return value
}

/** The longest that a timer waits (HTML, "timers"; Node): beyond it, it does not wait at all. */
const MOST_MS = 2 ** 31 - 1

/** A time that a timer has to wait. @throws PhiError PHI_AUDIT_OPTIONS */
export function milliseconds(value: number, path: string): number {
  if (positive(value, path) > MOST_MS)
    throw auditError('PHI_AUDIT_OPTIONS', { path, detail: `must be at most ${MOST_MS} milliseconds` })
  return value
}
