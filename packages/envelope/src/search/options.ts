import * as z from 'zod'
import { isNormalizerName, type Normalizer } from './normalizer.ts'

/** A table's, column's or index's name: keys are bound to it, so it stays as it is when the database's own name changes. */
export const nameSchema = z
  .string()
  .min(1)
  .max(128)
  .refine((text) => text.isWellFormed(), 'must be well-formed text')

export const bitsSchema = z.number().int().min(1).max(256)
export const outputSchema = z.enum(['text', 'bytes']).default('text')

export const normalizerSchema = z.custom<Normalizer<never>>((value) => {
  const given = value as Partial<Normalizer<never>> | null | undefined
  return isNormalizerName(given?.name) && typeof given?.normalize === 'function'
}, "must be a normaliser: a `name` such as 'payer-id/1' and a function `normalize`")
