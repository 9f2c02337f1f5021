import { CommitUnknown, sqlStateOf } from '../client/db.ts'
import { isTaken } from './store-error.ts'

/** Each time round somebody else has got ahead, so this many at once must stand on one row before anybody gives up. */
const ROUNDS = 64

/** Lost to a concurrent transaction, and nothing was written: a unique index, a serialisation failure or a deadlock. */
const hasLost = (error: unknown): boolean =>
  !(error instanceof CommitUnknown) && (isTaken(error) || sqlStateOf(error)?.startsWith('40') === true)

/**
 * Looks, decides and writes, again and again until nobody was faster. For rows that are only added under a number that follows the last
 * one: a primary key tells who came second, and no lock is held while deciding.
 */
export async function optimistic<T>(attempt: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round++) {
    try {
      return await attempt()
    } catch (error) {
      if (round >= ROUNDS || !hasLost(error)) throw error
    }
  }
}
