import type { FlowsResult } from './flows.ts'
import type { NodeKind } from './map.ts'
import { type DrawingOptions, type DrawnNode, type LineKind, lineWords, viewOf } from './view.ts'

/** Text of a Mermaid label. Everything but letters, digits and a few marks becomes an entity: quotes, tags and Markdown are only text. */
const plain = (text: string) =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ').replace(/[^\p{L}\p{M}\p{N} .,:/_-]/gu, (mark) => `#${mark.codePointAt(0)};`)

const shapes: { readonly [Kind in NodeKind]: readonly [string, string] } = {
  store: ['[("', '")]'],
  service: ['("', '")'],
  vendor: ['[["', '"]]'],
  person: ['(["', '"])'],
}

// The form tells the kind without the colour: thick with a cross, dashed, with an arrow, with a ring, without a head.
const arrows: { readonly [Kind in LineKind]: string } = {
  uncovered: '==x',
  unresolved: '-.->',
  covered: '-->',
  'no-disclosure': '--o',
  nothing: '-.-',
}
const strokes: { readonly [Kind in LineKind]: string } = {
  uncovered: 'stroke:#c2410c,stroke-width:4px',
  unresolved: 'stroke:#7c3aed,stroke-width:2px',
  covered: 'stroke:#1b6e8c',
  'no-disclosure': 'stroke:#9ca3af,stroke-width:1px',
  nothing: 'stroke:#9ca3af',
}

const nodeLine = ({ name, kind, lines }: DrawnNode) => `    ${name}${shapes[kind].join(plain(lines[0] ?? ''))}`

/** A map and what was found in it, as a Mermaid flowchart, with a legend as comments. The lines are as those of `toDot`. */
export function toMermaid(result: FlowsResult, options: DrawingOptions = {}): string {
  const { boxes, lines, kinds } = viewOf(result, options)
  const drawn = boxes.flatMap(({ title, nodes }, index) =>
    title === undefined ? nodes.map(nodeLine) : [`  subgraph p${index}["${plain(title)}"]`, ...nodes.map(nodeLine), '  end'],
  )
  const edges = lines.map(({ from, to, kind, label }) => {
    const named = label === '' ? '' : `|"${plain(label)}"|`
    return `  ${from} ${arrows[kind]}${named} ${to}`
  })
  const styles = kinds.map((kind) => {
    const of = lines.flatMap((each, index) => (each.kind === kind ? [index] : []))
    return `  linkStyle ${of.join(',')} ${strokes[kind]}`
  })
  return [
    `flowchart ${options.direction === 'top-down' ? 'TB' : 'LR'}`,
    ...kinds.map((kind) => `  %% ${arrows[kind]} ${lineWords[kind]}`),
    ...drawn,
    ...edges,
    ...styles,
    '',
  ].join('\n')
}
