import { type ErrorContext, parseAs } from '@phi/core'
import type * as z from 'zod'
import { formatDay } from '../calendar/civil-date.ts'
import { type Moment, type ReadMoment, readMoment, type Zone } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import { freeze } from '../freeze.ts'

/** What the histories of requests and of incidents have in common: an order in time, entries, refusals and their replay. */

/** Why an event was not accepted. An expected outcome, so a value and not an error. */
export interface Refusal<Reason extends string = string> {
  readonly reason: Reason
  /** The reason as a sentence. It never holds a value of the event. */
  readonly says: string
  /** The text on which the refusal rests; empty where it is a matter of order only. */
  readonly citations: readonly string[]
  /** What would have to be there: items of a checklist, or duties that are still open. */
  readonly missing?: readonly string[]
}

/** One line of a history: what was tried, and what became of it. */
export interface Entry<Event, Reason extends string = string> {
  readonly event: Event
  /** The day or instant of recording, where the caller gave one. */
  readonly today?: Moment
  /** Absent when the event was accepted. */
  readonly refused?: Refusal<Reason>
}

/** No history is longer: a log of this length is a fault of its writer, and each entry costs a copy. */
export const MAX_ENTRIES = 1000

/** The latest moment of a history: its day, and the latest instant of that day, where one was given. */
export interface Timeline {
  readonly first: ReadMoment
  readonly latest: ReadMoment
}

/** Whether one moment lies before another. On the same day only two instants can tell. */
export function isBefore(a: ReadMoment, b: ReadMoment): boolean {
  if (a.day !== b.day) return a.day < b.day
  return a.instant !== undefined && b.instant !== undefined && a.instant < b.instant
}

/** The timeline after a moment. A date without a time does not forget the instants of its day. */
export function advance(timeline: Timeline, to: ReadMoment): Timeline {
  const { first, latest } = timeline
  const keeps = to.day === latest.day && to.instant === undefined
  return { first, latest: keeps ? latest : to }
}

export type TimeRefusal = 'before-the-beginning' | 'out-of-order' | 'in-the-future'

/** Why a moment cannot stand next in a history, if so. */
export function timeRefusal(timeline: Timeline, at: ReadMoment, today: ReadMoment | undefined): TimeRefusal | undefined {
  if (isBefore(at, timeline.first)) return 'before-the-beginning'
  if (today && isBefore(today, at)) return 'in-the-future'
  return isBefore(at, timeline.latest) ? 'out-of-order' : undefined
}

/** Reads the moment of recording. @throws PhiError PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE */
export const readToday = (today: Moment | undefined, zone: Zone | undefined): ReadMoment | undefined =>
  today === undefined ? undefined : readMoment(today, zone, 'options.today')

/**
 * A question about a day before the last entry has no answer from this history: what was recorded later would have to be forgotten.
 * @throws PhiError PHI_DEADLINES_CONTRADICTION
 */
export function requireNotBefore(today: ReadMoment | undefined, latest: ReadMoment): void {
  if (today && isBefore(today, latest)) {
    throw deadlinesError('PHI_DEADLINES_CONTRADICTION', {
      path: 'options.today',
      detail: 'the history holds an entry that is later than this day',
    })
  }
}

/** A history that was kept as data must replay as it was recorded. @throws PhiError PHI_DEADLINES_CONTRADICTION */
export function requireSame(index: number, recorded: string | undefined, found: string | undefined): void {
  if (recorded !== found) {
    throw deadlinesError('PHI_DEADLINES_CONTRADICTION', {
      path: 'entries',
      detail: 'an entry does not replay as it was recorded',
      info: { index },
    })
  }
}

const DEEP = 12

/** A copy with the own properties only, in depth: what somebody planted on Object.prototype must not confirm a condition. */
function ownCopy(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEEP) throw new RangeError('too deep')
  if (Array.isArray(value)) return value.map((each) => ownCopy(each, depth + 1))
  if (Object.prototype.toString.call(value) !== '[object Object]') return value
  const copy = Object.create(null)
  for (const key of Object.keys(value)) copy[key] = ownCopy((value as Readonly<Record<string, unknown>>)[key], depth + 1)
  return copy
}

/** Parses what a caller gives into frozen data that has no prototype. @throws PhiError PHI_DEADLINES_FACTS */
export function parseFrozen<Schema extends z.ZodType>(schema: Schema, value: unknown, root: string): z.output<Schema> {
  const wrong = (context: ErrorContext) => deadlinesError('PHI_DEADLINES_FACTS', context)
  let own: unknown
  try {
    own = ownCopy(value, 0)
  } catch {
    throw wrong({ path: root, detail: 'the value could not be read' })
  }
  return freeze(ownCopy(parseAs(schema, own, root, wrong), 0)) as z.output<Schema>
}

export const dateOf = (moment: ReadMoment): string => formatDay(moment.day)
