import { type CivilDate, isCivilDate } from '@phi/deadlines'
import { retentionError } from '../errors.ts'
import type { Assessment, AssessmentStatus, RetentionPolicy, RuleReference } from './assessment.ts'

/** Sorts after every date. */
const NEVER = '9999'

/** Verdicts about time: an earlier schedule that keeps the record longer replaces them. */
const ofTime: readonly AssessmentStatus[] = ['retain', 'condition-unmet', 'needs-sign-off', 'disposable']

/** The first day on which a schedule lets go of a record by what is known, as a text that sorts. */
const letsGo = ({ earliest }: Assessment): string => earliest ?? NEVER

/** Whether the later schedule lets go of a record before the earlier one does. Both without holds. */
const shortens = (before: Assessment, after: Assessment): boolean => letsGo(before) > letsGo(after)

/** The last date to keep; a schedule that keeps for good, or cannot tell yet, has none. */
function keptThrough(before: Assessment, after: Assessment): CivilDate | null {
  if (before.keepThrough === null || after.keepThrough === null) return null
  return before.keepThrough > after.keepThrough ? before.keepThrough : after.keepThrough
}

/**
 * The assessment by the later schedule, as long as it does not let go of the record before the earlier one does, or somebody signed
 * that off for every rule on which it rests. A schedule shortens nothing by itself. Both assessments are without holds.
 */
export function withoutShortening(
  after: Assessment,
  before: Assessment,
  accepted: ReadonlySet<string>,
  today: CivilDate,
): Assessment {
  if (!shortens(before, after) || after.governing.every(({ rule }) => accepted.has(rule))) return after
  const from = letsGo(before)
  const keepThrough = keptThrough(before, after)
  const merged = {
    ...after,
    keepThrough,
    floor: keepThrough !== null && before.floor,
    governing: keepThrough === after.keepThrough ? after.governing : before.governing,
    earliest: from === NEVER ? null : from,
  }
  if (today >= from || !ofTime.includes(after.status)) return merged
  const keeps = before.status === 'retain'
  const status = keeps ? (after.ceiling?.overdue ? 'conflict' : 'retain') : 'needs-sign-off'
  const unsigned = after.governing.map(({ rule }) => rule).filter((rule) => !accepted.has(rule))
  return {
    ...merged,
    status,
    why: 'shortening-not-signed-off',
    disposable: false,
    needsSignOff: [...new Set([...after.needsSignOff, ...unsigned])],
  }
}

/** What another schedule changes for one record. */
export interface ScheduleChange {
  readonly record: string
  readonly kind: string
  readonly before: {
    readonly keepThrough: CivilDate | null
    readonly earliest: CivilDate | null
    readonly governing: readonly RuleReference[]
  }
  readonly after: {
    readonly keepThrough: CivilDate | null
    readonly earliest: CivilDate | null
    readonly governing: readonly RuleReference[]
  }
}

export interface ScheduleComparison {
  readonly before: string
  readonly after: string
  /** Let go earlier than before, or at all where they were not. Each needs a sign-off to take effect. */
  readonly shortened: readonly ScheduleChange[]
  /** Let go later than before, or no longer at all. */
  readonly lengthened: readonly ScheduleChange[]
  readonly unchanged: number
  /** The rules on which the shortenings rest: what `shortenings` of the new schedule has to name. */
  readonly toSignOff: readonly string[]
}

const side = ({ keepThrough, earliest, governing }: Assessment) => ({ keepThrough, earliest, governing })

/**
 * What a new schedule changes for records. Holds are left out: they are no matter of schedules. Pass the new schedule without
 * `replaces`, so that it is seen for itself.
 * @throws PhiError PHI_RETENTION_OPTIONS
 */
export function compareSchedules(
  records: Iterable<unknown>,
  before: RetentionPolicy,
  after: RetentionPolicy,
  options: { readonly today: CivilDate },
): ScheduleComparison {
  if (!isCivilDate(options?.today)) {
    throw retentionError('PHI_RETENTION_OPTIONS', { path: 'options.today', detail: 'must be a day that exists, as YYYY-MM-DD' })
  }
  const { today } = options
  const shortened: ScheduleChange[] = []
  const lengthened: ScheduleChange[] = []
  const rules = new Set<string>()
  let unchanged = 0
  for (const record of records) {
    const old = before.assess(record, { today })
    const now = after.assess(record, { today })
    const change = { record: now.record, kind: now.kind, before: side(old), after: side(now) }
    if (shortens(old, now)) {
      shortened.push(change)
      for (const { rule } of now.governing) rules.add(rule)
    } else if (shortens(now, old)) lengthened.push(change)
    else unchanged++
  }
  return { before: before.id, after: after.id, shortened, lengthened, unchanged, toSignOff: [...rules].sort() }
}
