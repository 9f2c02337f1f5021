import { isUsState, type UsState } from '@phi/core'
import * as z from 'zod'
import type { Deadline } from '../../evaluate/deadline.ts'
import { evaluate } from '../../evaluate/evaluate.ts'
import { breachNotice } from '../../federal/breach.ts'
import type { Condition } from '../../rule/condition.ts'
import type { FactsOf } from '../../rule/facts.ts'
import { type StateFacts, stateBreachNotice, stateBreachRows } from '../../state/index.ts'
import { type GoldenAdapter, type GoldenAnswer, goldenAdapter, inAnyOrder } from '../adapter.ts'
import { atMostOne, dueOf, merged, moment, statusProse, trueOfAll, weekday, whenFacts } from './common.ts'

type Facts = FactsOf<StateFacts>

const headcount = z.int().min(0)
const state = z.string().refine(isUsState)

const events = {
  ...whenFacts,
  discovered: moment.nullish(),
  determined: moment.nullish(),
  aware: moment.nullish(),
  detected: moment.nullish(),
  confirmed: moment.nullish(),
  asOf: z.string().optional(),
}

/** The name under which a case of one State gives the number of its residents: `caResidents`. */
const ownCount = (asked: string): string => `${asked.toLowerCase()}Residents`
const countsOf = (facts: object): readonly string[] =>
  Object.keys(facts).filter((name) => /^(residents|[a-z]{2}Residents)$/.test(name))

const oneState = z
  .strictObject({
    ...events,
    state,
    regime: z.enum(['general', 'health facility']),
    /** The event that starts the State's clock for residents, whichever it is. */
    trigger: moment.nullish(),
    residents: headcount.nullish(),
    /** `caResidents`: the same, with the State in the name. */
    ...Object.fromEntries(
      [...new Set(stateBreachRows.map((row) => row.state))].map((each) => [ownCount(each), headcount.nullish()]),
    ),
    notifiedResidents: moment.nullish(),
    hhsNotified: moment.nullish(),
    leDelayEnded: moment.nullish(),
    leReleased: moment.nullish(),
  })
  .refine(atMostOne('leDelayEnded', 'leReleased'))
  .refine(
    (facts) =>
      countsOf(facts).every((name) => name === 'residents' || name === ownCount(facts.state)) && countsOf(facts).length < 2,
  )

const severalStates = z.strictObject({
  ...events,
  actor: z.literal('HIPAA hospital'),
  residents: z.record(z.string().max(10), headcount.nullable()),
  total: headcount.nullish(),
})

type OneState = z.output<typeof oneState>
type SeveralStates = z.output<typeof severalStates>

/** A case that gives no number is of at least one person, and may be of many: both ends are asked. */
const FEW = 1
const MANY = 1_000_000

/** The fact that starts the clock for residents of a State. */
const startOf = (asked: UsState): string | undefined =>
  stateBreachRows.find(({ rule }) => rule.id === `state.${asked.toLowerCase()}.residents`)?.rule.trigger.fact

function factsOf(from: OneState, residents: number): Facts {
  const asked = from.state as UsState
  const { trigger, notifiedResidents: told, hhsNotified } = from
  const start = trigger == null ? undefined : startOf(asked)
  return {
    timeZone: from.timeZone,
    discovered: from.discovered,
    determined: from.determined,
    aware: from.aware,
    detected: from.detected,
    confirmed: from.confirmed,
    ...(start !== undefined && { [start]: trigger }),
    residents: { [asked]: residents },
    lawEnforcementReleased: from.leDelayEnded ?? from.leReleased,
    notifiedSecretary: hhsNotified,
    // Who tells HHS of a breach is a covered entity.
    ...(hhsNotified != null && { hipaaRole: 'covered-entity' as const }),
    ...(told != null && { notifiedResidents: { [asked]: told } }),
    ...(from.regime === 'health facility' && { californiaHealthFacility: true }),
  }
}

const regimes = new Map(stateBreachRows.map(({ rule, regime }) => [rule.id, regime]))

/** "general (covers medical information)" is the general law. */
const isOf = (regime: string) => (result: Deadline) => regimes.get(result.rule)?.startsWith(regime) ?? false

const isDated = ({ due }: Deadline): boolean => due !== undefined
const isAfterRelease = ({ trigger }: Deadline): boolean => trigger?.event === 'release'

/** The date on which several results agree, or all of them. */
function dateOf(results: readonly Deadline[], key: 'due' | 'lawfulUntil' = 'due'): unknown {
  const dates = [...new Set(results.map((result) => result[key]))]
  return dates.length < 2 ? dates[0] : dates
}

/** What is owed to the people: the residents, or the patients of the facility. */
const individualOf = ({ state: asked, regime }: OneState, results: readonly Deadline[]): Deadline | undefined =>
  results.find(({ duty }) => duty === `state.${asked.toLowerCase()}.${regime === 'general' ? 'residents' : 'patients'}`)

function keysOf(from: OneState, results: readonly Deadline[], vendor: readonly Deadline[]): Readonly<Record<string, unknown>> {
  const own = results.filter(isOf(from.regime))
  const prefix = `state.${from.state.toLowerCase()}`
  const released = own.filter((result) => isAfterRelease(result) && isDated(result))
  const before = own.filter((result) => !isAfterRelease(result))
  const individual = individualOf(from, before)
  const toRegulators = before.filter(
    ({ addressee }) => addressee === 'attorney-general' || addressee === 'department-of-legal-affairs',
  )
  const regulators = toRegulators.filter(isDated)
  const agency = before.filter(({ addressee }) => addressee === 'department-of-consumer-affairs')
  const isFacility = from.regime === 'health facility'
  const main = isFacility ? before.filter(isDated) : regulators.length > 0 ? regulators : before.filter(isDated)
  const rightNow = released.length > 0 ? released : isFacility ? main : before.filter(isDated)
  const lawful = dateOf(
    main.filter(({ lawfulUntil }) => lawfulUntil !== undefined),
    'lawfulUntil',
  )
  const regulator = regulators.length > 0 ? dateOf(regulators) : toRegulators.map(dueOf).find((due) => due !== undefined)
  const goodCause = regulators.flatMap(({ changesIf }) => changesIf.filter(({ fact }) => fact === 'goodCauseStatements'))
  return {
    due: dateOf(rightNow),
    base: individual?.due,
    // A State without a row here has no date here, which is not the same as none.
    individualDue: individual === undefined ? 'no-row-in-this-ruleset' : dueOf(individual),
    agDue: regulator,
    agStrict: regulator,
    agDueWithGoodCause: goodCause[0]?.due,
    agIfTownMeetingDayExcluded: lawful,
    strictDue: dateOf(main),
    weekday: weekday(main[0]?.due),
    rolledDue: lawful,
    ifStateCalendar: lawful,
    ifJuneteenthExcluded: lawful,
    afterLe: dateOf(released),
    afterLeExclJuneteenth: dateOf(released, 'lawfulUntil'),
    dacoDue: dateOf(agency),
    vendorToOwner: dateOf(vendor.filter((result) => result.duty === `${prefix}.owner` && isDated(result))),
  }
}

const oneStateAnswer = (from: OneState): GoldenAnswer => {
  const options = {
    ...(from.today !== undefined && { today: from.today }),
    ...(from.asOf !== undefined && { knownAt: from.asOf }),
  }
  const group = stateBreachNotice()
  const count = from.residents ?? (from as unknown as Record<string, number | null>)[ownCount(from.state)]
  const counts = count == null ? [FEW, MANY] : [count]
  const all = counts.map((residents) => {
    const facts = factsOf(from, residents)
    const results = evaluate(group, facts, options)
    // The same breach, as the vendor who holds the data for another has it.
    const vendor = evaluate(group, { ...facts, maintainsForAnother: true }, options)
    return { results, keys: keysOf(from, results, vendor) }
  })
  const individual = (results: readonly Deadline[]) => individualOf(from, results)
  return {
    results: all.map(({ results }) => results.filter(isOf(from.regime))),
    found: merged(all.map(({ keys }) => keys)),
    prose: trueOfAll(
      all.map(({ results }) => {
        const standard = individual(results)?.standard
        return { standard: standard === undefined ? [] : [standard], status: statusProse(individual(results)) }
      }),
    ),
  }
}

/** How cases name those who are told. */
const addressees: Readonly<Record<string, string>> = {
  residents: 'individuals',
  'attorney-general': 'AG',
  'department-of-legal-affairs': 'Dept of Legal Affairs',
}

/** The threshold of a federal row as cases write it beside a count: "950>=500". */
function thresholdOf(rule: string, count: number): string {
  const conditions = (condition: Condition | undefined): readonly Condition[] =>
    typeof condition === 'object' && 'all' in condition
      ? condition.all.flatMap(conditions)
      : condition === undefined
        ? []
        : [condition]
  for (const condition of conditions(breachNotice.rules.find(({ id }) => id === rule)?.applies)) {
    if (typeof condition !== 'object' || !('count' in condition)) continue
    if ('moreThan' in condition) return ` (${count}>${condition.moreThan})`
    if ('atLeast' in condition) return ` (${count}>=${condition.atLeast})`
    if ('fewerThan' in condition) return ` (${count}<${condition.fewerThan})`
  }
  return ''
}

function labelOf(result: Deadline, from: SeveralStates, total: number): string {
  const { rule, jurisdiction, addressee } = result
  if (rule === 'breach.individual') return 'HIPAA individuals'
  if (result.duty === 'breach.secretary') return `HHS Secretary${thresholdOf(rule, total)}`
  if (rule === 'breach.media') return `media ${jurisdiction}${thresholdOf(rule, from.residents[jurisdiction ?? ''] ?? 0)}`
  return `${jurisdiction} ${addressees[addressee] ?? addressee}`
}

/** Federal and State law together: what has a date, and the first of the dates. */
const severalStatesAnswer = (from: SeveralStates): GoldenAnswer => {
  const { actor: _, residents, total: stated, today, asOf, timeZone, ...own } = from
  const options = { ...(today !== undefined && { today }), ...(asOf !== undefined && { knownAt: asOf }) }
  const total = stated ?? Object.values(residents).reduce((sum: number, each) => sum + (each ?? 0), 0)
  const people = { residents: residents as Facts['residents'], individuals: total, timeZone }
  const results = [
    ...evaluate(stateBreachNotice(), { ...own, ...people, hipaaRole: 'covered-entity' }, options),
    ...evaluate(breachNotice, { discovered: own.discovered, ...people }, options),
  ].filter(isDated)
  const rows = results.map((result) => ({ to: labelOf(result, from, total), due: result.due }))
  const dates = rows.map(({ due }) => due ?? '').sort()
  return { results, found: { rows: inAnyOrder(rows), earliest: dates[0] } }
}

/** State breach laws; with `residents` by State, together with the federal rule. */
export const stateAdapters: readonly GoldenAdapter[] = [
  goldenAdapter({
    rule: 'state.breach',
    facts: z.union([oneState, severalStates]),
    meanings: [
      {
        key: 'standard',
        says: /^(?:in the )?most expedient time possible(?: and without unreasonable delay)?$/i,
        means: 'in the most expedient time possible and without unreasonable delay',
      },
      { key: 'status', says: /^overdue[- ]from (\d{4}-\d\d-\d\d)$/, means: 'overdue-from $1' },
    ],
    answer: (facts) => ('state' in facts ? oneStateAnswer(facts) : severalStatesAnswer(facts as SeveralStates)),
  }),
]
