import * as z from 'zod'
import type { TableAccess } from './table.ts'

// The shapes that the jobs over tables share.

/** @internal */
export const tableSchema = z.custom<TableAccess>((value) => {
  const table = value as Partial<TableAccess> | null | undefined
  return typeof table?.read === 'function' && typeof table.swap === 'function'
}, 'must have the methods read and swap')

/** @internal */
export const callable = <T>() => z.custom<T>((value) => typeof value === 'function', 'must be a function')

/** @internal */
export const batchSizeSchema = z.number().int().min(1).max(100_000).default(500)

/** @internal */
export const signalSchema = z.custom<AbortSignal>((value) => value instanceof AbortSignal, 'must be an AbortSignal').optional()

/** @internal */
export const keySchema = z
  .array(z.union([z.string(), z.number()]))
  .min(1)
  .readonly()
  .optional()
