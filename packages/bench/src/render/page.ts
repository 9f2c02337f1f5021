import { aboutOf } from '../about.ts'
import type { Measured } from '../measure.ts'
import type { Report } from '../report.ts'
import { inDigits, verdictOf } from './numbers.ts'
import { fewestRounds, howTo, notCompared, notes } from './words.ts'

/** The packages in the order of the tables, by the first part of an id. */
const packages = [
  ['audit', 'The audit log', '../packages/audit/README.md'],
  ['envelope', 'Envelope encryption', '../packages/envelope/README.md'],
  ['rbac', 'Access policy', '../packages/rbac/README.md'],
  ['deadlines', 'Deadlines', '../packages/deadlines/README.md'],
  ['retention', 'Retention', '../packages/retention/README.md'],
  ['baa', 'Agreements', '../packages/baa/README.md'],
  ['http', 'The request pipeline', '../packages/http/README.md'],
] as const

const isOf = (name: string) => (row: Measured) => row.id.startsWith(`${name}.`)

const cell = (text: string) => text.replaceAll('|', '\\|')

const rowLine = (row: Measured): string => {
  const { does, aim } = aboutOf(row)
  const [low, high] = row.middleHalf
  const floor = row.atLeast === 0 ? '–' : `${inDigits(row.atLeast)}×${aim === undefined ? '' : `, aim ${aim}`}`
  const verdict = verdictOf(row)
  const cells = [
    `\`${row.id}\``,
    cell(does),
    cell(row.against),
    `${inDigits(row.ratio)}×`,
    `${inDigits(low)}–${inDigits(high)}`,
    floor,
    verdict === 'short' ? '**short**' : verdict,
    `${inDigits(row.oursPerSecond)} ${row.unit}/s`,
  ]
  return `| ${cells.join(' | ')} |`
}

const table = (rows: readonly Measured[]): string =>
  [
    '| row | ours | against | ratio | middle half | floor | | ours here |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(rowLine),
  ].join('\n')

const lossLine = (row: Measured): string => {
  const { loses } = aboutOf(row)
  const floor = row.atLeast === 0 ? '' : `, floor ${inDigits(row.atLeast)}×`
  const said = loses === undefined ? 'No reason is known yet.' : `${loses.why} ${loses.means}`
  return `- \`${row.id}\`: ${inDigits(row.ratio)}×${floor}. ${said}`
}

function losses(rows: readonly Measured[]): string {
  const short = rows.filter((row) => verdictOf(row) === 'short')
  const slower = rows.filter((row) => row.ratio < 1 && verdictOf(row) !== 'short')
  const list = (some: readonly Measured[]) => (some.length === 0 ? 'None in this run.' : some.map(lossLine).join('\n'))
  return `### Short of the floor

${list(short)}

### Slower than what stands beside it, floor reached or none

Mostly baselines that do less work, on purpose: they say what the rest costs.

${list(slower)}`
}

/** What was aimed at beforehand as a time or a rate. */
function statedTimes(rows: readonly Measured[]): string {
  const of = (id: string) => rows.find((row) => row.id === id)
  const lines: string[] = []
  const lazily = of('rbac.compile.1000-rules')
  const whole = of('rbac.compile.1000-rules.all-tables')
  const ms = (perSecond: number) => `${inDigits(1_000 / perSecond)} ms`
  if (lazily !== undefined && whole !== undefined)
    lines.push(
      `| compile 1,000 rules under 5 ms | ${ms(lazily.oursPerSecond)}; ${ms(whole.oursPerSecond)} with the tables of every type and action |`,
    )
  const decide = of('baa.decide.by-hand')
  if (decide !== undefined)
    lines.push(`| decide 300,000 requests a second under 1,000 agreements | ${inDigits(decide.oursPerSecond)} a second |`)
  const diff = of('baa.diff.one-by-one')
  if (diff !== undefined) lines.push(`| compare two versions of an agreement in under a second | ${inDigits(diff.callMs)} ms |`)
  return ['| aimed at | in this run |', '|---|---|', ...lines].join('\n')
}

function conditions({ run, rows }: Report): string {
  const { machine, versions } = run
  const named = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
  return [
    '| | |',
    '|---|---|',
    `| run | ${run.at.slice(0, 16).replace('T', ' ')} UTC, commit ${run.commit}, ${Math.round(run.seconds / 60)} minutes${run.quick ? ', `--quick`' : ''} |`,
    `| machine | ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.os} |`,
    `| at work beside it | ${inDigits(machine.loadPerCore)} processes a core when the run began${isBusy({ run, rows }) ? ': **not a quiet machine**, take the numbers as rough' : ''} |`,
    `| Node | ${machine.node} |`,
    `| peers | ${named} |`,
    `| rounds | ${fewestRounds(rows)} |`,
  ].join('\n')
}

const isBusy = ({ run }: Report) => run.machine.loadPerCore > 0.5

/** Why the numbers are rougher than they could be. Empty for a whole run on a quiet machine. */
function reservations(report: Report): string {
  const reasons = [
    ...(report.run.quick ? ['it was a short one (`--quick`)'] : []),
    ...(isBusy(report) ? ['other work kept the machine busy'] : []),
  ]
  if (reasons.length === 0) return ''
  return `**This run is rough:** ${reasons.join(', and ')}. Rows whose middle half is wide say little, and a short row may be noise.\n\n`
}

/** The page `docs/benchmarks.md` of a report. */
export function benchmarksPage(report: Report): string {
  const { rows } = report
  const floors = rows.filter(({ atLeast }) => atLeast > 0)
  const reached = floors.filter((row) => verdictOf(row) === 'reached')
  const tables = packages
    .map(([name, title, readme]) => ({ title, readme, some: rows.filter(isOf(name)) }))
    .filter(({ some }) => some.length > 0)
    .map(({ title, readme, some }) => `## [${title}](${readme})\n\n${table(some)}`)
  return `# Benchmarks

<!-- Written by \`npm run bench -- --render\` from packages/bench/report.jsonl. Changes by hand are lost. -->

One run on one machine. ${floors.length} rows have a floor, and ${reached.length} reached it. The rows that did not, and those where ours is the slower side, are
[below](#where-we-lose) with the reason. Nothing here is a promise about your machine: [run it there](#run-it-yourself).

${reservations(report)}![Ratios of ours to each baseline on a logarithmic scale, with floors; the tables below have the same numbers](pictures/benchmarks.svg)

## How to read this

${howTo}

## The run

${conditions(report)}

${tables.join('\n\n')}

## Times and rates that were aimed at

They depend on the machine, so they are no floors.

${statedTimes(rows)}

## Where we lose

${losses(rows)}

${notes}

${notCompared}

## Run it yourself

    npm ci
    npm run bench                                     # all rows, under a quarter of an hour
    npm run bench -- --quick                          # a first look, some two minutes
    npm run bench -- --list                           # the rows, floors and baselines
    npm run bench -- --only rbac.can                  # some rows
    npm run bench -- --json                           # [{ id, against, ratio, atLeast }]
    npm run bench -- --report run.jsonl               # every round, machine and versions
    npm run bench -- --render run.jsonl               # this page from that

The rows are [packages/bench/src/rows](../packages/bench/README.md), the numbers of every round behind this page are
[packages/bench/report.jsonl](../packages/bench/report.jsonl). \`DATABASE_URL\` names another PostgreSQL than the one that is started for the run.
`
}
