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

/** What the number says: the status, and the kind where it is one of the schedule's. */
export function kindAndStatusOf(
  number: bigint,
  kinds: readonly string[],
): { kind: string | undefined; status: NarrowStatus | undefined } {
  const base = BigInt(narrowStatuses.length)
  const status = ((number % base) + base) % base
  const place = (number - status) / base
  return { kind: place < 1n ? undefined : kinds[Number(place) - 1], status: narrowStatuses[Number(status)] }
}
