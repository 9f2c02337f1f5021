import { type Day, formatDay } from '../calendar/civil-date.ts'
import type { ReadMoment } from '../calendar/zone.ts'
import type { Rule } from '../rule/rule.ts'
import { applied, pending, wouldApply } from './apply.ts'
import type { Because, Change, Deadline, Step } from './deadline.ts'
import { preparedOf } from './prepared.ts'
import { momentOf, type Run, result } from './run.ts'
import { missing, type Place, truthOf } from './truth.ts'
import { notGoverning } from './version.ts'

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
export function resolve(run: Run, rows: readonly Rule[], place: Place): Deadline {
  const { facts, options } = run
  let refusal: { rule: Rule; because: Because } | undefined
  const governing: Rule[] = []
  for (const rule of rows) {
    const because = notGoverning(rule, eventOf(run, rule, place), options.knownAt, !momentOf(run, rule.trigger.fact, place))
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
  const outcomes: Deadline[] = []
  for (const [index, rule] of governing.entries()) {
    if (truths[index] !== false) outcomes.push(candidate(run, rule, place, truths[index] === true))
  }
  const [only] = outcomes
  if (only && outcomes.length === 1) return only
  // Of several, the strictest: the earliest date by which to act, the latest through which to keep, and before every date what
  // cannot be counted yet. An alternative that may apply and would be stricter is what to plan for.
  const keeps = first.limit.kind === 'keep'
  const strictest = outcomes.reduce((best, next) => (isStricter(next, best, keeps) ? next : best))
  if (strictest.due !== undefined || strictest.planFor !== undefined) return strictest
  // What cannot be counted yet may be stricter; until then, the date of another alternative is what there is to plan for.
  const dates = outcomes.flatMap((each) => each.due ?? each.planFor ?? []).sort()
  const planFor = keeps ? dates.at(-1) : dates[0]
  return planFor === undefined ? strictest : { ...strictest, planFor }
}

function isStricter(a: Deadline, b: Deadline, keeps: boolean): boolean {
  const [rankA, rankB] = [rank(a), rank(b)]
  if (rankA !== rankB) return rankA < rankB
  const [dayA, dayB] = [a.due ?? a.planFor ?? '', b.due ?? b.planFor ?? '']
  return keeps ? dayA > dayB : dayA < dayB
}

/** What cannot be counted yet, then what has a date, then what has only words: it will never have a date, so it hides none. */
function rank({ due, planFor, status, standard }: Deadline): number {
  if (due !== undefined || planFor !== undefined) return 1
  return status === 'pending-facts' && standard === undefined ? 0 : 2
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
