import * as z from 'zod'
import { parseDay, weekdayOf } from '../../calendar/civil-date.ts'
import type { Moment } from '../../calendar/zone.ts'
import type { Deadline } from '../../evaluate/deadline.ts'

/** A date or an instant. What it must look like, the library says. */
export const moment = z.string().max(120)
export const flag = z.boolean()

const LOCAL_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+$/

/** A fact that cases write as a date, or as a local time beside its zone: `received`, or `receivedAt` with `timeZone`. */
export function momentOf(
  date: string | null | undefined,
  at: string | null | undefined,
  timeZone: string | undefined,
): Moment | null | undefined {
  if (date != null || at == null) return date
  return timeZone !== undefined && LOCAL_TIME.test(at) ? `${at}[${timeZone}]` : at
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const

/** How cases write the weekday of a date. */
export const weekday = (date: string | undefined): string | undefined =>
  date === undefined ? undefined : WEEKDAYS[weekdayOf(parseDay(date))]

/** What can be said of one result in words: its status, why, and from when it is overdue. */
export const statusProse = (result: Deadline | undefined): readonly string[] =>
  result === undefined
    ? []
    : [result.status, result.because, ...(result.overdueFrom === undefined ? [] : [`overdue-from ${result.overdueFrom}`])]

/** The date of a result. One that is pending has none yet, and that is not the same as none: an expected `null` disagrees with it. */
export const dueOf = (result: Deadline | undefined): string | undefined =>
  result?.due ?? (result?.status === 'pending-facts' ? 'pending-facts' : undefined)

/** For a schema: facts of which a case gives at most one, since the others would not be read. */
export const atMostOne =
  (...names: readonly string[]) =>
  (facts: object): boolean =>
    names.filter((name) => (facts as Readonly<Record<string, unknown>>)[name] != null).length < 2

/** Keys that a result of any rule has. */
export const plainKeys = (result: Deadline | undefined) => ({
  due: dueOf(result),
  weekday: weekday(result?.due),
  rolls: result?.steps.some(({ step }) => step === 'roll'),
  advisoryActBy: result?.actBy,
  overdueFrom: result?.overdueFrom,
  lawfulUntil: result?.lawfulUntil,
  planFor: result?.planFor,
  daysLate: result?.done?.daysLate ?? result?.daysLate,
})

/** The options of an evaluation that cases name. */
export const whenFacts = { today: moment.optional(), timeZone: z.string().max(64).optional() }

/** One key as all variants have it; where they differ, all of what they say. */
export function merged(all: readonly Readonly<Record<string, unknown>>[]): Readonly<Record<string, unknown>> {
  const [first = {}, ...rest] = all
  const same = (key: string) => rest.every((other) => JSON.stringify(other[key]) === JSON.stringify(first[key]))
  return Object.fromEntries(
    Object.keys(first).map((key) => [key, same(key) ? first[key] : { varies: all.map((each) => each[key]) }]),
  )
}

/** What is true of every variant. */
export function trueOfAll(
  all: readonly Readonly<Record<string, readonly string[]>>[],
): Readonly<Record<string, readonly string[]>> {
  const [first = {}, ...rest] = all
  return Object.fromEntries(
    Object.entries(first).map(([key, codes]) => [
      key,
      codes.filter((code) => rest.every((other) => other[key]?.includes(code))),
    ]),
  )
}
