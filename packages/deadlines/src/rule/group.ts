import { parseAs, plainText } from '@phi/core'
import * as z from 'zod'
import { type BusinessCalendar, federalCalendar, undisputedCalendar } from '../calendar/business-days.ts'
import { readDay } from '../calendar/civil-date.ts'
import { deadlinesError } from '../errors.ts'
import type { Condition } from './condition.ts'
import { type FactKind, type FactKinds, factsSchema, type ReadFacts } from './facts.ts'
import type { Rule } from './rule.ts'
import { parseRule } from './schema.ts'

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
  /** Made when it is first needed: a program imports more groups than it asks. */
  readonly schema: () => z.ZodType
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

const kindName = (kind: FactKind): string => (typeof kind === 'object' ? 'oneOf' : kind)

function checkCondition(
  condition: Condition,
  kindOf: (fact: string, wanted: readonly string[], path: string) => FactKind,
): void {
  const path = 'rule.applies'
  if (condition === 'always') return
  if ('count' in condition) {
    kindOf(condition.count, ['count', 'residents'], path)
  } else if ('fact' in condition) {
    const kind = kindOf(condition.fact, ['flag', 'oneOf'], path)
    // A value that the fact never has would be a condition that never holds: a duty that is silently never due.
    const values: readonly unknown[] = typeof kind === 'object' ? kind.oneOf : [true, false]
    const named: readonly unknown[] = 'is' in condition ? [condition.is] : condition.oneOf
    if (!named.every((value) => values.includes(value))) throw wrong(path, 'names a value that the fact never has')
  } else if ('not' in condition) {
    checkCondition(condition.not, kindOf)
  } else {
    for (const part of 'all' in condition ? condition.all : condition.any) checkCondition(part, kindOf)
  }
}

/** Whether a rule fits the facts and calendars of its group. */
function check(rule: Rule, kinds: FactKinds, calendars: ReadonlyMap<string, BusinessCalendar>): void {
  const kindOf = (fact: string, wanted: readonly string[], path: string): FactKind => {
    const kind = Object.hasOwn(kinds, fact) ? kinds[fact] : undefined
    if (kind === undefined) throw wrong(path, 'names a fact that the group does not have')
    if (!wanted.includes(kindName(kind))) throw wrong(path, 'names a fact of another kind')
    return kind
  }
  const moments = rule.jurisdiction === undefined ? ['moment'] : ['moment', 'moments-by-state']
  kindOf(rule.trigger.fact, moments, 'rule.trigger')
  if (rule.trigger.planFrom !== undefined) kindOf(rule.trigger.planFrom, moments, 'rule.trigger')
  for (const { fact } of rule.extensions) kindOf(fact, ['extension-statements'], 'rule.extensions')
  for (const { fact } of rule.holds) kindOf(fact, ['law-enforcement-statements'], 'rule.holds')
  if (rule.metBy !== undefined) kindOf(rule.metBy, ['moment', 'moments-by-state'], 'rule.metBy')
  checkCondition(rule.applies, kindOf)
  const { basis } = rule
  if (basis.unit === 'qualitative') return
  const named =
    basis.unit === 'business-days'
      ? [basis.calendar.strict, basis.calendar.lawful]
      : [basis.roll === 'none' ? undefined : basis.roll.calendar]
  for (const id of named) {
    if (id !== undefined && !calendars.has(id)) throw wrong('rule.basis', 'names a calendar that the group does not have')
  }
}

const kindsSchema = z.record(
  plainText(100).refine((fact) => fact !== 'timeZone' && fact !== '__proto__', 'must be another name'),
  z.union([
    z.enum([
      'moment',
      'count',
      'flag',
      'residents',
      'moments-by-state',
      'knowledge',
      'extension-statements',
      'law-enforcement-statements',
    ]),
    z.strictObject({ oneOf: z.array(z.string().min(1).max(200)).min(1).max(500).readonly() }),
  ]),
)

const definitionSchema = z.strictObject({
  id: plainText(200),
  ruleset: z.strictObject({
    id: plainText(200),
    asOf: z.string().refine((day) => readDay(day) !== undefined, 'must be a day that exists, as YYYY-MM-DD'),
  }),
  facts: kindsSchema,
  rules: z.array(z.unknown()).max(10_000),
  calendars: z
    .array(z.object({ id: plainText(100), holidays: z.custom((value) => typeof value === 'function', 'must be a function') }))
    .optional(),
  derive: z.custom((value) => value === undefined || typeof value === 'function', 'must be a function').optional(),
})

/**
 * Puts rules together with the kinds of facts that they read.
 * @param definition `calendars` adds to the two that are always there, `us-federal` and `us-undisputed`; `derive` works facts out
 *   of facts before any rule reads them
 * @throws PhiError PHI_DEADLINES_RULE when a rule names a fact, a value or a calendar that is not there, or leaves anything open
 */
export function ruleGroup<const Kinds extends FactKinds>(definition: {
  readonly id: string
  readonly ruleset: Ruleset
  readonly facts: Kinds
  readonly rules: readonly Rule[]
  readonly calendars?: readonly BusinessCalendar[]
  readonly derive?: (facts: ReadFacts) => ReadFacts
}): RuleGroup<Kinds> {
  parseAs(definitionSchema, definition, 'group', (context) => deadlinesError('PHI_DEADLINES_RULE', context))
  const { id, ruleset, facts, derive } = definition
  const rules = Object.freeze(definition.rules.map(parseRule))
  const all = [undisputedCalendar, federalCalendar, ...(definition.calendars ?? [])]
  const calendars = new Map(all.map((calendar) => [calendar.id, calendar]))
  if (calendars.size < all.length) throw wrong('group.calendars', 'two calendars have the same id')
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
  const group: RuleGroup<Kinds> = { id, ruleset, facts, rules, calendars: Object.freeze(all) }
  let schema: z.ZodType | undefined
  const compiled: Compiled = { schema: () => (schema ??= factsSchema(facts)), duties: [...duties.values()], calendars, derive }
  return Object.freeze(Object.defineProperty(group, COMPILED, { value: compiled }))
}
