import { plainText } from '@phi/core'
import * as z from 'zod'
import { certainEnd, civilDate, earliest } from '../agreement/date.ts'

/** What somebody saw of a platform: on which day, where the proof is kept, and when to look again. */
export interface Observed<Value = boolean> {
  readonly is: Value
  /** The day on which somebody looked, `YYYY-MM-DD`. */
  readonly asOf: string
  /** The last day on which it may be relied on, `YYYY-MM-DD`. */
  readonly reviewBy: string
  /** Where the proof is kept: a screenshot, a page of the vendor with its date, a ticket. */
  readonly evidence: string
}

export const observedSchema = <Value extends z.ZodType>(is: Value) =>
  z
    .strictObject({ is, asOf: civilDate, reviewBy: civilDate, evidence: plainText(500) })
    .refine(({ asOf, reviewBy }) => asOf <= reviewBy, { path: ['reviewBy'], message: 'must not lie before `asOf`' })
    .readonly()

/** Why an observation answers nothing: it was never made, it lies in the future, or it is past its review. */
export type Unanswered = 'not-said' | 'not-yet-made' | 'stale'

/** What an observation says at an instant, in milliseconds. A day names no zone, so it counts on the side that answers less. */
export function answerOf<Value>(
  observed: Observed<Value> | undefined,
  at: number,
): { readonly is: Value } | { readonly why: Unanswered } {
  if (observed === undefined) return { why: 'not-said' }
  if (earliest(observed.asOf) > at) return { why: 'not-yet-made' }
  return at < certainEnd(observed.reviewBy) ? { is: observed.is } : { why: 'stale' }
}
