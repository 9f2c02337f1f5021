import type { BaselineComparison, Exposure, FlowFinding, FlowsResult } from '@phi/baa'
import type { CommandSpec, Report } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import type { ExitName } from '../../exit-codes.ts'
import { readJson, writeWhole } from '../../files.ts'
import type { Input } from '../../input.ts'
import { blocking, type Io } from '../../io.ts'
import { amount, wrapLines } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { version } from '../../version.ts'
import { instantOf } from '../../when.ts'
import { agreementOptions, agreementsOf } from './agreements.ts'
import { failOnOption, markdownOption } from './options.ts'
import { reasonLines } from './reasons.ts'

/** What `phi baa flows --json` prints: the result of @phi/baa, and what of it is new where there is a baseline. */
export interface FlowsAnswer {
  readonly revision: number | null
  readonly result: FlowsResult
  readonly comparison: Pick<BaselineComparison, 'new' | 'fixed'> | null
}

const wayInWords = (exposure: Exposure): string =>
  [
    exposure.path[0]?.from ?? exposure.enters.node,
    ...exposure.path.map(({ to, outcome }) => `${outcome === 'deny' || outcome === 'needs' ? '=x=>' : '->'} ${to}`),
  ].join(' ')

function exposureLines(exposure: Exposure, paint: Paint, columns: number): readonly string[] {
  const { class: name, within, labels, node, party, outcome, cut, reasons } = exposure
  const what = `${name}${within === undefined ? '' : ` in ${within}`}${labels === undefined || labels.length === 0 ? '' : ` [${labels.join(', ')}]`}`
  const verdict = outcome === 'deny' ? 'NOT COVERED' : 'not known'
  return [
    ...wrapLines(`${what} reaches ${node} (${party}): ${verdict}`, columns, '  - ', '    ').map(
      outcome === 'deny' ? paint.bad : paint.warn,
    ),
    ...wrapLines(`${wayInWords(exposure)}; cut ${cut}`, columns, '      '),
    ...reasons.flatMap((each) => reasonLines(each, paint, columns, '      ')),
  ]
}

function flowsText({ result, comparison }: FlowsAnswer, paint: Paint, columns: number): string {
  const { exposures, findings, cuts, edges, map, at } = result
  const denied = exposures.filter(({ outcome }) => outcome === 'deny').length
  const others = findings.filter(({ level }) => level === 'warning')
  const head =
    exposures.length === 0
      ? others.length === 0
        ? 'No data goes where the agreements do not let it go.'
        : `No data goes where the agreements do not let it go; ${amount(others.length, 'thing')} to look at.`
      : `${amount(exposures.length, 'exposure')}: ${denied} not covered, ${exposures.length - denied} not known.`
  const section = (title: string, lines: readonly string[]) => (lines.length === 0 ? [] : ['', paint.strong(title), ...lines])
  const colour = denied > 0 ? paint.bad : exposures.length + others.length > 0 ? paint.warn : paint.good
  const provided = [...new Set(edges.flatMap(({ decision }) => decision?.provided ?? []))].sort()
  return [
    ...wrapLines(head, columns).map(colour),
    ...wrapLines(
      `${amount(map.nodes.length, 'node')}, ${amount(map.edges.length, 'edge')}, at ${at}.${comparison === null ? '' : ` Beside the baseline ${amount(comparison.new.length, 'finding is', 'findings are')} new, and ${comparison.fixed.length} gone.`}`,
      columns,
    ),
    ...section(
      'Exposures',
      exposures.flatMap((each) => exposureLines(each, paint, columns)),
    ),
    ...section(
      'What to cut',
      cuts.first.flatMap(({ edge, classes }) => wrapLines(`${edge}: ${classes.join(', ')}`, columns, '  ', '      ')),
    ),
    ...section(
      'To look at',
      others.flatMap(({ says, edge, node, class: name, citation, remedy, rule }) => [
        ...wrapLines(`${edge ?? node}${name === undefined ? '' : `, ${name}`}: ${says}`, columns, '  - ', '    '),
        ...wrapLines(`${rule}; ${citation}`, columns, '      ').map(paint.dim),
        ...wrapLines(`To do: ${remedy}`, columns, '      '),
      ]),
    ),
    ...(provided.length === 0
      ? []
      : ['', ...wrapLines(`What is allowed holds for records under none of: ${provided.join(', ')}.`, columns)]),
    '',
    ...wrapLines('A map shows what somebody wrote down: data that goes where no edge says is not found.', columns),
  ].join('\n')
}

function exitOf(findings: readonly FlowFinding[], failOn: string | undefined): ExitName {
  const counts = findings.filter(({ level }) => failOn !== 'error' || level === 'error')
  if (counts.some(({ rule }) => rule !== 'unresolved-flow')) return 'finding'
  return counts.length > 0 ? 'unknown' : 'ok'
}

async function drawn(
  input: Input,
  result: FlowsResult,
  answer: FlowsAnswer,
  registry: Parameters<typeof import('@phi/baa')['flows']>[1],
) {
  const { flowsInMarkdown, toDot, toMermaid } = await import('@phi/baa')
  const only = input.text('only')
  const options = { model: registry, ...(only !== undefined && { only: only as 'exposures' | 'parties' }) }
  switch (input.text('draw')) {
    case 'mermaid':
      return () => toMermaid(result, options).trimEnd()
    case 'dot':
      return () => toDot(result, options).trimEnd()
    default:
      return (paint: Paint, columns: number) =>
        input.flag('markdown') ? flowsInMarkdown(result).trimEnd() : flowsText(answer, paint, columns)
  }
}

async function writeBaseline(io: Io, input: Input, findings: readonly FlowFinding[]): Promise<void> {
  const target = input.text('writeBaseline')
  if (target === undefined) return
  const { baseline } = await import('@phi/baa')
  await writeWhole(io, target, '--write-baseline', `${JSON.stringify(baseline(findings), null, 2)}\n`, {
    replace: input.flag('replace'),
  })
}

export const flowsCommand: CommandSpec = {
  path: ['baa', 'flows'],
  summary: 'Find where data goes without an agreement that lets it go',
  about: `Follows every class of data through a map of your systems, over every edge and around every cycle, and asks of each step from one party to another whether the agreements let it go. It finds the vendor behind the vendor, the calendar that gets the session link, and the error report that carries diagnosis codes.

A map is JSON: nodes (id, kind, party, what they hold) and edges (from, to, the data, its use). Each exposure is shown with its shortest way, the edge to cut and the reasons. What is not known is an exposure too.

In CI: --format sarif for code scanning; --write-baseline keeps the findings of today, and --baseline fails for new ones only. --draw prints a picture as Mermaid or Graphviz (dot -Tsvg makes an SVG of it). A map shows what somebody wrote down: data that goes where no edge says is not found.`,
  operands: [{ name: 'map', about: 'JSON with the map of data flows; - is standard input.', kind: 'file' }],
  options: [
    ...agreementOptions,
    { flags: '--at <instant>', about: 'When: 2026-11-22T12:00:00Z. Default: now.' },
    { flags: '--draw <language>', about: 'Print a picture in place of text.', choices: ['mermaid', 'dot'] },
    {
      flags: '--only <part>',
      about: 'With --draw: only what leads to exposures, or one box for each party.',
      choices: ['exposures', 'parties'],
    },
    { flags: '--baseline <file>', about: 'Findings that are known: only new ones count.', kind: 'file' },
    { flags: '--write-baseline <file>', about: 'Keep the findings of today in this file.', kind: 'file' },
    { flags: '--replace', about: 'Let --write-baseline replace a file that is there.' },
    failOnOption,
    markdownOption,
  ],
  examples: [
    { run: 'phi baa flows flows.json --agreements agreements.json', about: 'Every exposure, with what to cut.' },
    {
      run: 'phi baa flows flows.json --agreements agreements.json --draw dot --only exposures',
      about: 'A picture of what is wrong, for Graphviz.',
    },
    {
      run: 'phi baa flows flows.json --agreements agreements.json --baseline known.json --format sarif',
      about: 'In CI: fail for what is new.',
    },
  ],
  exits: ['ok', 'finding', 'unknown'],
  sarif: true,
  run: async (input, io): Promise<Report> => {
    const at = instantOf(io, input)
    if (input.has('only') && !input.has('draw')) throw cliError('PHI_CLI_USAGE', { detail: '--only goes with --draw' })
    const { registry, revision } = await agreementsOf(io, input, await readConfig(io, input.text('config')))
    const { compareWithBaseline, flows, parseFlows, toSarif } = await import('@phi/baa')
    const map = parseFlows(await readJson(io, input.operands[0] ?? '', 'map'))
    const result = blocking(io, () => flows(map, registry, { at }))
    const known = input.text('baseline')
    const compared =
      known === undefined ? undefined : compareWithBaseline(result.findings, await readJson(io, known, '--baseline'))
    await writeBaseline(io, input, result.findings)
    const answer: FlowsAnswer = {
      revision,
      result,
      comparison: compared === undefined ? null : { new: compared.new, fixed: compared.fixed },
    }
    const exit = exitOf(compared?.new ?? result.findings, input.text('failOn'))
    const text = await drawn(input, result, answer, registry)
    if (input.format !== 'sarif') return { exit, json: answer, text }
    // The library's own document has the path of each exposure, and fingerprints that do not move with lines.
    const sarif = toSarif(result, { version, ...(compared !== undefined && { comparison: compared }) })
    await io.stdout.write(`${JSON.stringify(sarif, null, 2)}\n`)
    return { exit, json: answer, text, isWritten: true }
  },
}
