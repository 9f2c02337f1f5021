import type { CommandSpec, Report } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import { readText } from '../../files.ts'
import { flagOf, type Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import type { Viewed } from '../../view/viewed.ts'
import { byOptions, exporterOf } from './by.ts'
import { keyOptions, keysOf, policyOf } from './keys.ts'
import { logOptions, signerOptions } from './log.ts'
import { aborted } from './stop.ts'
import type { Demands } from './verify-source.ts'

const MAX_FINDINGS = 500

/** What only a database can answer to. Given with a file it would be passed over. */
const ofDatabases = ['by', 'byRole', 'purpose', 'reason', 'tenant', 'databaseFrom', 'embedded', 'allowInsecure', 'signerFrom']

async function run(input: Input, io: Io): Promise<Report> {
  const [file] = input.operands
  const port = input.whole('port', { most: 65_535 }) ?? 0
  for (const name of file === undefined ? [] : ofDatabases) {
    if (input.has(name))
      throw cliError('PHI_CLI_USAGE', {
        detail: `the option ${flagOf(name)} does not apply to a file: nothing is recorded in a copy`,
      })
  }
  const by = file === undefined ? exporterOf(input) : undefined
  const configured = await readConfig(io, input.text('config'))
  const demands = async (): Promise<Demands> => {
    const witnesses = await policyOf(io, input, configured)
    return {
      keys: await keysOf(io, input, configured),
      trusted: await Promise.all(input.all('trusted').map((path) => readText(io, path, '--trusted'))),
      now: io.clock(),
      maxFindings: MAX_FINDINGS,
      ...(witnesses === undefined ? {} : { witnesses }),
    }
  }
  // Once before anything is served: a wrong key is better said now than on a page.
  await demands()
  const { fileViewed, withLogViewed } = await import('../../view/open-viewed.ts')
  const show = (viewed: Viewed) => served(io, input, port, viewed)
  if (by !== undefined) return withLogViewed(io, input, configured, { by, demands }, show)
  const viewed = await fileViewed(io, input, file as string, demands)
  if (viewed.kind === 'bundle' && input.has('trusted'))
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --trusted does not apply to a bundle of evidence' })
  return show(viewed)
}

async function served(io: Io, input: Input, port: number, viewed: Viewed): Promise<Report> {
  const { serveView } = await import('../../view/http.ts')
  const { viewSession } = await import('../../view/session.ts')
  const { failedReply, viewSite } = await import('../../view/site.ts')
  const session = viewSession(io.clock)
  const over = new AbortController()
  const site = viewSite({ viewed, session, clock: io.clock, signal: io.signal, ended: () => over.abort() })
  const server = await serveView(port, (asked) => site.answer(asked), failedReply)
  let tidy = async (): Promise<void> => {}
  try {
    const url = `${server.origin}/enter/${session.ticket}`
    const json = { url, kind: viewed.kind, ...(viewed.origin === undefined ? {} : { origin: viewed.origin }) }
    await io.stdout.write(input.format === 'json' ? `${JSON.stringify(json)}\n` : `${textOf(url, viewed)}\n`)
    if (input.flag('open')) {
      const { openBrowser } = await import('../../view/open-browser.ts')
      tidy = await openBrowser(io, url)
    }
    await aborted(AbortSignal.any([io.signal, over.signal]))
    return { exit: 'ok', json, text: () => '', isWritten: true }
  } finally {
    await server.close()
    await site.close()
    await tidy()
  }
}

const textOf = (url: string, { by }: Viewed): string =>
  [
    'The audit log can be opened in a browser on this machine:',
    `  ${url}`,
    by === undefined
      ? 'The address works once. It is a copy: that it is read is recorded nowhere.'
      : 'The address works once. Opening it is recorded in the log.',
    'Ctrl-C ends it, and so does "End session" on the page.',
  ].join('\n')

export const viewCommand: CommandSpec = {
  path: ['audit', 'view'],
  summary: 'Show a log in a browser: search, follow, verify, export',
  about: `Serves pages on this machine for administrators: search by actor, patient, resource, action, outcome and time; follow a patient or an
actor through the log, with the gaps of time; verify, and read what was found; export as CSV or JSON. The source is the log in the database,
or, where a file is named, a log in lines or a bundle of evidence.

The pages listen on 127.0.0.1 and nowhere else. The address that is printed works once, and holds the way in: whoever has it first, reads the
log. After 15 minutes without a request the pages are closed.

Over a database, --by is needed: an entry that this person began to read is recorded before the first page is shown, and one of each export.
Single searches are not recorded. What is looked at in a file is recorded nowhere.

What a list shows is what the entries say now; only verification says whether that is what was recorded. It needs the public key of the log,
as phi audit verify does. A file is read anew for each search: for a log of millions of entries use the database.`,
  operands: [
    { name: 'source', about: 'A log in lines or a bundle of evidence. Default: the database.', optional: true, kind: 'file' },
  ],
  options: [
    { flags: '--port <port>', about: 'Port to listen on. Default: any that is free.' },
    { flags: '--open', about: 'Open the address in the browser.' },
    ...byOptions,
    ...keyOptions,
    {
      flags: '--trusted <file...>',
      about: 'A checkpoint that was kept elsewhere, which the log has to continue.',
      kind: 'file',
    },
    ...signerOptions,
    ...logOptions,
  ],
  examples: [
    { run: 'phi audit view --by u-2 --purpose HOPERAT --open', about: 'The log of the configuration' },
    { run: 'phi audit view log.phi-audit.jsonl --key log.vkey', about: 'A copy that somebody sent' },
  ],
  exits: ['ok'],
  run,
}
