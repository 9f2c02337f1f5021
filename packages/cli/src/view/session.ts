import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@phi/core'

/** After so long without a request the pages are closed (45 CFR 164.312(a)(2)(iii), automatic logoff). */
const IDLE_MS = 15 * 60_000

const secret = (): string => randomBytes(32).toString('base64url')
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const isSame = (given: string, digested: Buffer): boolean => timingSafeEqual(digest(given), digested)

export interface ViewSession {
  /** What stands in the address that is printed: good for one entry. */
  readonly ticket: string
  /** The path of all pages, with a slash at both ends. Cookies know no ports: the path keeps it from other servers of this machine. */
  readonly path: string
  isTicket(given: string): boolean
  /**
   * Exchanges the ticket for the value of a cookie. `undefined` where it was used before.
   * @param begin records that somebody begins to read; where it fails, the ticket stays good
   */
  enter(begin: () => Promise<void>): Promise<string | undefined>
  /** @param isActive whether somebody is there, or only a page asks for how far something is */
  state(cookie: string | undefined, isActive: boolean): 'open' | 'none' | 'over'
  end(): void
}

/** One person's session with the pages: it begins once, and ends with a word, by standing idle, or with the command. */
export function viewSession(clock: Clock): ViewSession {
  const ticket = secret()
  const ticketDigest = digest(ticket)
  let isTaken = false
  let cookieDigest: Buffer | undefined
  let isOver = false
  let seenAt = 0
  return {
    ticket,
    path: `/${randomBytes(12).toString('base64url')}/`,
    isTicket: (given) => isSame(given, ticketDigest),
    async enter(begin) {
      if (isTaken || isOver) return undefined
      // Taken at once: of two that come together one gets in.
      isTaken = true
      try {
        await begin()
      } catch (error) {
        isTaken = false
        throw error
      }
      const cookie = secret()
      cookieDigest = digest(cookie)
      seenAt = clock()
      return cookie
    },
    state(cookie, isActive) {
      if (cookie === undefined || cookieDigest === undefined || !isSame(cookie, cookieDigest)) return 'none'
      const now = clock()
      // A clock that was set back must not prolong anything.
      if (isOver || now - seenAt > IDLE_MS || now < seenAt - 60_000) {
        isOver = true
        return 'over'
      }
      if (isActive) seenAt = Math.max(seenAt, now)
      return 'open'
    },
    end() {
      isOver = true
    },
  }
}
