import { byText, grouped } from '../order.ts'
import type { Registry } from '../registry/registry.ts'
import type { Carriage, EdgeReport, FlowsResult } from './flows.ts'
import type { NodeKind } from './map.ts'

/** What to draw. */
export interface DrawingOptions {
  /**
   * `exposures`: only the paths of exposures and the edges that are not allowed. `parties`: one node for each party, and one line for what goes
   * from one to another, as bad as the worst of it. Default: the whole map, which is readable up to about fifty nodes.
   */
  readonly only?: 'exposures' | 'parties' | undefined
  /** For the names of parties, where the registry has them. */
  readonly model?: Registry | undefined
  /** Left to right, or top down. Default `left-right`. */
  readonly direction?: 'left-right' | 'top-down' | undefined
}

/** How a line is drawn: by its form as well as by its colour. */
export type LineKind = 'uncovered' | 'unresolved' | 'covered' | 'no-disclosure' | 'nothing'

/** What a line of each kind says, for legends; the worst first. */
export const lineWords: { readonly [Kind in LineKind]: string } = {
  uncovered: 'NOT COVERED: data may not go here',
  unresolved: 'not known whether data may go here',
  covered: 'covered: the data may go here',
  'no-disclosure': 'inside one party: no disclosure',
  nothing: 'nothing goes here',
}
const kinds = Object.keys(lineWords) as LineKind[]

/** A node or line to draw. Names are `n0`, `n1`, …: nothing of the map is part of the language of the drawing. */
export interface DrawnNode {
  readonly name: string
  readonly kind: NodeKind
  readonly lines: readonly string[]
}
export interface DrawnLine {
  readonly from: string
  readonly to: string
  readonly kind: LineKind
  /** Empty: none. */
  readonly label: string
  readonly tooltip: string
}
export interface View {
  /** By party, in the order of their ids. With `only: 'parties'`, one without a title that has them all. */
  readonly boxes: readonly { readonly title: string | undefined; readonly nodes: readonly DrawnNode[] }[]
  readonly lines: readonly DrawnLine[]
  /** The kinds of lines that occur, the worst first. */
  readonly kinds: readonly LineKind[]
}

const MOST_CLASSES = 3

const kindOf = ({ outcome }: EdgeReport): LineKind =>
  outcome === 'allow' ? 'covered' : outcome === 'deny' ? 'uncovered' : outcome === 'needs' ? 'unresolved' : outcome

export function viewOf(result: FlowsResult, options: DrawingOptions): View {
  const view = options.only === 'parties' ? partiesView(result, options) : nodesView(result, options)
  const drawn = new Set(view.lines.map((each) => each.kind))
  return { ...view, kinds: kinds.filter((each) => drawn.has(each)) }
}

function nodesView(result: FlowsResult, { only, model }: DrawingOptions): Omit<View, 'kinds'> {
  const onPaths = new Set(result.findings.flatMap((each) => (each.path ?? []).map((step) => step.edge)))
  const isBad = ({ outcome }: EdgeReport) => outcome === 'deny' || outcome === 'needs'
  const edges = result.edges.filter((each) => only !== 'exposures' || onPaths.has(each.id) || isBad(each))
  const ends = new Set(edges.flatMap(({ from, to }) => [from, to]))
  const nodes = result.map.nodes.filter((each) => only !== 'exposures' || ends.has(each.id))
  const labelOf = labelsOfEdges(result)
  const parties = [...grouped(nodes, (each) => each.party)].sort(([a], [b]) => byText(a, b))
  const names = new Map(parties.flatMap(([, members]) => members).map((each, index) => [each.id, `n${index}`]))
  return {
    boxes: parties.map(([party, members]) => ({
      title: model?.parties.get(party)?.name ?? party,
      nodes: members.map(({ id, kind, label }) => ({
        name: names.get(id) as string,
        kind,
        lines: label === undefined ? [id] : [label, id],
      })),
    })),
    lines: edges.map((edge) => ({
      from: names.get(edge.from) as string,
      to: names.get(edge.to) as string,
      kind: kindOf(edge),
      label: only === 'exposures' || isBad(edge) ? labelOf(edge) : '',
      tooltip: edge.id,
    })),
  }
}

function partiesView(result: FlowsResult, { model }: DrawingOptions): Omit<View, 'kinds'> {
  const partyOf = new Map(result.map.nodes.map((each) => [each.id, each.party]))
  const parties = [...grouped(result.map.nodes, (each) => each.party)].sort(([a], [b]) => byText(a, b))
  const names = new Map(parties.map(([party], index) => [party, `n${index}`]))
  const between = result.edges.filter(({ from, to }) => partyOf.get(from) !== partyOf.get(to))
  const pairs = grouped(between, ({ from, to }) => `${partyOf.get(from)} ${partyOf.get(to)}`)
  return {
    boxes: [
      {
        title: undefined,
        nodes: parties.map(([party, members]) => ({
          name: names.get(party) as string,
          kind: members.every((each) => each.kind === members[0]?.kind) ? (members[0]?.kind ?? 'service') : 'service',
          lines: [model?.parties.get(party)?.name ?? party, `${members.length} node${members.length === 1 ? '' : 's'}`],
        })),
      },
    ],
    lines: [...pairs.values()].map((edges) => {
      const worst = Math.min(...edges.map((each) => kinds.indexOf(kindOf(each))))
      const bad = edges.filter((each) => kinds.indexOf(kindOf(each)) === worst).length
      const [first] = edges as [EdgeReport]
      return {
        from: names.get(partyOf.get(first.from) as string) as string,
        to: names.get(partyOf.get(first.to) as string) as string,
        kind: kinds[worst] as LineKind,
        label: worst > 1 ? '' : `${worst === 0 ? 'NOT COVERED' : 'NOT KNOWN'}: ${bad} of ${edges.length}`,
        tooltip: `${edges.length} edges`,
      }
    }),
  }
}

/** The classes of data, once each: the first of them, and how many more. */
function classesInWords(carries: readonly Pick<Carriage, 'class'>[]): string {
  const classes = [...new Set(carries.map((each) => each.class))].map((each) => each.replace(/^phi\./, ''))
  const more = classes.length - MOST_CLASSES
  return more > 0 ? `${classes.slice(0, MOST_CLASSES).join(', ')} and ${more} more` : classes.join(', ')
}

/** On an edge that is not allowed: what may not go. On others: what goes. */
function labelsOfEdges(result: FlowsResult): (edge: EdgeReport) => string {
  const bad = grouped(
    result.findings.filter((each) => each.rule === 'uncovered-flow' || each.rule === 'unresolved-flow'),
    (each) => each.edge ?? '',
  )
  return (edge) => {
    const on = bad.get(edge.id)
    if (on === undefined) return classesInWords(edge.carries)
    const classes = on.flatMap((each) => (each.class === undefined ? [] : [{ class: each.class }]))
    return `${edge.outcome === 'deny' ? 'NOT COVERED' : 'NOT KNOWN'}: ${classesInWords(classes)}`
  }
}
