import { formatCitation } from '@phi/core'
import { type Day, formatDay, parseDay } from '../calendar/civil-date.ts'
import { readMoment, type Zone } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import type { LawEnforcementStatement } from '../rule/facts.ts'
import type { Hold } from '../rule/rule.ts'
import type { HoldOutcome, HoldReason, HoldWindow, Step } from './deadline.ts'

interface Window {
  readonly form: 'oral' | 'written'
  readonly from: Day
  through: Day
  why: HoldReason
  /** A statement that has no effect stays listed, and moves nothing. */
  readonly idle: boolean
  /** A written statement that specifies its time. */
  readonly specified: boolean
  moved: boolean
}

interface ReadStatement {
  readonly form: 'oral' | 'written'
  readonly on: Day
  /** The last day of a time that a written statement specifies. */
  readonly until: Day | undefined
  readonly documented: boolean | null | undefined
}

function read(hold: Hold, statements: readonly LawEnforcementStatement[], zone: Zone | undefined, today: Day | undefined) {
  const path = `facts.${hold.fact}`
  const wrong = (detail: string) => deadlinesError('PHI_DEADLINES_CONTRADICTION', { path, detail })
  return (
    statements
      .map((statement): ReadStatement => {
        const { form, documented } = statement
        const on = readMoment(statement.on, zone, `${path}.*.on`).day
        const until =
          statement.until != null ? parseDay(statement.until) : statement.days != null ? on + statement.days : undefined
        if (form === 'oral' && until !== undefined) throw wrong('only a written statement can specify a time')
        if (until !== undefined && until < on) throw wrong('a delay ends before its statement')
        if (today !== undefined && on > today) throw wrong('a statement lies in the future')
        return { form, on, until, documented }
      })
      // Of one day, those that specify a time come last, as they take the place of the others.
      .sort(
        (a, b) => a.on - b.on || Number(a.until !== undefined) - Number(b.until !== undefined) || (a.form < b.form ? -1 : 1),
      )
  )
}

/** The windows in which notice must wait, in the order of the statements. */
function windowsOf(hold: Hold, statements: readonly ReadStatement[]): Window[] {
  const windows: Window[] = []
  // 164.412(b): 30 days from the statement, unless a written one that specifies the time comes while they run. All statements that
  // specify no time share that one delay: a second call, or a letter without a date, buys no second month.
  let unspecified: Window | undefined
  let unspecifiedEnd = Number.NEGATIVE_INFINITY
  for (const { form, on, until, documented } of statements) {
    const specified = until !== undefined
    const why: HoldReason = specified
      ? 'specified-time'
      : form === 'oral' && documented === false
        ? 'not-documented'
        : unspecified
          ? 'cannot-be-renewed'
          : form === 'oral'
            ? 'oral'
            : 'no-time-specified'
    const idle = why === 'not-documented' || why === 'cannot-be-renewed'
    const window: Window = { form, from: on, through: until ?? on + hold.days, why, idle, specified, moved: false }
    windows.push(window)
    if (specified && unspecified && on <= unspecifiedEnd) {
      unspecified.through = Math.min(unspecified.through, until)
      unspecified.why = 'replaced-by-written'
    } else if (!specified && !idle) {
      unspecified = window
      unspecifiedEnd = window.through
    }
  }
  return windows
}

/**
 * The day on which a delay leaves notice due. A written time forbids notice through its last day, so it is the next one; the 30 days
 * of an oral statement are a limit on the delay, so it is the last of them.
 */
const actOnOf = ({ specified, through }: Window): Day => (specified ? through + 1 : through)

/**
 * The date after a delay for law enforcement, 164.412. Nothing is tolled: a delay that ends before the date leaves it, one that
 * is in effect on the date moves it to its own end, and one that begins after it cures nothing.
 * @throws PhiError PHI_DEADLINES_CONTRADICTION
 */
export function delay(
  hold: Hold,
  statements: readonly LawEnforcementStatement[],
  base: Day,
  today: Day | undefined,
  zone: Zone | undefined,
  steps: Step[],
): { readonly due: Day; readonly active: boolean; readonly outcome: HoldOutcome; readonly unknown: readonly string[] } {
  const sorted = read(hold, statements, zone, today)
  const windows = windowsOf(hold, sorted)
  const citation = formatCitation(hold.citation)
  let due = base
  for (const window of windows) {
    if (window.idle) continue
    if (window.from > due) {
      window.why = 'lapsed-before'
      continue
    }
    const actOn = actOnOf(window)
    if (actOn <= due) continue
    due = actOn
    window.moved = true
  }
  for (const { form, from, through, why } of windows) {
    steps.push({ step: 'hold', form, from: formatDay(from), through: formatDay(through), why, citation })
  }
  const live = windows.filter(({ idle }) => !idle)
  const active = live.some((window) => today !== undefined && window.from <= today && today < actOnOf(window))
  const needs = windows.some(({ why }) => why === 'not-documented')
    ? ('documentation of the oral statement' as const)
    : live.length > 0 && !live.some(({ specified }) => specified)
      ? ('written statement specifying the time' as const)
      : undefined
  const outcome: HoldOutcome = {
    windows: windows.map(
      ({ form, from, through, why, moved }): HoldWindow => ({
        form,
        from: formatDay(from),
        through: formatDay(through),
        why,
        moved,
      }),
    ),
    ...(live.length > 0 && {
      through: formatDay(Math.max(...live.map(({ through }) => through))),
      actOn: formatDay(Math.max(...live.map(actOnOf))),
    }),
    ...(needs && { needs }),
  }
  const unknown = sorted.some(({ form, documented }) => form === 'oral' && documented == null)
    ? [`${hold.fact}.documented`]
    : []
  return { due, active, outcome, unknown }
}
