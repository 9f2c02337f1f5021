import type { DataClass, Label } from '@phi/core'
import { covers, isInstant, uses } from '@phi/core'
import type { Decision } from '../decide/decide.ts'
import { baaError } from '../errors.ts'
import { freeze } from '../freeze.ts'
import { byText, grouped } from '../order.ts'
import type { Registry } from '../registry/registry.ts'
import { refuseUnread } from '../registry/registry.ts'
import { type Cuts, cutsOf } from './cut.ts'
import { parseFlows } from './define.ts'
import { type Exposure, exposuresOf, offendingSteps, pathTo, shortest } from './exposure.ts'
import { type FlowFinding, finding } from './finding.ts'
import type { FlowEdge, FlowMap, FlowNode } from './map.ts'
import { type Graph, graphOf, type Reach, reachOf, type Step, sourcesOf, type Unexplained } from './reach.ts'
import { reaches, subject, type Token } from './token.ts'
import { type EdgeOutcome, type EdgeVerdict, verdictsOf } from './verdict.ts'

/** A piece of data at a node or on an edge. */
export interface Carriage {
  readonly class: DataClass
  /** What it lies in: an export, an error report, a prompt. */
  readonly within?: DataClass
  /** Left out: nobody has said. */
  readonly labels?: readonly Label[]
}

/** What goes over an edge, and whether it may. */
export interface EdgeReport {
  readonly id: string
  readonly from: string
  readonly to: string
  /** `no-disclosure`: between nodes of one party. `nothing`: no data goes over it. */
  readonly outcome: EdgeOutcome
  readonly carries: readonly Carriage[]
  /** Of all that goes over the edge together. Absent where nothing is decided. */
  readonly decision?: Decision
}

export interface NodeReport {
  readonly id: string
  readonly party: string
  /** Everything that is here: what it holds, what it makes, and what arrives. */
  readonly has: readonly Carriage[]
}

/** What `flows` found. Frozen, plain data. */
export interface FlowsResult {
  readonly at: string
  readonly map: FlowMap
  /** In the order of the map. */
  readonly nodes: readonly NodeReport[]
  readonly edges: readonly EdgeReport[]
  /** By node, then by class. */
  readonly exposures: readonly Exposure[]
  readonly cuts: Cuts
  /** Everything that a person should look at: each flow that is not allowed, for each class and edge; and what else is wrong. */
  readonly findings: readonly FlowFinding[]
}

/**
 * Follows every class of data through a map, over every edge and around every cycle, and asks of each edge between two parties whether the
 * agreements of the model let the data go there at that instant. What is not known is an exposure too, and says so.
 *
 * The result is only as good as the map: data that goes where no edge says is not found. What individuals send is their own, so data that a page
 * of yours makes their browser send to a tracker belongs on an edge from the page.
 * @param options `at` is an instant, `YYYY-MM-DDTHH:mm:ss.sssZ`
 * @throws PhiError PHI_BAA_FLOWS for a map that is not valid; PHI_BAA_REGISTRY, PHI_BAA_REQUEST
 */
export function flows(map: FlowMap, model: Registry, options: { readonly at: string }): FlowsResult {
  const read = parseFlows(map)
  const at: unknown = options?.at
  if (typeof at !== 'string' || !isInstant(at))
    throw baaError('PHI_BAA_REQUEST', { path: 'request.at', detail: 'must be an instant' })
  refuseUnread(model)
  const graph = graphOf(read)
  const { sources, unexplained } = sourcesOf(graph)
  const reach = reachOf(graph, sources)
  const verdicts = verdictsOf(graph, reach, model, at)
  const offending = offendingSteps(reach.steps, verdicts)
  const nodeOf = (id: string) => (graph.nodes.get(id) as { node: FlowNode }).node
  const exposures = exposuresOf(offending, verdicts, (id) => nodeOf(id).party)
  return freeze({
    at,
    map: read,
    nodes: read.nodes.map(({ id, party }) => ({ id, party, has: carriages(reach.at(id)) })),
    edges: read.edges.map((edge) => edgeReport(edge, verdicts.get(edge.id) as EdgeVerdict)),
    exposures,
    cuts: cutsOf(reach, offending, exposures.length),
    findings: [
      ...forbiddenFindings(offending, verdicts),
      ...minimumFindings(verdicts, nodeOf, model),
      ...unexplainedFindings(unexplained, graph),
      ...nothingFindings(graph, reach, verdicts),
    ],
  })
}

const carriage = ({ class: name, within, labels }: Token): Carriage => ({
  class: name,
  ...(within === undefined ? {} : { within }),
  ...(labels === undefined ? {} : { labels }),
})

/** Once each, however it came there. */
const carriages = (tokens: readonly Token[]): readonly Carriage[] => {
  const sorted = [...tokens].sort((a, b) => byText(a.key, b.key))
  return [...new Map(sorted.map((token) => [`${subject(token)}|${token.within}`, carriage(token)])).values()]
}

const edgeReport = ({ id, from, to }: FlowEdge, { outcome, tokens, decision }: EdgeVerdict): EdgeReport => ({
  id,
  from,
  to,
  outcome,
  carries: carriages(tokens),
  ...(decision === undefined ? {} : { decision }),
})

/** What an edge is, whatever line it stands on. */
const edgeWords = ({ id, from, to, service, use }: FlowEdge): readonly string[] => [id, from, to, service ?? '', use ?? '']

const placed = (edge: FlowEdge | undefined, node: FlowNode | undefined) => {
  const source = edge?.source ?? node?.source
  return source === undefined ? {} : { source }
}

function forbiddenFindings(offending: readonly Step[], verdicts: ReadonlyMap<string, EdgeVerdict>): readonly FlowFinding[] {
  const groups = grouped(offending, ({ edge, to }) => `${edge.edge.id}|${subject(to.token)}`)
  return [...groups.entries()]
    .sort(([a], [b]) => byText(a, b))
    .map(([, steps]) => {
      const last = shortest(steps)
      const { edge } = last.edge
      const { token } = last.to
      const decisions = steps.map((step) => verdicts.get(edge.id)?.offending.get(step.to.token) as Decision)
      const decision = decisions.find((each) => each.outcome === 'deny') ?? (decisions[0] as Decision)
      const denied = decision.outcome === 'deny'
      return finding(denied ? 'uncovered-flow' : 'unresolved-flow', [...edgeWords(edge), subject(token)], {
        edge: edge.id,
        node: edge.to,
        ...carriage(token),
        outcome: denied ? 'deny' : 'needs',
        path: pathTo(last, verdicts).path,
        reasons: decision.reasons.filter((each) => each.effect !== 'allow'),
        ...placed(edge, undefined),
      })
    })
}

/** 45 CFR 164.502(b): not to disclosures to a provider for treatment, nor to the individual, nor as law requires. */
function minimumFindings(
  verdicts: ReadonlyMap<string, EdgeVerdict>,
  nodeOf: (id: string) => FlowNode,
  model: Registry,
): readonly FlowFinding[] {
  return [...verdicts.values()].flatMap(({ edge, tokens, outcome }) => {
    const [from, to] = [nodeOf(edge.from), nodeOf(edge.to)]
    const { requires } = to
    if (requires === undefined) return []
    const rule = edge.use === undefined ? true : uses[edge.use].minimumNecessary
    const party = model.parties.get(to.party)
    const isProvider = party?.kind === 'provider' || party?.type === 'health-care-provider'
    if (rule === false || (rule === 'except-to-providers' && isProvider && outcome !== 'no-disclosure')) return []
    const beyond = tokens.filter(
      (token) =>
        !requires.some((each) => covers(each, token.class) || (token.within !== undefined && covers(each, token.within))),
    )
    return [...new Set(beyond.map((token) => token.class))].sort().map((name) =>
      finding('more-than-required', [...edgeWords(edge), name], {
        edge: edge.id,
        node: to.id,
        class: name,
        ...placed(edge, from),
      }),
    )
  })
}

function unexplainedFindings(unexplained: readonly Unexplained[], graph: Graph): readonly FlowFinding[] {
  const edges = new Map(graph.edges.map(({ edge }) => [edge.id, edge]))
  return unexplained.map(({ node, edge: id, class: name }) => {
    const edge = id === undefined ? undefined : edges.get(id)
    return finding('unexplained-data', edge ? [...edgeWords(edge), name] : [node, name], {
      ...(edge ? { edge: edge.id } : {}),
      node,
      class: name,
      ...placed(edge, graph.nodes.get(node)?.node),
    })
  })
}

/** Edges that pass on classes of which nothing is there. What is stated as `data` is checked wherever it comes from. */
function nothingFindings(graph: Graph, reach: Reach, verdicts: ReadonlyMap<string, EdgeVerdict>): readonly FlowFinding[] {
  return graph.edges.flatMap(({ edge }) => {
    if (edge.passes === undefined) return []
    const common = { edge: edge.id, node: edge.from, ...placed(edge, undefined) }
    if (edge.passes === 'all') {
      return verdicts.get(edge.id)?.outcome === 'nothing' ? [finding('nothing-passes', edgeWords(edge), common)] : []
    }
    const here = reach.at(edge.from)
    return edge.passes
      .filter((name) => !here.some((token) => reaches(token, name)))
      .map((name) => finding('nothing-passes', [...edgeWords(edge), name], { ...common, class: name }))
  })
}
