import { type Citation, formatCitation } from '@phi/core'
import { type CivilDate, type Day, formatDay, parseDay } from '../calendar/civil-date.ts'
import { deadlinesError } from '../errors.ts'
import { indexOnOrBefore, occurrence } from './cadence.ts'
import { type Cadence, type RecurringDuty, recurringDuty } from './duty.ts'

/** One day on which a recurring duty falls due. */
export interface Occurrence {
  readonly rule: string
  readonly ruleset: string
  readonly title: string
  readonly addressee: string
  readonly on: CivilDate
  /**
   * `planned`: from the first day of the schedule on. `overdue`: it fell due before that and was not done. `not-known`: it fell due
   * before that, and nobody knows whether it was done.
   */
  readonly state: 'planned' | 'overdue' | 'not-known'
  /** Of one that is overdue or not known: how many due days it stands for, itself included. */
  readonly missed?: number
  readonly standard: string
  readonly cadence: Cadence
  readonly citation: string
  readonly citations: readonly Citation[]
  readonly note?: string
}

export interface Schedule {
  readonly from: CivilDate
  readonly to: CivilDate
  /** By day, then by duty. What is overdue comes first. */
  readonly occurrences: readonly Occurrence[]
  /** The duties that have no date: they are not done with, they only cannot be placed. */
  readonly undated: readonly {
    readonly rule: string
    readonly title: string
    readonly why: 'no-cadence' | 'never-done-and-no-anchor'
  }[]
}

const MOST = 100_000

function occurrenceOf(duty: RecurringDuty, cadence: Cadence, on: Day, state: Occurrence['state'], missed?: number): Occurrence {
  return {
    rule: duty.id,
    ruleset: duty.ruleset.id,
    title: duty.title,
    addressee: duty.addressee,
    on: formatDay(on),
    state,
    ...(missed !== undefined && { missed }),
    standard: duty.words,
    cadence,
    citation: formatCitation(duty.citation),
    citations: [duty.citation, ...duty.also],
    ...(duty.note !== undefined && { note: duty.note }),
  }
}

/** The days of one duty, from the first that is not settled. */
function daysOf(duty: RecurringDuty, cadence: Cadence, start: Day, next: number, from: Day, to: Day): Occurrence[] {
  const { every } = cadence
  const found: Occurrence[] = []
  const first = occurrence(start, every, next)
  let index = next
  if (first < from) {
    // The first day that was missed stands for all of them: since then it is overdue.
    const beforeRange = indexOnOrBefore(start, every, from - 1)
    const state = duty.lastDone == null ? 'not-known' : 'overdue'
    found.push(occurrenceOf(duty, cadence, first, state, beforeRange - next + 1))
    index = beforeRange + 1
  }
  for (; found.length <= MOST; index++) {
    const day = occurrence(start, every, index)
    if (day > to) break
    found.push(occurrenceOf(duty, cadence, day, 'planned'))
  }
  return found
}

/**
 * The due days of recurring duties from one day through another, and before them what is overdue on the first: `from` is usually
 * today. Each duty carries its `anchor` and `lastDone`; without an anchor its days are counted from the last day done, as if every
 * later one will be done on time.
 * @throws PhiError PHI_DEADLINES_RECURRING, PHI_DEADLINES_DATE, PHI_DEADLINES_OPTIONS when `to` lies before `from`,
 *   PHI_DEADLINES_CONTRADICTION, PHI_DEADLINES_RANGE for more than 100,000 days
 */
export function schedule(duties: readonly RecurringDuty[], from: CivilDate, to: CivilDate): Schedule {
  const [first, last] = [parseDay(from), parseDay(to)]
  if (last < first) throw deadlinesError('PHI_DEADLINES_OPTIONS', { path: 'to', detail: 'must not lie before `from`' })
  const occurrences: Occurrence[] = []
  const undated: { rule: string; title: string; why: Schedule['undated'][number]['why'] }[] = []
  for (const each of duties) {
    const duty = recurringDuty(each)
    const { cadence, anchor, lastDone } = duty
    const done = lastDone == null || lastDone === 'never' ? undefined : parseDay(lastDone)
    if (!cadence || (anchor === undefined && done === undefined)) {
      undated.push({ rule: duty.id, title: duty.title, why: cadence ? 'never-done-and-no-anchor' : 'no-cadence' })
      continue
    }
    if (done !== undefined && done > last) {
      throw deadlinesError('PHI_DEADLINES_CONTRADICTION', {
        path: 'duties.*.lastDone',
        detail: 'it is said to be done after the end of the schedule',
      })
    }
    const start = anchor === undefined ? (done as Day) : parseDay(anchor)
    const next = anchor === undefined ? 1 : done === undefined ? 0 : indexOnOrBefore(start, cadence.every, done) + 1
    for (const found of daysOf(duty, cadence, start, next, first, last)) occurrences.push(found)
    if (occurrences.length > MOST) throw deadlinesError('PHI_DEADLINES_RANGE')
  }
  const byDay = (a: Occurrence, b: Occurrence) =>
    a.on < b.on ? -1 : a.on > b.on ? 1 : a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0
  return { from, to, occurrences: occurrences.sort(byDay), undated }
}
