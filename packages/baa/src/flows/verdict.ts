import { type Decision, decideAny } from '../decide/decide.ts'
import type { Effect } from '../decide/reason.ts'
import type { DecisionRequest } from '../decide/request.ts'
import { byText, grouped } from '../order.ts'
import type { Registry } from '../registry/registry.ts'
import type { FlowEdge } from './map.ts'
import type { Graph, Reach } from './reach.ts'
import { asItem, subject, type Token } from './token.ts'

/** `no-disclosure`: between nodes of one party. `nothing`: no data goes over the edge. */
export type EdgeOutcome = Effect | 'no-disclosure' | 'nothing'

/** What goes over an edge, and whether it may. */
export interface EdgeVerdict {
  readonly edge: FlowEdge
  readonly outcome: EdgeOutcome
  readonly tokens: readonly Token[]
  /** Of all that goes over the edge together. */
  readonly decision: Decision | undefined
  /** Of each piece that may not go, on its own. */
  readonly offending: ReadonlyMap<Token, Decision>
}

/** Judges every edge, with what goes over it. */
export function verdictsOf(graph: Graph, reach: Reach, model: Registry, at: string): ReadonlyMap<string, EdgeVerdict> {
  const steps = grouped(reach.steps, (step) => step.edge.edge.id)
  const verdicts = new Map<string, EdgeVerdict>()
  for (const { edge } of graph.edges) {
    const tokens = new Set((steps.get(edge.id) ?? []).map((step) => step.to.token))
    const sorted = [...tokens].sort((a, b) => byText(a.key, b.key))
    verdicts.set(edge.id, verdictOf(graph, edge, sorted, model, at))
  }
  return verdicts
}

const none: ReadonlyMap<Token, Decision> = new Map()

function verdictOf(graph: Graph, edge: FlowEdge, tokens: readonly Token[], model: Registry, at: string): EdgeVerdict {
  const ask = requestOf(graph, edge, at)
  if (tokens.length === 0) return { edge, outcome: 'nothing', tokens, decision: undefined, offending: none }
  if (ask.from === ask.to) return { edge, outcome: 'no-disclosure', tokens, decision: undefined, offending: none }
  // What lies in what makes no difference to the question.
  const items = [...new Map(tokens.map((token) => [`${subject(token)} ${token.unknown}`, asItem(token)])).values()]
  const decision = decideAny(model, { ...ask, data: items } as DecisionRequest)
  const { outcome } = decision
  if (outcome === 'allow') return { edge, outcome, tokens, decision, offending: none }
  const each = tokens.map((token) => [token, decideAny(model, { ...ask, data: [asItem(token)] } as DecisionRequest)] as const)
  const offending = new Map(each.filter(([, alone]) => alone.outcome !== 'allow'))
  // Each may go on its own and all together may not: then none of them may go as the map has it.
  if (offending.size === 0) for (const token of tokens) offending.set(token, decision)
  return { edge, outcome, tokens, decision, offending }
}

/** The question of an edge without its data. A word that is not known stays away, and the decision says so. */
function requestOf(graph: Graph, edge: FlowEdge, at: string) {
  const from = graph.nodes.get(edge.from)?.node
  const to = graph.nodes.get(edge.to)?.node
  const where = { ...to?.where, ...edge.where }
  const configuration = { ...to?.where?.configuration, ...edge.where?.configuration }
  return {
    from: from?.party,
    to: to?.party,
    service: edge.service ?? to?.service,
    use: edge.use,
    at,
    where: Object.keys(configuration).length > 0 ? { ...where, configuration } : where,
    plan: edge.plan,
    conditions: edge.conditions,
    identifiability: edge.identifiability,
    authorization: edge.authorization,
    heldFor: edge.heldFor,
    exemption: edge.exemption,
  }
}
