import type { z } from 'zod'
import { type BusinessCalendar, federalCalendar, undisputedCalendar } from '../calendar/business-days.ts'
import { readDay } from '../calendar/civil-date.ts'
import { deadlinesError } from '../errors.ts'
import { factsOf } from './condition.ts'
import { type FactKinds, factsSchema, type ReadFacts } from './facts.ts'
import type { Rule } from './rule.ts'

/** Where rules come from: a body of law or of contracts at a date, versioned apart from the code. */
export interface Ruleset {
  /** `us-federal/2026-11` */
  readonly id: string
  /** The day on which the rows were last compared with their sources. */
  readonly asOf: string
}

/** Rules that are asked together, over one set of facts. */
export interface RuleGroup<Kinds extends FactKinds = FactKinds> {
  readonly id: string
  readonly ruleset: Ruleset
  readonly facts: Kinds
  readonly rules: readonly Rule[]
  readonly calendars: readonly BusinessCalendar[]
}

/** What `ruleGroup` keeps beside the data. */
export interface Compiled {
  readonly schema: z.ZodType
  readonly duties: readonly (readonly Rule[])[]
  readonly calendars: ReadonlyMap<string, BusinessCalendar>
  readonly derive: ((facts: ReadFacts) => ReadFacts) | undefined
}

// A symbol of the registry, so that a group made by one copy of this module (a subpath, a CommonJS build) works with another.
const COMPILED: unique symbol = Symbol.for('@phi/deadlines/compiled') as never

export function compiledOf(group: RuleGroup): Compiled {
  const known = (group as { [COMPILED]?: Compiled } | undefined)?.[COMPILED]
  if (!known) throw deadlinesError('PHI_DEADLINES_RULE', { path: 'group', detail: 'make it with ruleGroup' })
  return known
}

const wrong = (path: string, detail: string) => deadlinesError('PHI_DEADLINES_RULE', { path, detail })

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0

/** What the types cannot see. Rules may come from a file, so the closed lists are checked again. */
function check(rule: Rule, kinds: FactKinds, calendars: ReadonlyMap<string, BusinessCalendar>): void {
  const need = (fact: string, wanted: readonly string[], path: string) => {
    const kind = Object.hasOwn(kinds, fact) ? kinds[fact] : undefined
    if (kind === undefined) throw wrong(path, 'names a fact that the group does not have')
    if (!wanted.includes(typeof kind === 'object' ? 'oneOf' : kind)) throw wrong(path, 'names a fact of another kind')
  }
  need(rule.trigger.fact, ['moment'], 'rule.trigger')
  if (rule.trigger.planFrom !== undefined) need(rule.trigger.planFrom, ['moment'], 'rule.trigger')
  for (const { fact } of rule.extensions) need(fact, ['extension-statements'], 'rule.extensions')
  for (const { fact, days } of rule.holds) {
    need(fact, ['law-enforcement-statements'], 'rule.holds')
    if (!isCount(days)) throw wrong('rule.holds', 'the days must be a whole number')
  }
  if (rule.metBy !== undefined) need(rule.metBy, ['moment', 'moments-by-state'], 'rule.metBy')
  for (const fact of factsOf(rule.applies)) need(fact, ['flag', 'oneOf', 'count', 'residents'], 'rule.applies')
  const { basis, inForce } = rule
  if (basis.unit === 'qualitative') {
    if (basis.standard === '') throw wrong('rule.basis', 'a qualitative basis quotes its standard')
  } else {
    if (basis.counts !== 'after' && basis.counts !== 'beginning-on') throw wrong('rule.basis', 'counts must be set')
    if (basis.rounding !== 'earlier' && basis.rounding !== 'later') throw wrong('rule.basis', 'rounding must be set')
    if (basis.roll === undefined) throw wrong('rule.basis', 'roll must be set')
    if (basis.unit !== 'same-day' && !(isCount(basis.amount) && basis.amount > 0)) {
      throw wrong('rule.basis', 'the amount must be a whole number above 0')
    }
    const named =
      basis.unit === 'business-days'
        ? [basis.calendar.strict, basis.calendar.lawful]
        : basis.roll === 'none'
          ? []
          : [basis.roll.calendar]
    for (const id of named)
      if (id !== undefined && !calendars.has(id)) throw wrong('rule.basis', 'names a calendar that the group does not have')
  }
  for (const day of [inForce.from, inForce.until, inForce.published, inForce.endPublished, rule.asOf]) {
    if (day !== undefined && readDay(day) === undefined) throw wrong('rule.inForce', 'holds a day that does not exist')
  }
}

/**
 * Puts rules together with the kinds of facts that they read.
 * @param definition `calendars` adds to the two that are always there, `us-federal` and `us-undisputed`; `derive` works facts out
 *   of facts before any rule reads them
 * @throws PhiError PHI_DEADLINES_RULE when a rule names a fact or a calendar that is not there, or leaves its basis open
 */
export function ruleGroup<const Kinds extends FactKinds>(definition: {
  readonly id: string
  readonly ruleset: Ruleset
  readonly facts: Kinds
  readonly rules: readonly Rule[]
  readonly calendars?: readonly BusinessCalendar[]
  readonly derive?: (facts: ReadFacts) => ReadFacts
}): RuleGroup<Kinds> {
  const { id, ruleset, facts, rules, derive } = definition
  const all = [undisputedCalendar, federalCalendar, ...(definition.calendars ?? [])]
  const calendars = new Map(all.map((calendar) => [calendar.id, calendar]))
  const duties = new Map<string, Rule[]>()
  const ids = new Set<string>()
  for (const rule of rules) {
    if (ids.has(rule.id)) throw wrong('rule.id', 'two rules have the same id')
    ids.add(rule.id)
    check(rule, facts, calendars)
    const key = `${rule.duty ?? rule.id}\n${rule.jurisdiction ?? ''}`
    const rows = duties.get(key)
    if (rows) rows.push(rule)
    else duties.set(key, [rule])
  }
  const group: RuleGroup<Kinds> = { id, ruleset, facts, rules: Object.freeze([...rules]), calendars: Object.freeze(all) }
  const compiled: Compiled = { schema: factsSchema(facts), duties: [...duties.values()], calendars, derive }
  return Object.freeze(Object.defineProperty(group, COMPILED, { value: compiled }))
}
