import { type Day, parseDay } from '@phi/deadlines'
import type { RetentionPolicy } from '../assess/assessment.ts'
import type { CompiledRule } from '../assess/compile.ts'
import { type Insight, insightOf } from '../assess/policy.ts'
import { type NarrowProfile, type ProfileOptions, reachedOf } from './profile.ts'

// A schedule that replaces another shortens nothing by itself (`shortening.ts`): whether it does hangs on what the earlier one says of the
// record. So a profile names that of the earlier schedule in the same place, as far as it can make a difference.

/** Whether the rules that may govern a record were accepted as shorter: all of them, none, or it depends on the record. */
export type Accepted = 'all' | 'some' | 'none'

/** One version of a schedule. */
export interface NarrowVersion {
  readonly insight: Insight
  readonly compiled: readonly CompiledRule[]
  /** The rules by which it may shorten what the version before keeps, on the day. */
  readonly accepted: ReadonlySet<string>
}

/** A policy and those that it replaces, the first one first; `undefined` where one of them was not made by `retentionSchedule`. */
export function versionsOf(policy: RetentionPolicy, today: Day): readonly NarrowVersion[] | undefined {
  const versions: NarrowVersion[] = []
  for (let each: RetentionPolicy | undefined = policy; each !== undefined; ) {
    const insight = insightOf(each)
    if (insight === undefined) return undefined
    const { shortenings, replaces } = insight.options
    const accepted = new Set(shortenings.filter(({ on }) => parseDay(on) <= today).map(({ rule }) => rule))
    versions.push({ insight, compiled: [...insight.compiled.values()], accepted })
    each = replaces
  }
  return versions.reverse()
}

/** What those of some minimums that are reached come to: only rules that have a date can govern. */
export function acceptedOf(
  minimums: readonly CompiledRule[],
  accepted: ReadonlySet<string>,
  options: Pick<ProfileOptions, 'today' | 'flag'>,
): Accepted {
  if (accepted.size === 0) return 'none'
  const dated = reachedOf(minimums, options).filter(({ rule }) => rule.period.unit !== 'open')
  const own = dated.filter(({ rule }) => accepted.has(rule.id)).length
  return own === 0 ? 'none' : own === dated.length ? 'all' : 'some'
}

/** The most profiles of earlier versions behind one. Beyond that a place is left to the assessment. */
const MOST_EARLIER = 4

/** What a profile says of the time: who signed for it makes no difference to what it keeps. */
const timesOf = ({ signed, minorSigned, earlier, ...times }: NarrowProfile): string => JSON.stringify(times)

/** How many profiles stand behind one. */
function depthOf({ earlier }: NarrowProfile, profiles: readonly NarrowProfile[]): number {
  return earlier === null ? 0 : 1 + depthOf(profiles[earlier.profile] as NarrowProfile, profiles)
}

/**
 * The profile of a version on that of the version before in the same place. Profiles that say the same of the time let go of the same
 * records, so that of two such versions one is enough.
 * @param last whether nothing replaces the version, so that its very status is asked for
 */
export function onEarlier(
  own: NarrowProfile,
  before: number,
  accepted: Accepted,
  last: boolean,
  { profiles, has }: { readonly profiles: readonly NarrowProfile[]; readonly has: ProfileOptions['has'] },
): NarrowProfile {
  // Nothing is said anyway.
  if (!own.decidable) return own
  const under = profiles[before] as NarrowProfile
  const hasConditions = own.unmet || Object.keys(own.metBefore).length > 0
  // Equal profiles have the same condition open, and not from the same day on; and what a ceiling stands against hangs on the verdict of
  // the version before, which is not that of the one before it.
  const alike =
    timesOf(own) === timesOf(under) && !(last && (hasConditions || (under.earlier !== null && own.overdueWhere.length > 0)))
  if (alike && under.earlier === null) return own
  if (accepted === 'all') {
    // A date that was stated for the record is no rule that anybody accepts.
    const undecidedWhere = has('keepThrough')
      ? [...new Set([...own.undecidedWhere, 'keepThrough' as const])].sort()
      : own.undecidedWhere
    return { ...own, undecidedWhere }
  }
  const behind = alike ? under.earlier : null
  const earlier =
    behind === null
      ? { profile: before, accepted }
      : { profile: behind.profile, accepted: accepted === 'some' ? accepted : behind.accepted }
  const made = { ...own, earlier }
  return depthOf(made, profiles) > MOST_EARLIER ? { ...own, decidable: false } : made
}
