import { comparedOn } from './rows/common.ts'
import { federalRows } from './rows/federal.ts'
import { statesAToL } from './rows/states-a-l.ts'
import { statesMToZ } from './rows/states-m-z.ts'
import type { RetentionRule } from './rule.ts'

/** Rows of law with the day of their sources. */
export interface Schedule {
  readonly id: string
  readonly asOf: string
  readonly rules: readonly RetentionRule[]
}

/**
 * Retention in the United States, as found in the sources that each row names. Most State rows come from compilations of 2007 to
 * 2016: they lengthen a retention as they stand, and allow no deletion until counsel has signed them off.
 */
export const usRetention: Schedule = Object.freeze({
  id: 'us-retention/2026-11',
  asOf: comparedOn,
  rules: Object.freeze([...federalRows, ...statesAToL, ...statesMToZ]),
})
