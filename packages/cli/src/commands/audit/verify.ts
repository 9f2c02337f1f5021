import type { CommandSpec, Report } from '../../command.ts'
import { type Configured, readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import { readText } from '../../files.ts'
import { flagOf, type Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { counted } from '../../layout.ts'
import { progress } from '../../progress.ts'
import { keyOptions, keysOf, keysShown, policyOf } from './keys.ts'
import { logOptions } from './log.ts'
import { readResume, writeResume } from './resume.ts'
import { openSource, type SourceKind, sourceKinds } from './source.ts'
import { stopped } from './stop.ts'
import { verificationReport } from './verification-report.ts'
import { type Checked, checkDatabase, checkSource, type Demands, heldToOrigin } from './verify-source.ts'

const HOUR_MS = 3_600_000

/** What can be asked of which kind. Asked of another it is an error: a demand that is passed over would make the answer say too much. */
const applies: Readonly<Record<string, readonly SourceKind[]>> = {
  trusted: ['lines', 'tiles', 'database'],
  resume: ['lines', 'tiles', 'database'],
  saveResume: ['lines', 'tiles', 'database'],
  maxAge: ['lines', 'tiles', 'database'],
  leaf: ['proof'],
  withoutKeys: ['database'],
  tenant: ['database'],
  databaseFrom: ['database'],
  embedded: ['database'],
  allowInsecure: ['database'],
}

function assertApplies(input: Input, kind: SourceKind): void {
  for (const [name, kinds] of Object.entries(applies)) {
    if (input.has(name) && !kinds.includes(kind))
      throw cliError('PHI_CLI_USAGE', { detail: `the option ${flagOf(name)} does not apply to ${wordsOf[kind]}` })
  }
}

const wordsOf: Readonly<Record<SourceKind, string>> = {
  lines: 'a log in lines',
  bundle: 'a bundle of evidence',
  accounting: 'an accounting of disclosures',
  tiles: 'a folder of tiles',
  proof: 'a proof of one entry',
  database: 'a log in a database',
}

async function demandsOf(io: Io, input: Input, configured: Configured): Promise<Demands> {
  const hours = input.whole('maxAge', { least: 1, most: 1_000_000 })
  const cosignatureHours = input.whole('maxCosignatureAge', { least: 1, most: 1_000_000 })
  const witnesses = await policyOf(io, input, configured)
  if (cosignatureHours !== undefined && witnesses === undefined)
    throw cliError('PHI_CLI_NOT_CONFIGURED', {
      path: '--witnesses',
      detail: 'cosignatures can be too old only where some are asked for',
    })
  return {
    keys: await keysOf(io, input, configured),
    trusted: await Promise.all(input.all('trusted').map((path) => readText(io, path, '--trusted'))),
    now: io.clock(),
    maxFindings: input.whole('findings', { least: 1, most: 100_000 }) ?? 100,
    ...(hours === undefined ? {} : { maxAgeMs: hours * HOUR_MS }),
    ...(witnesses === undefined ? {} : { witnesses }),
    ...(cosignatureHours === undefined ? {} : { maxCosignatureAgeMs: cosignatureHours * HOUR_MS }),
  }
}

function kindAsked(input: Input): SourceKind | undefined {
  const kind = sourceKinds.find((each) => each === input.text('kind'))
  const hasSource = input.operands.length > 0
  if (kind === 'database' && hasSource) throw cliError('PHI_CLI_USAGE', { detail: 'a database is not named by a file' })
  if (kind !== undefined && kind !== 'database' && !hasSource)
    throw cliError('PHI_CLI_USAGE', { detail: 'what is to be verified is not named' })
  return hasSource ? kind : 'database'
}

async function run(input: Input, io: Io): Promise<Report> {
  const asked = kindAsked(input)
  const configured = await readConfig(io, input.text('config'))
  if (asked !== undefined) assertApplies(input, asked)
  const demands = await demandsOf(io, input, configured)
  const from = await readResume(io, input.text('resume'))
  const bar = progress(io, 'entries verified')
  let done = 0
  const watch = {
    onProgress: ({ checked, total }: { checked: number; total: number }) => {
      done = checked
      bar.at(checked, total)
    },
    signal: io.signal,
  }
  let checked: Checked
  try {
    if (asked === 'database') checked = await checkDatabase(io, input, configured, demands, from, watch)
    else {
      const given = input.operands[0] as string
      const source = await openSource(io, given, asked)
      if (asked === undefined) assertApplies(input, source.kind)
      checked = await heldToOrigin(await checkSource(io, input, source, demands, from, watch), input.text('origin'))
    }
  } catch (error) {
    await bar.end()
    return stopped(
      io,
      error,
      { checked: done },
      `Stopped after ${counted(done)} entries. Nothing is said about the log: run it again, with --resume\nwhere an earlier run kept how far it was.`,
    )
  }
  await bar.end()
  const saved = await writeResume(io, input.text('saveResume'), checked)
  const file = input.operands[0]
  return verificationReport(checked, {
    now: demands.now,
    keys: keysShown(demands.keys, input, configured),
    ...(saved === undefined ? {} : { saved }),
    ...(file === undefined ? {} : { file }),
  })
}

export const verifyCommand: CommandSpec = {
  path: ['audit', 'verify'],
  summary: 'Verify a log, evidence from it, or a proof',
  about: `Answers whether the entries are, word for word, the ones that were signed. The source is a log in lines (.phi-audit.jsonl, - for
standard input), a bundle of evidence, an accounting of disclosures with its proofs, a folder of tiles, a proof of one entry
(.tlog-proof, with --leaf), or, where none is named, the log in the database.

It needs the public key of the log, from another hand than the log itself. Without one the answer is never "intact".

Intact says nothing about whether what was recorded is true, or whether everything was recorded. A log can be cut back to an earlier state
that was signed: --trusted holds it against checkpoints that were kept elsewhere, and --witnesses asks for the cosignatures of others.

Findings name entries by number and hold no text of one. Logs in lines, tiles and databases are read as streams of any length.`,
  operands: [
    { name: 'source', about: 'File or folder, - for standard input. Default: the database.', optional: true, kind: 'file' },
  ],
  options: [
    { flags: '--kind <kind>', about: 'What the source is. Default: what its content says.', choices: sourceKinds },
    ...keyOptions,
    {
      flags: '--max-cosignature-age <hours>',
      about: 'How old the newest cosignatures may be, so that an old state does not pass for the newest.',
    },
    {
      flags: '--trusted <file...>',
      about: 'A checkpoint that was kept elsewhere, which the log has to continue.',
      kind: 'file',
    },
    {
      flags: '--resume <file>',
      about: 'Go on from where an earlier run ended. Keep that file where keys are kept.',
      kind: 'file',
    },
    {
      flags: '--save-resume <file>',
      about: 'Keep how far this run was, for --resume. Written where nothing is broken.',
      kind: 'file',
    },
    {
      flags: '--max-age <hours>',
      about: 'How old the newest entry may be. An older one is a finding: recording may have stopped.',
    },
    { flags: '--leaf <file>', about: 'The entry that a proof is about, byte for byte.', kind: 'file' },
    { flags: '--findings <count>', about: 'How many findings are listed; further ones are counted. Default: 100.' },
    { flags: '--without-keys', about: 'Check sealed groups of the database as sealed texts, without opening them.' },
    ...logOptions,
  ],
  examples: [
    { run: 'phi audit verify evidence.phi-audit.json --key log.vkey', about: 'Evidence that somebody sent' },
    {
      run: 'zcat log.phi-audit.jsonl.gz | phi audit verify - --key log.vkey --trusted checkpoint.txt',
      about: 'A whole log, held against an earlier checkpoint',
    },
    {
      run: 'phi audit verify --resume /secure/resume.json --save-resume /secure/resume.json',
      about: 'The database, every night, from where the last night ended',
    },
    { run: 'phi audit verify public --key log.vkey --format sarif', about: 'A folder of tiles, for CI' },
  ],
  exits: ['ok', 'finding', 'unknown', 'interrupted'],
  sarif: true,
  run,
}
