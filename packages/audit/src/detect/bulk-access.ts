import * as z from 'zod'
import { accessOf } from './access.ts'
import { baselineText, dailyDetector, dailyOptions } from './daily-amount.ts'
import { type Detector, makeDetector, parseOptions } from './detector.ts'

const optionsSchema = z.strictObject({
  ...dailyOptions,
  /** Different patients a day that are never too many. Default 20: more than a full day of visits in most outpatient work. */
  floor: z.int().min(1).max(100_000).default(20),
  /** What is too many while neither the person nor the role has a baseline. Default 60. */
  coldStart: z.int().min(1).max(1_000_000).default(60),
})
export type BulkAccessOptions = z.input<typeof optionsSchema>

/**
 * Somebody opens the records of more patients in a day than they, or people of their roles, do on other days (45 CFR
 * 164.308(a)(1)(ii)(D): review of information system activity). Counted are different patients in successful accesses, and what an export
 * says it `count`s; not the entries of an export of the log itself.
 *
 * The threshold is median + `scales` × scale of the own last 28 days or of the role's, whichever is higher, up to `ceiling` times the
 * role's. Medians and absolute deviations, because a baseline of means is moved by what it should find (Leys et al. 2013, J. Exp. Soc.
 * Psychol. 49:764). A day on which a threshold was passed enters the history as that threshold.
 *
 * Misses: whoever stays under the floor or the threshold; searches that list people without opening them.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function bulkAccess(options: BulkAccessOptions = {}): Detector {
  return makeDetector(
    dailyDetector({
      name: 'bulk-access',
      version: 1,
      options: parseOptions(optionsSchema, options, 'bulkAccess'),
      distinct: true,
      measure(seen, out) {
        const access = accessOf(seen, out)
        return access && { access, series: '', patients: access.patients, amount: access.ofLog ? 0 : access.unlisted }
      },
      explain: ({ actor, amount, day, baseline }) => ({
        explanation: `${actor} opened records of ${amount} patients on ${day}; ${baselineText(baseline)}.`,
        suggestion:
          'Ask what the work was (a review, a billing run, a records request). If nobody can say, isolate the account and investigate.',
      }),
    }),
  )
}
