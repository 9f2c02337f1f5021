import type { DataClass, Label, Service, Use } from '@phi/core'
import type { Decision } from '../decide/decision.ts'
import type { Effect, Reason } from '../decide/reason.ts'
import type { DecisionRequest } from '../decide/request.ts'
import { byText } from '../order.ts'
import type { Cell } from './cell.ts'

/** Decisions that come out in another way for the same reasons. */
export interface Flips {
  readonly from: string
  readonly to: string
  readonly was: Effect
  readonly is: Effect
  readonly requests: number
  /** What stood against it before, and what stands against it now. Of an outcome `allow` there is nothing. */
  readonly because: { readonly before: readonly Reason[]; readonly after: readonly Reason[] }
  /** `together`: requests for which several of the other causes come together. */
  readonly cause: 'alone' | 'together'
  /** A request that both registries answer, in these two ways. */
  readonly witness: DecisionRequest
  /** Where the requests lie. Not every combination of these flips. */
  readonly services: readonly Service[]
  readonly data: readonly DataClass[]
  readonly labels: readonly (Label | 'none')[]
  readonly uses: readonly Use[]
  readonly at: readonly string[]
}

interface Group {
  readonly cell: Cell
  readonly blockers: ReadonlySet<string>
  readonly before: ReadonlyMap<string, Reason>
  readonly after: ReadonlyMap<string, Reason>
  cells: Cell[]
}

/** What decided against it, without the word that it was about: one clause is one cause for all of them. */
function blockersOf({ outcome, reasons }: Pick<Decision, 'outcome' | 'reasons'>): ReadonlyMap<string, Reason> {
  if (outcome === 'allow') return new Map()
  const named = reasons.filter((each) => each.effect === outcome).map((each) => [keyOf(each), each] as const)
  return new Map([...named].reverse().sort(([a], [b]) => byText(a, b)))
}

const keyOf = ({ code, agreement, clause, name }: Reason) => JSON.stringify([code, agreement, clause?.id, name])

const ranks: { readonly [Each in Effect]: number } = { deny: 0, needs: 1, allow: 2 }

/** Groups what changed by its causes. What is only a meeting of others is told as one, so that the list stays short. */
export function flipsOf(changed: readonly Cell[]): readonly Flips[] {
  const byOutcome = new Map<string, Map<string, Group>>()
  for (const cell of changed) {
    const { from, to } = cell.request
    const name = JSON.stringify([from, to, cell.before.outcome, cell.after.outcome])
    const groups = byOutcome.get(name) ?? new Map<string, Group>()
    byOutcome.set(name, groups)
    const [before, after] = [blockersOf(cell.before), blockersOf(cell.after)]
    const blockers = new Set([
      ...[...before.keys()].map((key) => `before ${key}`),
      ...[...after.keys()].map((key) => `after ${key}`),
    ])
    const key = [...blockers].join('\n')
    const group = groups.get(key)
    if (group) group.cells.push(cell)
    else groups.set(key, { cell, blockers, before, after, cells: [cell] })
  }
  const all = [...byOutcome.values()].flatMap((groups) => toldShort([...groups.values()]))
  return all.sort((a, b) => ranks[b.is] - ranks[a.is] || ranks[a.was] - ranks[b.was] || b.requests - a.requests)
}

function toldShort(groups: readonly Group[]): readonly Flips[] {
  const alone: Group[] = []
  const met: Group[] = []
  for (const group of [...groups].sort((a, b) => a.blockers.size - b.blockers.size)) {
    const parts = alone.filter((each) => isSubset(each.blockers, group.blockers))
    const covered = new Set(parts.flatMap((each) => [...each.blockers]))
    if (parts.length > 1 && covered.size === group.blockers.size) met.push(group)
    else alone.push(group)
  }
  return [...alone.map((each) => flips([each], 'alone')), ...(met.length === 0 ? [] : [flips(met, 'together')])]
}

const isSubset = (small: ReadonlySet<string>, large: ReadonlySet<string>) =>
  small.size < large.size && [...small].every((each) => large.has(each))

function flips(groups: readonly Group[], cause: Flips['cause']): Flips {
  const cells = groups.flatMap((each) => each.cells)
  const [{ request, before, after }] = cells as [Cell]
  const union = (pick: (group: Group) => ReadonlyMap<string, Reason>) => [
    ...new Map(groups.flatMap((group) => [...pick(group)])).values(),
  ]
  const values = <Value>(pick: (cell: Cell) => readonly Value[]) => [...new Set(cells.flatMap((cell) => pick(cell)))].sort()
  return {
    from: request.from,
    to: request.to,
    was: before.outcome,
    is: after.outcome,
    requests: cells.reduce((sum, { count }) => sum + count, 0),
    because: { before: union((group) => group.before), after: union((group) => group.after) },
    cause,
    witness: request,
    services: values(({ services }) => services),
    data: values(({ data }) => data),
    labels: values(({ labels }) => labels.map((each) => each ?? ('none' as const))),
    uses: values(({ uses }) => uses),
    at: values(({ at }) => at),
  }
}
