import type { FlowsResult } from './flows.ts'
import type { NodeKind } from './map.ts'
import { type DrawingOptions, type DrawnNode, type LineKind, lineWords, viewOf } from './view.ts'

/**
 * A quoted string of the DOT language. A backslash begins an escape (`\N` is the name of the node), and `&` an entity; both are made plain, so
 * that a label cannot say anything but itself.
 */
const plain = (text: string) =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('&', '&amp;')
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
const quoted = (...lines: readonly string[]) => `"${lines.map(plain).join('\\n')}"`

const shapes: { readonly [Kind in NodeKind]: string } = {
  store: 'shape=cylinder',
  service: 'shape=box, style="rounded,filled"',
  vendor: 'shape=component',
  person: 'shape=oval',
}

// The form tells the kind without the colour: thick with a box, dashed with a diamond, plain, thin, dotted without a head.
const strokes: { readonly [Kind in LineKind]: string } = {
  uncovered: 'color="#c2410c", fontcolor="#9a3412", penwidth=3.5, arrowhead=box',
  unresolved: 'color="#7c3aed", fontcolor="#5b21b6", style=dashed, penwidth=2, arrowhead=odiamond',
  covered: 'color="#1b6e8c", penwidth=1.4',
  'no-disclosure': 'color="#9ca3af", penwidth=0.7, arrowsize=0.6',
  nothing: 'color="#9ca3af", style=dotted, arrowhead=none',
}

const nodeLine = ({ name, kind, lines }: DrawnNode) => `    ${name} [label=${quoted(...lines)}, ${shapes[kind]}]`

/**
 * A map and what was found in it, as a graph in the DOT language of Graphviz: a box for each party, a line for each edge, and a legend. What
 * may not go is thick, what is not known dashed. Edges are labelled where something is wrong; with `only: 'exposures'`, all of them.
 */
export function toDot(result: FlowsResult, options: DrawingOptions = {}): string {
  const { boxes, lines, kinds } = viewOf(result, options)
  const drawn = boxes.flatMap(({ title, nodes }, index) =>
    title === undefined
      ? nodes.map(nodeLine)
      : [`  subgraph cluster_${index} {`, `    label=${quoted(title)}`, ...nodes.map(nodeLine), '  }'],
  )
  const edges = lines.map(({ from, to, kind, label, tooltip }) => {
    const named = label === '' ? '' : `label=${quoted(label)}, `
    return `  ${from} -> ${to} [${named}tooltip=${quoted(tooltip)}, ${strokes[kind]}]`
  })
  const legend = kinds.flatMap((kind) => [
    `    "from ${kind}" [shape=point, width=0.05]`,
    `    "to ${kind}" [shape=plaintext, style="", label=${quoted(lineWords[kind])}]`,
    `    "from ${kind}" -> "to ${kind}" [${strokes[kind]}]`,
  ])
  return [
    'digraph flows {',
    `  graph [rankdir=${options.direction === 'top-down' ? 'TB' : 'LR'}, fontname="Helvetica", color="#9ca3af", nodesep=0.25, ranksep=0.9]`,
    '  node [fontname="Helvetica", fontsize=11, style=filled, fillcolor="#ffffff", color="#374151"]',
    '  edge [fontname="Helvetica", fontsize=9]',
    ...(legend.length === 0
      ? []
      : ['  subgraph cluster_legend {', '    label="What the lines say"', '    style=dashed', ...legend, '  }']),
    ...drawn,
    ...edges,
    '}',
    '',
  ].join('\n')
}
