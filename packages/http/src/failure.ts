import { isPhiError } from '@phi/core'
import type { ProblemCode } from './problem.ts'
import { type Refused, refused } from './refused.ts'

/** What something that was thrown means to a client: nothing of it, but whether it may help to try again. */
export function failure(error: unknown): Refused {
  const code: ProblemCode = isPhiError(error) && error.retryable === true ? 'unavailable' : 'internal'
  return refused(code, { fault: error })
}

/** Whether the log refuses an entry for what it says, and would refuse it again. */
export const isNoEvent = (error: unknown): boolean =>
  isPhiError(error, 'PHI_AUDIT_EVENT') || isPhiError(error, 'PHI_AUDIT_EVENT_TOO_LARGE')

/**
 * The same for what the log throws. An entry that is not durable is no entry; one that cannot be written is a fault of the
 * service.
 */
export const unrecorded = (error: unknown): Refused => refused(isNoEvent(error) ? 'internal' : 'unavailable', { fault: error })
