import { parseAs, plainText, tenantSchema } from '@phi/core'
import { type CivilDate, isCivilDate } from '@phi/deadlines'
import * as z from 'zod'
import { type RetentionSchedule, retentionSchedule } from '../assess/policy.ts'
import { retentionError } from '../errors.ts'
import { frozen } from '../frozen.ts'
import type { ScheduleOptions } from './options.ts'
import { parseRetentionRule, type RetentionRule } from './rule.ts'
import { type Schedule, usRetention } from './us-retention.ts'

/** The options of a schedule as data: what `retentionSchedule` takes, without what is no data. */
export interface ScheduleData extends Omit<ScheduleOptions, 'law' | 'replaces'> {
  /** The rows of law: themselves, or the id of a published set such as `usRetention.id`, which names them with their version. */
  readonly law: string | readonly RetentionRule[]
}

/** One version of a tenant's schedule, as it was adopted. */
export interface ScheduleVersion {
  readonly tenant: string
  /** From 1, without gaps. A version takes the place of the one before it. */
  readonly version: number
  /** Who adopted it: 1 to 200 characters. */
  readonly by: string
  /** The civil day on which it was adopted. */
  readonly on: CivilDate
  /** The first civil day on which it is in force: not before it was adopted. */
  readonly from: CivilDate
  readonly schedule: ScheduleData
}

const civil = z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD')
const rows = z.array(z.unknown()).max(10_000)
const signOffs = z.array(z.strictObject({ rule: plainText(120), by: plainText(200), on: civil })).max(10_000)

const dataSchema = z.strictObject({
  id: plainText(120),
  law: z.union([plainText(120), rows]),
  house: rows.optional(),
  contracts: rows.optional(),
  signOffs: signOffs.optional(),
  mustBeSigned: z.enum(['every-applicable-row', 'governing-row']).optional(),
  acceptUnsigned: z.array(z.enum(['text-seen', 'secondary'])).optional(),
  advisedMargins: z.enum(['wait', 'ignore']).optional(),
  shortenings: signOffs.optional(),
})

const versionSchema = z
  .strictObject({
    tenant: tenantSchema,
    version: z.int().min(1),
    by: plainText(200),
    on: civil,
    from: civil,
    schedule: dataSchema,
  })
  .refine(({ on, from }) => from >= on, 'must not be in force before it was adopted')
  .refine(
    ({ version, schedule }) => version > 1 || schedule.shortenings === undefined,
    'the first version has nothing to shorten',
  )

const refuse = (path: string, detail: string) => retentionError('PHI_RETENTION_SCHEDULE', { path, detail })

/**
 * Reads a version: on the way into a store, and again on the way out. Every rule is checked; rows that are named by the id of their
 * set are looked up when the schedule is made.
 * @throws PhiError PHI_RETENTION_SCHEDULE, PHI_RETENTION_RULE
 */
export function parseScheduleVersion(value: unknown): ScheduleVersion {
  const read = parseAs(versionSchema, value, 'version', (context) => retentionError('PHI_RETENTION_SCHEDULE', context))
  const rulesOf = (list: 'law' | 'house' | 'contracts', given: readonly unknown[]) =>
    given.map((rule) => parseRetentionRule(rule, `version.schedule.${list}.*`))
  const { law, house, contracts, ...rest } = read.schedule
  const schedule = {
    ...rest,
    law: typeof law === 'string' ? law : rulesOf('law', law),
    ...(house && { house: rulesOf('house', house) }),
    ...(contracts && { contracts: rulesOf('contracts', contracts) }),
  } as ScheduleData
  return frozen({ ...read, schedule })
}

/**
 * The schedule of the last of some versions, which are all of a tenant's up to it, in order. Each replaces the one before: where an
 * earlier version keeps a record longer, it goes on doing so until the shortening is signed off.
 * @param published the sets of rows that versions may name. Default `usRetention`
 * @throws PhiError PHI_RETENTION_SCHEDULE where versions are missing, or name a set that is not there
 */
export function scheduleOf(
  versions: readonly ScheduleVersion[],
  published: readonly Schedule[] = [usRetention],
): RetentionSchedule {
  let made: RetentionSchedule | undefined
  for (const [index, { tenant, version, schedule }] of versions.entries()) {
    if (version !== index + 1 || tenant !== versions[0]?.tenant) throw refuse('versions', 'must be all of one tenant, in order')
    const { law, ...options } = schedule
    const rules = typeof law === 'string' ? published.find(({ id }) => id === law)?.rules : law
    // Rows of another version of the set would be another schedule under the old name.
    if (rules === undefined)
      throw refuse('versions.*.schedule.law', 'names rows that are not there: pass the set that was published')
    made = retentionSchedule({ ...options, law: rules, ...(made && { replaces: made }) })
  }
  if (made === undefined) throw refuse('versions', 'must be one at least')
  return made
}
