import type { AgreementChange, Diff, DiffOptions, Flips } from '@phi/baa'
import type { CommandSpec } from '../../command.ts'
import { cliError } from '../../errors.ts'
import type { ExitName } from '../../exit-codes.ts'
import { blocking } from '../../io.ts'
import { amount, counted, wrapLines } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import type { SarifResult, SarifRun } from '../../sarif.ts'
import { readAgreements } from './agreements.ts'
import { markdownOption } from './options.ts'

/** What `phi baa diff --json` prints: the comparison as @phi/baa has it. */
export type DiffAnswer = Diff

const marks = { widened: '+', narrowed: '-', mixed: '~', neutral: '=' } as const

function clauseLines({ before, after, clauses }: AgreementChange, paint: Paint, columns: number): readonly string[] {
  const colour = { widened: paint.bad, mixed: paint.warn, narrowed: paint.good, neutral: paint.dim }
  return [
    '',
    paint.strong(`${before.id} ${before.version} -> ${after.id} ${after.version}`),
    ...clauses.flatMap(({ path, direction, was, is }) => {
      const said =
        was === undefined ? `now ${is ?? 'stated'}` : is === undefined ? `was ${was}, now nothing` : `${was} -> ${is}`
      return wrapLines(`${marks[direction]} ${direction}: ${path}: ${said}`, columns, '  ', '      ').map(colour[direction])
    }),
  ]
}

const short = (words: readonly string[]) =>
  words.length <= 4 ? words.join(', ') : `${words.slice(0, 4).join(', ')} and ${words.length - 4} more`

function witnessInWords({ from: _, to: __, service, data, use, at, ...more }: Flips['witness']): string {
  const items = data.map((each) => {
    if (typeof each === 'string') return each
    return `${each.class}${each.labels === undefined ? '' : each.labels.length === 0 ? ' under no label' : ` under ${each.labels.join(', ')}`}`
  })
  // The data has their values.
  const rest = Object.keys(more).length === 0 ? '' : `, with ${Object.keys(more).join(', ')}`
  return `${items.join(', ')} for ${use}, ${service}, at ${at}${rest}`
}

function flipLines(flip: Flips, paint: Paint, columns: number): readonly string[] {
  const { from, to, was, is, requests, because, cause, services, data, uses, witness } = flip
  const why = (reasons: Flips['because']['before']) =>
    reasons.map(({ says, name, code }) => `${says}${name === undefined ? '' : ` [${name}]`} (${code})`).join(' ')
  const colour = is === 'allow' ? paint.bad : is === 'needs' && was === 'deny' ? paint.warn : paint.good
  return [
    ...wrapLines(`${from} -> ${to}: ${was} to ${is}, ${amount(requests, 'request')}`, columns, '  - ', '    ').map(colour),
    ...(cause === 'together' ? wrapLines('several of these causes together', columns, '      ') : []),
    ...(cause === 'alone' && because.before.length > 0 ? wrapLines(`Before: ${why(because.before)}`, columns, '      ') : []),
    ...(cause === 'alone' && because.after.length > 0 ? wrapLines(`Now: ${why(because.after)}`, columns, '      ') : []),
    ...wrapLines(`services ${short(services)}; data ${short(data)}; uses ${short(uses)}`, columns, '      ').map(paint.dim),
    ...wrapLines(`For example: ${witnessInWords(witness)}`, columns, '      ').map(paint.dim),
  ]
}

function diffText(found: Diff, paint: Paint, columns: number): string {
  const { agreements, added, removed, requests, outcomes, flips, undecided, exitCode } = found
  const changed = outcomes.reduce((sum, each) => sum + each.requests, 0)
  const counts = outcomes.map(({ was, is, requests: of }) => `${was} to ${is} ${counted(of)}`).join(', ')
  const head =
    changed === 0
      ? `Of ${amount(requests, 'request')} none is decided in another way.`
      : `Of ${amount(requests, 'request')} ${counted(changed)} are decided in another way: ${counts}.`
  const names = (list: Diff['added']) => list.map(({ id, version }) => `${id} ${version}`).join(', ')
  return [
    ...wrapLines(head, columns).map(exitCode === 0 ? paint.good : exitCode === 1 ? paint.bad : paint.warn),
    ...(undecided.length === 0
      ? []
      : wrapLines(
          `Not decided, for there were too many: ${undecided.map(({ from, to }) => `${from} -> ${to}`).join(', ')}. Raise --limit.`,
          columns,
        ).map(paint.warn)),
    ...(added.length === 0 ? [] : wrapLines(`Added: ${names(added)}.`, columns)),
    ...(removed.length === 0 ? [] : wrapLines(`Removed: ${names(removed)}.`, columns)),
    ...agreements.flatMap((each) => clauseLines(each, paint, columns)),
    ...(flips.length === 0 ? [] : ['', paint.strong('Decisions'), ...flips.flatMap((each) => flipLines(each, paint, columns))]),
  ].join('\n')
}

const rules: SarifRun['rules'] = [
  { id: 'clause-widened', meaning: 'A clause allows more, or promises less, than before.' },
  { id: 'decision-widened', meaning: 'Data may go that might not go before.' },
  { id: 'decision-open', meaning: 'What was denied is now open.' },
  { id: 'comparison-undecided', meaning: 'There were too many requests between two parties to compare.' },
]

function diffSarif({ agreements, flips, undecided }: Diff, file: string): SarifRun {
  const at = file === '-' ? {} : { file }
  const clauses = agreements.flatMap(({ after, clauses: of }) =>
    of
      .filter(({ direction }) => direction === 'widened' || direction === 'mixed')
      .map(
        ({ path, was, is }): SarifResult => ({
          rule: 'clause-widened',
          level: 'warning',
          message: `${after.id} ${after.version}, ${path}: ${was ?? 'nothing'} to ${is ?? 'nothing'}.`,
          ...at,
        }),
      ),
  )
  const decisions = flips
    .filter(({ was, is }) => is === 'allow' || (was === 'deny' && is === 'needs'))
    .map(
      ({ from, to, was, is, requests, services, data }): SarifResult => ({
        rule: is === 'allow' ? 'decision-widened' : 'decision-open',
        level: is === 'allow' ? 'error' : 'warning',
        message: `${from} to ${to}: ${was} to ${is} for ${amount(requests, 'request')}; services ${short(services)}; data ${short(data)}.`,
        ...at,
      }),
    )
  const open = undecided.map(
    ({ from, to }): SarifResult => ({
      rule: 'comparison-undecided',
      level: 'error',
      message: `${from} to ${to}: too many requests to compare.`,
      ...at,
    }),
  )
  return { rules, results: [...clauses, ...decisions, ...open] }
}

const exits: Readonly<Record<Diff['exitCode'], ExitName>> = { 0: 'ok', 1: 'finding', 2: 'unknown' }

export const diffCommand: CommandSpec = {
  path: ['baa', 'diff'],
  summary: 'Say what changes between two versions of agreements',
  about: `Compares two versions of an agreement, or two registries, over every request between their parties: all services, classes, labels and uses, and one instant in each stretch of time. It shows the clauses that were widened or narrowed, and the decisions that come out in another way, each kind with its cause and a request that shows it.

The exit code is that of a finding when data may go that might not go before, or a clause allows more or promises less; --fail-on any makes it one for every change. Where there were too many requests to compare, the answer is not known.

A file with a single agreement is compared with another of the same two parties; its vendor is then taken to give data on to nobody. Put the agreements of both sides into registries where that is not so.`,
  operands: [
    { name: 'before', about: 'JSON with an agreement, a list, or a registry.', kind: 'file' },
    { name: 'after', about: 'The same after the change; - is standard input.', kind: 'file' },
  ],
  options: [
    { flags: '--service <service...>', about: 'Ask about these services only.', many: true },
    { flags: '--class <class...>', about: 'Ask about these classes of data only.', many: true },
    { flags: '--label <label...>', about: 'Ask about these labels only.', many: true },
    { flags: '--use <use...>', about: 'Ask about these uses only.', many: true },
    {
      flags: '--fail-on <what>',
      about: 'What is a finding for the exit code.',
      choices: ['widened', 'any'],
      default: 'widened',
    },
    {
      flags: '--limit <count>',
      about: 'How many kinds of requests between two parties are asked at the most. Default: 100,000.',
    },
    markdownOption,
  ],
  examples: [
    { run: 'phi baa diff platform-1.3.json platform-1.4.json', about: 'What a new version of an agreement changes.' },
    {
      run: 'phi baa diff main.json branch.json --fail-on any --markdown',
      about: 'Every change of a registry, for a pull request.',
    },
  ],
  exits: ['ok', 'finding', 'unknown'],
  sarif: true,
  run: async (input, io) => {
    const [beforeFile = '', afterFile = ''] = input.operands
    const before = await readAgreements(io, [beforeFile], 'before')
    const after = await readAgreements(io, [afterFile], 'after')
    if (before.registry.agreements.length + after.registry.agreements.length === 0) {
      throw cliError('PHI_CLI_FILE_CONTENT', { path: 'before', detail: 'neither side has an agreement' })
    }
    const { diff, diffInMarkdown } = await import('@phi/baa')
    const limit = input.whole('limit', { least: 1, most: 100_000_000 })
    const some = (name: string) => {
      const words = input.all(name)
      return words.length === 0 ? undefined : words
    }
    // Words that the taxonomy does not have are refused by the library.
    const options = {
      services: some('service'),
      data: some('class'),
      labels: some('label'),
      uses: some('use'),
      failOn: input.text('failOn'),
      limit,
    } as DiffOptions
    const found = blocking(io, () =>
      before.only !== undefined && after.only !== undefined
        ? diff(before.only, after.only, options)
        : diff(before.registry, after.registry, options),
    )
    return {
      exit: exits[found.exitCode],
      json: found,
      text: (paint, columns) => (input.flag('markdown') ? diffInMarkdown(found).trimEnd() : diffText(found, paint, columns)),
      sarif: diffSarif(found, afterFile),
    }
  },
}
