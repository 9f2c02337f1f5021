import type { Db } from '@phi/postgres'
import type { CommandSpec, Report } from '../../command.ts'
import { type Configured, readConfig } from '../../config.ts'
import { databaseOptions, withDatabase } from '../../database.ts'
import { cliError } from '../../errors.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { aligned, wrapped } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { progress } from '../../progress.ts'
import { type Measure, openBench } from './measures.ts'

const sizes = { small: 0.02, usual: 1, large: 10 } as const

/** What `phi bench --json` prints. */
export interface BenchAnswer {
  /** How long all of it took, in milliseconds. */
  readonly tookMs: number
  readonly rounds: number
  readonly hasDatabase: boolean
  /** Whether entries were appended in the database. They stay there, under the tenant phi-bench. */
  readonly wroteEntries: boolean
  readonly measures: readonly {
    readonly id: Measure['id']
    readonly what: string
    /** How often a round did it. */
    readonly count: number
    /** The median over the rounds, a second; null where a round was shorter than the clock can tell. */
    readonly perSecond: number | null
    readonly slowest: number | null
    readonly fastest: number | null
  }[]
}

const isNamed = (io: Io, input: Input, { config }: Configured): boolean =>
  io.database !== undefined ||
  input.has('embedded') ||
  input.has('databaseFrom') ||
  config.database !== undefined ||
  io.env.DATABASE_URL !== undefined

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[half]]
  return (low + high) / 2
}

async function timed(io: Io, measure: Measure, rounds: number, tick: () => void): Promise<BenchAnswer['measures'][number]> {
  const rates: number[] = []
  for (let round = 0; round < rounds; round++) {
    io.signal.throwIfAborted()
    const began = io.clock()
    await measure.run()
    const took = io.clock() - began
    if (took > 0) rates.push((measure.count * 1_000) / took)
    tick()
  }
  const { id, what, count } = measure
  // Half of a picture is none: rounds that were too short to time would have been the fastest.
  const isKnown = rates.length === rounds
  const shown = (rate: number) => (isKnown ? Math.round(rate) : null)
  return {
    id,
    what,
    count,
    perSecond: shown(middle(rates)),
    slowest: shown(Math.min(...rates)),
    fastest: shown(Math.max(...rates)),
  }
}

async function measure(io: Io, input: Input, db: Db | undefined): Promise<Report> {
  const rounds = input.whole('rounds', { least: 1, most: 1_000 }) ?? 5
  const size = sizes[(input.text('size') ?? 'usual') as keyof typeof sizes]
  const writes = db !== undefined && input.flag('writeEntries')
  const began = io.clock()
  const bar = progress(io, 'rounds')
  const bench = await openBench(io, { size, db, writes })
  try {
    const measures: BenchAnswer['measures'][number][] = []
    let done = 0
    for (const each of bench.measures)
      measures.push(await timed(io, each, rounds, () => bar.at(++done, bench.measures.length * rounds)))
    const answer: BenchAnswer = {
      tookMs: io.clock() - began,
      rounds,
      hasDatabase: db !== undefined,
      wroteEntries: writes,
      measures,
    }
    await bar.end()
    return { exit: 'ok', json: answer, text: (paint, columns) => text(answer, paint, columns) }
  } finally {
    await bar.end()
    await bench.close()
  }
}

function text(answer: BenchAnswer, paint: Paint, columns: number): string {
  const { tookMs, rounds, hasDatabase, wroteEntries, measures } = answer
  const rate = (value: number | null) => (value === null ? '-' : value.toLocaleString('en-US'))
  const rows = measures.map(({ what, perSecond, slowest, fastest }) => [rate(perSecond), rate(slowest), rate(fastest), what])
  return [
    wrapped(
      `Medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, in ${(tookMs / 1_000).toFixed(1)} s. This is a feel for this machine, and not a benchmark.`,
      columns,
    ),
    aligned([['A SECOND', 'SLOWEST', 'FASTEST', 'WHAT'].map(paint.dim), ...rows], { right: [0, 1, 2], indent: 0 }),
    ...(hasDatabase && !wroteEntries
      ? [
          wrapped(
            'Nothing was written to the database. With --write-entries its appends are measured too; the entries stay there.',
            columns,
          ),
        ]
      : []),
    ...(hasDatabase ? [] : [wrapped('No database is configured: everything was in memory.', columns)]),
    ...(wroteEntries
      ? [wrapped('The entries that were appended stay in the database, in a log of the tenant phi-bench.', columns)]
      : []),
  ].join('\n\n')
}

async function run(input: Input, io: Io): Promise<Report> {
  const configured = await readConfig(io, input.text('config'))
  if (isNamed(io, input, configured)) return withDatabase(io, input, configured, (db) => measure(io, input, db))
  if (input.flag('writeEntries'))
    throw cliError('PHI_CLI_NOT_CONFIGURED', { path: '--write-entries', detail: 'no database is named to write them to' })
  return measure(io, input, undefined)
}

export const benchCommand: CommandSpec = {
  path: ['bench'],
  summary: 'Get a feel for how fast this machine and this database are',
  about: [
    'Seals values, decides on access, appends and verifies audit entries, and asks the database, each in rounds of a fixed amount of work, and prints the median rate. With the usual size it takes about five to fifteen seconds.',
    'It is a feel, not a benchmark: one process, one run, made-up data, and whatever else the machine is doing. npm run bench of the repository compares with peers.',
    'Nothing is written to a database unless --write-entries says so. An audit log is only added to: what is appended for the measure stays, in a log of its own under the tenant phi-bench. Do not do that on a database that is in use.',
  ].join('\n\n'),
  options: [
    { flags: '--rounds <count>', about: 'How many rounds of each. Default: 5.' },
    { flags: '--size <size>', about: 'How much work a round is.', choices: Object.keys(sizes), default: 'usual' },
    { flags: '--write-entries', about: 'Append to the database as well. The entries stay there.' },
    ...databaseOptions,
  ],
  examples: [
    { run: 'phi bench', about: 'In memory, or with the database of the configuration.' },
    { run: 'phi bench --embedded ./scratch --write-entries --json', about: 'With appends to a database that nobody needs.' },
  ],
  exits: ['ok', 'interrupted'],
  run,
}
