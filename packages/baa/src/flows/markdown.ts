import { inline } from '../markdown.ts'
import { byText, grouped } from '../order.ts'
import type { Exposure, PathStep } from './exposure.ts'
import { type FlowFinding, flowRules } from './finding.ts'
import type { FlowsResult } from './flows.ts'

const list = (names: readonly string[]) => names.map(inline).join(', ')
const arrow = (step: PathStep) => (step.outcome === 'deny' || step.outcome === 'needs' ? '✗→' : '→')
const way = (path: readonly PathStep[]) =>
  [inline(path[0]?.from ?? ''), ...path.map((step) => `${arrow(step)} ${inline(step.to)}`)].join(' ')

const inWords = ({ class: name, within, labels }: Pick<Exposure, 'class' | 'within' | 'labels'>) =>
  `${name}${within === undefined ? '' : ` (in ${within})`}${labels === undefined || labels.length === 0 ? '' : ` [${labels.join(', ')}]`}`

/** What was found, for people: what to cut, every exposure with its way, and what else to look at. */
export function flowsInMarkdown(result: FlowsResult): string {
  const { map, exposures, cuts, findings, edges, at } = result
  const denied = exposures.filter((each) => each.outcome === 'deny').length
  const decided = edges.filter((each) => each.decision !== undefined).length
  return [
    '# Data flows',
    '',
    `As of ${at}: ${map.nodes.length} nodes, ${map.edges.length} edges, ${decided} of them between parties. ${denied} exposures are not covered, and of ${exposures.length - denied} it is not known.`,
    ...(exposures.length === 0 ? [] : cutLines(result)),
    ...(exposures.length === 0 ? [] : exposureLines(exposures)),
    ...otherLines(findings),
    ...provisoLines(edges),
    '',
    `A map shows what somebody wrote down: data that goes where no edge says is not found. ${cuts.explanation}`,
    '',
  ].join('\n')
}

const cutLines = ({ cuts, edges }: FlowsResult): readonly string[] => [
  '',
  '## What to cut',
  '',
  '| edge | from | to | classes to stop |',
  '|---|---|---|---|',
  ...cuts.first.map(({ edge, classes }) => {
    const on = edges.find((each) => each.id === edge)
    return `| ${inline(edge)} | ${inline(on?.from ?? '')} | ${inline(on?.to ?? '')} | ${list(classes)} |`
  }),
  '',
  `${cuts.explanation} Fewest edges: ${list(cuts.fewest)}.`,
]

const exposureLines = (exposures: readonly Exposure[]): readonly string[] => [
  '',
  '## Exposures',
  ...[...grouped(exposures, (each) => each.node)]
    .sort(([a], [b]) => byText(a, b))
    .flatMap(([node, at]) => [
      '',
      `### ${inline(node)} (${inline(at[0]?.party ?? '')})`,
      '',
      '| class | | shortest way | cut | why |',
      '|---|---|---|---|---|',
      ...at.map(
        (each) =>
          `| ${inline(inWords(each))} | ${each.outcome === 'deny' ? 'not covered' : 'not known'} | ${way(each.path)} | ${inline(each.cut)} | ${why(each)} |`,
      ),
    ]),
]

/** Edges that are allowed for records under none of some labels: nobody has said whether the records are. */
function provisoLines(edges: FlowsResult['edges']): readonly string[] {
  const provided = edges.filter((each) => (each.decision?.provided.length ?? 0) > 0)
  if (provided.length === 0) return []
  const groups = [...grouped(provided, (each) => (each.decision?.provided ?? []).join(', '))].sort(([a], [b]) => byText(a, b))
  return [
    '',
    '## Allowed, provided that no record is under a label',
    '',
    'Say the labels of the records in `holds`, or filter on the edge with `labels`.',
    '',
    ...groups.map(([labels, of]) => `- ${inline(labels)}: ${list(of.map((each) => each.id))}`),
  ]
}

const why = ({ reasons }: Exposure) =>
  [...new Set(reasons.map((each) => `${each.says} (${each.citation})`))].map(inline).join(' ')

function otherLines(findings: readonly FlowFinding[]): readonly string[] {
  const others = findings.filter((each) => each.level === 'warning')
  return [...grouped(others, (each) => each.rule)].flatMap(([rule, of]) => {
    const { name, remedy, citation } = flowRules[rule as FlowFinding['rule']]
    return [
      '',
      `## ${name}`,
      '',
      `${remedy} (${citation.source} ${citation.section})`,
      '',
      ...of.map((each) => `- ${inline(each.edge ?? each.node)}${each.class === undefined ? '' : `: ${inline(each.class)}`}`),
    ]
  })
}
