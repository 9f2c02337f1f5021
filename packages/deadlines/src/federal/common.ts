import { type Citation, type Confirmation, cite } from '@phi/core'
import type { Rounding } from '../calendar/civil-date.ts'
import type { Counted } from '../evaluate/count.ts'
import type { Extension, Hold, Limit } from '../rule/rule.ts'
import { federalRuleset } from './ruleset.ts'

/** A citation of the federal table with its mark. */
export const text = (written: string, confirmation: Confirmation = 'text-seen'): Citation =>
  Object.freeze(cite(written, { confirmation, asOf: federalRuleset.asOf }))

/**
 * Days of 45 CFR Part 164: calendar days, the trigger day is day 0 (OCR counted so in its settlement of 9 January 2017), no roll
 * for weekends or holidays (the text has none; 160.526 is for hearings only).
 */
export const calendarDays = (amount: number): Counted => ({
  unit: 'calendar-days',
  amount,
  counts: 'after',
  roll: 'none',
  rounding: 'earlier',
})

/** Years, through the end of the anniversary. */
export const years = (amount: number, rounding: Rounding): Counted => ({
  unit: 'years',
  amount,
  counts: 'after',
  roll: 'none',
  rounding,
})

/** "No later than the date of", "at the time of". */
export const sameDay: Counted = Object.freeze({ unit: 'same-day', counts: 'after', roll: 'none', rounding: 'earlier' })

export const keep: Limit = Object.freeze({ kind: 'keep' })

export const actBy: Limit = Object.freeze({ kind: 'act' })

/** 164.404(b), 164.406(b), 164.410(b): the number is only the outer limit. */
export const withoutDelay: Limit = Object.freeze({ kind: 'act', standard: 'without unreasonable delay' })

/** 164.524(b)(2)(ii), 164.526(b)(2)(ii), 164.528(c)(1)(ii): once, by 30 days, on a statement given inside the first period. */
export const thirtyMoreDays = (citation: Citation): Extension => ({
  citation,
  fact: 'extensionStatements',
  adds: { unit: 'calendar-days', amount: 30 },
  requires: ['written', 'reasons', 'promisedDate'],
})

/** 164.412: "any notification, notice, or posting required under this subpart". */
export const lawEnforcementDelay: Hold = Object.freeze({
  citation: text('45 CFR 164.412'),
  fact: 'lawEnforcement',
  days: 30,
})
