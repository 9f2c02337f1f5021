import type { Citation, Confirmation, UsState } from '@phi/core'
import type { CivilDate } from '../calendar/civil-date.ts'

/**
 * - `due`: to be done by `due`
 * - `held`: somebody has forbidden it for now; `hold` says until when
 * - `pending-facts`: a fact is missing, or lies in the future; `planFor` is the strictest date that may follow
 * - `qualitative`: the text has words and no number; `standard` quotes them
 * - `not-applicable`: the rule's own conditions are not met
 * - `not-in-force`: no version of the rule governs an event of that day; proposed and vacated rules never do
 * - `met`: done, in time as far as the text has a number
 * - `late`: the date has passed, or it was done after it
 */
export const statuses = [
  'late',
  'due',
  'held',
  'pending-facts',
  'qualitative',
  'met',
  'not-applicable',
  'not-in-force',
] as const
export type Status = (typeof statuses)[number]

/** Why the status is what it is, for programs. */
export type Because =
  | 'counted'
  | 'extended'
  | 'law-enforcement-delay'
  | 'no-number-in-the-text'
  | 'trigger-not-known'
  | 'trigger-in-the-future'
  | 'condition-not-known'
  | 'time-not-known'
  | 'condition-not-met'
  | 'proposed'
  | 'vacated'
  | 'not-yet-in-force'
  | 'no-longer-in-force'
  | 'not-yet-known'
  | 'done-in-time'
  | 'done-late'
  | 'done-without-a-number-to-judge-by'
  | 'date-passed'
  | 'period-over'

/** One thing that was done to reach the date. `explainDeadline` puts them into words. */
export type Step =
  | {
      readonly step: 'trigger'
      readonly fact: string
      readonly event: string
      readonly on: CivilDate
      readonly instant?: string
    }
  | { readonly step: 'anchor'; readonly why: 'end-of-calendar-year'; readonly to: CivilDate }
  | { readonly step: 'applies'; readonly words: string; readonly truth: boolean | 'not known' }
  | {
      readonly step: 'count'
      readonly from: CivilDate
      readonly amount: number
      readonly unit: string
      readonly counts: 'after' | 'beginning-on'
      readonly to: CivilDate
      readonly calendar?: string
      readonly citation: string
    }
  | {
      readonly step: 'roll'
      readonly by: 'rule' | 'statute'
      readonly from: CivilDate
      readonly to: CivilDate
      readonly citation: string
    }
  | {
      readonly step: 'extension'
      readonly given: CivilDate
      readonly valid: boolean
      readonly why?: ExtensionDefect
      readonly to?: CivilDate
      readonly citation: string
    }
  | {
      readonly step: 'hold'
      readonly form: 'oral' | 'written'
      readonly from: CivilDate
      readonly through: CivilDate
      readonly why: HoldReason
      readonly citation: string
    }
  | { readonly step: 'done'; readonly on: CivilDate; readonly daysAfterTrigger: number }

export type ExtensionDefect =
  | 'given-after-the-first-period'
  | 'not-written'
  | 'no-reasons'
  | 'no-date'
  | 'date-beyond-the-limit'
  | 'date-inside-the-first-period'
  | 'already-extended'

/** What became of the statements of an extension. */
export interface ExtensionOutcome {
  readonly valid: boolean
  /** Why the statements, in the order they were given, did not extend; `null` for the one that did. */
  readonly statements: readonly (ExtensionDefect | null)[]
  /** The latest date to which the period can ever be extended. */
  readonly outerLimit: CivilDate
  /** The date that the individual was promised. */
  readonly committed?: CivilDate
}

export type HoldReason =
  | 'specified-time'
  | 'oral'
  | 'no-time-specified'
  | 'replaced-by-written'
  | 'not-documented'
  | 'cannot-be-renewed'
  | 'lapsed-before'

export interface HoldWindow {
  readonly form: 'oral' | 'written'
  readonly from: CivilDate
  /** The last day of the delay. */
  readonly through: CivilDate
  readonly why: HoldReason
  /** Whether it moved the due date. A hold that ended before, or came after, did not. */
  readonly moved: boolean
}

export interface HoldOutcome {
  readonly windows: readonly HoldWindow[]
  /** The last day of the hold that ends last. Absent where no statement has an effect. */
  readonly through?: CivilDate
  /** The day on which notice is due once no hold is left: after a specified time the next day, of an oral delay its last. */
  readonly actOn?: CivilDate
  /** What is missing for a longer hold. */
  readonly needs?: 'written statement specifying the time' | 'documentation of the oral statement'
}

/** A fact that would change the result, and to what. */
export interface Change {
  readonly fact: string
  readonly when: string
  readonly becomes: Status
  readonly due?: CivilDate
}

/** What is due, to whom, by when, and why. A plain object. */
export interface Deadline {
  readonly rule: string
  readonly duty: string
  readonly ruleset: string
  readonly title: string
  readonly addressee: string
  readonly jurisdiction?: UsState
  readonly status: Status
  readonly because: Because
  /** The last day, through its end in the zone of the obliged entity. Where a statute would allow a later one, the strict one. */
  readonly due?: CivilDate
  /** The last second of `due` (for clocks in hours the very instant), with offset. Only where the zone is known. */
  readonly dueInstant?: string
  /** The later day that a statute on computing time, or another reading of "business days", allows. */
  readonly lawfulUntil?: CivilDate
  /** Of a pending result: the strictest date that may turn out to be the right one. */
  readonly planFor?: CivilDate
  /** Advice, not law: the last federal business day on or before the date. */
  readonly actBy?: CivilDate
  /** The first day on which it is overdue. */
  readonly overdueFrom?: CivilDate
  /** The words of the text, where it has no number, or beside the number that is only the outer limit. */
  readonly standard?: string
  /** Of a qualitative rule: the target that the house set itself. */
  readonly house?: { readonly due: CivilDate; readonly amount: number; readonly unit: 'calendar-days' }
  /** The date before extensions and holds. */
  readonly base?: CivilDate
  readonly extension?: ExtensionOutcome
  readonly hold?: HoldOutcome
  readonly done?: { readonly on: CivilDate; readonly daysAfterTrigger: number; readonly daysLate?: number }
  /** Days between the date and today, where today is given and it is late and not done. */
  readonly daysLate?: number
  readonly trigger?: { readonly fact: string; readonly event: string; readonly on: CivilDate }
  /** The facts as they were given. */
  readonly facts: Readonly<Record<string, unknown>>
  /** The facts that would matter and are not known. */
  readonly unknown: readonly string[]
  readonly steps: readonly Step[]
  readonly citation: string
  readonly citations: readonly Citation[]
  readonly confirmation: Confirmation
  /** The day of the sources of the rule. */
  readonly asOf: CivilDate
  readonly note?: string
  readonly changesIf: readonly Change[]
}
