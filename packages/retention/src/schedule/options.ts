import { isPhiError, parseAs, plainText } from '@phi/core'
import { type CivilDate, isCivilDate } from '@phi/deadlines'
import * as z from 'zod'
import type { RetentionPolicy } from '../assess/assessment.ts'
import { retentionError } from '../errors.ts'
import { parseRetentionRule, type RetentionRule } from './rule.ts'
import { usRetention } from './us-retention.ts'

/** Somebody who may, counsel as a rule, vouches for a row: that it is the law, or the decision of the house. */
export interface SignOff {
  readonly rule: string
  /** Who, by name or by role. */
  readonly by: string
  /** The day: not before the row was compared with its sources (`asOf`), or it vouches for another row than the one that stands now. */
  readonly on: CivilDate
}

export interface ScheduleOptions {
  /** The name of the schedule with its version: `acme/2026-11`. */
  readonly id: string
  /** The rows of law. Default `usRetention.rules`. */
  readonly law?: readonly RetentionRule[] | undefined
  /** Periods of the house, made with `houseRule`. */
  readonly house?: readonly RetentionRule[] | undefined
  /** Periods of agreements, made with `contractRule` or `returnOrDestroy`. */
  readonly contracts?: readonly RetentionRule[] | undefined
  /** The rows that were signed off. Without one a row lengthens a retention, and allows no deletion. */
  readonly signOffs?: readonly SignOff[] | undefined
  /**
   * Which rows must be signed off before a record is disposable: every row that applies to it, which is the default, since a row
   * that nobody read may print too short a period; or only the one that ends last.
   */
  readonly mustBeSigned?: 'every-applicable-row' | 'governing-row' | undefined
  /**
   * Confirmations of rows of law that stand for a sign-off. Default none: also a text that was read needs one. Never memory or a weak
   * source; and never for rules of the house or of agreements, which are always signed off.
   */
  readonly acceptUnsigned?: readonly ('text-seen' | 'secondary')[] | undefined
  /** Whether disposal waits for advised margins. Default `wait`. */
  readonly advisedMargins?: 'wait' | 'ignore' | undefined
  /** The schedule that this one replaces. Where it keeps a record longer, it goes on doing so until the shortening is signed off. */
  readonly replaces?: RetentionPolicy | undefined
  /** The rules of this schedule that may shorten what `replaces` says, signed off. */
  readonly shortenings?: readonly SignOff[] | undefined
}

export interface ReadOptions {
  readonly id: string
  readonly rules: readonly RetentionRule[]
  readonly signOffs: readonly SignOff[]
  readonly mustBeSigned: 'every-applicable-row' | 'governing-row'
  readonly acceptUnsigned: readonly ('text-seen' | 'secondary')[]
  readonly advisedMargins: 'wait' | 'ignore'
  readonly replaces: RetentionPolicy | undefined
  readonly shortenings: readonly SignOff[]
}

const signOffs = z
  .array(
    z.strictObject({
      rule: plainText(120),
      by: plainText(200),
      on: z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD'),
    }),
  )
  .max(10_000)
const rows = z.array(z.unknown()).max(10_000)

const schema = z.strictObject({
  id: plainText(120),
  law: rows.optional(),
  house: rows.optional(),
  contracts: rows.optional(),
  signOffs: signOffs.optional(),
  mustBeSigned: z.enum(['every-applicable-row', 'governing-row']).optional(),
  acceptUnsigned: z.array(z.enum(['text-seen', 'secondary'])).optional(),
  advisedMargins: z.enum(['wait', 'ignore']).optional(),
  replaces: z
    .custom<RetentionPolicy>(
      (value) => typeof value === 'object' && value !== null && 'assess' in value && typeof value.assess === 'function',
      'must be a policy that retentionSchedule made',
    )
    .optional(),
  shortenings: signOffs.optional(),
})

const refuse = (path: string, detail: string) => retentionError('PHI_RETENTION_SCHEDULE', { path, detail })

function rulesOf(values: readonly unknown[], list: 'law' | 'house' | 'contracts'): readonly RetentionRule[] {
  const origin = list === 'contracts' ? 'contract' : list
  return values.map((value) => {
    const rule = parseRetentionRule(value, `options.${list}.*`)
    if (rule.origin !== origin) throw refuse(`options.${list}.*.origin`, 'must be that of its list')
    return rule
  })
}

/** @throws PhiError PHI_RETENTION_SCHEDULE, PHI_RETENTION_RULE */
export function readScheduleOptions(options: unknown): ReadOptions {
  const read = parseAs(schema, options, 'options', (context) => retentionError('PHI_RETENTION_SCHEDULE', context))
  let rules: RetentionRule[]
  try {
    rules = [
      ...rulesOf(read.law ?? usRetention.rules, 'law'),
      ...rulesOf(read.house ?? [], 'house'),
      ...rulesOf(read.contracts ?? [], 'contracts'),
    ]
  } catch (error) {
    if (isPhiError(error)) throw error
    throw refuse('options', 'a rule could not be read')
  }
  // The order in which rules are written decides nothing.
  rules.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  rules.forEach((rule, index) => {
    if (rule.id === rules[index + 1]?.id) throw refuse('options', 'two rules have the same id')
  })
  const known = new Set(rules.map(({ id }) => id))
  for (const list of ['signOffs', 'shortenings'] as const) {
    // A sign-off of a row that is not there is a slip, or was meant for another schedule.
    if (read[list]?.some(({ rule }) => !known.has(rule)))
      throw refuse(`options.${list}.*.rule`, 'must name a rule of the schedule')
  }
  if (read.shortenings && !read.replaces) throw refuse('options.shortenings', 'needs the schedule that is replaced')
  return {
    id: read.id,
    rules,
    signOffs: Object.freeze((read.signOffs ?? []).map((each) => Object.freeze({ ...each }))),
    mustBeSigned: read.mustBeSigned ?? 'every-applicable-row',
    acceptUnsigned: read.acceptUnsigned ?? [],
    advisedMargins: read.advisedMargins ?? 'wait',
    replaces: read.replaces,
    shortenings: read.shortenings ?? [],
  }
}
