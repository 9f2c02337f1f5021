import { decideAny } from '../decide/decide.ts'
import type { Decision } from '../decide/decision.ts'
import type { Effect, Reason, ReasonCode } from '../decide/reason.ts'
import type { Around } from './around.ts'
import type { Cell } from './cell.ts'
import { hasWays } from './dimension.ts'
import { type Counted, type DataCell, requestOf, type Setting } from './request-space.ts'

// One agreement, and nobody further down: what it says of the data and its use does not depend on when, where and under which plan, nor
// the other way round. The outcome is the worse of the two, so each is asked once, and not every one with every other.

/** Whether a side can be taken apart: one agreement without a chain, or nothing at all, which has one answer. */
export const isFactored = (side: Around): boolean =>
  side.edges.length === 0 && !side.claims.some(({ isFirst }) => isFirst) && side.first.length <= 1

/** Reasons that look at the data and its use. All others look at the rest of a request. */
export const reasonsOfData: readonly ReasonCode[] = [
  'class-permitted',
  'class-not-permitted',
  'class-prohibited',
  'label-prohibited',
  'use-permitted',
  'use-required-by-law',
  'use-not-permitted',
  'use-prohibited',
  'training-prohibited',
  'authorized',
  'authorization-needed',
  'part2-without-terms',
  'restricted-from-plan',
  'too-identifying',
  'identifiability-unknown',
]

const isOfData: ReadonlySet<ReasonCode> = new Set(reasonsOfData)

type Said = Pick<Decision, 'outcome' | 'reasons'>

const ranks: { readonly [Each in Effect]: number } = { deny: 0, needs: 1, allow: 2 }

function part(reasons: readonly Reason[]): Said {
  let outcome: Effect = 'allow'
  for (const { effect } of reasons) if (ranks[effect] < ranks[outcome]) outcome = effect
  // What allows is no cause of anything, and beside a denial nobody asks what else is open.
  return { outcome, reasons: outcome === 'allow' ? [] : reasons.filter(({ effect }) => effect === outcome) }
}

const worseOf = (one: Said, other: Said): Effect => (ranks[one.outcome] < ranks[other.outcome] ? one.outcome : other.outcome)

const together = (outcome: Effect, one: Said, other: Said): Said => ({
  outcome,
  reasons: [one, other].flatMap((each) => (each.outcome === outcome ? each.reasons : [])),
})

const keys = new WeakMap<Reason, string>()

/** Most reasons are one object for all decisions that have them. */
function keyOf(reason: Reason): string {
  let key = keys.get(reason)
  if (key === undefined) {
    const { code, clause, name } = reason
    key = JSON.stringify([code, clause?.id, name])
    keys.set(reason, key)
  }
  return key
}

/** Settings, or cells of data, of which both sides say the same for the same reasons. */
interface Group<Value> {
  readonly values: Counted<Value>[]
  readonly before: Said
  readonly after: Said
  count: number
}

function grouped<Value>(
  values: readonly Counted<Value>[],
  ask: (value: Value) => readonly [Said, Said],
): readonly Group<Value>[] {
  const groups = new Map<string, Group<Value>>()
  const key = ({ outcome, reasons }: Said) => `${outcome}\n${reasons.map(keyOf).sort().join('\n')}`
  for (const each of values) {
    const [before, after] = ask(each.value)
    const name = `${key(before)}\n\n${key(after)}`
    const group = groups.get(name)
    if (group) {
      group.values.push(each)
      group.count += each.count
    } else groups.set(name, { values: [each], before, after, count: each.count })
  }
  return [...groups.values()]
}

/** What changed, by parts; undefined where `decide` does not bear a part out, so that everything has to be asked. */
export function factored(
  before: Around,
  after: Around,
  settings: readonly Counted<Setting>[],
  data: readonly Counted<DataCell>[],
): readonly Cell[] | undefined {
  const [anySetting, anyData] = [settings[0], data[0]]
  if (anySetting === undefined || anyData === undefined) return []
  const sides = [before, after] as const
  const ask = (setting: Setting, cell: DataCell, isData: boolean) => {
    const request = requestOf(before, setting, cell)
    return sides.map((side) => {
      const { reasons } = decideAny(side.registry, request)
      // Without an agreement all of the answer counts once.
      return part(hasWays(side) ? reasons.filter(({ code }) => isOfData.has(code) === isData) : isData ? [] : reasons)
    }) as unknown as readonly [Said, Said]
  }
  const inSettings = grouped(settings, (setting) => ask(setting, anyData.value, false)).map((group) => ({
    ...group,
    services: union(group.values, ({ service }) => service.members),
    at: union(group.values, ({ time }) => time.members),
  }))
  const ofData = grouped(data, (cell) => ask(anySetting.value, cell, true)).map((group) => ({
    ...group,
    data: union(group.values, ({ data: each }) => each.members),
    labels: union(group.values, ({ label }) => label.members),
    uses: union(group.values, ({ use }) => use.members),
  }))
  const changed: Cell[] = []
  for (const setting of inSettings) {
    for (const cell of ofData) {
      const was = worseOf(setting.before, cell.before)
      const is = worseOf(setting.after, cell.after)
      if (was === is) continue
      const request = requestOf(
        before,
        (setting.values[0] as Counted<Setting>).value,
        (cell.values[0] as Counted<DataCell>).value,
      )
      const answers = sides.map((side) => decideAny(side.registry, request).outcome)
      if (answers[0] !== was || answers[1] !== is) return undefined
      changed.push({
        request,
        before: together(was, setting.before, cell.before),
        after: together(is, setting.after, cell.after),
        count: setting.count * cell.count,
        services: setting.services,
        at: setting.at,
        data: cell.data,
        labels: cell.labels,
        uses: cell.uses,
      })
    }
  }
  return changed
}

function union<Value, Member>(values: readonly Counted<Value>[], pick: (value: Value) => readonly Member[]): readonly Member[] {
  const all = new Set<Member>()
  for (const { value } of values) for (const member of pick(value)) all.add(member)
  return [...all]
}
