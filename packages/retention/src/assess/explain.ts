import type { Citation, Confirmation } from '@phi/core'
import { type CivilDate, formatDay } from '@phi/deadlines'
import { retentionError } from '../errors.ts'
import { readRecord } from '../record/read.ts'
import type { SignOff } from '../schedule/options.ts'
import type { Period, RetentionRule } from '../schedule/rule.ts'
import { readToday } from './assess-options.ts'
import type { Assessment, AssessmentStatus, AssessOptions, RetentionPolicy } from './assessment.ts'
import type { RuleOutcome } from './evaluate.ts'
import { insightOf } from './policy.ts'

/** What one rule says of the record, with what it rests on. */
export interface RuleStep {
  readonly rule: string
  readonly title: string
  readonly origin: RetentionRule['origin']
  readonly effect: RetentionRule['effect']
  readonly citation: Citation | null
  readonly also: readonly Citation[]
  readonly confirmation: Confirmation
  /** The day on which the row was compared with its sources. */
  readonly asOf: CivilDate
  readonly sources: readonly string[]
  readonly note: string | null
  readonly period: Period
  /**
   * - `governs`: of the minimums, it ends last; `shorter`: it ends before another
   * - `floor`: a fact is missing, so that it may end later than `keepThrough`
   * - `permanent`, `open` (no number), `settled` (no number, and a signed rule of the house settles it)
   * - `delete-by`: a ceiling
   * - `not-reached`: its own conditions are not met; `not-yet-in-force`
   */
  readonly outcome:
    | 'governs'
    | 'shorter'
    | 'floor'
    | 'permanent'
    | 'open'
    | 'settled'
    | 'delete-by'
    | 'not-reached'
    | 'not-yet-in-force'
  /** The event from which it was counted. */
  readonly start: { readonly fact: string; readonly on: CivilDate } | null
  /** Its last day: to keep through, or to delete by. */
  readonly through: CivilDate | null
  /** How old the patient was to a rule that looks at age. */
  readonly patient: 'adult' | 'minor' | 'not-known' | null
  /** The facts, and the open questions, that it lacks. */
  readonly missing: readonly string[]
  readonly signedOff: readonly SignOff[]
}

/** Something that would change the assessment, and to what. */
export interface RetentionChange {
  /** A fact, or a rule or case by id. */
  readonly what: string
  readonly when:
    | 'becomes-known'
    | 'is-settled-by-a-signed-rule'
    | 'all-holds-are-released'
    | 'is-signed-off'
    | 'is-done'
    | 'ends'
    | 'shortens-after-a-death'
    | 'shortens-after-a-return'
  readonly becomes?: AssessmentStatus
}

/** An assessment with its proof. */
export interface Explanation extends Assessment {
  readonly today: CivilDate
  /** Every rule that was asked, the governing ones first. */
  readonly steps: readonly RuleStep[]
  /** The citations of the governing rules. */
  readonly citations: readonly Citation[]
  /** The weakest confirmation of the governing rules; `null` where none governs. */
  readonly confirmation: Confirmation | null
  readonly changesIf: readonly RetentionChange[]
}

const strength: readonly Confirmation[] = ['text-seen', 'secondary', 'interpretation', 'weak', 'memory']

function weakest(rules: readonly RuleStep[]): Confirmation | null {
  const marks = rules.map(({ confirmation }) => strength.indexOf(confirmation))
  return marks.length === 0 ? null : (strength[Math.max(...marks)] ?? null)
}

/** The confirmation of the row, or of what it says of minors, where that is the weaker and the record is a minor's. */
function confirmationOf({ rule: { rule }, age }: RuleOutcome): Confirmation {
  const ofMinors = typeof rule.minor === 'object' && age === 'minor' ? rule.minor.confirmation : undefined
  return ofMinors && strength.indexOf(ofMinors) > strength.indexOf(rule.confirmation) ? ofMinors : rule.confirmation
}

function outcomeOf({ outcome, rule: { rule } }: RuleOutcome, governing: ReadonlySet<string>): RuleStep['outcome'] {
  if (outcome === 'floor' || outcome === 'dated') {
    if (rule.effect === 'ceiling') return outcome === 'dated' ? 'delete-by' : 'floor'
    if (outcome === 'floor') return 'floor'
    return governing.has(rule.id) ? 'governs' : 'shorter'
  }
  return outcome
}

function stepOf(found: RuleOutcome, governing: ReadonlySet<string>, signOffs: readonly SignOff[]): RuleStep {
  const { rule } = found.rule
  return {
    rule: rule.id,
    title: rule.title,
    origin: rule.origin,
    effect: rule.effect,
    citation: rule.citation,
    also: rule.also ?? [],
    confirmation: confirmationOf(found),
    asOf: rule.asOf,
    sources: rule.sources,
    note: rule.note ?? null,
    period: rule.period,
    outcome: outcomeOf(found, governing),
    start: found.start ? { fact: found.start.fact, on: formatDay(found.start.on) } : null,
    through: found.end === undefined ? null : formatDay(found.end),
    patient: found.age === 'beginning-not-known' ? 'not-known' : (found.age ?? null),
    missing: found.missing ?? [],
    signedOff: signOffs.filter((each) => each.rule === rule.id),
  }
}

/** Whether an open question is one of the schedule, which no fact of the record can settle. */
const isOfSchedule = (what: string): boolean => /^(?:rule|minors|state-law):/.test(what)

function changesOf(
  record: unknown,
  policy: RetentionPolicy,
  { today }: AssessOptions,
  found: Assessment,
  trace: readonly RuleOutcome[],
): readonly RetentionChange[] {
  const changes: RetentionChange[] = []
  if (found.holds.length > 0) {
    const { status } = policy.assess(record, { today })
    for (const what of found.holds) changes.push({ what, when: 'all-holds-are-released', becomes: status })
  }
  if (found.status === 'clock-not-started') changes.push({ what: 'inEffect', when: 'ends' })
  for (const what of found.unknown) {
    changes.push({ what, when: isOfSchedule(what) ? 'is-settled-by-a-signed-rule' : 'becomes-known' })
  }
  for (const what of found.needsSignOff) {
    const alone = found.status === 'needs-sign-off' && found.needsSignOff.length === 1
    changes.push({ what, when: 'is-signed-off', ...(alone && { becomes: 'disposable' as const }) })
  }
  for (const { rule, outcome, returned, death } of trace) {
    if (outcome !== 'dated' && outcome !== 'floor') continue
    const { conditions, afterDeath, returned: returns } = rule.rule
    for (const { fact } of conditions ?? []) changes.push({ what: fact, when: 'is-done' })
    if (afterDeath && death === undefined) changes.push({ what: 'died', when: 'shortens-after-a-death' })
    if (returns && !returned) changes.push({ what: 'laterMammograms', when: 'shortens-after-a-return' })
  }
  return changes
}

/**
 * Until when a record is kept, by which rule, from which facts, and what would change it. The same verdict as `assess`, with its
 * proof; for people, and not for a million records.
 * @param policy one that `retentionSchedule` made
 * @throws PhiError PHI_RETENTION_OPTIONS
 */
export function explain(record: unknown, policy: RetentionPolicy, options: AssessOptions): Explanation {
  const insight = insightOf(policy)
  if (!insight) throw retentionError('PHI_RETENTION_OPTIONS', { path: 'policy', detail: 'must be made by retentionSchedule' })
  const today = readToday(options)
  const found = policy.assess(record, options)
  const read = readRecord(record)
  const trace: RuleOutcome[] = []
  try {
    if (read.readable) insight.ask(read, today, trace)
  } catch {
    // Counting leaves the calendar: the assessment says that the record cannot be read.
    trace.length = 0
  }
  const governing = new Set(found.governing.map(({ rule }) => rule))
  const order = (step: RuleStep) => (governing.has(step.rule) ? 0 : 1)
  const steps = trace
    .map((each) => stepOf(each, governing, insight.options.signOffs))
    .sort((a, b) => order(a) - order(b) || (b.through ?? '').localeCompare(a.through ?? '') || (a.rule < b.rule ? -1 : 1))
  const governs = steps.filter(({ rule }) => governing.has(rule))
  return {
    ...found,
    today: formatDay(today),
    steps,
    citations: governs.flatMap(({ citation, also }) => (citation === null ? also : [citation, ...also])),
    confirmation: weakest(governs),
    changesIf: changesOf(record, policy, options, found, trace),
  }
}

const because: Readonly<Record<Assessment['why'], string>> = {
  'every-period-over': 'every period that applies is over',
  'period-runs': 'a period runs',
  'advised-margin-runs': 'its period is over, and the advised margin after it is not',
  'kept-permanently': 'it is kept for good',
  'in-effect': 'it is still in effect, so that no clock has started',
  'legal-hold': 'it is under a hold, which has no end date',
  'fact-not-known': 'a fact that may matter is not known',
  'rule-without-a-number': 'a rule that applies has no number',
  'state-law-not-in-the-schedule': 'the schedule has no row for the law of its State',
  'minors-not-in-the-schedule': 'the schedule does not say what applies to minors',
  'no-rule-applies': 'no rule of the schedule applies to it',
  'kind-not-in-the-schedule': 'the schedule does not know its kind',
  unreadable: 'its facts do not have the documented form',
  'facts-contradict': 'its facts contradict each other',
  'rule-not-in-the-schedule': 'it names a rule that the schedule does not have',
  'not-signed-off': 'nobody signed off the rows on which its disposal would rest',
  'condition-not-met': 'something must be done before destruction',
  'shortening-not-signed-off': 'the schedule before keeps it longer, and nobody signed off the shortening',
}

/** An assessment in a few plain lines. They name rules and facts, and hold no value of the record but its dates and its id. */
export function explainInWords(explanation: Explanation): string {
  const { record, status, why, keepThrough, floor, earliest, governing, ceiling, unknown, needsSignOff, holds, steps } =
    explanation
  const lines = [`${record}: ${status}, because ${because[why]}.`]
  if (keepThrough) lines.push(`Keep it through ${keepThrough}${floor ? ' at least' : ''}.`)
  if (governing.length > 0) lines.push(`Kept by: ${governing.map(({ rule, citation }) => `${rule} (${citation})`).join(', ')}.`)
  if (earliest) lines.push(`Earliest disposal: ${earliest}.`)
  if (holds.length > 0) lines.push(`Held by: ${holds.join(', ')}.`)
  if (ceiling)
    lines.push(
      `Delete by ${ceiling.deleteBy}${ceiling.overdue ? ', which has passed' : ''}: ${ceiling.rule} (${ceiling.citation}).`,
    )
  if (unknown.length > 0) lines.push(`Not known: ${unknown.join(', ')}.`)
  if (needsSignOff.length > 0) lines.push(`Not signed off: ${needsSignOff.join(', ')}.`)
  for (const step of steps) {
    const from = step.start ? ` from ${step.start.fact} ${step.start.on}` : ''
    const to = step.through ? ` through ${step.through}` : ''
    const text = step.citation ? `${step.citation.source} ${step.citation.section}` : 'no citation on record'
    lines.push(`- ${step.rule} (${text}, ${step.confirmation}): ${step.outcome}${from}${to}.`)
  }
  return lines.join('\n')
}
