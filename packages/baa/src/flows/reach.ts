import type { DataClass, DataItem, Label } from '@phi/core'
import { byText, grouped } from '../order.ts'
import type { FlowEdge, FlowMap, FlowNode } from './map.ts'
import { emitted, explains, isOpen, type Mint, mintOf, needsOf, sourceOf, type Token, wrapped } from './token.ts'

/** A node with what leaves it, in the order of ids. */
export interface GraphNode {
  readonly node: FlowNode
  readonly out: readonly GraphEdge[]
  /** The derived classes that are made here of everything that is here. */
  readonly makes: readonly DataItem[]
}
export interface GraphEdge {
  readonly edge: FlowEdge
  readonly from: string
  readonly to: string
  emit(token: Token): readonly Token[]
}
export interface Graph {
  readonly map: FlowMap
  readonly mint: Mint
  readonly nodes: ReadonlyMap<string, GraphNode>
  readonly edges: readonly GraphEdge[]
}

/** Data that enters at a node. */
export interface Source {
  readonly node: string
  readonly token: Token
}

/** How a token came to a node: over an edge, or made there of what was there. Neither: it entered there. */
interface Came {
  readonly by: { readonly edge: GraphEdge; readonly from: State } | undefined
  readonly madeOf: State | undefined
}

const entered: Came = { by: undefined, madeOf: undefined }

/** That a token is at a node, and how it came there on a shortest way. */
export interface State extends Came {
  readonly node: string
  readonly token: Token
  /** Edges from where it entered. */
  readonly distance: number
  /** The place in the order of discovery, which is the order of ways by length, then by the ids on them. */
  readonly rank: number
}

/** That a token goes over an edge. */
export interface Step {
  readonly edge: GraphEdge
  readonly from: State
  readonly to: State
}

export interface Reach {
  readonly states: readonly State[]
  readonly steps: readonly Step[]
  /** What is made at a node of what: every pair, and not only the first. */
  readonly makings: readonly { readonly from: State; readonly to: State }[]
  at(node: string): readonly Token[]
}

export function graphOf(map: FlowMap): Graph {
  const mint = mintOf()
  const edges = [...map.edges].sort((a, b) => byText(a.id, b.id)).map((edge) => graphEdge(mint, edge))
  const out = grouped(edges, (each) => each.from)
  const nodes = new Map(
    [...map.nodes]
      .sort((a, b) => byText(a.id, b.id))
      .map((node) => [node.id, { node, out: out.get(node.id) ?? [], makes: (node.holds ?? []).filter(isOpen) }]),
  )
  return { map, mint, nodes, edges }
}

function graphEdge(mint: Mint, edge: FlowEdge): GraphEdge {
  const known = new Map<Token, readonly Token[]>()
  return {
    edge,
    from: edge.from,
    to: edge.to,
    emit(token) {
      let out = known.get(token)
      if (out === undefined) {
        out = emitted(mint, edge, token)
        known.set(token, out)
      }
      return out
    },
  }
}

/** The data that nodes hold, as stated: what is made of other data is not among it. */
function heldSources({ nodes, mint }: Graph): readonly Source[] {
  const out: Source[] = []
  for (const { node } of nodes.values()) {
    for (const item of node.holds ?? []) {
      if (isOpen(item)) continue
      out.push({ node: node.id, token: sourceOf(mint, item, undefined) })
      for (const each of needsOf(item)) {
        if (each === item) continue
        const { labels, unknown, class: name } = sourceOf(mint, each, item.labels)
        out.push({ node: node.id, token: mint({ class: name, within: item.class, labels, unknown }) })
      }
    }
  }
  return out
}

/**
 * Everything that is anywhere, from the sources on, over every edge that is not closed: breadth first, so that the first way to a state is a
 * shortest one. Cycles end, for a state is entered once; the states are finite, because data changes only into what an edge or node names.
 */
export function reachOf(graph: Graph, sources: readonly Source[], closed: ReadonlySet<string> = new Set()): Reach & Grows {
  const at = new Map<string, Map<Token, State>>()
  const states: State[] = []
  const steps: Step[] = []
  const makings: { from: State; to: State }[] = []
  let next = 0

  const enter = (node: string, token: Token, distance: number, came: Came): State => {
    const here = at.get(node) ?? new Map<Token, State>()
    at.set(node, here)
    const known = here.get(token)
    if (known) return known
    const state: State = { node, token, distance, rank: states.length, by: came.by, madeOf: came.madeOf }
    here.set(token, state)
    states.push(state)
    for (const item of graph.nodes.get(node)?.makes ?? []) {
      for (const made of wrapped(graph.mint, token, item)) {
        makings.push({ from: state, to: enter(node, made, distance, { by: undefined, madeOf: state }) })
      }
    }
    return state
  }
  const go = () => {
    for (; next < states.length; next++) {
      const from = states[next] as State
      for (const edge of graph.nodes.get(from.node)?.out ?? []) {
        if (closed.has(edge.edge.id)) continue
        for (const token of edge.emit(from.token)) {
          const to = enter(edge.to, token, from.distance + 1, { by: { edge, from }, madeOf: undefined })
          steps.push({ edge, from, to })
        }
      }
    }
  }
  const ordered = [...sources].sort((a, b) => byText(a.node, b.node) || byText(a.token.key, b.token.key))
  for (const { node, token } of ordered) enter(node, token, 0, entered)
  go()
  return {
    states,
    steps,
    makings,
    at: (node) => [...(at.get(node)?.keys() ?? [])],
    add({ node, token }) {
      enter(node, token, 0, entered)
      go()
    },
  }
}

interface Grows {
  /** Data that enters too. Distances are of the order of entering then, and good for nothing. */
  add(source: Source): void
}

/** Data that an edge sends, or a node makes, of which the map does not say where it comes from. */
export interface Unexplained {
  readonly node: string
  readonly edge?: string
  readonly class: DataClass
}

/**
 * Where data enters: what nodes hold, and what an edge sends that its node neither holds nor receives. Of two such edges of which one feeds
 * the other, the first one only.
 */
export function sourcesOf(graph: Graph): { readonly sources: readonly Source[]; readonly unexplained: readonly Unexplained[] } {
  const sources = [...heldSources(graph)]
  const reach = reachOf(graph, sources)
  const needs: Need[] = []
  for (const { node, makes } of graph.nodes.values()) {
    for (const item of makes) needs.push({ node: node.id, need: item, labels: undefined })
  }
  for (const { edge } of graph.edges) {
    for (const item of edge.data ?? []) {
      for (const need of needsOf(item)) needs.push({ node: edge.from, edge: edge.id, need, labels: item.labels ?? edge.labels })
    }
  }
  const unmet = ({ node, need }: Need) => !reach.at(node).some((token) => explains(token, need))
  const open = needs.filter(unmet)
  const above = upstream(graph, new Set(open.map((each) => each.node)))
  const order = (each: Need) => above.get(each.node) ?? 0
  const unexplained: Unexplained[] = []
  for (const each of open.sort((a, b) => order(a) - order(b) || byText(a.edge ?? '', b.edge ?? ''))) {
    if (!unmet(each)) continue
    const source = { node: each.node, token: sourceOf(graph.mint, each.need, each.labels) }
    sources.push(source)
    reach.add(source)
    // An empty `madeOf` says that no protected health information went into it: it is made right here.
    if (each.need.madeOf?.length === 0) continue
    unexplained.push({ node: each.node, ...(each.edge === undefined ? {} : { edge: each.edge }), class: each.need.class })
  }
  return { sources, unexplained }
}

interface Need {
  readonly node: string
  readonly edge?: string
  readonly need: DataItem
  readonly labels: readonly Label[] | undefined
}

/** For each node, how many nodes lead to it: fewer for what feeds than for what is fed. */
function upstream(graph: Graph, of: ReadonlySet<string>): ReadonlyMap<string, number> {
  const into = grouped(graph.edges, (each) => each.to)
  const counts = new Map<string, number>()
  for (const node of of) {
    const seen = new Set([node])
    for (const each of seen) for (const { from } of into.get(each) ?? []) seen.add(from)
    counts.set(node, seen.size)
  }
  return counts
}
