import { cite } from '@phi/core'
import {
  type Basis,
  type Deadline,
  type EvaluateOptions,
  evaluate,
  type FactKinds,
  type Rule,
  type RuleGroup,
  ruleGroup,
} from '../src/index.ts'

/** A made-up law, for what the real ones do not have. */
const citation = cite('45 CFR 164.404(b)', { confirmation: 'text-seen' })

export const days = (
  amount: number,
  more: Partial<Extract<Basis, { unit: 'calendar-days' | 'months' | 'years' }>> = {},
): Basis => ({
  unit: 'calendar-days',
  amount,
  counts: 'after',
  roll: 'none',
  rounding: 'earlier',
  ...more,
})

export const hours = (amount: number): Basis => ({ unit: 'hours', amount, counts: 'after', roll: 'none', rounding: 'earlier' })

export const madeUpFacts = {
  happened: 'moment',
  noticed: 'moment',
  done: 'moment',
  doneBy: 'moments-by-state',
  told: 'moments-by-state',
  people: 'count',
  individuals: 'count',
  residents: 'residents',
  serious: 'flag',
  colour: { oneOf: ['red', 'green', 'blue'] },
  knowledge: 'knowledge',
  statements: 'extension-statements',
  delays: 'law-enforcement-statements',
} as const satisfies FactKinds

export type MadeUpFacts = Parameters<typeof evaluate<typeof madeUpFacts>>[1]

/** A row: ten calendar days after it happened. */
export const row = (more: Partial<Rule> = {}): Rule => ({
  id: 'made-up',
  title: 'Do what the made-up law asks',
  citation,
  addressee: 'somebody',
  trigger: { fact: 'happened', event: 'other' },
  basis: days(10),
  limit: { kind: 'act' },
  extensions: [],
  holds: [],
  applies: 'always',
  inForce: { from: '2000-01-01', status: 'in-force' },
  confirmation: 'text-seen',
  asOf: '2026-01-01',
  metBy: 'done',
  ...more,
})

export const ruleset = { id: 'made-up/1', asOf: '2026-01-01' } as const

const made = new Map<string, RuleGroup<typeof madeUpFacts>>()

/** A group of made-up rows, made once for rows that are the same. */
export function group(...rows: Partial<Rule>[]): RuleGroup<typeof madeUpFacts> {
  const key = JSON.stringify(rows)
  const known = made.get(key) ?? ruleGroup({ id: 'made-up', ruleset, facts: madeUpFacts, rules: rows.map((each) => row(each)) })
  made.set(key, known)
  return known
}

/** The results of made-up rows. */
export const ask = (
  rows: Partial<Rule> | Partial<Rule>[],
  facts: MadeUpFacts,
  options?: EvaluateOptions,
): readonly Deadline[] => evaluate(group(...[rows].flat()), facts, options)

/** The one result of the rows of one duty. */
export function askOne(rows: Partial<Rule> | Partial<Rule>[], facts: MadeUpFacts, options?: EvaluateOptions): Deadline {
  const results = ask(rows, facts, options)
  if (results.length !== 1) throw new Error(`${results.length} results instead of one`)
  return results[0] as Deadline
}

export { citation }
