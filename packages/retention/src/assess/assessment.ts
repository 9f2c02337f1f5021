import type { CivilDate } from '@phi/deadlines'

/**
 * - `conflict`: a day by which the record must be deleted has passed, and something still forbids it: loud, both sides are cited
 * - `held`: under at least one hold; holds have no end date
 * - `unknown`: a fact or a rule that may matter is not known (`unknown` names it), or the record could not be read
 * - `clock-not-started`: what starts the clock has not happened: a policy still in effect has no end date
 * - `retain`: kept through `keepThrough`, or for good
 * - `condition-unmet`: the time is over, and something must be done before destruction: notice to an agency
 * - `needs-sign-off`: the time is over by rows that nobody signed off (`needsSignOff` names them)
 * - `disposable`: every applicable rule allows it, from `earliest`
 */
export const assessmentStatuses = [
  'conflict',
  'held',
  'unknown',
  'clock-not-started',
  'retain',
  'condition-unmet',
  'needs-sign-off',
  'disposable',
] as const
export type AssessmentStatus = (typeof assessmentStatuses)[number]

/** Why the status is what it is, for programs. Never a value of the record. */
export type Why =
  /** Nothing forbids it. */
  | 'every-period-over'
  | 'period-runs'
  /** The period is over; the advised margin after it is not. */
  | 'advised-margin-runs'
  | 'kept-permanently'
  | 'in-effect'
  | 'legal-hold'
  /** A fact that a rule needs is missing; `unknown` names it. */
  | 'fact-not-known'
  /** A rule that applies has no number, or the schedule has no row for what may apply. */
  | 'rule-without-a-number'
  | 'state-law-not-in-the-schedule'
  | 'minors-not-in-the-schedule'
  | 'no-rule-applies'
  /** Neither this package nor a rule of the schedule names the kind. */
  | 'kind-not-in-the-schedule'
  /** The record, or one of its facts, does not have the documented form. */
  | 'unreadable'
  | 'facts-contradict'
  | 'rule-not-in-the-schedule'
  | 'not-signed-off'
  | 'condition-not-met'
  /** An earlier schedule keeps the record longer, and nobody signed off the shortening. */
  | 'shortening-not-signed-off'

/** A rule by which a record is kept, or by which it must be deleted. */
export interface RuleReference {
  readonly rule: string
  /** The written citation; for rows without one, words that say so. */
  readonly citation: string
}

/** A day by which the record must be deleted. It never allows a deletion that something else forbids. */
export interface CeilingOutcome extends RuleReference {
  /** The last day, through its end. */
  readonly deleteBy: CivilDate
  /** Whether that day has passed. */
  readonly overdue: boolean
}

/** What a schedule says about one record on one day. A plain object. */
export interface Assessment {
  /** The id of the record; empty where the record has no readable id. */
  readonly record: string
  readonly kind: string
  /** The id of the policy that was asked, with its version. */
  readonly policy: string
  readonly status: AssessmentStatus
  readonly why: Why
  /** The last day on which the record must be kept, through its end: of the longest applicable minimum. `null`: there is none yet. */
  readonly keepThrough: CivilDate | null
  /** Whether something not known may make `keepThrough` later. A record with a floor is never disposable. */
  readonly floor: boolean
  /** The last day of the advised margin, where a rule advises one. Disposal waits for it, unless the schedule says otherwise. */
  readonly advisoryKeepThrough: CivilDate | null
  /** Whether the record may be disposed of on the day that was asked. */
  readonly disposable: boolean
  /**
   * The first day on which it may, could, or could have been disposed of by what is known: the day after the periods end, or the
   * day on which the last hold was released when that is later. `null` while there is no such day.
   */
  readonly earliest: CivilDate | null
  /** The rules whose period ends last; before them `record.keepThrough`, where a date stated for the record ends later. */
  readonly governing: readonly RuleReference[]
  /** The cases that hold the record. */
  readonly holds: readonly string[]
  /** The earliest day by which the record must be deleted, where a rule has one. */
  readonly ceiling: CeilingOutcome | null
  /** The facts, and the rules by id, that may matter and are not known. */
  readonly unknown: readonly string[]
  /** The rules by id that apply and that nobody signed off. */
  readonly needsSignOff: readonly string[]
}

/** A hold as far as an assessment looks at it. A case without a release, or with dates that cannot be read, holds. */
export interface HoldFact {
  /** The id of the case. */
  readonly case: string
  readonly placed?: CivilDate | null | undefined
  /** The day of the release. Releasing a hold does not restart a clock. */
  readonly released?: CivilDate | null | undefined
}

export interface AssessOptions {
  /** The civil day of the question, in the zone of the keeper of the records. */
  readonly today: CivilDate
  /** The cases that hold the record (by id alone: they hold), and those that held it once, which can make `earliest` later. */
  readonly holds?: readonly (string | HoldFact)[] | undefined
}

/** A schedule that can be asked: what `retentionSchedule` makes. */
export interface RetentionPolicy {
  /** Name and version: changes whenever a rule, a sign-off or an option does. */
  readonly id: string
  /**
   * Whether, and until when, a record is kept. Never throws for a record, whatever it is: what cannot be read is not disposable.
   * @throws PhiError PHI_RETENTION_OPTIONS
   */
  assess(record: unknown, options: AssessOptions): Assessment
}
