import type { DataClass } from '@phi/core'
import { byText, grouped } from '../order.ts'
import { minCut, type Pipe } from './min-cut.ts'
import type { Reach, State, Step } from './reach.ts'

/** Classes to stop on an edge. */
export interface EdgeCut {
  readonly edge: string
  readonly classes: readonly DataClass[]
}

/** What to cut so that no data reaches a party that may not have it. */
export interface Cuts {
  /**
   * The forbidden flows that data reaches first: before them nothing forbidden happens. Each is needed and together they are enough, for
   * everything behind them is reached through them.
   */
  readonly first: readonly EdgeCut[]
  /**
   * A set of whole edges that ends every exposure: never more edges than `first` has, and often fewer where many flows pass through one
   * vendor. Counted over edges and not class by class. It may hold edges that are allowed.
   */
  readonly fewest: readonly string[]
  /** What `fewest` does, in a sentence. */
  readonly explanation: string
}

export function cutsOf(reach: Reach, offending: readonly Step[], exposures: number): Cuts {
  const forbidden = new Set(offending)
  const first = firstOf(reach, forbidden)
  const few = fewestOf(reach, forbidden)
  const firstEdges = first.map((each) => each.edge)
  const fewest = few.length < firstEdges.length ? few : firstEdges
  return {
    first,
    fewest,
    explanation: explain(fewest, firstEdges, exposures, new Set(offending.map((each) => each.edge.edge.id))),
  }
}

function explain(
  fewest: readonly string[],
  first: readonly string[],
  exposures: number,
  forbidden: ReadonlySet<string>,
): string {
  if (exposures === 0) return 'Nothing has to be cut.'
  const what = `${count(exposures, 'exposure')} ${exposures === 1 ? 'passes' : 'pass'} through ${count(fewest.length, 'edge')}.`
  if (fewest === first) return `${what} No smaller set of edges was found than those that are forbidden and reached first.`
  const allowed = fewest.filter((each) => !forbidden.has(each)).length
  const price = allowed === 0 ? '' : ` Of these, ${count(allowed, 'edge')} may carry the data: cutting ends covered flows too.`
  return `${what} The forbidden flows that are reached first are on ${count(first.length, 'edge')}.${price}`
}

const count = (many: number, what: string) => `${many} ${what}${many === 1 ? '' : 's'}`

/** The forbidden steps that are reached without another. */
function firstOf(reach: Reach, forbidden: ReadonlySet<Step>): readonly EdgeCut[] {
  const out = outOf(reach)
  const reached = new Set(reach.states.filter(isEntry))
  const classes = new Map<string, Set<DataClass>>()
  for (const state of reached) {
    for (const made of out.made.get(state) ?? []) reached.add(made)
    for (const step of out.steps.get(state) ?? []) {
      if (!forbidden.has(step)) {
        reached.add(step.to)
        continue
      }
      const { id } = step.edge.edge
      const on = classes.get(id) ?? new Set()
      classes.set(id, on.add(step.to.token.class))
    }
  }
  return [...classes].map(([edge, on]) => ({ edge, classes: [...on].sort() })).sort((a, b) => byText(a.edge, b.edge))
}

function outOf({ steps, makings }: Reach) {
  const out = { steps: new Map<State, Step[]>(), made: new Map<State, State[]>() }
  for (const step of steps) push(out.steps, step.from, step)
  for (const { from, to } of makings) push(out.made, from, to)
  return out
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const values = map.get(key)
  if (values) values.push(value)
  else map.set(key, [value])
}

/** Whether data enters the map with it. */
const isEntry = (state: State) => state.by === undefined && state.madeOf === undefined

/** The steps that lead to a forbidden one, or are one; and the nodes where data on its way there enters. */
function leading({ steps, makings }: Reach, forbidden: ReadonlySet<Step>) {
  const into = new Map<State, Step[]>()
  const made = new Map<State, State[]>()
  for (const step of steps) push(into, step.to, step)
  for (const { from, to } of makings) push(made, to, from)
  const found = new Set(forbidden)
  const states = new Set([...forbidden].map((step) => step.from))
  for (const state of states) {
    for (const maker of made.get(state) ?? []) states.add(maker)
    for (const step of into.get(state) ?? []) {
      found.add(step)
      states.add(step.from)
    }
  }
  return { steps: found, entries: new Set([...states].filter(isEntry).map((state) => state.node)) }
}

/**
 * A minimum cut between where data enters and the forbidden edges. Every edge that leads there costs one, and an allowed one a little more, so
 * that of two smallest sets the one with more forbidden edges is taken.
 */
function fewestOf(reach: Reach, forbidden: ReadonlySet<Step>): readonly string[] {
  const { steps, entries } = leading(reach, forbidden)
  const edges = grouped(steps, (step) => step.edge.edge.id)
  const price = edges.size + 1
  const pipes: Pipe[] = [...entries].map((node) => ({ id: '', from: 'start', to: `node ${node}`, price: Infinity }))
  for (const [id, on] of [...edges].sort(([a], [b]) => byText(a, b))) {
    const { from, to } = (on[0] as Step).edge
    const bad = on.some((step) => forbidden.has(step))
    pipes.push({ id, from: `node ${from}`, to: `edge ${id}`, price: bad ? price : price + 1 })
    pipes.push({ id: '', from: `edge ${id}`, to: `node ${to}`, price: Infinity })
    if (bad) pipes.push({ id: '', from: `edge ${id}`, to: 'end', price: Infinity })
  }
  return minCut(pipes, 'start', 'end')
}
