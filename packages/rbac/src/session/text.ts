import { z } from 'zod'

const CONTROL = /[\p{Cc}\u2028\u2029]/u

/** A short text for names and identifiers: as the identifiers of @phi/core, one spelling each and nothing that a log would choke on. */
export const shortText = (limit: number) =>
  z
    .string()
    .min(1)
    .max(limit)
    .refine((text) => text === text.trim(), 'must not begin or end with white space')
    .refine((text) => !CONTROL.test(text), 'must not hold control characters')
    .refine((text) => text.isWellFormed(), 'must not hold a lone surrogate')

/** A time of day as this package stores it: whole milliseconds since 1970-01-01T00:00:00Z, within what `Date` can hold. */
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
