import type { UsState } from '@phi/core'
import { businessDayOnOrBefore, federalCalendar } from '../calendar/business-days.ts'
import { type CivilDate, type Day, endOfYear, formatDay } from '../calendar/civil-date.ts'
import { type ReadMoment, readMoment, type Zone } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import type { Truth } from '../rule/condition.ts'
import {
  type ExtensionStatement,
  type FactKinds,
  type FactsOf,
  type LawEnforcementStatement,
  type ReadFacts,
  readFacts,
} from '../rule/facts.ts'
import { type Compiled, compiledOf, type RuleGroup } from '../rule/group.ts'
import type { Rule } from '../rule/rule.ts'
import { count } from './count.ts'
import { type Because, type Change, type Deadline, type Status, type Step, statuses } from './deadline.ts'
import { extend } from './extension.ts'
import { delay } from './hold.ts'
import { type EvaluateOptions, type ReadOptions, readOptions } from './options.ts'
import { preparedOf } from './prepared.ts'
import { exactly, missing, nowhere, type Place, type Range, truthOf } from './truth.ts'
import { notGoverning } from './version.ts'

/** Everything one evaluation works with. */
interface Run {
  readonly ruleset: string
  readonly compiled: Compiled
  readonly kinds: FactKinds
  readonly facts: ReadFacts
  /** What the caller gave, as parsed: every result shows it. */
  readonly given: Readonly<Record<string, unknown>>
  readonly options: ReadOptions
}

type Draft = { -readonly [Key in keyof Deadline]?: Deadline[Key] }

function result(run: Run, rule: Rule, place: Place, status: Status, because: Because, more: Draft): Deadline {
  const { citation, citations, duty } = preparedOf(rule)
  const out: Draft = {
    rule: rule.id,
    duty,
    ruleset: run.ruleset,
    title: rule.title,
    addressee: rule.addressee,
    status,
    because,
  }
  if (place.state !== undefined) out.jurisdiction = place.state as UsState
  Object.assign(out, more)
  out.facts = run.given
  out.unknown ??= []
  out.steps ??= []
  out.citation = citation
  out.citations = citations
  out.confirmation = rule.confirmation
  out.asOf = rule.asOf
  if (rule.note !== undefined) out.note = rule.note
  out.changesIf ??= []
  return out as Deadline
}

/** A moment by its fact; of a fact that holds one for each State, that of the State at hand. */
function momentOf(run: Run, fact: string, place: Place): ReadMoment | undefined {
  if (run.kinds[fact] !== 'moments-by-state') return run.facts.moments[fact]
  const byState = run.facts.values[fact] as Readonly<Record<string, string | null>> | null | undefined
  const text = place.state !== undefined && byState != null && Object.hasOwn(byState, place.state) ? byState[place.state] : null
  return text == null ? undefined : readMoment(text, run.facts.zone, `facts.${fact}.*`)
}

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
function wouldApply(rule: Rule, becomes: Status, due?: CivilDate): Change[] {
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
function applied(run: Run, rule: Rule, place: Place, trigger: ReadMoment, steps: Step[], unknown: string[]): Deadline {
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

const triggerStep = (run: Run, rule: Rule, trigger: ReadMoment): Step => ({
  step: 'trigger',
  fact: rule.trigger.fact,
  event: rule.trigger.event,
  on: formatDay(trigger.day),
  ...(trigger.instant !== undefined && run.facts.zone && { instant: run.facts.zone.format(trigger.instant) }),
})

function appliesStep(rule: Rule, truth: boolean | 'not known'): readonly Step[] {
  return rule.applies === 'always' ? [] : [{ step: 'applies', words: preparedOf(rule).words, truth }]
}

/** The day whose law governs: that of the trigger or, while it is not known, of the earlier event to plan from. */
function eventOf(run: Run, { trigger: { fact, planFrom } }: Rule, place: Place): Day | undefined {
  return (momentOf(run, fact, place) ?? (planFrom === undefined ? undefined : momentOf(run, planFrom, place)))?.day
}

/** The result of the rows of one duty in one place: the version that governs, and of its alternatives the one that applies. */
function resolve(run: Run, rows: readonly Rule[], place: Place): Deadline {
  const { facts, options } = run
  let refusal: { rule: Rule; because: Because } | undefined
  const governing: Rule[] = []
  for (const rule of rows) {
    const because = notGoverning(rule, eventOf(run, rule, place), options.knownAt)
    if (because === undefined) governing.push(rule)
    else refusal ??= { rule, because }
  }
  const [first] = governing
  if (!first) {
    const { rule, because } = refusal as NonNullable<typeof refusal>
    const trigger = momentOf(run, rule.trigger.fact, place)
    return result(run, rule, place, 'not-in-force', because, { steps: trigger ? [triggerStep(run, rule, trigger)] : [] })
  }
  const truths = governing.map((rule) => truthOf(rule.applies, facts, place))
  if (truths.every((truth) => truth === false)) {
    const trigger = momentOf(run, first.trigger.fact, place)
    const steps: Step[] = trigger ? [triggerStep(run, first, trigger)] : []
    for (const rule of governing) steps.push({ step: 'applies', words: preparedOf(rule).words, truth: false })
    const changesIf = governing.flatMap((rule) => wouldApply(rule, rule.basis.unit === 'qualitative' ? 'qualitative' : 'due'))
    return result(run, first, place, 'not-applicable', 'condition-not-met', { steps, changesIf })
  }
  const outcomes = governing.flatMap((rule, index) =>
    truths[index] === false ? [] : [candidate(run, rule, place, truths[index] === true)],
  )
  // Of several, the strictest: the earliest date, and before every date what cannot be counted yet. An alternative that may apply
  // and would be stricter is what to plan for.
  return outcomes.reduce((best, next) => (strictness(next) < strictness(best) ? next : best))
}

function strictness({ due, planFor, status }: Deadline): string {
  return due ?? planFor ?? (status === 'pending-facts' ? '0' : '9')
}

/** A result that counts on what is not known: what would be its date is what to plan for. */
function pending(strict: Deadline, because: Because, unknown: readonly string[], changesIf: readonly Change[]): Deadline {
  // What was done in time is done, whether or not it had to be.
  if (strict.status === 'met') return strict
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

function candidate(run: Run, rule: Rule, place: Place, certain: boolean): Deadline {
  const { facts, options } = run
  const { fact, event, planFrom, scheduled } = rule.trigger
  const trigger = momentOf(run, fact, place)
  const open = certain ? [] : missing(rule.applies, facts, place)
  const truth = certain || 'not known'
  if (!trigger) {
    const unknown = [fact, ...open]
    const earlier = planFrom === undefined ? undefined : momentOf(run, planFrom, place)
    const when = `the day of ${event} is known`
    if (!earlier || (options.today !== undefined && earlier.day > options.today)) {
      const changesIf: Change[] = [{ fact, when, becomes: 'due' }]
      const standard = rule.basis.unit === 'qualitative' ? { standard: rule.basis.standard } : {}
      return result(run, rule, place, 'pending-facts', 'trigger-not-known', { unknown, changesIf, ...standard })
    }
    // Nobody has said that the trigger itself happened on that day.
    const from: Rule = { ...rule, trigger: { ...rule.trigger, fact: planFrom as string, event: 'other' } }
    const steps = [triggerStep(run, from, earlier), ...appliesStep(rule, truth)]
    const strict = applied(run, from, place, earlier, steps, [])
    return pending(strict, 'trigger-not-known', unknown, [{ fact, when, becomes: 'due' }, ...preparedOf(rule).untrue])
  }
  const steps: Step[] = [triggerStep(run, rule, trigger)]
  if (options.today !== undefined && trigger.day > options.today && !scheduled) {
    return result(run, rule, place, 'pending-facts', 'trigger-in-the-future', { steps, unknown: [fact] })
  }
  steps.push(...appliesStep(rule, truth))
  const strict = applied(run, rule, place, trigger, steps, [])
  if (certain) return strict
  const changesIf = [...wouldApply(rule, strict.status, strict.due), ...preparedOf(rule).untrue]
  return pending(strict, 'condition-not-known', open, changesIf)
}

/** A map without a State in it says nothing about where people live. */
const isEmpty = (map: object | null | undefined): boolean => map == null || Object.keys(map).length === 0

/** The States of a rule that gives one result for each, and what is left beside them. */
function placesOf(rule: Rule, facts: ReadFacts): readonly Place[] {
  if (rule.jurisdiction === undefined) return [nowhere]
  const residents = facts.values.residents as Readonly<Record<string, number | null>> | null | undefined
  if (rule.jurisdiction !== 'each') {
    const state = rule.jurisdiction
    if (residents == null || isEmpty(residents)) return [{ state, residents: exactly(undefined) }]
    return Object.hasOwn(residents, state) ? [{ state, residents: exactly(residents[state]) }] : []
  }
  const listed = Object.entries(residents ?? {})
  const total = facts.values.individuals as number | null | undefined
  const counted = listed.reduce((sum, [, number]) => sum + (number ?? 0), 0)
  const rest: Range = { min: 0, max: total == null ? Number.POSITIVE_INFINITY : total - counted }
  const places = listed.map(([state, number]): Place => ({ state, residents: number === null ? rest : exactly(number) }))
  // A map without a total says where the people live. With a total that it does not reach, some live elsewhere.
  const elsewhere = isEmpty(residents) || (total != null && rest.max > 0)
  return elsewhere ? [...places, { state: undefined, residents: rest }] : places
}

const order = new Map(statuses.map((status, index) => [status, index]))
/** What calls for action first, by date; what does not apply last. */
function byUrgency(a: Deadline, b: Deadline): number {
  const quiet = (deadline: Deadline) => (order.get(deadline.status) as number) >= (order.get('met') as number)
  if (quiet(a) !== quiet(b)) return quiet(a) ? 1 : -1
  const [dayA, dayB] = [a.due ?? a.planFor ?? '9', b.due ?? b.planFor ?? '9']
  if (dayA !== dayB) return dayA < dayB ? -1 : 1
  return (order.get(a.status) as number) - (order.get(b.status) as number)
}

/**
 * What is due, to whom, by when, and why: one result for each duty of the group (and each State, where the duty is counted by
 * State), also for those that do not apply or are not in force. What calls for action comes first, by date.
 *
 * Pure: no clock is read. Dates are civil dates in the zone of the obliged entity, through the end of the day; the trigger day is
 * day 0 unless the text of a rule begins its count on it. What is not known never silences a duty.
 *
 * @throws PhiError PHI_DEADLINES_FACTS, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE, PHI_DEADLINES_CONTRADICTION,
 *   PHI_DEADLINES_OPTIONS, PHI_DEADLINES_RANGE
 */
export function evaluate<Kinds extends FactKinds>(
  group: RuleGroup<Kinds>,
  facts: FactsOf<Kinds>,
  options?: EvaluateOptions,
): readonly Deadline[] {
  const compiled = compiledOf(group)
  const read = readFacts(group.facts, compiled.schema, facts)
  const run: Run = {
    ruleset: group.ruleset.id,
    compiled,
    kinds: group.facts,
    facts: compiled.derive ? compiled.derive(read) : read,
    given: Object.freeze({ ...read.values }),
    options: readOptions(options, read.zone),
  }
  const results: Deadline[] = []
  for (const rows of compiled.duties) {
    const [first] = rows as [Rule]
    for (const place of placesOf(first, run.facts)) {
      const found = resolve(run, rows, place)
      // Nobody needs to read that a State without a name is below a threshold.
      if (first.jurisdiction === 'each' && place.state === undefined && found.status === 'not-applicable') {
        if (!isEmpty(run.facts.values.residents as object | null | undefined)) continue
      }
      results.push(found)
    }
  }
  return results.sort(byUrgency)
}
