import type { AccountingPaper, AccountingRequest, HandOver } from '@phi/audit/disclosures'
import * as z from 'zod'
import type { CommandSpec, Report } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import { readShape, writeWhole } from '../../files.ts'
import { flagOf, type Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { amount, wrapped } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { assertFree } from '../../write-out.ts'
import { byOptions, exporterOf } from './by.ts'
import { assertSearchable, logOptions, signerOptions, withLog } from './log.ts'
import { stopped } from './stop.ts'

/** A day of the calendar in a zone. @throws PhiError PHI_CLI_USAGE where the zone is none */
function dayIn(now: number, timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(now)
  } catch {
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --zone takes the IANA name of a time zone, such as America/Chicago' })
  }
}

/** The members that the command line can give beside a file; what they hold is the library's to check. */
const requestFile = z.looseObject({
  patient: z.looseObject({}).optional(),
  entity: z.looseObject({}).optional(),
  period: z.looseObject({}).optional(),
  timeZone: z.string().optional(),
})

const defined = (fields: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined))

/** The request of a file, with what the command line says over it. */
async function requestOf(input: Input, io: Io): Promise<AccountingRequest> {
  const path = input.text('request')
  const file = path === undefined ? {} : await readShape(io, path, '--request', requestFile)
  const timeZone = input.text('zone') ?? file.timeZone
  if (timeZone === undefined)
    throw cliError('PHI_CLI_USAGE', { detail: 'days need a zone: give --zone, such as America/Chicago' })
  const today = dayIn(io.clock(), timeZone)
  const period = { ...file.period, ...defined({ since: input.text('from'), until: input.text('until') }) }
  const patient = { ...file.patient, ...defined({ id: input.text('patient'), name: input.text('patientName') }) }
  if (!('id' in patient)) throw cliError('PHI_CLI_USAGE', { detail: 'the option --patient is missing' })
  const entity = { ...file.entity, ...defined({ name: input.text('entity'), responsible: input.text('responsible') }) }
  return {
    requestedOn: today,
    preparedOn: today,
    ...file,
    ...defined({ requestedOn: input.text('requestedOn'), preparedOn: input.text('preparedOn') }),
    timeZone,
    patient,
    entity,
    ...(Object.keys(period).length === 0 ? {} : { period }),
  } as AccountingRequest
}

async function run(input: Input, io: Io): Promise<Report> {
  const by = exporterOf(input)
  const request = await requestOf(input, io)
  for (const name of ['out', 'package']) await assertFree(io, input.text(name), flagOf(name), input.flag('replace'))
  const configured = await readConfig(io, input.text('config'))
  return withLog(io, input, configured, { needsSigner: true }, async (open) => {
    assertSearchable(open, { patient: request.patient.id })
    const { accountingOfDisclosures } = await import('@phi/audit/disclosures')
    let answer: HandOver
    try {
      answer = await accountingOfDisclosures(open.log, { request, by, signal: io.signal })
    } catch (error) {
      return stopped(io, error, {}, 'Stopped. Nothing was handed over.')
    }
    return answer.status === 'ready' ? handedOver(input, io, answer, open.log.vkey) : needsReview(answer.paper)
  })
}

/** Nothing is handed over: somebody has to decide first. */
async function needsReview(paper: AccountingPaper): Promise<Report> {
  const { explainEntry } = await import('@phi/audit/disclosures')
  const entries = paper.entries.filter(({ verdict }) => verdict === 'review')
  return {
    exit: 'unknown',
    json: {
      status: 'needs-review',
      period: paper.period,
      entries: entries.map((entry) => ({ ...entry, words: explainEntry(entry) })),
      findings: paper.findings,
    },
    text: (paint, columns) =>
      [
        paint.warn(
          `Not answered: ${amount(entries.length, 'entry', 'entries')} must be judged by somebody first. Nothing was handed over.`,
        ),
        '',
        ...entries.flatMap((entry) => [
          `  ${paint.strong(`entry ${entry.index}`)}${entry.of === undefined ? '' : ' of a contributor'}, ${entry.date}`,
          wrapped(explainEntry(entry), Math.min(columns, 100), 4),
        ]),
        '',
        wrapped(
          'Put judgments into the file of --request: { "judgments": [{ "index", "decision", "why", "by" }] }.',
          Math.min(columns, 100),
        ),
      ].join('\n'),
  }
}

async function handedOver(
  input: Input,
  io: Io,
  { paper, package: bundle }: Extract<HandOver, { status: 'ready' }>,
  vkey: string | undefined,
): Promise<Report> {
  const { renderAccountingHtml, renderAccountingText } = await import('@phi/audit/disclosures')
  const { accounting } = bundle
  const as = input.text('as')
  const out = input.text('out')
  const packageOut = input.text('package')
  const replace = input.flag('replace')
  const json = { status: 'ready', accounting, handOver: bundle.handOver, findings: paper.findings, vkey }
  if (packageOut !== undefined)
    await writeWhole(io, packageOut, '--package', `${JSON.stringify(bundle)}\n`, { replace, secret: true })
  const printed =
    as === 'html'
      ? renderAccountingHtml(accounting)
      : as === 'json'
        ? `${JSON.stringify(accounting, null, 2)}\n`
        : renderAccountingText(accounting)
  if (out === undefined) {
    if (input.format === 'json') return { exit: 'ok', json, text: () => '' }
    // Written as it is: the text isolates foreign names, and marks what could mislead, itself.
    await io.stdout.write(printed)
    return { exit: 'ok', json, text: () => '', isWritten: true }
  }
  await writeWhole(io, out, '--out', printed, { replace, secret: true })
  const text = (paint: Paint, columns: number) =>
    [
      `${paint.good('Written:')} an accounting of ${amount(accounting.lines.length, 'disclosure')}. The log records the hand-over as entry ${bundle.handOver}.`,
      ...paper.findings.map(({ index, meaning }) =>
        wrapped(`${index === undefined ? '' : `entry ${index}: `}${meaning}`, Math.min(columns, 100), 2),
      ),
      ...(packageOut === undefined
        ? []
        : [`The patient can check the package with phi audit verify, and this key:\n  ${vkey}`]),
    ].join('\n')
  return { exit: 'ok', json, text }
}

export const discloseCommand: CommandSpec = {
  path: ['audit', 'disclose'],
  summary: "Account for a patient's disclosures (45 CFR 164.528)",
  about: `Makes the accounting that a patient can ask for: to whom, when, what and why, for up to six years before the request. It prints text, a page
to print (--as html) or data (--as json), and with --package the same with proofs, which the patient can check with the log's public key.

What cannot be judged from the log is not left out: the answer is then "not answered", with the entries that somebody has to judge, and nothing
is handed over. Judgments, suspensions by agencies, business associates' contributions and research stand in the file of --request; the guide
"Account for disclosures" has its members.

The hand-over is recorded in the log, with the SHA-256 of the accounting. Which disclosures have to be listed remains your own judgment.`,
  options: [
    { flags: '--patient <id>', about: 'Whose disclosures, by the id in the log.' },
    { flags: '--patient-name <name>', about: 'As it is to be printed.' },
    { flags: '--from <day>', about: 'The first day, where the patient asked for less than six years.' },
    { flags: '--until <day>', about: 'The last day, where it is before the request.' },
    { flags: '--requested-on <day>', about: 'The day of the request. Default: today.' },
    { flags: '--prepared-on <day>', about: 'The day on which the accounting is made. Default: today.' },
    { flags: '--zone <zone>', about: 'IANA time zone of the covered entity, in whose days everything is counted.' },
    { flags: '--entity <name>', about: 'Name of the covered entity.' },
    { flags: '--responsible <title>', about: 'Title of the person or office that is responsible for requests.' },
    { flags: '--request <file>', about: 'JSON with these and all other members of a request.', kind: 'file' },
    { flags: '--as <format>', about: 'What to print.', choices: ['text', 'html', 'json'], default: 'text' },
    { flags: '--out <file>', about: 'Where to. Default: standard output.', kind: 'file' },
    { flags: '--package <file>', about: 'Where to write the accounting with its proofs.', kind: 'file' },
    { flags: '--replace', about: 'Write over files that are there.' },
    ...byOptions,
    ...signerOptions,
    ...logOptions,
  ],
  examples: [
    {
      run: 'phi audit disclose --patient p-88 --request request.json --by u-2 --as html --out accounting.html --package accounting.phi-accounting.json',
      about: 'A page to print, and its proofs',
    },
    {
      run: 'phi audit disclose --patient p-88 --from 2026-01-01 --zone America/Chicago --entity "Example Clinic" --responsible "Privacy Office" --by u-2',
      about: 'This year, as text',
    },
  ],
  exits: ['ok', 'unknown', 'interrupted'],
  run,
}
