import { addYears, type Day } from '@phi/deadlines'
import type { ReadRecord } from '../record/read.ts'
import { dateFacts, dateIndex, FOREVER, flagIndex, NONE } from '../record/record.ts'
import type { Why } from './assessment.ts'
import type { CompiledRule, RuleSet } from './compile.ts'

/**
 * How old the patient was through the record: `beginning-not-known` where the patient was of age at the dates that are known, and it
 * is not known when the record began.
 */
export type Age = 'adult' | 'minor' | 'not-known' | 'beginning-not-known'

/** What one rule says of one record. */
export interface RuleOutcome {
  readonly rule: CompiledRule
  readonly outcome:
    | 'dated'
    /** Its end is not known; `end`, where there is one, is a floor. */
    | 'floor'
    | 'permanent'
    /** It has no number, and nothing settles it. */
    | 'open'
    /** It has no number, and a signed rule of the house settles it. */
    | 'settled'
    | 'not-reached'
    | 'not-yet-in-force'
  readonly end?: Day
  readonly start?: { readonly fact: string; readonly on: Day }
  readonly age?: Age
  readonly death?: Day
  readonly returned?: boolean
  readonly missing?: readonly string[]
}

/** What all rules together say of one record. */
export interface Outcome {
  /** The end of the longest minimum, NONE, or FOREVER. */
  end: Day
  /** A date that was stated for the record, or NONE. */
  readonly stated: Day
  governing: CompiledRule[]
  advised: Day
  /** The end of the conditions before destruction: NONE for none, FOREVER while one is not met. */
  conditions: Day
  unknown: string[]
  /** Why something is not known: the gravest. */
  why: Why | undefined
  needsSignOff: string[]
  minimums: number
  ceiling: CompiledRule | undefined
  deleteBy: Day
}

const BORN = dateIndex.born
const DIED = dateIndex.died
const ADULT = flagIndex.adult
const CREATED = dateIndex.created
const STATED = dateIndex.keepThrough
/** The days on which the patient was cared for, or the record was worked on. */
const CARE = (['created', 'serviceDate', 'mammogram', 'discharged', 'lastTreatment', 'lastEntry'] as const).map(
  (name) => dateIndex[name],
)
const ENDS = (['lastInEffect', 'replaced', 'terminated'] as const).map((name) => dateIndex[name])
const BEGINNINGS = (['effective', 'signed'] as const).map((name) => dateIndex[name])
const VISITS = (['serviceDate', 'mammogram', 'discharged', 'lastTreatment'] as const).map((name) => dateIndex[name])

/** The latest of some facts, or NONE. */
function latest(facts: readonly number[], places: readonly number[]): Day {
  let day = NONE
  for (const place of places) day = Math.max(day, facts[place] as number)
  return day
}

/** The earliest of some facts that are known, or FOREVER. */
function earliest(facts: readonly number[], places: readonly number[]): Day {
  let day = FOREVER
  for (const place of places) {
    const each = facts[place] as number
    if (each !== NONE && each < day) day = each
  }
  return day
}

const factName = (place: number): string => dateFacts[place] as string

function add(list: string[], what: string): void {
  if (!list.includes(what)) list.push(what)
}

/** The first fact that is missing from the first way of knowing the start; `undefined` where one of the ways is complete. */
function missingStart({ anyOf }: CompiledRule, facts: readonly number[]): string | undefined {
  let missing: string | undefined
  for (const way of anyOf) {
    const gap = way.find((place) => facts[place] === NONE)
    if (gap === undefined) return undefined
    missing ??= factName(gap)
  }
  return missing
}

/** Facts that cannot all be true. */
function contradiction(facts: readonly number[]): string | undefined {
  const born = facts[BORN] as number
  if (born !== NONE) {
    // A record may begin before the birth; a visit of the patient cannot.
    if (born > earliest(facts, VISITS)) return 'born'
    if (facts[DIED] !== NONE && (facts[DIED] as number) < born) return 'died'
  }
  const ended = earliest(facts, ENDS)
  if (ended !== FOREVER && ended < latest(facts, BEGINNINGS)) return 'lastInEffect'
  return undefined
}

function worse(outcome: Outcome, why: Why): void {
  // What the facts leave open can be filled in; what the schedule leaves open is the graver.
  if (outcome.why === undefined || outcome.why === 'fact-not-known') outcome.why = why
}

/** Whether the patient was a minor at any time of the record, by the age of majority of the rule. */
function ageOf(rule: CompiledRule, facts: readonly number[], start: Day): Age {
  const born = facts[BORN] as number
  const saidAdult = facts[ADULT] === 1
  if (born === NONE) return saidAdult ? 'adult' : 'not-known'
  const first = Math.min(earliest(facts, CARE), start === NONE ? FOREVER : start)
  if (first === FOREVER) return saidAdult ? 'adult' : 'beginning-not-known'
  if (first < addYears(born, rule.majority, 'later')) return 'minor'
  return saidAdult || facts[CREATED] !== NONE ? 'adult' : 'beginning-not-known'
}

/** Asks one minimum of one record, and adds what it says to the outcome. */
function askMinimum(
  compiled: CompiledRule,
  read: ReadRecord,
  today: Day,
  answered: string[],
  outcome: Outcome,
  trace: RuleOutcome[] | undefined,
): void {
  const { rule } = compiled
  const { facts } = read
  const { unit } = rule.period
  outcome.minimums++
  if (unit === 'open') {
    const settled = answered.includes(`rule:${rule.id}`)
    if (!settled) {
      add(outcome.unknown, `rule:${rule.id}`)
      worse(outcome, 'rule-without-a-number')
    }
    trace?.push({ rule: compiled, outcome: settled ? 'settled' : 'open' })
    return
  }

  for (const { index, days } of compiled.conditions) {
    const done = facts[index] as number
    outcome.conditions = Math.max(outcome.conditions, done === NONE ? FOREVER : done + days)
  }
  let missing: string[] | undefined
  const lack = (what: string, why: Why) => {
    missing ??= []
    add(missing, what)
    add(outcome.unknown, what)
    worse(outcome, why)
  }

  let start = NONE
  let end = NONE
  let age: Age | undefined
  let returned = false
  let died = NONE
  if (unit === 'permanent') end = FOREVER
  else if (compiled.byAge) {
    start = facts[BORN] as number
    if (start === NONE) lack('born', 'fact-not-known')
    else end = compiled.end(start)
  } else {
    const gap = missingStart(compiled, facts)
    if (gap === undefined) start = latest(facts, compiled.all)
    else {
      lack(gap, 'fact-not-known')
      start = latest(facts, compiled.floorFrom)
    }
    if (start !== NONE) {
      end = compiled.end(start)
      if (rule.returned && gap === undefined && read.laterMammograms) {
        const within = Math.min(today, addYears(start, rule.returned.withinYears, 'later'))
        returned = read.laterMammograms.some((day) => day > start && day <= within)
        if (returned) end = addYears(start, rule.returned.years, 'later')
      }
    }
    if (compiled.through >= 0) {
      const through = facts[compiled.through] as number
      if (through !== NONE) end = Math.max(end, through)
      else if (facts[compiled.throughFlag] !== 0) lack(factName(compiled.through), 'fact-not-known')
    }
  }

  let signedFrom = compiled.signedFrom
  if (compiled.minor !== 'not-by-age') {
    age = ageOf(compiled, facts, start)
    if (age === 'minor' && facts[ADULT] === 1) lack('adult', 'facts-contradict')
    if (compiled.minor === 'not-in-table') {
      if (age !== 'adult' && !answered.includes(`minors:${rule.id}`)) {
        if (age === 'minor') lack(`minors:${rule.id}`, 'minors-not-in-the-schedule')
        else lack(age === 'not-known' ? 'born' : 'created', 'fact-not-known')
      }
    } else if (age === 'not-known') lack('born', 'fact-not-known')
    else if (age !== 'adult') {
      // A record that may have begun before the patient came of age is kept as one that did.
      end = Math.max(end, compiled.minorEnd(facts[BORN] as number))
      signedFrom = compiled.minorSignedFrom
    }
  }

  if (rule.afterDeath && facts[DIED] !== NONE) {
    died = facts[DIED] as number
    const afterDeath = addYears(died, rule.afterDeath.years, 'later')
    // It may be the shorter period: only by a signed row, of an adult, and where the death is no slip of the pen.
    const shortens =
      today >= compiled.signedFrom &&
      (age === undefined || age === 'adult') &&
      missing === undefined &&
      died <= today &&
      died >= start
    end = shortens ? afterDeath : Math.max(end, afterDeath)
  }

  const isSigned = today >= signedFrom
  if (!isSigned) add(outcome.needsSignOff, rule.id)
  if (isSigned && missing === undefined) for (const answer of compiled.answers) answered.push(answer)
  if (end > outcome.end) {
    outcome.end = end
    outcome.governing = [compiled]
  } else if (end === outcome.end && end !== NONE) outcome.governing.push(compiled)
  if (compiled.margin > 0 && end !== NONE && end !== FOREVER) outcome.advised = Math.max(outcome.advised, end + compiled.margin)

  if (!trace) return
  const from = compiled.byAge ? BORN : ([...compiled.all, ...compiled.floorFrom].find((place) => facts[place] === start) ?? -1)
  trace.push({
    rule: compiled,
    outcome: end === FOREVER ? 'permanent' : missing === undefined ? 'dated' : 'floor',
    ...(end !== NONE && end !== FOREVER && { end }),
    ...(start !== NONE && from >= 0 && { start: { fact: factName(from), on: start } }),
    ...(age && { age }),
    ...(died !== NONE && { death: died }),
    ...(returned && { returned }),
    ...(missing && { missing }),
  })
}

/** A condition that is not known is taken to hold: a minimum then keeps, and a ceiling is seen. */
const reached = ({ when }: CompiledRule, facts: readonly number[]): boolean =>
  when.every(({ index, value }) => facts[index] === NONE || facts[index] === value)

function askCeiling(
  compiled: CompiledRule,
  facts: readonly number[],
  outcome: Outcome,
  trace: RuleOutcome[] | undefined,
): void {
  const missing = missingStart(compiled, facts)
  if (missing !== undefined) {
    trace?.push({ rule: compiled, outcome: 'floor', missing: [missing] })
    return
  }
  const start = latest(facts, compiled.all)
  const end = compiled.end(start)
  if (outcome.ceiling === undefined || end < outcome.deleteBy) {
    outcome.ceiling = compiled
    outcome.deleteBy = end
  }
  if (!trace) return
  const from = compiled.all.find((place) => facts[place] === start) as number
  trace.push({ rule: compiled, outcome: 'dated', end, start: { fact: factName(from), on: start } })
}

/**
 * Asks every rule of a place, and those that the record names, about one record.
 * @throws PhiError PHI_DEADLINES_RANGE where a date leaves the years of the calendar
 */
export function askRules(
  set: RuleSet,
  named: readonly CompiledRule[],
  read: ReadRecord,
  today: Day,
  trace?: RuleOutcome[],
): Outcome {
  const { facts } = read
  const outcome: Outcome = {
    end: NONE,
    stated: facts[STATED] as number,
    governing: [],
    advised: NONE,
    conditions: NONE,
    unknown: [],
    why: undefined,
    needsSignOff: [],
    minimums: 0,
    ceiling: undefined,
    deleteBy: FOREVER,
  }
  const answered: string[] = []
  const ask = (compiled: CompiledRule) => {
    if (compiled.from > today) trace?.push({ rule: compiled, outcome: 'not-yet-in-force' })
    else if (!reached(compiled, facts)) trace?.push({ rule: compiled, outcome: 'not-reached' })
    else if (compiled.rule.effect === 'ceiling') askCeiling(compiled, facts, outcome, trace)
    else askMinimum(compiled, read, today, answered, outcome, trace)
  }
  if (named.length === 0) {
    for (const compiled of set.minimums) ask(compiled)
    for (const compiled of set.ceilings) ask(compiled)
  } else {
    const rules = [...new Set([...named, ...set.minimums, ...set.ceilings])]
    for (const compiled of rules) if (compiled.answers.length > 0) ask(compiled)
    for (const compiled of rules) if (compiled.answers.length === 0) ask(compiled)
  }

  for (const fact of set.placeUnknown) {
    add(outcome.unknown, fact)
    worse(outcome, fact === 'kind' ? 'kind-not-in-the-schedule' : 'fact-not-known')
  }
  if (set.gap !== undefined && !answered.includes(set.gap)) {
    add(outcome.unknown, set.gap)
    worse(outcome, 'state-law-not-in-the-schedule')
  }
  const contradicts = contradiction(facts)
  if (contradicts !== undefined) {
    add(outcome.unknown, contradicts)
    outcome.why = 'facts-contradict'
  }
  return outcome
}
