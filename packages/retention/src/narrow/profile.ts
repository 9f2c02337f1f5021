import { type CivilDate, type Day, formatDay } from '@phi/deadlines'
import type { CompiledRule, RuleSet } from '../assess/compile.ts'
import type { StatusOptions } from '../assess/status.ts'
import { type DateFact, dateFacts, type FlagFact, flagFacts, flagIndex } from '../record/record.ts'
import { firstRunning } from './cutoff.ts'

/** A day for each of some facts. */
export type Cutoffs = Readonly<Partial<Record<DateFact, CivilDate>>>

/**
 * What the rules of one place come to on one day, as days to compare facts with. A record whose facts a profile does not decide is
 * assessed itself.
 */
export interface NarrowProfile {
  /** False: nothing is said of any record. */
  readonly decidable: boolean
  /** Nothing is said of records where one of these is known. */
  readonly undecidedWhere: readonly (DateFact | 'laterMammograms')[]
  /** A rule keeps for good. */
  readonly permanent: boolean
  /** Something is not known of every record of the place: a rule without a number, a State's law, the start of a period. */
  readonly unknown: boolean
  /** A fact that is needed is not among those that are given. */
  readonly missing: boolean
  /** Facts without which the start of a period is not known. */
  readonly needs: readonly DateFact[]
  /** Lists of which one at least must be known, or the flag be false. */
  readonly needsOneOf: readonly { readonly facts: readonly DateFact[]; readonly unlessNot: FlagFact | null }[]
  /** Where no start is missing: a period runs where a fact lies on its day or later, and only there. */
  readonly runsFrom: Cutoffs
  /** Where a start is missing: nothing runs unless a fact lies on its day or later. */
  readonly mayRunFrom: Cutoffs
  /** The same as `runsFrom` for advised margins that are waited for. */
  readonly marginFrom: Cutoffs
  /** Conditions before destruction are met where each of these facts is known and lies before its day. */
  readonly metBefore: Cutoffs
  /** A condition is never met, since its fact is not among those that are given. */
  readonly unmet: boolean
  /** A ceiling has passed where a fact lies before its day, unless a flag is known to be other than it asks for. */
  readonly overdueWhere: readonly {
    readonly fact: DateFact
    readonly before: CivilDate
    readonly flags: readonly { readonly fact: FlagFact; readonly is: boolean }[]
  }[]
  /** What depends on the age of the patient; null where nothing does. */
  readonly age: {
    /** Births on this day or later keep the record of a minor. */
    readonly keepsBornFrom: CivilDate | null
    /** A birth that is not known, of a patient not said to be of age, leaves something open. */
    readonly needsBorn: boolean
    /** A rule says nothing of minors, and nobody settled it. */
    readonly notInTable: boolean
    /** Days from birth after which every rule takes a person for an adult, and before which every rule takes them for a minor. */
    readonly adultAfterDays: number
    readonly minorBeforeDays: number
  } | null
  /** Whether the rows were signed off, of adults and of minors. `undecided`: it depends on which row governs. */
  readonly signed: Signed
  readonly minorSigned: Signed
  /**
   * The profile of the schedule that this one replaces, by its number, where that can make a difference; null where it cannot. While the
   * earlier one keeps a record, a later one lets go of it only by rules that were accepted as shorter: of `none` the earlier one stands,
   * of `some` it depends on the record.
   */
  readonly earlier: { readonly profile: number; readonly accepted: 'none' | 'some' } | null
}

export type Signed = 'signed' | 'unsigned' | 'undecided'

export interface ProfileOptions extends Pick<StatusOptions, 'waitForMargins' | 'governingOnly'> {
  readonly today: Day
  /** `firstRunning`, remembered: every rule stands in hundreds of places. */
  readonly running: (of: CompiledRule, what: 'period' | 'margin' | 'minor') => Day
  /** Whether a fact is among those that are given. */
  readonly has: (fact: string) => boolean
  /** The value of a flag that conditions of rules look at: undefined for not known. */
  readonly flag: (fact: FlagFact) => boolean | undefined
}

/** Over 365.25 a year as the calendar runs, and rounding: a span of so many years never lies outside these days. */
const daysAtMost = (years: number): number => Math.ceil(years * 365.25) + 3
const daysAtLeast = (years: number): number => Math.floor(years * 365.24) - 3

const factOf = (place: number): DateFact => dateFacts[place] as DateFact
const CARE = new Set<DateFact>(['created', 'serviceDate', 'mammogram', 'discharged', 'lastTreatment', 'lastEntry'])
const FLAGS = new Map<number, FlagFact>(flagFacts.map((name) => [flagIndex[name], name]))

/** "One of these lists in full" as "of each of these lists one": the product of the lists. */
function eachOf(ways: readonly (readonly number[])[]): readonly (readonly DateFact[])[] {
  let clauses: DateFact[][] = [[]]
  for (const way of ways) clauses = clauses.flatMap((clause) => way.map((place) => [...clause, factOf(place)]))
  return clauses.map((clause) => [...new Set(clause)])
}

/** The most lists that come of one rule. More is no shape that occurs. */
const MOST_CLAUSES = 16

interface Draft {
  decidable: boolean
  readonly undecidedWhere: Set<DateFact | 'laterMammograms'>
  missing: boolean
  readonly needs: Set<DateFact>
  readonly needsOneOf: Map<string, NarrowProfile['needsOneOf'][number]>
}

function need(draft: Draft, facts: readonly DateFact[], unlessNot: FlagFact | null, has: ProfileOptions['has']): void {
  const given = facts.filter(has).sort()
  const [only] = given
  const flag = unlessNot !== null && has(unlessNot) ? unlessNot : null
  if (only === undefined && flag === null) draft.missing = true
  else if (given.length === 1 && only !== undefined && flag === null) draft.needs.add(only)
  else draft.needsOneOf.set(`${given.join()} ${flag}`, { facts: given, unlessNot: flag })
}

/** The earliest of the days for each fact that is given. */
class Days {
  readonly days = new Map<DateFact, Day>()
  readonly #has: ProfileOptions['has']
  constructor(has: ProfileOptions['has']) {
    this.#has = has
  }
  earliest(fact: DateFact, day: Day): void {
    if (this.#has(fact)) this.days.set(fact, Math.min(day, this.days.get(fact) ?? day))
  }
  get cutoffs(): Cutoffs {
    return Object.fromEntries([...this.days].sort().map(([fact, day]) => [fact, formatDay(day)]))
  }
}

/** How the rows that apply were signed off. */
function signedOf(rules: readonly CompiledRule[], of: (rule: CompiledRule) => Day, options: ProfileOptions): Signed {
  const unsigned = rules.filter((rule) => options.today < of(rule)).length
  if (unsigned === 0) return 'signed'
  return options.governingOnly && unsigned < rules.length ? 'undecided' : 'unsigned'
}

/** What the rules that are reached settle between them; `undefined` where that hangs on a record. */
function answersOf(minimums: readonly CompiledRule[], today: Day): ReadonlySet<string> | undefined {
  const answering = minimums.filter(({ answers, rule }) => answers.length > 0 && rule.period.unit !== 'open')
  const answers = new Set<string>()
  for (const { signedFrom, minorSignedFrom, answers: own } of answering) {
    if (minorSignedFrom !== signedFrom && today < minorSignedFrom) return undefined
    // Where a fact that it needs is missing it settles nothing; but then that fact is not known, and leaves the record open.
    if (today >= signedFrom) for (const answer of own) answers.add(answer)
  }
  const settlesItself = minimums.some(
    ({ rule, answers: own }) => own.length > 0 && (answers.has(`rule:${rule.id}`) || answers.has(`minors:${rule.id}`)),
  )
  return settlesItself ? undefined : answers
}

/** The rules that reach a record with these flags, on the day. */
export function reachedOf(
  rules: readonly CompiledRule[],
  { today, flag }: Pick<ProfileOptions, 'today' | 'flag'>,
): readonly CompiledRule[] {
  const holds = ({ index, value }: CompiledRule['when'][number]) => {
    const known = flag(FLAGS.get(index) as FlagFact)
    return known === undefined || known === (value === 1)
  }
  return rules.filter(({ from, when }) => from <= today && when.every(holds))
}

/** The first days from which rules still run on a day, each counted once. */
export function runningOn(today: Day): ProfileOptions['running'] {
  const known = new Map<string, Map<CompiledRule, Day>>([
    ['period', new Map()],
    ['margin', new Map()],
    ['minor', new Map()],
  ])
  return (rule, what) => {
    const days = known.get(what) as Map<CompiledRule, Day>
    let day = days.get(rule)
    if (day === undefined) {
      const end = what === 'minor' ? rule.minorEnd : (start: Day) => rule.end(start) + (what === 'margin' ? rule.margin : 0)
      day = firstRunning(end, today)
      days.set(rule, day)
    }
    return day
  }
}

/** Folds the minimums that are reached in a place, and its ceilings, into days to compare with. Meant for days from 1800 through 2150. */
export function profileOf(set: RuleSet, options: ProfileOptions): NarrowProfile {
  const { today, has } = options
  const { minimums, ceilings } = set
  const answers = answersOf(minimums, today)
  const draft: Draft = {
    decidable: answers !== undefined,
    undecidedWhere: new Set(),
    missing: false,
    needs: new Set(),
    needsOneOf: new Map(),
  }
  const [runs, mayRun, margins, met] = Array.from({ length: 4 }, () => new Days(has)) as [Days, Days, Days, Days]
  const overdue = new Map<string, NarrowProfile['overdueWhere'][number]>()
  let unknown = set.placeUnknown.length > 0 || (set.gap !== undefined && !answers?.has(set.gap))
  let unmet = false
  runs.earliest('keepThrough', today)
  mayRun.earliest('keepThrough', today)

  const dated: CompiledRule[] = []
  const aged: CompiledRule[] = []
  let notInTable = false
  for (const compiled of minimums) {
    const { rule } = compiled
    if (rule.period.unit === 'open') {
      if (!answers?.has(`rule:${rule.id}`)) unknown = true
      continue
    }
    dated.push(compiled)
    for (const { index, days } of compiled.conditions) {
      const fact = factOf(index)
      // Met where the fact and the days after it lie before today.
      if (has(fact)) met.days.set(fact, Math.min(today - days, met.days.get(fact) ?? today))
      else unmet = true
    }
    if (rule.afterDeath && has('died')) draft.undecidedWhere.add('died')
    if (rule.returned && has('laterMammograms')) draft.undecidedWhere.add('laterMammograms')
    if (compiled.minor !== 'not-by-age') {
      aged.push(compiled)
      if (compiled.minor === 'not-in-table' && !answers?.has(`minors:${rule.id}`)) notInTable = true
    }
    if (rule.period.unit === 'permanent') continue
    const from = options.running(compiled, 'period')
    const starts = compiled.byAge ? (['born'] as const) : compiled.all.map(factOf)
    if (compiled.byAge) need(draft, ['born'], null, has)
    else if (compiled.anyOf.reduce((size, way) => size * way.length, 1) > MOST_CLAUSES) draft.decidable = false
    else for (const clause of eachOf(compiled.anyOf)) need(draft, clause, null, has)
    for (const fact of starts) {
      runs.earliest(fact, from)
      mayRun.earliest(fact, from)
    }
    for (const place of compiled.floorFrom) mayRun.earliest(factOf(place), from)
    if (compiled.through >= 0) {
      const fact = factOf(compiled.through)
      need(draft, [fact], FLAGS.get(compiled.throughFlag) as FlagFact, has)
      runs.earliest(fact, today)
      mayRun.earliest(fact, today)
    }
    if (compiled.minor !== 'not-by-age') {
      // The age is that at the first date of the record, which is found among the dates of care alone.
      const places = [...compiled.all, ...compiled.floorFrom]
      if (compiled.byAge || places.some((place) => !CARE.has(factOf(place)))) draft.decidable = false
    }
    if (compiled.margin > 0 && options.waitForMargins) {
      if (compiled.minor === 'age' || compiled.through >= 0 || rule.afterDeath) draft.decidable = false
      const margin = options.running(compiled, 'margin')
      for (const fact of starts) margins.earliest(fact, margin)
      // Advice gives way to a ceiling: by which of its days is left to the assessment.
      for (const { all } of ceilings) for (const place of all) if (has(factOf(place))) draft.undecidedWhere.add(factOf(place))
    }
  }

  for (const compiled of ceilings) {
    const [first, ...others] = compiled.all
    if (first !== undefined && others.length === 0) {
      const fact = factOf(first)
      const before = formatDay(options.running(compiled, 'period'))
      const flags = (compiled.rule.when ?? []).filter((each) => has(each.fact))
      const key = JSON.stringify([fact, flags])
      // Of two ceilings the earlier one ends first.
      const known = overdue.get(key)
      if (has(fact) && (known === undefined || known.before < before)) overdue.set(key, { fact, before, flags })
    } else for (const place of compiled.all) if (has(factOf(place))) draft.undecidedWhere.add(factOf(place))
  }

  const byAge = aged.filter(({ minor }) => minor === 'age')
  const keeps = byAge.map((compiled) => options.running(compiled, 'minor'))
  const majorities = aged.map(({ majority }) => majority)
  const age =
    aged.length === 0
      ? null
      : {
          keepsBornFrom: keeps.length === 0 ? null : formatDay(Math.min(...keeps)),
          needsBorn: byAge.length > 0 || notInTable,
          notInTable,
          adultAfterDays: daysAtMost(Math.max(...majorities)),
          minorBeforeDays: daysAtLeast(Math.min(...majorities)),
        }
  return {
    decidable: draft.decidable,
    undecidedWhere: [...draft.undecidedWhere].sort(),
    permanent: dated.some(({ rule }) => rule.period.unit === 'permanent'),
    unknown: unknown || dated.length === 0,
    missing: draft.missing || (age?.needsBorn === true && !has('born') && !has('adult')),
    needs: [...draft.needs].sort(),
    needsOneOf: [...draft.needsOneOf].sort().map(([, each]) => each),
    runsFrom: runs.cutoffs,
    mayRunFrom: mayRun.cutoffs,
    marginFrom: margins.cutoffs,
    metBefore: met.cutoffs,
    unmet,
    overdueWhere: [...overdue].sort().map(([, each]) => each),
    age,
    signed: signedOf(dated, ({ signedFrom }) => signedFrom, options),
    minorSigned: signedOf(
      dated,
      ({ minor, signedFrom, minorSignedFrom }) => (minor === 'age' ? minorSignedFrom : signedFrom),
      options,
    ),
    earlier: null,
  }
}
