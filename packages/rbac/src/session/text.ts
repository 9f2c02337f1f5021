import * as z from 'zod'

/** An instant as this package stores it: whole milliseconds since 1970-01-01T00:00:00Z, within what `Date` can hold. */
export const instantMs = z.number().int().min(0).max(8_640_000_000_000_000)

/** Reads a clock that may be anything. @returns whole milliseconds, or undefined when it gave no time */
export function readClock(clock: () => number): number | undefined {
  try {
    const now: unknown = clock()
    if (typeof now !== 'number') return undefined
    const whole = Math.floor(now)
    return instantMs.safeParse(whole).success ? whole : undefined
  } catch {
    return undefined
  }
}

/** A copy with the own members only: what somebody planted on Object.prototype must not become a claim that a token lacks. */
export const ownMembers = <T extends object>(value: T): T => Object.assign(Object.create(null), value)
