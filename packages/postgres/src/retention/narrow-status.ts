import type { AssessmentStatus } from '@phi/retention'

/** What SQL says of a record. `needs-assessment`: nothing; only `assess` of @phi/retention can. */
export type NarrowStatus = AssessmentStatus | 'needs-assessment'

/** By the numbers that statements have for them. */
export const narrowStatuses = [
  'needs-assessment',
  'retain',
  'unknown',
  'clock-not-started',
  'condition-unmet',
  'needs-sign-off',
  'disposable',
  'held',
  'conflict',
] as const satisfies readonly NarrowStatus[]

export const [OPEN, RETAIN, UNKNOWN, CLOCK, CONDITION, SIGN_OFF, DISPOSABLE, HELD, CONFLICT] = [0, 1, 2, 3, 4, 5, 6, 7, 8]

/** Statuses whose records are worth assessing one by one before a disposal. */
export const CANDIDATES = `(${OPEN}, ${DISPOSABLE})`

/** What the number of a row says: its status, and its place among the kinds of the schedule, which count from 1. */
export function placeAndStatusOf(number: bigint): { readonly place: bigint; readonly status: NarrowStatus } {
  const base = BigInt(narrowStatuses.length)
  const status = ((number % base) + base) % base
  return { place: (number - status) / base, status: narrowStatuses[Number(status)] as NarrowStatus }
}
