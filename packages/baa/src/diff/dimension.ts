import {
  carriedBy,
  covers,
  type DataClass,
  type DataItem,
  dataClasses,
  formatInstant,
  type Label,
  overlaps,
  regimeLabels,
  type Service,
  services,
  type Use,
  uses,
  usStates,
} from '@phi/core'
import { certainEnd, certainStart, earliest } from '../agreement/date.ts'
import { lifeOf } from '../agreement/status.ts'
import type { CompiledAgreement } from '../decide/compile.ts'
import { limitedDataSetUses, ownUses } from '../decide/free-uses.ts'
import { reaching } from '../decide/reaching.ts'
import type { Reason } from '../decide/reason.ts'
import type { AttestedIdentifiability } from '../decide/request.ts'
import { testExemption } from '../exemption/test.ts'
import type { Around } from './around.ts'
import { another } from './where-values.ts'

/** Values that no decision of either registry tells apart: one of them, all of them, and how many. */
export interface ValueClass<Value> {
  readonly value: Value
  readonly members: readonly Value[]
  /** The agreements between the two parties that do not deny for this alone, as bits: those of the first registry, then of the second. */
  readonly alive: number
}

/** The two registries, as far as they matter for a pair of parties. */
export interface Both {
  readonly sides: readonly [Around, Around]
  /** Agreements between the two, in the order of the bits. */
  readonly first: readonly CompiledAgreement[]
  readonly deep: readonly CompiledAgreement[]
  /** A bit that is never cleared: for exemptions, and where there are more agreements than bits. */
  readonly always: number
}

const MOST_BITS = 30

/** Whether a decision between the two can come out in more than one way. */
export const hasWays = ({ first, claims }: Around): boolean => first.length > 0 || claims.some(({ isFirst }) => isFirst)

export function bothOf(before: Around, after: Around): Both {
  const first = [...before.first, ...after.first]
  const isExempt = [before, after].some((side) => side.claims.some(({ isFirst }) => isFirst))
  const always = isExempt || first.length > MOST_BITS ? 1 << MOST_BITS : 0
  return { sides: [before, after], first, deep: [...before.deep, ...after.deep], always }
}

const refusing = ({ effect }: Reason) => effect !== 'allow'
const denies = (reasons: readonly Reason[]) => reasons.some(({ effect }) => effect === 'deny')

/** The bits of agreements for which a test holds. */
export const bits = ({ first, always }: Both, test: (compiled: CompiledAgreement) => boolean): number =>
  first.slice(0, MOST_BITS).reduce((mask, each, index) => (test(each) ? mask | (1 << index) : mask), always)

/** What agreements say against a value: between the two with the clause, which is the cause; further down the codes are enough. */
function against({ first, deep }: Both, reasonsOf: (compiled: CompiledAgreement) => readonly Reason[]): string {
  const own = first.map((each) =>
    reasonsOf(each)
      .filter(refusing)
      .map(({ code, clause }) => `${code} ${clause?.id}`)
      .sort(),
  )
  const below = deep.map((each) =>
    reasonsOf(each)
      .filter(refusing)
      .map(({ code }) => code)
      .sort(),
  )
  return JSON.stringify([own, below])
}

/** How the claims of exemptions come out, with one fact of the question in place and the others held still. */
function claimed({ sides }: Both, part: { service?: Service; use?: Use; class?: DataClass; at?: number }): string {
  const facts = sides.flatMap((side) =>
    side.claims.map(({ claim, to }) => {
      const party = side.model.party(to)
      const { service = 'telehealth.audio', use = 'payment', at = 0 } = part
      const classes = [part.class ?? 'phi.financial.payment'] as const
      return party ? testExemption(claim, { to: party, service, use, classes, at }).map(({ holds }) => holds) : []
    }),
  )
  return JSON.stringify(facts)
}

/** Puts values together that have one signature. */
export function classed<Value>(
  values: readonly Value[],
  signature: (value: Value) => string,
  alive: (value: Value) => number,
): readonly ValueClass<Value>[] {
  const groups = new Map<string, Value[]>()
  for (const value of values) {
    const key = signature(value)
    const group = groups.get(key)
    if (group) group.push(value)
    else groups.set(key, [value])
  }
  return [...groups.values()].map((members) => ({ value: members[0] as Value, members, alive: alive(members[0] as Value) }))
}

// Times

const FIRST = Date.parse('0000-01-01T00:00:00.000Z')
const LAST = Date.parse('9999-12-31T23:59:59.999Z')

/** One instant in each stretch of time in which nothing changes by itself. */
export function instants({ sides, first, deep }: Both): readonly string[] {
  const moments = new Set<number>()
  for (const { agreement } of [...first, ...deep]) for (const { from } of lifeOf(agreement)) moments.add(from)
  for (const { registry, claims } of sides) {
    for (const { asOf, reviewBy } of registry.attestations) {
      for (const each of [earliest(asOf), certainStart(asOf), certainEnd(reviewBy)]) moments.add(each)
    }
    for (const { claim } of claims) {
      if (claim.kind === 'de-identified' && claim.validUntil !== undefined) moments.add(certainEnd(claim.validUntil))
    }
  }
  const sorted = [...moments].filter((each) => each > FIRST && each <= LAST).sort((a, b) => a - b)
  return [sorted[0] === undefined ? FIRST : sorted[0] - 1, ...sorted].map(formatInstant)
}

export function timeClasses(
  both: Both,
  values: readonly string[],
  conditions: readonly string[],
): readonly ValueClass<string>[] {
  const { sides, first, deep } = both
  return classed(
    values,
    (text) => {
      const at = Date.parse(text)
      const standing = [
        first.map((each) => each.standingAt(at).status),
        deep.map((each) => each.standingAt(at).status === 'in-force'),
      ]
      const attested = sides.map(({ model, first: own, deep: below }) =>
        [...own, ...below].map(({ agreement: { from, to, conditions: asked } }) =>
          [...conditions, ...asked.map(({ condition }) => condition)].map(
            (name) => model.attested(from.id, to.id, name, at) ?? null,
          ),
        ),
      )
      return JSON.stringify([standing, attested, claimed(both, { at })])
    },
    (text) => bits(both, (each) => each.standingAt(Date.parse(text)).status === 'in-force'),
  )
}

// Data

export const allClasses = Object.keys(dataClasses) as DataClass[]
export const allServices = Object.keys(services) as Service[]
export const allUses = Object.keys(uses) as Use[]
export const allLabels: readonly Label[] = [
  ...(Object.keys(regimeLabels) as (keyof typeof regimeLabels)[]),
  ...usStates.map((state): Label => `state:${state}`),
]

/** A record of one class. What a derived one was made of is asked about by itself. */
export const itemOf = (each: DataClass, label: Label | undefined): DataItem => ({
  class: each,
  labels: label === undefined ? [] : [label],
  ...(dataClasses[each].derived ? { madeOf: [] } : {}),
})

export function dataClassClasses(both: Both, values: readonly DataClass[]): readonly ValueClass<DataClass>[] {
  const edges = both.sides.flatMap((side) => side.edges.flatMap(({ data }) => (data ? [data] : [])))
  return classed(
    values,
    (key) => {
      const passes = edges.map((data) => {
        const on = reaching(data, [key])
        return on.length === 1 && on[0] === key ? 'all' : on
      })
      const natural = carriedBy(itemOf(key, undefined)).labels
      return JSON.stringify([against(both, (each) => each.class(key)), natural, passes, claimed(both, { class: key })])
    },
    (key) => bits(both, (each) => !denies(each.class(key))),
  )
}

/** Labels of which the law itself says something, beside what agreements prohibit. */
const regimes: readonly Label[] = ['psychotherapy', 'part2', 'self-pay-restricted']

export function labelClasses(both: Both, values: readonly (Label | undefined)[]): readonly ValueClass<Label | undefined>[] {
  return classed(
    values,
    (label) => {
      if (label === undefined) return 'none'
      return JSON.stringify([against(both, (each) => each.label(label)), regimes.includes(label) ? label : 'other'])
    },
    (label) => bits(both, (each) => label === undefined || !denies(each.label(label))),
  )
}

export function useClasses(both: Both, values: readonly Use[]): readonly ValueClass<Use>[] {
  const passed = both.sides.flatMap((side) => side.edges.flatMap(({ use }) => (use ? [use] : [])))
  return classed(
    values,
    (key) => {
      const { needsAuthorization } = uses[key]
      const among = (list: readonly Use[]) => list.some((each) => covers(each, key))
      return JSON.stringify([
        against(both, (each) => each.use(key)),
        [needsAuthorization !== false, among(ownUses), among(limitedDataSetUses), among(['payment', 'operations'])],
        passed.map((each) => covers(key, each)),
        claimed(both, { use: key }),
      ])
    },
    (key) => bits(both, (each) => !denies(each.use(key))),
  )
}

// Plans

/** Every plan that an agreement names, one that none names, and none said. */
export function plans({ first }: Both): readonly (string | undefined)[] {
  const named = first.flatMap(({ agreement: { eligibility } }) => (eligibility ? Object.keys(eligibility) : []))
  if (!first.some(({ agreement }) => agreement.eligibility !== undefined)) return [undefined]
  const own = first.flatMap(({ agreement: { plan } }) => (plan === undefined ? [] : [plan]))
  const all = [...new Set([...named, ...own])].sort()
  return [undefined, ...all, another(all, 'another')]
}

export function planClasses(both: Both, values: readonly (string | undefined)[]): readonly ValueClass<string | undefined>[] {
  const answer = ({ agreement: { eligibility, plan } }: CompiledAgreement, asked: string | undefined) => {
    if (eligibility === undefined) return 'any'
    // An agreement that names its plan counts a second one beside it.
    if (asked === undefined || asked === plan) return 'own'
    return Object.hasOwn(eligibility, asked) ? eligibility[asked] : 'unknown'
  }
  return classed(
    values,
    (asked) => JSON.stringify(both.first.map((each) => answer(each, asked))),
    (asked) => bits(both, (each) => answer(each, asked) !== 'never'),
  )
}

// How far the data identifies

const levels: readonly (AttestedIdentifiability | undefined)[] = [
  undefined,
  { level: 'identified' },
  { level: 'limited-data-set', evidence: 'on file' },
  { level: 'de-identified', evidence: 'on file' },
]

/** Only agreements about limited data sets, and claims that data is de-identified, look at it. */
export function identifiabilities({ sides, first, deep }: Both): readonly (AttestedIdentifiability | undefined)[] {
  const matters =
    [...first, ...deep].some(({ agreement }) => agreement.tier === 'data-use') ||
    sides.some((side) => side.claims.some(({ claim }) => claim.kind === 'de-identified'))
  return matters ? levels : [undefined]
}

// Services, with where they run

/** What decides about a service in a place: clauses, conditions, the steps that it reaches, and whether models are in it. */
export function serviceSignature(
  both: Both,
  service: Service,
  reasonsOf: (compiled: CompiledAgreement) => readonly Reason[],
): string {
  const { sides, first } = both
  const own = first.map((each) =>
    reasonsOf(each)
      .filter(refusing)
      .map(({ code, clause }) => `${code} ${clause?.id}`),
  )
  const conditions = first.map((each) => each.conditions(service).map(({ condition }) => condition))
  const steps = sides.map(({ edges, to }) =>
    edges.map((edge) => edge.of === to && edge.for.some((served) => overlaps(served, service))),
  )
  return JSON.stringify([own, conditions, steps, overlaps('ai', service), claimed(both, { service })])
}
