import { businessDayOnOrBefore, federalCalendar } from '../calendar/business-days.ts'
import { type CivilDate, type Day, endOfYear, formatDay } from '../calendar/civil-date.ts'
import type { ReadMoment, Zone } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import type { Truth } from '../rule/condition.ts'
import type { ExtensionStatement, LawEnforcementStatement } from '../rule/facts.ts'
import type { Rule } from '../rule/rule.ts'
import { count } from './count.ts'
import type { Because, Change, Deadline, Status, Step } from './deadline.ts'
import { extend } from './extension.ts'
import { delay } from './hold.ts'
import { preparedOf } from './prepared.ts'
import { type Draft, momentOf, type Run, result } from './run.ts'
import type { Place } from './truth.ts'

/** Nobody acts on what nobody has discovered, or on a request that nobody has received. Other events may well come after the act. */
const FIRST: readonly Rule['trigger']['event'][] = ['discovery', 'receipt']

/** When a duty was done, where the facts say so. */
function doneOf(run: Run, rule: Rule, place: Place, trigger: ReadMoment): ReadMoment | undefined {
  const done = rule.metBy === undefined ? undefined : momentOf(run, rule.metBy, place)
  if (!done) return undefined
  const path = `facts.${rule.metBy}`
  if (done.day < trigger.day && FIRST.includes(rule.trigger.event) && !rule.trigger.scheduled) {
    throw deadlinesError('PHI_DEADLINES_CONTRADICTION', { path, detail: 'it was done before the event that made it due' })
  }
  const { today } = run.options
  if (today !== undefined && done.day > today) {
    throw deadlinesError('PHI_DEADLINES_CONTRADICTION', { path, detail: 'it is said to be done on a day of the future' })
  }
  return done
}

/** What would make a row apply that does not, or may not. */
export function wouldApply(rule: Rule, becomes: Status, due?: CivilDate): Change[] {
  const { words, dependsOn } = preparedOf(rule)
  return dependsOn.map((fact) => (due === undefined ? { fact, when: words, becomes } : { fact, when: words, becomes, due }))
}

interface Dated {
  readonly base: Day
  readonly due: Day
  readonly lawful: Day | undefined
  readonly draft: Draft
  readonly active: boolean
  readonly instant: number | undefined
  readonly because: Because
}

/** The date of a row whose trigger is known: count, extension, hold. */
function date(run: Run, rule: Rule, trigger: ReadMoment, steps: Step[], unknown: string[]): Dated | undefined {
  const { basis } = rule
  if (basis.unit === 'qualitative') return undefined
  const { facts, options } = run
  const from = rule.trigger.anchor === 'end-of-calendar-year' ? endOfYear(trigger.day) : trigger.day
  if (from !== trigger.day) steps.push({ step: 'anchor', why: 'end-of-calendar-year', to: formatDay(from) })
  const counted = count(rule, basis, trigger, from, facts.zone, run.compiled.calendars, steps)
  if (counted.timeNotKnown) unknown.push(`${rule.trigger.fact} (time of day)`)
  const draft: Draft = { base: formatDay(counted.due) }
  let due = counted.due
  let because: Because = 'counted'
  let active = false
  for (const extension of rule.extensions) {
    const statements = (facts.values[extension.fact] ?? []) as readonly ExtensionStatement[]
    if (statements.length === 0) continue
    const extended = extend(extension, statements, due, trigger.day, options.today, facts.zone, steps)
    draft.extension = extended.outcome
    unknown.push(...extended.unknown)
    if (extended.due > due) because = 'extended'
    due = extended.due
  }
  for (const hold of rule.holds) {
    const statements = (facts.values[hold.fact] ?? []) as readonly LawEnforcementStatement[]
    if (statements.length === 0) continue
    const held = delay(hold, statements, due, options.today, facts.zone, steps)
    draft.hold = held.outcome
    unknown.push(...held.unknown)
    active = held.active || (options.today === undefined && held.due > due)
    if (held.due > due) because = 'law-enforcement-delay'
    due = held.due
  }
  const moved = due !== counted.due
  const lawful = moved ? undefined : counted.lawful
  return { base: counted.due, due, lawful, draft, active, instant: moved ? undefined : counted.instant, because }
}

/** What would change the date of a row. */
function dateChanges(rule: Rule, dated: Dated): readonly Change[] {
  const { untrue, held } = preparedOf(rule)
  const changes = [...untrue]
  for (const { fact, adds } of rule.extensions) {
    if (dated.draft.extension?.valid) continue
    const when = `a statement that meets every condition is given by ${formatDay(dated.base)}`
    changes.push({ fact, when, becomes: 'due', due: formatDay(dated.base + adds.amount) })
  }
  if (!dated.draft.hold) changes.push(...held)
  return changes
}

/** The result of a row that applies and governs, with a trigger that is known. */
export function applied(run: Run, rule: Rule, place: Place, trigger: ReadMoment, steps: Step[], unknown: string[]): Deadline {
  const { facts, options } = run
  const done = doneOf(run, rule, place, trigger)
  const draft: Draft = {
    trigger: { fact: rule.trigger.fact, event: rule.trigger.event, on: formatDay(trigger.day) },
    steps,
    unknown,
  }
  const dated = date(run, rule, trigger, steps, unknown)
  if (done) {
    const daysAfterTrigger = done.day - trigger.day
    draft.done = { on: formatDay(done.day), daysAfterTrigger }
    steps.push({ step: 'done', on: formatDay(done.day), daysAfterTrigger })
  }
  if (!dated) {
    const { basis } = rule
    if (basis.unit === 'qualitative') draft.standard = basis.standard
    const { duty } = preparedOf(rule)
    const target = Object.hasOwn(run.options.houseTargets, duty) ? run.options.houseTargets[duty] : undefined
    if (target !== undefined) draft.house = { due: formatDay(trigger.day + target), amount: target, unit: 'calendar-days' }
    draft.changesIf = preparedOf(rule).untrue
    if (done) return result(run, rule, place, 'met', 'done-without-a-number-to-judge-by', draft)
    return result(run, rule, place, 'qualitative', 'no-number-in-the-text', draft)
  }
  Object.assign(draft, dated.draft)
  const { due, lawful } = dated
  const last = Math.max(due, lawful ?? due)
  draft.due = formatDay(due)
  if (facts.zone) draft.dueInstant = dated.instant === undefined ? facts.zone.endOf(due) : facts.zone.format(dated.instant)
  if (lawful !== undefined) draft.lawfulUntil = formatDay(lawful)
  if (rule.limit.standard !== undefined) draft.standard = rule.limit.standard
  draft.changesIf = dateChanges(rule, dated)
  const { today, now } = options
  if (rule.limit.kind === 'keep') {
    const over = today !== undefined && today > last
    return result(run, rule, place, over ? 'met' : 'due', over ? 'period-over' : 'counted', draft)
  }
  draft.actBy = formatDay(Math.max(trigger.day, businessDayOnOrBefore(due, federalCalendar)))
  draft.overdueFrom = formatDay(last + 1)
  const isPast = (moment: ReadMoment) => past(moment, last, dated.instant, facts.zone)
  if (done) {
    const late = isPast(done)
    if (late === false) return result(run, rule, place, 'met', 'done-in-time', draft)
    if (late === undefined) {
      const strict = result(run, rule, place, 'due', 'time-not-known', draft)
      return pending(strict, 'time-not-known', [`${rule.metBy} (time of day)`], strict.changesIf)
    }
    draft.done = { ...(draft.done as NonNullable<Deadline['done']>), daysLate: done.day - last }
    return result(run, rule, place, 'late', 'done-late', draft)
  }
  const late = today !== undefined && isPast(now === undefined ? { day: today } : { day: today, instant: now }) === true
  if (late) draft.daysLate = (today as Day) - last
  if (dated.active) return result(run, rule, place, 'held', 'law-enforcement-delay', draft)
  if (late) return result(run, rule, place, 'late', 'date-passed', draft)
  return result(run, rule, place, 'due', dated.because, draft)
}

/**
 * Whether a moment lies after a date. A clock in hours is judged by its instant; a date without a time, on the day of that
 * instant, is neither before nor after it.
 */
function past(moment: ReadMoment, last: Day, instant: number | undefined, zone: Zone | undefined): Truth {
  if (instant === undefined || !zone) return moment.day > last
  if (moment.instant !== undefined) return moment.instant > instant
  if (zone.startOf(moment.day + 1) <= instant) return false
  return zone.startOf(moment.day) > instant ? true : undefined
}

/** A result that counts on what is not known: what would be its date is what to plan for. */
export function pending(
  strict: Deadline,
  because: Because,
  unknown: readonly string[],
  changesIf: readonly Change[],
): Deadline {
  // What was done in time is done, whether or not it had to be. But a period of keeping that would be over, had it begun on the day to
  // plan from, may have begun later.
  if (strict.status === 'met' && !(strict.because === 'period-over' && because === 'trigger-not-known')) return strict
  const { due, lawfulUntil: _, dueInstant: __, overdueFrom: ___, daysLate: ____, ...kept } = strict
  return {
    ...kept,
    status: 'pending-facts',
    because,
    unknown: [...new Set([...unknown, ...strict.unknown])],
    ...(due !== undefined && { planFor: due }),
    changesIf,
  }
}
