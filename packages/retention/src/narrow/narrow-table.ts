import { type UsState, usStates } from '@phi/core'
import { type CivilDate, formatDay, readDay } from '@phi/deadlines'
import type { RetentionPolicy } from '../assess/assessment.ts'
import { type CompiledRule, type RuleSet, rulesOf } from '../assess/compile.ts'
import { retentionError } from '../errors.ts'
import { type Provider, providers, recordKinds, stateLawOn } from '../record/kinds.ts'
import { type FlagFact, flagFacts, flagIndex } from '../record/record.ts'
import { NARROW_THROUGH } from './cutoff.ts'
import { type NarrowProfile, type ProfileOptions, profileOf, reachedOf, runningOn } from './profile.ts'
import { acceptedOf, type NarrowVersion, onEarlier, versionsOf } from './versions.ts'

/** A kind of record, by the group of kinds for which the same rules stand. */
export interface NarrowKind {
  readonly kind: string
  readonly group: number
  /** Whether the State, the provider and the flags of a record choose its profile; otherwise the group has one place alone. */
  readonly placed: boolean
}

/** The profile of a group in one place. State and provider are empty where they are not known, or choose nothing. */
export interface NarrowPlace {
  readonly group: number
  readonly state: UsState | ''
  readonly provider: Provider | ''
  /** One digit of base 3 for each of the table's flags, the first one least: 0 not known, 1 true, 2 false. */
  readonly flags: number
  readonly profile: number
}

/**
 * A schedule on one day as a table: which days the facts of a record are compared with, by its kind and place. For a database that
 * narrows a million records down to those that are worth assessing: it finds no record disposable that an assessment does not, and
 * what it cannot tell it leaves to the assessment.
 */
export interface NarrowTable {
  readonly policy: string
  readonly today: CivilDate
  readonly flags: readonly FlagFact[]
  /** Whether the schedule has a ceiling: then a record under a hold may be a conflict. */
  readonly ceilings: boolean
  readonly kinds: readonly NarrowKind[]
  readonly places: readonly NarrowPlace[]
  /** By number. Those of schedules that were replaced stand among them, for `earlier`; no place names them. */
  readonly profiles: readonly NarrowProfile[]
}

export interface NarrowOptions {
  /** The civil day of the question, in the zone of the keeper of the records. */
  readonly today: CivilDate
  /** The facts that the records have, by name. The others are taken to be known of none. */
  readonly facts: readonly string[]
}

/** The most flags that may choose a profile. Rules look at one of them as a rule. */
const MOST_FLAGS = 3

const VALUES = [undefined, true, false] as const
const PARTS = new Map<boolean | undefined, 'yes' | 'no' | 'not-known'>([
  [true, 'yes'],
  [false, 'no'],
  [undefined, 'not-known'],
])

/** The flags that choose rules: those that conditions name, and whether a message is part of the record of treatment. */
function flagsOf(rules: Iterable<CompiledRule>, has: (fact: string) => boolean): readonly FlagFact[] {
  const looked = new Set<number>([flagIndex.partOfRecord])
  for (const { rule, when } of rules) if (rule.effect === 'minimum') for (const { index } of when) looked.add(index)
  return flagFacts.filter((name) => looked.has(flagIndex[name]) && has(name))
}

/** The kinds that a version knows, itself or by a rule. */
const kindsOf = ({ compiled }: NarrowVersion): ReadonlySet<string> =>
  new Set([...recordKinds, ...compiled.flatMap(({ rule }) => (rule.kinds === 'any' ? [] : rule.kinds))])

/**
 * The table of a schedule, with what it replaces: one for a plan or a count, since it goes through every kind, State and provider, which
 * takes some tenths of a second for `usRetention`. A kind that is not in it, and every record of a policy that it cannot be made for (one
 * that `retentionSchedule` did not make, or that replaces such a one), has to be assessed.
 * @throws PhiError PHI_RETENTION_OPTIONS
 */
export function narrowTable(policy: RetentionPolicy, options: NarrowOptions): NarrowTable {
  const today = readDay(options?.today)
  if (today === undefined) {
    throw retentionError('PHI_RETENTION_OPTIONS', { path: 'options.today', detail: 'must be a day that exists, as YYYY-MM-DD' })
  }
  const given = new Set(options.facts)
  const has = (fact: string) => given.has(fact)
  const empty = { policy: policy.id, today: formatDay(today), flags: [], ceilings: true, kinds: [], places: [], profiles: [] }
  const versions = versionsOf(policy, today) ?? []
  const last = versions.at(-1)
  if (last === undefined || options.today > NARROW_THROUGH) return empty
  const everyRule = versions.flatMap(({ compiled }) => compiled)
  const flags = flagsOf(everyRule, has)
  if (flags.length > MOST_FLAGS) return empty

  const running = runningOn(today)
  const profiles: NarrowProfile[] = []
  const byText = new Map<string, number>()
  const byShape = new Map<string, number>()
  const numbers = new Map(everyRule.map((rule, number) => [rule, number]))
  const answers = new Set(everyRule.flatMap((rule) => rule.answers))
  // Thousands of places share a few hundred sets of rules.
  const numberOf = (version: NarrowVersion, set: RuleSet, flag: ProfileOptions['flag'], before: number | undefined): number => {
    const { advisedMargins, mustBeSigned } = version.insight.options
    const options = {
      today,
      has,
      running,
      flag,
      waitForMargins: advisedMargins === 'wait',
      governingOnly: mustBeSigned === 'governing-row',
    }
    const minimums = reachedOf(set.minimums, options)
    // Whether a ceiling is reached does not choose a profile: its flags stand beside its day.
    const ceilings = set.ceilings.filter(({ from }) => from <= today)
    const gap = set.gap !== undefined && answers.has(set.gap) ? set.gap : set.gap !== undefined
    let text = `${versions.indexOf(version)} ${before} ${set.placeUnknown.length > 0} ${gap}`
    for (const rule of minimums) text += ` ${numbers.get(rule)}`
    for (const rule of ceilings) text += ` ${numbers.get(rule)}`
    const known = byText.get(text)
    if (known !== undefined) return known
    let profile = profileOf({ ...set, minimums, ceilings }, options)
    if (before !== undefined) {
      const accepted = acceptedOf(minimums, version.accepted, options)
      profile = onEarlier(profile, before, accepted, version === last, { profiles, has })
    }
    const shape = JSON.stringify(profile)
    const number = byShape.get(shape) ?? profiles.push(profile) - 1
    byShape.set(shape, number)
    byText.set(text, number)
    return number
  }

  /** The kinds that a version knows. */
  const knownTo = new Map(versions.map((version) => [version, kindsOf(version)]))
  const states = has('state') ? ([undefined, ...usStates] as const) : ([undefined] as const)
  const keepers = has('provider') ? ([undefined, ...providers] as const) : ([undefined] as const)
  const combinations = Array.from({ length: 3 ** flags.length }, (_, code) => code)
  const flagOf =
    (code: number): ProfileOptions['flag'] =>
    (fact) => {
      const digit = flags.indexOf(fact)
      return digit < 0 ? undefined : VALUES[Math.floor(code / 3 ** digit) % 3]
    }

  /** The rules that reach a kind, by version; a version that does not know the kind has its rules for any kind alone. */
  interface OfKind {
    readonly version: NarrowVersion
    readonly named: string
    readonly rules: readonly CompiledRule[]
  }

  /** The profiles of a kind in one State, by provider and flags. */
  function profilesIn(kind: string, state: UsState | undefined, ofKind: readonly OfKind[]): number[] {
    return keepers.flatMap((provider) =>
      combinations.map((code) => {
        const flag = flagOf(code)
        const part = stateLawOn(kind) === 'if-part-of-record' ? PARTS.get(flag('partOfRecord')) : 'no'
        let number: number | undefined
        for (const { version, named, rules } of ofKind) {
          const set = rulesOf(rules, { kind: named, state, provider, partOfRecord: part ?? 'not-known' })
          number = numberOf(version, set, flag, number)
        }
        return number as number
      }),
    )
  }

  /** The profiles of a kind in every place, in one order. */
  function profilesOf(kind: string): number[] {
    const reaches = ({ rule }: CompiledRule) =>
      rule.kinds === 'any' || rule.kinds.includes(kind) || rule.kinds.includes('medical-record')
    const ofKind = versions.map((version): OfKind => {
      const named = knownTo.get(version)?.has(kind) ? kind : ''
      return { version, named, rules: version.compiled.filter(reaches) }
    })
    let elsewhere: number[] | undefined
    return states.flatMap((state) => {
      if (state === undefined) return profilesIn(kind, state, ofKind)
      const here = ofKind.map(({ rules, ...each }) => ({
        ...each,
        rules: rules.filter(({ rule }) => rule.jurisdiction === undefined || rule.jurisdiction.includes(state)),
      }))
      // States without a row of their own are one place, unless somebody settled what is missing of this one.
      const hasRow = here.some(({ rules }) => rules.some(({ rule }) => rule.jurisdiction !== undefined))
      if (hasRow || [...answers].some((each) => each.startsWith(`state-law:${state}:`))) return profilesIn(kind, state, here)
      elsewhere ??= profilesIn(kind, state, here)
      return elsewhere
    })
  }

  const ofRules = new Map<string, number[]>()
  /** Kinds that the same rules name have the same profiles. */
  function profilesByRules(kind: string): number[] {
    const rules = everyRule.filter(({ rule }) => rule.kinds === 'any' || rule.kinds.includes(kind))
    const known = versions.map((version) => knownTo.get(version)?.has(kind))
    const key = `${rules.map((rule) => numbers.get(rule))} ${stateLawOn(kind)} ${known}`
    const found = ofRules.get(key) ?? profilesOf(kind)
    ofRules.set(key, found)
    return found
  }

  const kinds: NarrowKind[] = []
  const places: NarrowPlace[] = []
  const groups = new Map<string, { readonly group: number; readonly placed: boolean }>()
  // A kind that the last version does not know stands in no table.
  for (const kind of [...(knownTo.get(last) ?? [])].sort()) {
    const found = profilesByRules(kind)
    const key = found.join()
    let group = groups.get(key)
    if (group === undefined) {
      const placed = found.some((profile) => profile !== found[0])
      group = { group: groups.size, placed }
      groups.set(key, group)
      const at = group.group
      if (!placed) places.push({ group: at, state: '', provider: '', flags: 0, profile: found[0] as number })
      else {
        let next = 0
        for (const state of states) {
          for (const provider of keepers) {
            for (const code of combinations) {
              const profile = found[next++] as number
              places.push({ group: at, state: state ?? '', provider: provider ?? '', flags: code, profile })
            }
          }
        }
      }
    }
    kinds.push({ kind, ...group })
  }
  return { ...empty, flags, ceilings: last.compiled.some(({ rule }) => rule.effect === 'ceiling'), kinds, places, profiles }
}
