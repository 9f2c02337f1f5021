import { postgresError } from '../errors.ts'
import { failureOf } from '../translate.ts'
import { CommitUnknown, type Db, type Transaction } from './db.ts'

export interface TransactionalOptions {
  /** How often the callback may run in all. Default 5. */
  readonly attempts?: number
  /** The longest pause after the first failure, in milliseconds; it doubles with each further one. Default 10. */
  readonly firstPauseMs?: number
  /** The longest pause ever, in milliseconds. Default 1,000. */
  readonly longestPauseMs?: number
  /** A number from 0 up to and without 1. Default `Math.random`: pauses need to differ, and need not be secret. */
  readonly random?: () => number
  readonly sleep?: (ms: number) => Promise<void>
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Errors of ours have the driver's as their cause. */
const DEEPEST_CAUSE = 8

/**
 * Whether the same transaction, run again, may succeed: the server undid it for the sake of another one (serialisation failure,
 * deadlock, CockroachDB's restart). A commit whose answer was lost is none of these, whatever caused it: it may have happened.
 */
export function mayRunAgain(error: unknown): boolean {
  let each: unknown = error
  for (let depth = 0; depth < DEEPEST_CAUSE && typeof each === 'object' && each !== null; depth++) {
    if (each instanceof CommitUnknown) return false
    const code = 'code' in each ? each.code : undefined
    if (typeof code === 'string' && code.endsWith('_OUTCOME_UNKNOWN')) return false
    if (failureOf(each) === 'again') return true
    each = 'cause' in each ? each.cause : undefined
  }
  return false
}

function wholeNumber(value: number, path: string, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) throw postgresError('PHI_PG_OPTIONS', { path })
  return value
}

/**
 * Runs the callback in a transaction, and again from its beginning when the server undid the transaction because of another one
 * (SQLSTATE 40001, 40P01). So the callback may run several times: whatever it does beyond `tx` must bear that.
 *
 * It is not run again when a commit's answer was lost, since the transaction may have happened; nor on errors that time or
 * another server has to cure. The last error is thrown as it came.
 *
 *     await transactional(db, async (tx) => {
 *       await tx.query('update account set …', [id])
 *       await log.appendIn(tx, event)
 *     })
 *
 * Between attempts it waits a random time ("full jitter"), so that transactions that collided do not collide again.
 * @throws PhiError PHI_PG_OPTIONS
 */
export async function transactional<T>(
  db: Db,
  run: (tx: Transaction, attempt: number) => Promise<T>,
  options: TransactionalOptions = {},
): Promise<T> {
  const attempts = wholeNumber(options.attempts ?? 5, 'attempts', 1)
  const longest = wholeNumber(options.longestPauseMs ?? 1000, 'longestPauseMs', 0)
  let bound = Math.min(longest, wholeNumber(options.firstPauseMs ?? 10, 'firstPauseMs', 0))
  const { random = Math.random, sleep = pause } = options
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction((tx) => run(tx, attempt))
    } catch (error) {
      if (attempt >= attempts || !mayRunAgain(error)) throw error
      await sleep(Math.floor(random() * (bound + 1)))
      bound = Math.min(longest, bound * 2)
    }
  }
}
