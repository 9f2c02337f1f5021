import type { AuditRecord } from '@phi/audit'
import type { CommandSpec, Report } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import { flagOf, type Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { amount, bytes, counted } from '../../layout.ts'
import { progress } from '../../progress.ts'
import { visible, visibleJson } from '../../visible.ts'
import { writeOut, writeStream } from '../../write-out.ts'
import { byOptions, exporterOf } from './by.ts'
import { exportLinesTo, exportTilesTo } from './export-whole.ts'
import { type RecordFormat, recordFormats, siemFormats, writerOf } from './formats.ts'
import { assertSearchable, logOptions, type OpenLog, signerOptions, withLog } from './log.ts'
import { queryOf, queryOptions } from './query.ts'
import { stopped, until } from './stop.ts'

const wholeFormats = ['lines', 'tiles'] as const
const usage = (detail: string) => cliError('PHI_CLI_USAGE', { detail })

/** Which options belong to which format. Given with another they would be passed over, and something would leave that was not to. */
const belongs: Readonly<Record<string, readonly string[]>> = {
  patients: siemFormats,
  hashKeyFrom: siemFormats,
  freeText: siemFormats,
  bom: ['csv'],
  hostname: ['rfc5424'],
  enterprise: ['rfc5424'],
  message: ['rfc5424'],
  baseUrl: ['fhir-r4', 'fhir-r5'],
  continue: ['lines'],
}

function formatOf(input: Input): RecordFormat | (typeof wholeFormats)[number] {
  const out = input.text('out')
  const given = input.text('as')
  if (out === undefined && input.format === 'json' && given !== undefined)
    throw usage('--json describes an export that goes to a file: give --out, or leave --json out')
  const as = [...recordFormats, ...wholeFormats].find(
    (each) => each === (given ?? (input.format === 'json' ? 'json' : 'jsonl')),
  )
  if (as === undefined) throw usage('the option --as takes one of the formats that the help names')
  for (const [name, formats] of Object.entries(belongs)) {
    if (input.has(name) && !formats.includes(as)) throw usage(`the option ${flagOf(name)} does not apply to --as ${as}`)
  }
  return as
}

async function run(input: Input, io: Io): Promise<Report> {
  const as = formatOf(input)
  const by = exporterOf(input)
  const query = await queryOf(input)
  if (query !== undefined && (as === 'lines' || as === 'tiles')) throw usage(`--as ${as} is the whole log: it takes no search`)
  if (as === 'tiles' && input.text('out') === undefined) throw usage('tiles are a folder: give --out')
  const configured = await readConfig(io, input.text('config'))
  const needsSigner = as === 'lines' || as === 'tiles'
  return withLog(io, input, configured, { needsSigner }, async (open) => {
    if (as === 'lines') return exportLinesTo(io, input, open, by)
    if (as === 'tiles') return exportTilesTo(io, input, open, by)
    assertSearchable(open, query ?? {})
    const records = open.log.exportRecords({ by, ...(query === undefined ? {} : { query }) })
    return exportRecordsTo(io, input, as, records, open)
  })
}

/** What has passed. */
interface Tally {
  records: number
  first?: number
  last?: number
  /** Records that do not show all groups. */
  partial: number
  /** Records that do not say what was recorded. */
  altered: number
}

async function* counting(
  records: AsyncIterable<AuditRecord>,
  tally: Tally,
  seen: (count: number) => void,
): AsyncGenerator<AuditRecord> {
  for await (const record of records) {
    tally.records++
    tally.first ??= record.index
    tally.last = record.index
    if (record.withheld.length + record.sealed.length + record.altered.length > 0) tally.partial++
    if (!record.genuine) tally.altered++
    seen(tally.records)
    yield record
  }
}

/** What a terminal gets: a name in a record cannot move its cursor or hide a line. Files and pipes get the format as it is. */
async function* shownChunks(chunks: AsyncIterable<string>, as: RecordFormat): AsyncGenerator<string> {
  for await (const chunk of chunks)
    yield as === 'json' || as === 'jsonl' ? visibleJson(chunk) : visible(chunk.replaceAll('\r\n', '\n'))
}

async function exportRecordsTo(
  io: Io,
  input: Input,
  as: RecordFormat,
  records: AsyncIterable<AuditRecord>,
  { key }: OpenLog,
): Promise<Report> {
  const writer = await writerOf(io, input, as)
  const out = input.text('out')
  const tally: Tally = { records: 0, partial: 0, altered: 0 }
  const bar = progress(io, 'records written')
  const chunks = writer(counting(until(io.signal, records), tally, (count) => bar.at(count)))
  let size: number
  try {
    size =
      out === undefined
        ? await writeOut(io.stdout, io.stdout.isTerminal ? shownChunks(chunks, as) : chunks)
        : await writeStream(io, out, '--out', chunks, { replace: input.flag('replace') })
  } catch (error) {
    await bar.end()
    const sentence = `Stopped after ${counted(tally.records)} records. ${out === undefined ? 'What was written is not the whole export.' : 'No file was left.'} The log records that\nthe export was begun.`
    const report = stopped(io, error, { records: tally.records }, sentence)
    // What is there of the export stands on standard output: the sentence must not stand behind it.
    if (out !== undefined) return report
    await io.stderr.write(`phi: ${sentence}\n`)
    return { ...report, isWritten: true }
  }
  await bar.end()
  const json = { written: as, origin: key.origin, bytes: size, ...tally }
  // What was written of them is what the log shows, and not what was recorded.
  const exit = tally.altered === 0 ? 'ok' : 'finding'
  const warning = `${amount(tally.altered, 'record does not', 'records do not')} say what was recorded: run phi audit verify.`
  if (out === undefined) {
    if (tally.altered > 0) await io.stderr.write(`phi: ${warning}\n`)
    return { exit, json, text: () => '', isWritten: true }
  }
  return {
    exit,
    json,
    text: (paint) =>
      [
        `${paint.good('Written:')} ${amount(tally.records, 'record')}, ${bytes(size)}, as ${as}. The log records who asked for it.`,
        ...(tally.altered === 0 ? [] : [paint.bad(warning)]),
        ...(tally.partial === 0
          ? []
          : [`${amount(tally.partial, 'record')} do not show all groups: withheld, sealed or altered.`]),
        'An export proves nothing: for who must not trust you, there is phi audit prove.',
      ].join('\n'),
  }
}

export const exportCommand: CommandSpec = {
  path: ['audit', 'export'],
  summary: 'Write entries out for people and programs',
  about: `Writes the records of the log, or those that answer a search, oldest first: as JSON, JSON lines or CSV, for a SIEM as OCSF, CEF or RFC 5424
messages, as FHIR AuditEvents (a resource a line), or the whole log as lines (--as lines) or static tiles (--as tiles) that anybody can verify.

An exit code of 1 says that records do not say what was recorded. The export is itself an event, recorded first under --by, and part of what is exported. A file is written whole or not at all. What goes to
standard output and is cut off says so where the format can: the last line of JSON lines, the last element of JSON, the last row of CSV.

OCSF, CEF and RFC 5424 leave identifiers of patients and free texts out unless --patients and --free-text say otherwise: whoever runs the
SIEM holds health information then. JSON, CSV, FHIR and lines are the whole record.

Records prove nothing by themselves. Lines, tiles and phi audit prove do.`,
  options: [
    { flags: '--as <format>', about: 'What to write. Default: jsonl.', choices: [...recordFormats, ...wholeFormats] },
    { flags: '--out <path>', about: 'Where to: a file, for tiles a folder. Default: standard output.', kind: 'file' },
    { flags: '--replace', about: 'Write over a file that is there.' },
    { flags: '--continue', about: 'With lines: go on with an export to the same file that was cut off.' },
    ...queryOptions,
    {
      flags: '--patients <what>',
      about: 'For a SIEM: what becomes of identifiers of patients. Default: omit.',
      choices: ['omit', 'hash', 'include'],
    },
    {
      flags: '--hash-key-from <variable>',
      about: 'With --patients hash: environment variable with the key, at least 16 bytes in base64.',
    },
    {
      flags: '--free-text <what>',
      about: 'For a SIEM: reasons, disclosures and details. Default: omit.',
      choices: ['omit', 'include'],
    },
    { flags: '--bom', about: 'CSV: begin with a byte order mark, which Excel needs.' },
    { flags: '--hostname <name>', about: 'RFC 5424: HOSTNAME.' },
    { flags: '--enterprise <number>', about: 'RFC 5424: your IANA private enterprise number, for the structured data.' },
    { flags: '--message <what>', about: 'RFC 5424: what MSG holds. Default: json.', choices: ['json', 'ocsf', 'cef'] },
    { flags: '--base-url <url>', about: 'FHIR: written before references.' },
    ...byOptions,
    ...signerOptions,
    ...logOptions,
  ],
  examples: [
    {
      run: 'phi audit export --as csv --patient p-88 --by u-2 --purpose PATRQT --out p-88.csv',
      about: 'One patient, for a spreadsheet',
    },
    {
      run: 'phi audit export --as lines --by u-2 --out log.phi-audit.jsonl',
      about: 'The whole log, for somebody who verifies it',
    },
    {
      run: 'phi audit export --as ocsf --from 2026-11-01 --by siem-job --by-type service | gzip > november.ocsf.gz',
      about: 'A month for a SIEM, without patients',
    },
  ],
  exits: ['ok', 'finding', 'interrupted'],
  run,
}
