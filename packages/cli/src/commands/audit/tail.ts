import { setTimeout as wait } from 'node:timers/promises'
import type { AuditRecord } from '@phi/audit'
import type { Alert, Detection } from '@phi/audit/detect'
import { isPhiError } from '@phi/core'
import type { CommandSpec, Report } from '../../command.ts'
import { type Configured, readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import { pathOf, readJson, readShape, streamFile, writeWhole } from '../../files.ts'
import { flagOf, type Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { amount, clipped, shown, wrapped } from '../../layout.ts'
import { type Paint, paint as paintOf, wantsColour } from '../../paint.ts'
import { visibleJson } from '../../visible.ts'
import { isThere } from '../../write-out.ts'
import { logOptions, withLog } from './log.ts'
import { until } from './stop.ts'

const usage = (detail: string) => cliError('PHI_CLI_USAGE', { detail })

/** Seconds between two looks at the log, with decimals. @throws PhiError PHI_CLI_USAGE */
function everyMs(input: Input): number {
  const given = input.text('every') ?? '2'
  const seconds = /^\d{1,5}(\.\d{1,3})?$/.test(given) ? Number(given) : Number.NaN
  if (!(seconds > 0 && seconds <= 86_400)) throw usage('the option --every takes seconds, from 0.001 to 86400')
  return seconds * 1000
}

/** Detectors at work, and the file in which their state is kept between runs. */
async function detectionOf(io: Io, input: Input): Promise<Detection | undefined> {
  if (!input.flag('detect')) {
    if (input.has('facts') || input.has('state')) throw usage('--facts and --state go with --detect')
    return undefined
  }
  const { detect, practiceFacts, practiceFactsSchema, standardDetectors } = await import('@phi/audit/detect')
  const factsPath = input.text('facts')
  // A zone must stand in the facts: days and habits are local. Without facts, days are those of UTC and all else is unknown.
  const rows = factsPath === undefined ? { timeZone: 'UTC' } : await readShape(io, factsPath, '--facts', practiceFactsSchema)
  const statePath = input.text('state')
  const state =
    statePath !== undefined && (await isThere(pathOf(io, statePath))) ? await readJson(io, statePath, '--state') : undefined
  return detect({ detectors: standardDetectors(), facts: practiceFacts(rows), ...(state === undefined ? {} : { state }) })
}

const gone = (record: AuditRecord): string => {
  const parts = [
    ...(record.altered.length > 0 ? [`ALTERED ${record.altered.join(',')}`] : []),
    ...(record.sealed.length > 0 ? [`sealed ${record.sealed.join(',')}`] : []),
    ...(record.withheld.length > 0 ? [`withheld ${record.withheld.join(',')}`] : []),
  ]
  return parts.length === 0 ? '' : `[${parts.join('; ')}]`
}

/** One record on one line: number, time, outcome, action, actor, what, about whom. */
function recordLine(record: AuditRecord, paint: Paint, columns: number | undefined): string {
  const { index, recordedAt, event, genuine } = record
  const { resource, patients = [] } = event.subject ?? {}
  const about = [
    resource === undefined ? '' : `${resource.type}/${resource.id}`,
    patients.length === 0 ? '' : `patient ${patients[0]}${patients.length > 1 ? ` and ${patients.length - 1} more` : ''}`,
    event.context?.breakGlass === true ? 'BREAK GLASS' : '',
    gone(record),
  ]
  const text = [
    String(index).padStart(6),
    `${recordedAt.slice(0, 19)}Z`,
    (event.outcome ?? '?').padEnd(7),
    (event.action ?? '?').padEnd(8),
    (event.actor?.id ?? '?').padEnd(8),
    ...about.filter((each) => each !== ''),
  ]
    .join(' ')
    .trimEnd()
  const line = columns === undefined ? shown(text) : clipped(shown(text), columns)
  if (!genuine) return paint.bad(line)
  return event.outcome === 'success' || event.outcome === undefined ? line : paint.warn(line)
}

function alertText(alert: Alert, paint: Paint, columns: number): string {
  const { severity, detector, revision, indices, explanation, suggestion } = alert
  const tone = severity === 'low' ? paint.dim : severity === 'medium' ? paint.warn : paint.bad
  const which = `${detector}${revision > 1 ? ` (revision ${revision})` : ''}, ${amount(indices.length + alert.omitted, 'entry', 'entries')}`
  return [
    `${tone(`ALERT ${severity}`)}  ${paint.strong(which)}`,
    wrapped(shown(explanation), columns, 2),
    wrapped(shown(suggestion), columns, 2),
  ].join('\n')
}

/** Writes what passes, and counts it. */
class Shower {
  records = 0
  /** Records that do not say what was recorded. */
  altered = 0
  readonly alerts = new Map<string, Alert['severity']>()
  readonly #io: Io
  readonly #isJson: boolean
  readonly #quiet: boolean
  readonly #paint: Paint
  readonly #line: (record: AuditRecord) => string
  readonly #detection: Detection | undefined

  constructor(io: Io, input: Input, detection: Detection | undefined, line: (record: AuditRecord) => string) {
    this.#io = io
    this.#isJson = input.format === 'json'
    this.#quiet = input.flag('alertsOnly')
    this.#paint = paintOf(wantsColour(io.stdout.isTerminal, io.env))
    this.#line = line
    this.#detection = detection
  }

  async record(record: AuditRecord): Promise<void> {
    this.records++
    if (!record.genuine) this.altered++
    const { columns, isTerminal } = this.#io.stdout
    if (!this.#quiet) {
      const text = this.#isJson
        ? visibleJson(this.#line(record))
        : recordLine(record, this.#paint, isTerminal ? columns : undefined)
      await this.#io.stdout.write(`${text}\n`)
    }
    if (this.#detection !== undefined) await this.alerted(this.#detection.step(record))
  }

  async alerted(alerts: readonly Alert[]): Promise<void> {
    for (const alert of alerts) {
      this.alerts.set(alert.id, alert.severity)
      const { columns } = this.#io.stdout
      await this.#io.stdout.write(
        `${this.#isJson ? visibleJson(JSON.stringify({ alert })) : alertText(alert, this.#paint, Math.min(columns, 100))}\n`,
      )
    }
  }

  /** What time alone shows: a review that is overdue, a log that fell silent. */
  async tick(): Promise<void> {
    if (this.#detection !== undefined && this.#detection.next !== undefined)
      await this.alerted(this.#detection.tick(this.#io.clock()))
  }
}

/** Pieces of a stream as text. @throws PhiError PHI_CLI_FILE_CONTENT */
async function* textOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decoded = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
    } catch {
      throw cliError('PHI_CLI_FILE_CONTENT', { path: '<source>', detail: 'it is not text in UTF-8' })
    }
  }
  for await (const chunk of chunks) yield decoded(chunk)
  yield decoded()
}

async function followFile(io: Io, source: string, show: Shower): Promise<void> {
  const { readJsonLines } = await import('@phi/audit/export')
  // An export that somebody still writes has no last line yet.
  for await (const record of until(io.signal, readJsonLines(textOf(streamFile(io, source, '<source>')), { end: false })))
    await show.record(record)
}

async function followLog(
  io: Io,
  input: Input,
  configured: Configured,
  detection: Detection | undefined,
  show: Shower,
): Promise<'ok' | 'shorter'> {
  const from = input.whole('from')
  const last = input.whole('last', { most: 1_000_000 })
  if (from !== undefined && last !== undefined) throw usage('--from and --last say the same in two ways')
  const pause = everyMs(input)
  return withLog(io, input, configured, { needsSigner: false }, async ({ log }) => {
    const begin = (await log.head()).size
    // Detectors learn from what was before.
    const usual = detection === undefined ? 10 : begin
    let next = detection?.next ?? from ?? Math.max(0, begin - (last ?? usual))
    for (;;) {
      try {
        const { size } = await log.head()
        if (size < next) return 'shorter'
        for await (const record of log.records({ from: next, to: size, signal: io.signal })) {
          await show.record(record)
          next = record.index + 1
        }
        await show.tick()
      } catch (error) {
        // A database that is away for a moment is no reason to stop watching; one look is either made or not.
        if (input.flag('once') || !isPhiError(error) || !error.retryable || isPhiError(error, 'PHI_CLI_OUTPUT_CLOSED'))
          throw error
        await io.stderr.write(`phi: ${error.message} It is tried again.\n`)
      }
      if (input.flag('once')) return 'ok'
      await wait(pause, undefined, { signal: io.signal })
    }
  })
}

/** Finding nothing says nothing of what was not judged. */
function coverageLine(detection: Detection, { records, alerts }: Shower): string {
  const idle = Object.entries(detection.coverage()).filter(([, { judged }]) => judged === 0)
  const words =
    idle.length === 0 ? '' : ` Judged nothing, for want of facts or of such records: ${idle.map(([name]) => name).join(', ')}.`
  return `phi: ${amount(records, 'record')}, ${amount(alerts.size, 'alert')}.${words}\n`
}

async function run(input: Input, io: Io): Promise<Report> {
  const [source] = input.operands
  const configured = await readConfig(io, input.text('config'))
  if (source !== undefined && ['from', 'last', 'every', 'once'].some((name) => input.has(name)))
    throw usage('a file is read from its beginning to its end: leave --from, --last, --every and --once out')
  const ofDatabase = ['origin', 'tenant', 'databaseFrom', 'embedded', 'allowInsecure'].find((name) => input.has(name))
  if (source !== undefined && ofDatabase !== undefined)
    throw usage(`the option ${flagOf(ofDatabase)} is about a log in a database, and a file is named`)
  if (input.flag('alertsOnly') && !input.flag('detect')) throw usage('--alerts-only goes with --detect: nothing would be shown')
  const detection = await detectionOf(io, input)
  const { toJsonLine } = await import('@phi/audit/export')
  const show = new Shower(io, input, detection, toJsonLine)
  let ended: 'ok' | 'shorter' | 'stopped' = 'ok'
  try {
    if (source === undefined) ended = await followLog(io, input, configured, detection, show)
    else await followFile(io, source, show)
  } catch (error) {
    if (!io.signal.aborted || isPhiError(error, 'PHI_CLI_OUTPUT_CLOSED')) throw error
    ended = 'stopped'
  }
  const statePath = input.text('state')
  if (detection !== undefined && statePath !== undefined)
    await writeWhole(io, statePath, '--state', `${JSON.stringify(detection.state())}\n`, { replace: true, secret: true })
  if (detection !== undefined && input.format === 'text') await io.stderr.write(coverageLine(detection, show))
  if (ended === 'shorter')
    await io.stderr.write(
      'phi: the log is shorter than what was shown of it: run phi audit verify with a checkpoint that you kept\n',
    )
  if (show.altered > 0)
    await io.stderr.write(
      `phi: ${amount(show.altered, 'record does not', 'records do not')} say what was recorded: run phi audit verify\n`,
    )
  const isFinding = ended === 'shorter' || show.alerts.size > 0 || show.altered > 0
  const exit = ended === 'stopped' ? 'interrupted' : isFinding ? 'finding' : 'ok'
  return { exit, json: { records: show.records, alerts: show.alerts.size }, text: () => '', isWritten: true }
}

export const tailCommand: CommandSpec = {
  path: ['audit', 'tail'],
  summary: 'Show new entries as they come, and what looks like misuse',
  about: `Shows the last entries of the log, a line each, and then new ones as they come, until Ctrl-C. With --once it ends where the log ends. It
can read JSON lines of an export instead: a file, or - for standard input.

With --detect the records also pass the detectors of @phi/audit/detect, and alerts stand between the lines: what happened, against which figure, and
what to do. What detectors know of the practice stands in the file of --facts; without it most of them can judge little, and finding nothing
says nothing. --state keeps what they have learned between runs, and where to go on.

With --json each line is a record, or { "alert": … }. Reading is not recorded in the log by itself, and proves nothing.`,
  operands: [
    {
      name: 'source',
      about: 'JSON lines of an export, - for standard input. Default: the database.',
      optional: true,
      kind: 'file',
    },
  ],
  options: [
    { flags: '--from <index>', about: 'Begin with this entry.' },
    { flags: '-n, --last <count>', about: 'Begin so many entries before the end. Default: 10; with --detect, all.' },
    { flags: '--once', about: 'End where the log ends, in place of waiting for more.' },
    { flags: '--every <seconds>', about: 'How often to look. Default: 2.' },
    { flags: '--detect', about: 'Pass records to the detectors, and show their alerts.' },
    { flags: '--alerts-only', about: 'With --detect: show alerts, and no records.' },
    {
      flags: '--facts <file>',
      about: 'What is known of the practice, as JSON: time zone, staff, relations, networks …',
      kind: 'file',
    },
    {
      flags: '--state <file>',
      about: 'Where detectors keep what they have learned. Keep it as you keep the log.',
      kind: 'file',
    },
    ...logOptions,
  ],
  examples: [
    { run: 'phi audit tail', about: 'Watch the log' },
    {
      run: 'phi audit tail --once --detect --alerts-only --facts practice.json --state detectors.json',
      about: 'Every hour: alerts on what is new; exit code 1 where there are some',
    },
    { run: 'phi audit tail november.jsonl --detect --facts practice.json', about: 'An export, afterwards' },
  ],
  exits: ['ok', 'finding', 'interrupted'],
  run,
}
