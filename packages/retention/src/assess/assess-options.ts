import { type Day, readDay } from '@phi/deadlines'
import { retentionError } from '../errors.ts'
import type { AssessOptions, HoldFact } from './assessment.ts'

/** What holds a record, and since when nothing does. */
export interface ReadHolds {
  /** The cases that hold it. */
  readonly cases: readonly string[]
  /** The day of the last release, or NONE. */
  readonly released: Day | undefined
}

const none: ReadHolds = Object.freeze({ cases: Object.freeze([]), released: undefined })
const refuse = (path: string, detail: string) => retentionError('PHI_RETENTION_OPTIONS', { path, detail })

/** A hold in any doubt holds: the release must be a day that has come, and not lie before the hold was placed. */
export function readHolds(holds: AssessOptions['holds'], today: Day): ReadHolds {
  if (holds === undefined || holds === null) return none
  if (!Array.isArray(holds)) throw refuse('options.holds', 'must be a list')
  if (holds.length === 0) return none
  const cases: string[] = []
  let last: Day | undefined
  for (const hold of holds as readonly (string | HoldFact)[]) {
    if (typeof hold === 'string') {
      if (hold === '') throw refuse('options.holds.*', 'must name its case')
      cases.push(hold)
      continue
    }
    const name: unknown = (hold as HoldFact | null)?.case
    if (typeof name !== 'string' || name === '') throw refuse('options.holds.*', 'must name its case')
    // A release that somebody planted on a prototype releases nothing.
    const released = Object.hasOwn(hold, 'released') ? readDay(hold.released) : undefined
    const placed = hold.placed === undefined || hold.placed === null ? released : readDay(hold.placed)
    if (released === undefined || placed === undefined || released > today || released < placed) cases.push(name)
    else last = last === undefined ? released : Math.max(last, released)
  }
  return { cases: Object.freeze([...new Set(cases)].sort()), released: last }
}

/** @throws PhiError PHI_RETENTION_OPTIONS */
export function readToday(options: AssessOptions): Day {
  const today = readDay(options?.today)
  if (today === undefined) throw refuse('options.today', 'must be a day that exists, as YYYY-MM-DD')
  return today
}
