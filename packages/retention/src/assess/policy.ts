import { type Confirmation, canonicalJson, sha256, toHex, type UsState, utf8 } from '@phi/core'
import { type Day, formatDay, parseDay } from '@phi/deadlines'
import { type Provider, recordKinds, stateLawOn } from '../record/kinds.ts'
import { type ReadRecord, readRecord } from '../record/read.ts'
import { FOREVER, flagIndex, NONE } from '../record/record.ts'
import { type ReadOptions, readScheduleOptions, type ScheduleOptions, type SignOff } from '../schedule/options.ts'
import type { RetentionRule } from '../schedule/rule.ts'
import { readHolds, readToday } from './assess-options.ts'
import type { Assessment, AssessOptions, RetentionPolicy } from './assessment.ts'
import { type CompiledRule, compileRule, type RuleSet, rulesOf } from './compile.ts'
import { askRules, type Outcome, type RuleOutcome } from './evaluate.ts'
import { withoutShortening } from './shortening.ts'
import { type StatedShorter, statedShorter } from './stated-shorter.ts'
import { assessmentOf, underHolds, unreadable } from './status.ts'

/** A schedule that can be asked. */
export interface RetentionSchedule extends RetentionPolicy {
  /** The rules, by id. */
  readonly rules: readonly RetentionRule[]
  readonly signOffs: readonly SignOff[]
  /** Those of `signOffs` that are older than their row: it was compared with its sources since, and has to be signed off again. */
  readonly staleSignOffs: readonly SignOff[]
  /** Periods of the house or of agreements that are shorter than what the law asks for the same kind of record. Reported, not refused. */
  readonly statedShorter: readonly StatedShorter[]
}

const PART = flagIndex.partOfRecord

/** What `explain` needs of a policy, and what is nobody else's. */
export interface Insight {
  readonly options: ReadOptions
  readonly compiled: ReadonlyMap<string, CompiledRule>
  /** @throws PhiError PHI_DEADLINES_RANGE */
  ask(read: ReadRecord, today: Day, trace: RuleOutcome[]): Outcome
}

const insights = new WeakMap<RetentionPolicy, Insight>()

/** The inside of a policy; `undefined` for one that `retentionSchedule` did not make. */
export const insightOf = (policy: RetentionPolicy): Insight | undefined => insights.get(policy)

/** Name and contents: a policy in which anything was changed has another id. */
function idOf(options: ReadOptions): string {
  const { id, replaces, ...contents } = options
  // Through JSON: a key that was given as undefined is no content.
  const plain = JSON.parse(JSON.stringify({ ...contents, replaces: replaces?.id ?? null }))
  return `${id}#${toHex(sha256(utf8(canonicalJson(plain)))).slice(0, 16)}`
}

/** Whether a message is part of the record of treatment, by the number of the flag: not known, no, yes. */
const parts = ['not-known', 'no', 'yes'] as const
type ByPart = [RuleSet | undefined, RuleSet | undefined, RuleSet | undefined]

/** Of one kind in one State: by provider and part. */
type OfState = Map<Provider | undefined, ByPart>

/** The rules of each place, worked out when it is first met. Kinds that nobody named share one entry. */
function placesOf(compiled: readonly CompiledRule[]): (read: ReadRecord) => RuleSet {
  const kinds = new Set<string>([...recordKinds, ...compiled.flatMap(({ rule }) => (rule.kinds === 'any' ? [] : rule.kinds))])
  const byKind = new Map<string, Map<UsState | undefined, OfState>>()

  function placesOfState(kind: string, state: UsState | undefined): OfState {
    const ofKind = byKind.get(kind) ?? new Map<UsState | undefined, OfState>()
    const ofState: OfState = ofKind.get(state) ?? new Map()
    byKind.set(kind, ofKind.set(state, ofState))
    return ofState
  }

  return ({ kind, state, provider, facts }) => {
    const flag = facts[PART]
    const part = stateLawOn(kind) !== 'if-part-of-record' || flag === 0 ? 1 : flag === 1 ? 2 : 0
    const known = kinds.has(kind) ? kind : ''
    const ofState = byKind.get(known)?.get(state) ?? placesOfState(known, state)
    let byPart = ofState.get(provider)
    if (byPart === undefined) {
      byPart = [undefined, undefined, undefined]
      ofState.set(provider, byPart)
    }
    let set = byPart[part]
    if (set === undefined) {
      set = rulesOf(compiled, { kind: known, state, provider, partOfRecord: parts[part] })
      byPart[part] = set
    }
    return set
  }
}

/** From when each row may carry a deletion, and the sign-offs that do not count. */
function signaturesOf({ rules, signOffs, acceptUnsigned }: ReadOptions) {
  const rows = new Map(rules.map((rule) => [rule.id, rule]))
  const isStale = ({ rule, on }: SignOff) => on < (rows.get(rule)?.asOf ?? on)
  const first = new Map<string, Day>()
  for (const each of signOffs) {
    if (!isStale(each)) first.set(each.rule, Math.min(first.get(each.rule) ?? FOREVER, parseDay(each.on)))
  }
  const accepted: readonly Confirmation[] = acceptUnsigned
  return {
    // A rule of the house or of an agreement is `text-seen` by whoever wrote it: that says nothing of whether it is right to delete by.
    signedFrom: ({ id, origin }: RetentionRule, confirmation: Confirmation): Day =>
      origin === 'law' && accepted.includes(confirmation) ? NONE : (first.get(id) ?? FOREVER),
    stale: Object.freeze(signOffs.filter(isStale)),
  }
}

/**
 * A schedule of retention: rows of law, periods of the house, periods of agreements, and who signed them off.
 *
 * The longest minimum that applies wins. What is not known is never disposable, and neither is what rests on rows that nobody
 * signed off. The schedule is checked, copied and frozen here, once.
 * @throws PhiError PHI_RETENTION_SCHEDULE, PHI_RETENTION_RULE
 */
export function retentionSchedule(options: ScheduleOptions): RetentionSchedule {
  const read = readScheduleOptions(options)
  const id = idOf(read)
  const { signedFrom, stale } = signaturesOf(read)
  // Proposed, vacated and superseded rows are kept in the schedule, and never fire.
  const compiled = read.rules
    .filter(({ inForce }) => inForce.status === 'in-force')
    .map((rule) => compileRule(rule, { signedFrom }))
  const byId = new Map(compiled.map((each) => [each.rule.id, each]))
  const placeOf = placesOf(compiled)
  const statusOptions = {
    policy: id,
    waitForMargins: read.advisedMargins === 'wait',
    governingOnly: read.mustBeSigned === 'governing-row',
  }

  const noneNamed: readonly CompiledRule[] = []
  function ask(record: ReadRecord, today: Day, trace?: RuleOutcome[]): Outcome {
    let named = noneNamed
    let missing = false
    if (record.rules !== undefined) {
      named = record.rules.map((rule) => byId.get(rule)).filter((rule) => rule !== undefined)
      missing = named.length < record.rules.length
    }
    const outcome = askRules(placeOf(record), named, record, today, trace)
    if (missing) {
      outcome.unknown.push('rules')
      outcome.why ??= 'rule-not-in-the-schedule'
    }
    return outcome
  }

  function judge(record: ReadRecord, today: Day): Assessment {
    if (!record.readable) return unreadable(record, id)
    try {
      return assessmentOf(ask(record, today), record, today, statusOptions)
    } catch {
      // A date so far out that counting from it leaves the calendar.
      return unreadable(record, id)
    }
  }

  const policy: RetentionSchedule = Object.freeze({
    id,
    rules: Object.freeze(read.rules),
    signOffs: read.signOffs,
    staleSignOffs: stale,
    statedShorter: statedShorter(read.rules),
    assess(record: unknown, options: AssessOptions): Assessment {
      const today = readToday(options)
      const holds = readHolds(options.holds, today)
      const facts = readRecord(record)
      let found = judge(facts, today)
      if (read.replaces !== undefined) {
        const on = formatDay(today)
        const accepted = read.shortenings.filter((each) => each.on <= on).map(({ rule }) => rule)
        found = withoutShortening(found, read.replaces.assess(record, { today: on }), new Set(accepted), on)
      }
      return underHolds(found, holds)
    },
  })
  insights.set(policy, { options: read, compiled: byId, ask })
  return policy
}

/** `policy.assess`, as a function. */
export const assess = (record: unknown, policy: RetentionPolicy, options: AssessOptions): Assessment =>
  policy.assess(record, options)
