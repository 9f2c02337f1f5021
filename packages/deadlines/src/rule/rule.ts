import type { Citation, Confirmation } from '@phi/core'
import type { CivilDate, Rounding } from '../calendar/civil-date.ts'
import type { Condition } from './condition.ts'

/**
 * Whether the trigger day is day 0 ("30 days after") or day 1 ("a 30-day period beginning on the date"). The text of each rule
 * says one of the two.
 */
export type Counts = 'after' | 'beginning-on'

/** A last day on a weekend or holiday moves to the next business day: only where a text says so. */
export interface Roll {
  /** `rule`: the text of this very rule; the due date moves. `statute`: a general statute on computing time; both dates are given. */
  readonly by: 'rule' | 'statute'
  readonly citation: Citation
  /** The calendar by id: `us-federal`, `us-tx`. */
  readonly calendar: string
}

/** How a period is counted. None of its parts has a default: a rule that leaves one open does not compile. */
export type Basis =
  | {
      readonly unit: 'calendar-days' | 'months' | 'years'
      readonly amount: number
      readonly counts: Counts
      readonly roll: 'none' | Roll
      /** For a month without such a day: a duty to act rounds earlier, a duty to keep later. */
      readonly rounding: Rounding
    }
  | {
      readonly unit: 'business-days'
      readonly amount: number
      readonly counts: Counts
      readonly roll: 'none'
      readonly rounding: Rounding
      /**
       * Business days need a calendar. `strict` leaves out the fewest days and gives the due date; `lawful`, where the text leaves
       * the choice open, gives the later date beside it.
       */
      readonly calendar: { readonly strict: string; readonly lawful?: string }
    }
  | {
      /** Hours of elapsed time, also across a change of the clocks. */
      readonly unit: 'hours'
      readonly amount: number
      readonly counts: 'after'
      readonly roll: 'none'
      readonly rounding: Rounding
    }
  | {
      /** On the day of the trigger, and with it: "concurrently with", "no later than the date of". */
      readonly unit: 'same-day'
      readonly counts: 'after'
      readonly roll: 'none'
      readonly rounding: Rounding
    }
  | {
      /** The text has words and no number. They are quoted, and no number is put in their place. */
      readonly unit: 'qualitative'
      readonly standard: string
    }

/** The event that starts the count. */
export interface Trigger {
  /** The fact that holds its date; of a rule with a jurisdiction also one that holds a date for each State. */
  readonly fact: string
  /** What kind of event it is, in the words of the rule: a clock from confirmation is not a clock from discovery. */
  readonly event:
    | 'discovery'
    | 'awareness'
    | 'detection'
    | 'determination'
    | 'confirmation'
    | 'receipt'
    | 'notification'
    | 'release'
    | 'other'
  /** Counting starts at the end of the calendar year of the event. */
  readonly anchor?: 'end-of-calendar-year'
  /**
   * An earlier event, by its fact: while the trigger is not known, the result stays pending and plans for the date counted from
   * this one. A clock from determination plans from discovery.
   */
  readonly planFrom?: string
  /**
   * The day is set ahead (a date of effect, a first appointment): it may lie in the future and still be counted from, and what is
   * due by it may be done before it.
   */
  readonly scheduled?: true
}

/** What a date means. */
export interface Limit {
  /** `act`: done by the end of that day. `keep`: kept through the end of that day. */
  readonly kind: 'act' | 'keep'
  /** The date is only the outer limit of a stricter standard: "without unreasonable delay". */
  readonly standard?: string
}

/** One more period, on a written statement that meets every condition. */
export interface Extension {
  readonly citation: Citation
  /** The fact that lists the statements. */
  readonly fact: string
  readonly adds: { readonly unit: 'calendar-days'; readonly amount: number }
  /** What the statement must hold; each is a field of the fact. */
  readonly requires: readonly ('written' | 'reasons' | 'promisedDate')[]
}

/** Somebody may forbid, for a while, to do what is due. */
export interface Hold {
  readonly citation: Citation
  /** The fact that lists the statements. */
  readonly fact: string
  /** What an oral statement, or a written one that names no time, is good for: days from its date. */
  readonly days: number
}

export interface InForce {
  /** The first day of events to which the rule applies. */
  readonly from: CivilDate
  /** The last day. */
  readonly until?: CivilDate
  /** Only what is in force can fire; superseded rules apply to the events of their time. */
  readonly status: 'in-force' | 'proposed' | 'vacated' | 'superseded'
  /** The day on which the rule was published, for law as known at a date. Without it, `from`. */
  readonly published?: CivilDate
  /** The day on which its end was published. Without it, the day after `until`. */
  readonly endPublished?: CivilDate
}

/** A regulatory or contractual clock, as data. */
export interface Rule {
  /** Unique in its ruleset: `breach.individual`. */
  readonly id: string
  /** Rows of one duty are its versions and its alternatives: of them exactly one result is given. Without it, the id. */
  readonly duty?: string
  /** What must be done, as a sentence without a subject: "Notify each affected individual". */
  readonly title: string
  readonly citation: Citation
  /** Further texts on which the row rests. */
  readonly also?: readonly Citation[]
  readonly addressee: string
  /** The State or jurisdiction whose law it is, or `each`: one result for each State of the fact `residents`. */
  readonly jurisdiction?: string
  readonly trigger: Trigger
  readonly basis: Basis
  readonly limit: Limit
  readonly extensions: readonly Extension[]
  readonly holds: readonly Hold[]
  readonly applies: Condition
  readonly inForce: InForce
  /** How well the row is confirmed. */
  readonly confirmation: Confirmation
  /** The day of the sources. */
  readonly asOf: CivilDate
  /** The fact that says when the duty was met. */
  readonly metBy?: string
  /** What a reader should know: where sources disagree, what is our reading. */
  readonly note?: string
}
