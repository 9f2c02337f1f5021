import { type CivilDate, type Day, formatDay } from '@phi/deadlines'
import type { ReadRecord } from '../record/read.ts'
import { FOREVER, flagIndex, NONE } from '../record/record.ts'
import type { ReadHolds } from './assess-options.ts'
import type { Assessment, AssessmentStatus, CeilingOutcome, RuleReference, Why } from './assessment.ts'
import type { Outcome } from './evaluate.ts'

const IN_EFFECT = flagIndex.inEffect
const statedForTheRecord: RuleReference = Object.freeze({
  rule: 'record.keepThrough',
  citation: 'a date stated for the record',
})
const noRules: readonly RuleReference[] = Object.freeze([])
const nothing: readonly string[] = Object.freeze([])

const written = new Map<Day, CivilDate>()

/** `formatDay`, remembered: the dates of a million records are a few thousand days. */
function dateOf(day: Day): CivilDate {
  const known = written.get(day)
  if (known !== undefined) return known
  const made = formatDay(day)
  if (written.size < 100_000) written.set(day, made)
  return made
}

export interface StatusOptions {
  readonly policy: string
  readonly waitForMargins: boolean
  readonly governingOnly: boolean
}

interface Verdict {
  readonly status: AssessmentStatus
  readonly why: Why
}

/** Each verdict once: a plan of a million records makes no new ones. */
const verdicts = {
  unreadable: { status: 'unknown', why: 'unreadable' },
  contradict: { status: 'unknown', why: 'facts-contradict' },
  inEffect: { status: 'clock-not-started', why: 'in-effect' },
  permanent: { status: 'retain', why: 'kept-permanently' },
  runs: { status: 'retain', why: 'period-runs' },
  noRule: { status: 'unknown', why: 'no-rule-applies' },
  margin: { status: 'retain', why: 'advised-margin-runs' },
  condition: { status: 'condition-unmet', why: 'condition-not-met' },
  unsigned: { status: 'needs-sign-off', why: 'not-signed-off' },
  disposable: { status: 'disposable', why: 'every-period-over' },
  held: { status: 'held', why: 'legal-hold' },
} as const satisfies Record<string, Verdict>

/** The verdict before holds and ceilings, in the order of what is gravest. */
function verdictOf(
  outcome: Outcome,
  end: Day,
  read: ReadRecord,
  today: Day,
  needs: readonly string[],
  waits: boolean,
): Verdict {
  const { unknown } = outcome
  if (outcome.why === 'facts-contradict') return verdicts.contradict
  if (read.facts[IN_EFFECT] === 1) return verdicts.inEffect
  if (end === FOREVER) return verdicts.permanent
  if (end >= today) return verdicts.runs
  if (unknown.length > 0) return { status: 'unknown', why: outcome.why ?? 'fact-not-known' }
  // A stated date lengthens, and takes the place of no rule.
  if (outcome.minimums === 0 || outcome.end === NONE) return verdicts.noRule
  if (waits && outcome.advised >= today) return verdicts.margin
  if (outcome.conditions >= today) return verdicts.condition
  if (needs.length > 0) return verdicts.unsigned
  return verdicts.disposable
}

function ceilingOf(outcome: Outcome, today: Day): CeilingOutcome | null {
  if (outcome.ceiling === undefined) return null
  const { rule, citation } = outcome.ceiling.reference
  return { rule, citation, deleteBy: dateOf(outcome.deleteBy), overdue: today > outcome.deleteBy }
}

function governingOf({ governing, stated, end }: Outcome): readonly RuleReference[] {
  const rules = governing.length === 1 ? (governing[0]?.alone ?? noRules) : governing.map(({ reference }) => reference)
  return stated > end ? [statedForTheRecord, ...rules] : rules
}

/** What stands against a ceiling whose day has passed. */
const forbids = (status: AssessmentStatus): boolean =>
  status === 'held' || status === 'retain' || status === 'unknown' || status === 'clock-not-started'

/** The assessment of a record that could not be read. */
export function unreadable(read: ReadRecord, policy: string): Assessment {
  return {
    record: read.id,
    kind: read.kind,
    policy,
    ...verdicts.unreadable,
    keepThrough: null,
    floor: false,
    advisoryKeepThrough: null,
    disposable: false,
    earliest: null,
    governing: noRules,
    holds: nothing,
    ceiling: null,
    unknown: ['record'],
    needsSignOff: nothing,
  }
}

/** Turns what the rules say into an assessment, before holds. */
export function assessmentOf(outcome: Outcome, read: ReadRecord, today: Day, options: StatusOptions): Assessment {
  const { governing } = outcome
  const end = Math.max(outcome.end, outcome.stated)
  const inEffect = read.facts[IN_EFFECT] === 1
  const dated = end !== NONE && end !== FOREVER && !inEffect
  const needs = options.governingOnly
    ? outcome.needsSignOff.filter((id) => governing.some(({ rule }) => rule.id === id))
    : outcome.needsSignOff
  // Advice gives way to a day by which the record must be gone.
  const waits = options.waitForMargins && outcome.advised > end && outcome.deleteBy >= outcome.advised
  const verdict = verdictOf(outcome, end, read, today, needs, waits)
  const ceiling = ceilingOf(outcome, today)
  const status = ceiling?.overdue && forbids(verdict.status) ? 'conflict' : verdict.status
  const datable = dated && outcome.end !== NONE && outcome.unknown.length === 0 && outcome.conditions !== FOREVER
  return {
    record: read.id,
    kind: read.kind,
    policy: options.policy,
    status,
    why: verdict.why,
    keepThrough: dated ? dateOf(end) : null,
    floor: dated && outcome.unknown.length > 0,
    advisoryKeepThrough: dated && outcome.advised > end ? dateOf(outcome.advised) : null,
    disposable: status === 'disposable',
    earliest: datable ? dateOf(Math.max(end, waits ? outcome.advised : NONE, outcome.conditions) + 1) : null,
    governing: inEffect ? noRules : governingOf(outcome),
    holds: nothing,
    ceiling,
    unknown: outcome.unknown,
    needsSignOff: needs,
  }
}

/** The assessment of a record under holds, or once under holds: they win over everything, and their release restarts nothing. */
export function underHolds(assessment: Assessment, { cases, released }: ReadHolds): Assessment {
  const { earliest, ceiling } = assessment
  if (cases.length > 0) {
    return {
      ...assessment,
      status: ceiling?.overdue ? 'conflict' : 'held',
      why: 'legal-hold',
      disposable: false,
      earliest: null,
      holds: cases,
    }
  }
  if (released === undefined || earliest === null || dateOf(released) <= earliest) return assessment
  return { ...assessment, earliest: dateOf(released) }
}
