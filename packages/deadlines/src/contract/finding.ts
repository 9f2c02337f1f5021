import type { Citation } from '@phi/core'

/**
 * What a finding is about. C1 to C6 are the errors that were first seen in public documents; the rest are checked beside them.
 *
 * - `C1`: one duty has two starts, or notice starts from an event later than discovery
 * - `C2`: logs are kept for less than the documentation period
 * - `C3`: the Secretary's clock is stated for breaches of any size, or with another threshold than the law's
 * - `C4`: the media's threshold is another than the law's
 * - `C6`: the content of a notice lacks what the law wants in it
 */
export const findingCodes = [
  'C1',
  'C2',
  'C3',
  'C4',
  'C6',
  'longer-than-the-law',
  'shorter-than-the-law',
  'extension-beyond-the-law',
  'extension-conditions',
  'extension-not-stated',
  'not-from-receipt',
  'business-days-without-calendar',
  'trigger-not-stated',
  'event-not-stated',
] as const
export type FindingCode = (typeof findingCodes)[number]

/**
 * - `error`: whoever works to the statement can miss what the law asks
 * - `warning`: the statement holds only in some cases, or is less than it seems
 * - `note`: stricter than the law, or left open
 */
export type Severity = 'error' | 'warning' | 'note'

/** Something to look at in what a profile states. It is no verdict on anybody's compliance. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  readonly statements: readonly { readonly requirement: string; readonly quote: string }[]
  readonly says: string
  readonly law: readonly Citation[]
  readonly remedy: string
}
