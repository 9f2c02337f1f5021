import type { BusinessCalendar } from '../calendar/business-days.ts'
import { parseDay } from '../calendar/civil-date.ts'
import type { ReadMoment } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import type { Condition } from '../rule/condition.ts'
import type { FactKind, FactKinds, ReadFacts } from '../rule/facts.ts'
import { type RuleGroup, type Ruleset, ruleGroup } from '../rule/group.ts'
import type { Rule } from '../rule/rule.ts'
import { type ContractRule, FIRST_KNOWN, type IncidentFact, incidentStarts, startFacts } from './clock.ts'
import { contractError } from './errors.ts'

/** The facts of contract clocks: moments, by name, and the statements of law enforcement officials. */
export type ContractFacts<Fact extends string = string> = { readonly [Name in Fact | IncidentFact]: 'moment' } & {
  readonly lawEnforcement: 'law-enforcement-statements'
}

const WITHIN = 'within the term'
const AFTER = 'after the term'

/** The fact that says whether an event falls within the term of a clause. */
const termOf = ({ id }: Rule): string => `event of ${id}`

/** Nobody is aware of an incident, determines or confirms it, before it was discovered: 164.404(a)(2), 164.410(a)(2). */
const afterDiscovery = ['aware', 'determined', 'confirmed'] as const satisfies readonly IncidentFact[]

const incidentFacts = incidentStarts.map((starts) => startFacts[starts])

/** A moment without a time of day begins with its day. */
const isBefore = (a: ReadMoment, b: ReadMoment): boolean =>
  a.day < b.day || (a.day === b.day && a.instant !== undefined && b.instant !== undefined && a.instant < b.instant)

function refuseContradictions({ moments }: ReadFacts): void {
  const { discovered } = moments
  for (const fact of afterDiscovery) {
    const known = moments[fact]
    if (discovered && known && isBefore(known, discovered)) {
      throw deadlinesError('PHI_DEADLINES_CONTRADICTION', {
        path: `facts.${fact}`,
        detail:
          'it lies before the stated discovery, which is the first day on which the incident was or would have been known',
      })
    }
  }
}

/** The first of the incident's moments that are known. On the same day, one without a time of day comes first: it is stricter. */
function firstKnownOf({ moments }: ReadFacts): ReadMoment | undefined {
  const known = incidentFacts.flatMap((fact) => moments[fact] ?? [])
  const start = ({ instant }: ReadMoment) => instant ?? Number.NEGATIVE_INFINITY
  // Two without a time would subtract to NaN.
  return known.sort((a, b) => a.day - b.day || (start(a) === start(b) ? 0 : start(a) < start(b) ? -1 : 1))[0]
}

/** Whether the event of a clause came by the end of its term; for an incident its first known day counts, not a later confirmation. */
function termValue(rule: Rule, facts: ReadFacts, first: ReadMoment | undefined): string | undefined {
  const event = rule.trigger.planFrom === FIRST_KNOWN ? first : facts.moments[rule.trigger.fact]
  if (!event) return undefined
  return event.day <= parseDay(rule.inForce.until as string) ? WITHIN : AFTER
}

/** The end of a term as a condition: with an event that is not known it stays open, and an incident of the term stays owed after it. */
function withTerm(rule: Rule): Rule {
  const { until, ...inForce } = rule.inForce
  if (until === undefined) return rule
  const term: Condition = { fact: termOf(rule), is: WITHIN }
  return { ...rule, inForce, applies: rule.applies === 'always' ? term : { all: [term, rule.applies] } }
}

/**
 * Contract clocks put together, for `evaluate`.
 *
 * The facts are moments under the names of the events: `discovered`, `aware`, `detected`, `determined`, `confirmed`, `received`, ...
 * and those that the clocks name. An event that is not known leaves its clock pending; a clock of an incident then plans from the
 * first of the incident's days that is known.
 * @param definition `ruleset` says of which agreements the clauses are, and when they were read
 * @throws PhiError PHI_DEADLINES_CONTRACT without clocks; PHI_DEADLINES_RULE when two clocks have one id, or a calendar is not there
 */
export function contractGroup<const Fact extends string>(definition: {
  readonly id: string
  readonly ruleset: Ruleset
  readonly clocks: readonly ContractRule<Fact>[]
  readonly calendars?: readonly BusinessCalendar[]
}): RuleGroup<ContractFacts<Fact>> {
  const { id, ruleset, clocks, calendars } = definition
  if (clocks.length === 0) {
    throw contractError('PHI_DEADLINES_CONTRACT', { path: 'group.clocks', detail: 'must hold at least one clock' })
  }
  const ended: readonly Rule[] = clocks.filter(({ inForce }) => inForce.until !== undefined)
  const kinds: Record<string, FactKind> = { lawEnforcement: 'law-enforcement-statements', [FIRST_KNOWN]: 'moment' }
  for (const fact of incidentFacts) kinds[fact] = 'moment'
  for (const { trigger, metBy } of clocks as readonly Rule[]) {
    kinds[trigger.fact] = 'moment'
    if (metBy !== undefined) kinds[metBy] = 'moment'
  }
  const workedOut = [FIRST_KNOWN, ...ended.map(termOf)]
  for (const rule of ended) kinds[termOf(rule)] = { oneOf: [WITHIN, AFTER] }

  const derive = (facts: ReadFacts): ReadFacts => {
    if (workedOut.some((fact) => facts.values[fact] != null)) {
      throw deadlinesError('PHI_DEADLINES_FACTS', { path: 'facts.*', detail: 'is worked out and cannot be given' })
    }
    refuseContradictions(facts)
    const first = firstKnownOf(facts)
    const terms = ended.map((rule) => [termOf(rule), termValue(rule, facts, first)] as const)
    return {
      ...facts,
      values: { ...facts.values, ...Object.fromEntries(terms) },
      moments: first ? { ...facts.moments, [FIRST_KNOWN]: first } : facts.moments,
    }
  }
  const group = ruleGroup({
    id,
    ruleset,
    facts: kinds as FactKinds,
    rules: clocks.map(withTerm),
    derive,
    ...(calendars && { calendars }),
  })
  // What is worked out is left out of the type, so that nobody gives it.
  return group as unknown as RuleGroup<ContractFacts<Fact>>
}
