import * as z from 'zod'

const CONTROL = /[\p{Cc}\u2028\u2029]/u

/**
 * A short text for names and identifiers: 1 to `limit` UTF-16 code units, no white space at either end (so that two
 * identifiers that look alike are alike), no control characters or line separators, no lone surrogate.
 */
export const plainText = (limit: number) =>
  z
    .string()
    .min(1)
    .max(limit)
    .refine((text) => text === text.trim(), 'must not begin or end with white space')
    .refine((text) => !CONTROL.test(text), 'must not hold control characters')
    .refine((text) => text.isWellFormed(), 'must not hold a lone surrogate')
