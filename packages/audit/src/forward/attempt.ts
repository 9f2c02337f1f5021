import { isPhiError } from '@phi/core'
import type { Destination, ForwardItem, ItemOutcome, SendResult } from './destination.ts'
import { type ForwardCode, forwardErrors } from './errors.ts'

/** Whether an outcome is one: a destination may be the caller's own. */
export const isOutcome = (outcome: ItemOutcome | undefined): boolean =>
  outcome?.is === 'delivered' || ((outcome?.is === 'retry' || outcome?.is === 'refused') && outcome.code in forwardErrors)

/** One attempt, ended by the signal or by time. Never throws. */
export async function attempt(
  to: Destination,
  items: readonly ForwardItem[],
  signal: AbortSignal,
  timeoutMs: number,
): Promise<'aborted' | SendResult> {
  const controller = new AbortController()
  let give: (result: 'aborted' | SendResult) => void = () => {}
  // A destination that does not heed its signal is not waited for.
  const ended = new Promise<'aborted' | SendResult>((resolve) => {
    give = resolve
  })
  const abort = () => {
    controller.abort()
    give('aborted')
  }
  const timer = setTimeout(() => {
    controller.abort()
    give({ is: 'retry', code: 'PHI_AUDIT_FORWARD_TIMEOUT' })
  }, timeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const sent = (async () => to.send(items, controller.signal))().catch(
      (error: unknown): SendResult => ({
        is: 'retry',
        code: isPhiError(error) && error.code in forwardErrors ? (error.code as ForwardCode) : 'PHI_AUDIT_FORWARD_UNREACHABLE',
      }),
    )
    return signal.aborted ? 'aborted' : await Promise.race([ended, sent])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}
