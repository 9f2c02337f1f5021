import { type Confirmation, formatCitation, type UsState } from '@phi/core'
import { addMonths, addYears, type Day, parseDay, type Rounding } from '@phi/deadlines'
import { type Provider, providers, stateLawOn } from '../record/kinds.ts'
import { dateIndex, flagIndex } from '../record/record.ts'
import { majorityAge } from '../schedule/majority.ts'
import type { RetentionRule } from '../schedule/rule.ts'
import type { RuleReference } from './assessment.ts'

/** A rule with its facts as places in `ReadRecord.facts` and its dates as days, so that a million records can be asked. */
export interface CompiledRule {
  readonly rule: RetentionRule
  readonly reference: RuleReference
  /** The same, as a list of one. */
  readonly alone: readonly RuleReference[]
  readonly from: Day
  readonly when: readonly { readonly index: number; readonly value: number }[]
  readonly anyOf: readonly (readonly number[])[]
  /** Every fact that may move the start. */
  readonly all: readonly number[]
  readonly floorFrom: readonly number[]
  /** The end of the period of a start. */
  readonly end: (start: Day) => Day
  readonly byAge: boolean
  readonly through: number
  readonly throughFlag: number
  readonly minor: 'not-by-age' | 'not-in-table' | 'age'
  /** The age below which a person is a minor to this rule. */
  readonly majority: number
  readonly minorEnd: (born: Day) => Day
  readonly conditions: readonly { readonly index: number; readonly days: number }[]
  readonly margin: number
  /** The first day on which a deletion may rest on the row: somebody signed it off, or its confirmation is accepted. */
  readonly signedFrom: Day
  /** The same for what it says of minors. */
  readonly minorSignedFrom: Day
  /** What it settles, where it is signed off. */
  readonly answers: readonly string[]
}

export interface Compiler {
  /** From when a row may carry a deletion, by the confirmation of the part that is used: FOREVER for never. */
  readonly signedFrom: (rule: RetentionRule, confirmation: Confirmation) => Day
}

const KEEP: Rounding = 'later'
/** The strictest age of majority of the table: for rules that say nothing of it, on the side of keeping. */
const LATEST_MAJORITY = 21

const never = (): Day => {
  throw new RangeError('a period without a number has no end')
}

/** The days that are remembered of one count: a hundred years. */
const REMEMBERED = 36_525

/** The dates of a million records are a few thousand days. What throws is not remembered. */
function remembered(count: (from: Day) => Day): (from: Day) => Day {
  const known = new Map<Day, Day>()
  return (from) => {
    const before = known.get(from)
    if (before !== undefined) return before
    const day = count(from)
    if (known.size < REMEMBERED) known.set(from, day)
    return day
  }
}

/** Minimums are counted to the later day where a month is too short, and ceilings to the earlier. */
function counter({ period, effect }: RetentionRule): (from: Day) => Day {
  const rounding = effect === 'minimum' ? KEEP : 'earlier'
  switch (period.unit) {
    case 'years':
    case 'age':
      return remembered((from) => addYears(from, period.amount, rounding))
    case 'months':
      return remembered((from) => addMonths(from, period.amount, rounding))
    case 'days':
      return (from) => from + period.amount
    default:
      return never
  }
}

/** The age of majority that a rule means: its own, or the highest of its States. `undefined`: none of them is known. */
function majorityOf(rule: RetentionRule): number | undefined {
  if (typeof rule.minor === 'object' && 'majority' in rule.minor && rule.minor.majority !== undefined)
    return rule.minor.majority
  const ages = (rule.jurisdiction ?? []).map(majorityAge)
  if (ages.length === 0 || ages.includes(undefined)) return undefined
  return Math.max(...(ages as number[]))
}

function minorEndOf(rule: RetentionRule, majority: number): (born: Day) => Day {
  const { minor } = rule
  if (typeof minor !== 'object') return never
  if ('untilAge' in minor) return remembered((born) => addYears(born, minor.untilAge, KEEP))
  // In two steps, as the text counts: a person born on 29 February comes of age on 1 March.
  return remembered((born) => addYears(addYears(born, majority, KEEP), minor.yearsAfterMajority, KEEP))
}

export function compileRule(rule: RetentionRule, { signedFrom }: Compiler): CompiledRule {
  const dates = (names: readonly (keyof typeof dateIndex)[] = []) => names.map((name) => dateIndex[name])
  const reference = Object.freeze({
    rule: rule.id,
    citation: rule.citation === null ? 'no citation on record' : formatCitation(rule.citation),
  })
  const majority = majorityOf(rule) ?? LATEST_MAJORITY
  const from = signedFrom(rule, rule.confirmation)
  const ofMinors = typeof rule.minor === 'object' ? rule.minor.confirmation : undefined
  return {
    rule,
    reference,
    alone: Object.freeze([reference]),
    from: rule.inForce.from === null ? Number.NEGATIVE_INFINITY : parseDay(rule.inForce.from),
    when: (rule.when ?? []).map(({ fact, is }) => ({ index: flagIndex[fact], value: is ? 1 : 0 })),
    anyOf: rule.start.anyOf.map((facts) => dates(facts)),
    all: [...new Set([...rule.start.anyOf.flatMap((facts) => dates(facts)), ...dates(rule.start.orLater)])],
    floorFrom: dates(rule.start.floorFrom),
    end: counter(rule),
    byAge: rule.period.unit === 'age',
    through: rule.through ? dateIndex[rule.through.fact] : -1,
    throughFlag: rule.through ? flagIndex[rule.through.unlessNot] : -1,
    minor: typeof rule.minor === 'string' ? rule.minor : 'age',
    majority,
    minorEnd: minorEndOf(rule, majority),
    conditions: (rule.conditions ?? []).map(({ fact, days }) => ({ index: dateIndex[fact], days })),
    margin: rule.advisedMarginDays ?? 0,
    signedFrom: from,
    minorSignedFrom: ofMinors === undefined ? from : Math.max(from, signedFrom(rule, ofMinors)),
    answers: rule.answers ?? [],
  }
}

/** The rules for one kind of record in one place, and what the schedule does not know of them. */
export interface RuleSet {
  /** Those that settle open questions come first. */
  readonly minimums: readonly CompiledRule[]
  readonly ceilings: readonly CompiledRule[]
  /** The facts of the place that are needed and not known: `state`, `provider`; `kind`, where no rule knows it. */
  readonly placeUnknown: readonly string[]
  /** What may be law and is not in the schedule: `state-law:TX:clinic`. */
  readonly gap: string | undefined
}

export interface Place {
  /** Empty for a kind that nobody named: misspelt, it must not fall to the rules for any kind. */
  readonly kind: string
  readonly state: UsState | undefined
  readonly provider: Provider | undefined
  /** Whether a message, an appointment or a bill is part of the record of treatment. Of other kinds `no`. */
  readonly partOfRecord: 'yes' | 'no' | 'not-known'
}

const reachesKind = ({ kinds }: RetentionRule, { kind, partOfRecord }: Place): boolean =>
  kinds === 'any' || kinds.includes(kind) || (partOfRecord !== 'no' && kinds.includes('medical-record'))

const reachesProvider = ({ providers: of }: RetentionRule, provider: Provider | undefined): boolean =>
  of === undefined || provider === undefined || of.includes(provider)

/** Chooses the rules of a place. A provider that is not known may be each of them, so that all their rules apply. */
export function rulesOf(compiled: readonly CompiledRule[], place: Place): RuleSet {
  const { kind, state, provider } = place
  const ofKind = compiled.filter(({ rule }) => reachesKind(rule, place) && reachesProvider(rule, provider))
  const here = ofKind.filter(({ rule }) => {
    if (rule.jurisdiction === undefined) return true
    // Which State's minimum it would be is not known, and no State is guessed; a ceiling must not stay unseen for that.
    if (state === undefined) return rule.effect === 'ceiling'
    return rule.jurisdiction.includes(state)
  })
  const underStateLaw = stateLawOn(kind) === 'yes' || place.partOfRecord !== 'no'
  const stateRows = here.filter(
    ({ rule }) => rule.origin === 'law' && rule.effect === 'minimum' && rule.jurisdiction !== undefined,
  )
  const placeUnknown: string[] = kind === '' ? ['kind'] : []
  let gap: string | undefined
  if (state === undefined) {
    if (underStateLaw || ofKind.some(({ rule }) => rule.effect === 'minimum' && rule.jurisdiction)) placeUnknown.push('state')
  } else if (underStateLaw && provider === undefined) {
    const covered = providers.every((each) => stateRows.some(({ rule }) => reachesProvider(rule, each)))
    if (!covered) placeUnknown.push('provider')
  } else if (underStateLaw && stateRows.length === 0) gap = `state-law:${state}:${provider}`
  const minimums = here.filter(({ rule }) => rule.effect === 'minimum')
  if (place.partOfRecord === 'not-known') {
    // It is kept as a part of the record; were it none, some other rule would have to allow its disposal.
    const alone = minimums.some(({ rule }) => reachesKind(rule, { ...place, partOfRecord: 'no' }) && rule.when === undefined)
    if (!alone) placeUnknown.push('partOfRecord')
  }
  return {
    minimums: [
      ...minimums.filter(({ answers }) => answers.length > 0),
      ...minimums.filter(({ answers }) => answers.length === 0),
    ],
    ceilings: here.filter(({ rule }) => rule.effect === 'ceiling'),
    placeUnknown,
    gap,
  }
}
