import type { DataClass, Label } from '@phi/core'
import type { Effect, Reason } from '../decide/reason.ts'
import { byText, grouped } from '../order.ts'
import type { GraphEdge, State, Step } from './reach.ts'
import { subject, type Token } from './token.ts'
import type { EdgeOutcome, EdgeVerdict } from './verdict.ts'

/** One edge of a path, and what the piece of data is on it. */
export interface PathStep {
  readonly edge: string
  readonly from: string
  readonly to: string
  readonly class: DataClass
  /** What it lies in: an export, an error report, a prompt. */
  readonly within?: DataClass
  readonly outcome: EdgeOutcome
}

/** That a class reaches a node whose party may not have it. */
export interface Exposure {
  readonly class: DataClass
  /** The labels of the records. Left out: nobody has said. */
  readonly labels?: readonly Label[]
  readonly within?: DataClass
  readonly node: string
  readonly party: string
  /** Of the last edge of the path. `needs`: it is not known whether the data may go over it. Every other edge has a finding of its own. */
  readonly outcome: Exclude<Effect, 'allow'>
  /** Where the data enters the map. */
  readonly enters: { readonly node: string; readonly class: DataClass }
  /** A shortest way from there to the node, of those whose last edge may not carry it. */
  readonly path: readonly PathStep[]
  /** The edge to cut: the first on the path that may not carry it. */
  readonly cut: string
  /** All edges into the node that may not carry it. */
  readonly edges: readonly string[]
  /** Why the last edge of the path may not carry it. */
  readonly reasons: readonly Reason[]
}

type Verdicts = ReadonlyMap<string, EdgeVerdict>

/** The steps by which data goes where it may not. */
export const offendingSteps = (steps: readonly Step[], verdicts: Verdicts): readonly Step[] =>
  steps.filter(({ edge, to }) => verdicts.get(edge.edge.id)?.offending.has(to.token))

export function exposuresOf(
  offending: readonly Step[],
  verdicts: Verdicts,
  partyOf: (node: string) => string,
): readonly Exposure[] {
  const groups = grouped(offending, ({ edge, to }) => `${edge.to}|${subject(to.token)}`)
  return [...groups.values()]
    .map((steps) => exposureOf(shortest(steps), steps, verdicts, partyOf))
    .sort((a, b) => byText(a.node, b.node) || byText(a.class, b.class) || byText(String(a.labels), String(b.labels)))
}

/** Of several steps, that of the shortest way; of two alike, that which comes first by the ids on it. */
export const shortest = (steps: readonly Step[]): Step =>
  steps.reduce((best, each) => {
    const order = each.from.distance - best.from.distance || each.from.rank - best.from.rank
    return (order || byText(each.edge.edge.id, best.edge.edge.id)) < 0 ? each : best
  })

function exposureOf(last: Step, steps: readonly Step[], verdicts: Verdicts, partyOf: (node: string) => string): Exposure {
  const { path, enters } = pathTo(last, verdicts)
  const { token } = last.to
  const verdict = verdicts.get(last.edge.edge.id)
  const decision = verdict?.offending.get(token)
  const first = path.find((step) => step.outcome === 'deny' || step.outcome === 'needs')
  return {
    class: token.class,
    ...(token.labels === undefined ? {} : { labels: token.labels }),
    ...(token.within === undefined ? {} : { within: token.within }),
    node: last.edge.to,
    party: partyOf(last.edge.to),
    outcome: decision?.outcome === 'needs' ? 'needs' : 'deny',
    enters,
    path,
    cut: (first ?? (path.at(-1) as PathStep)).edge,
    edges: [...new Set(steps.map((step) => step.edge.edge.id))].sort(),
    reasons: (decision?.reasons ?? []).filter((each) => each.effect !== 'allow'),
  }
}

/** The way to a step, from where the data entered. */
export function pathTo(last: Step, verdicts: Verdicts): Pick<Exposure, 'path' | 'enters'> {
  const steps: { edge: GraphEdge; token: Token }[] = [{ edge: last.edge, token: last.to.token }]
  let state: State = last.from
  for (let before = cameFrom(state); before !== undefined; before = cameFrom(state)) {
    if (state.by) steps.push({ edge: state.by.edge, token: state.token })
    state = before
  }
  return {
    enters: { node: state.node, class: state.token.class },
    path: steps.reverse().map(({ edge, token }) => ({
      edge: edge.edge.id,
      from: edge.from,
      to: edge.to,
      class: token.class,
      ...(token.within === undefined ? {} : { within: token.within }),
      outcome: outcomeOf(verdicts.get(edge.edge.id), token),
    })),
  }
}

const cameFrom = (state: State): State | undefined => state.by?.from ?? state.madeOf

function outcomeOf(verdict: EdgeVerdict | undefined, token: Token): EdgeOutcome {
  if (verdict === undefined || verdict.outcome === 'no-disclosure') return 'no-disclosure'
  return verdict.offending.get(token)?.outcome ?? 'allow'
}
