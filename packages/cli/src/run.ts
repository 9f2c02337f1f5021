import { isPhiError } from '@phi/core'
import type { Report, SelfTexts } from './command.ts'
import { isWithoutColour, readCommandLine, wishedFormat } from './command-line.ts'
import { cliError } from './errors.ts'
import { type ExitName, exitCodes } from './exit-codes.ts'
import type { Io, Output } from './io.ts'
import { paint, wantsColour } from './paint.ts'
import { endProgress } from './progress.ts'
import { sarifLog } from './sarif.ts'
import type { Format } from './specs.ts'
import { version } from './version.ts'
import { visible, visibleJson } from './visible.ts'

const selfTexts: SelfTexts = {
  manualPage: async (words) => (await import('./help/manual.ts')).manualPage(words),
  completion: async (shell) => (await import('./completion/index.ts')).completionFor(shell),
}

/**
 * Runs one command line, without the program's own name. Never throws: what goes wrong is said on standard error.
 * @returns the exit code: see `exitCodes`
 */
export async function run(argv: readonly string[], given: Io): Promise<number> {
  // Whatever asks the environment for colours, a progress bar too, hears of the option.
  const io = isWithoutColour(argv) ? { ...given, env: { ...given.env, NO_COLOR: '1' } } : given
  let format = wishedFormat(argv)
  try {
    const asked = readCommandLine(argv)
    if (asked.kind === 'version') {
      await io.stdout.write(`phi ${version}\n`)
      return exitCodes.ok.code
    }
    if (asked.kind === 'help') return exitCodes[await help(asked.words, asked.isAnswer, io)].code
    format = asked.format
    const report = await asked.spec.run(asked.input, io, selfTexts)
    if (report.isWritten !== true) await io.stdout.write(rendered(report, format, io))
    return exitCodes[report.exit].code
  } catch (error) {
    return exitCodes[await failure(error, io, format)].code
  }
}

/** Columns that text is made for, whatever a terminal says of itself. */
const columnsOf = ({ columns }: Output): number => (Number.isFinite(columns) && columns >= 20 ? columns : 80)

async function help(words: readonly string[], isAnswer: boolean, io: Io): Promise<ExitName> {
  const to = isAnswer ? io.stdout : io.stderr
  // Loaded when it is needed: most runs need none.
  const { helpText } = await import('./help/index.ts')
  const text = helpText(words, paint(wantsColour(to.isTerminal, io.env)), columnsOf(to))
  if (text === undefined) throw cliError('PHI_CLI_USAGE', { detail: 'there is no such command' })
  await to.write(`${text}\n`)
  return isAnswer ? 'ok' : 'usage'
}

const jsonText = (value: unknown): string => `${visibleJson(JSON.stringify(value ?? null, null, 2))}\n`

function rendered(report: Report, format: Format, io: Io): string {
  if (format === 'json') return jsonText(report.json)
  if (format === 'sarif') return jsonText(sarifLog(version, report.sarif ?? { rules: [], results: [] }))
  const isColoured = wantsColour(io.stdout.isTerminal, io.env)
  const text = report.text(paint(isColoured), columnsOf(io.stdout))
  return text === '' ? '' : `${visible(text, isColoured)}\n`
}

async function failure(error: unknown, io: Io, format: Format): Promise<ExitName> {
  // Where nobody listens any more, the exit code still says it.
  const say = (to: Output, text: string) => to.write(text).catch(() => {})
  await endProgress(io)
  if (isPhiError(error, 'PHI_CLI_OUTPUT_CLOSED')) return 'interrupted'
  if (io.signal.aborted) {
    // What failed beside it is said as well: a destruction that was refused is not one that was stopped.
    const why = isPhiError(error) && error !== io.signal.reason ? ` ${visible(error.message)}\n${error.code}` : ''
    await say(io.stderr, `phi: stopped${why === '' ? '' : '.'}${why}\n`)
    return 'interrupted'
  }
  if (io.env.PHI_DEBUG === '1') await say(io.stderr, `${visible(storyOf(error))}\n`)
  const known = isPhiError(error) ? error : cliError('PHI_CLI_DEFECT', { detail: nameOf(error) })
  if (format === 'json') await say(io.stdout, jsonText({ error: known.toJSON() }))
  const { bad, dim } = paint(wantsColour(io.stderr.isTerminal, io.env))
  await say(io.stderr, `${bad('phi:')} ${visible(known.message)}\n${dim(known.code)}\n`)
  return known.code === 'PHI_CLI_USAGE' ? 'usage' : 'failed'
}

/** What is no error of ours is a defect, here or in something below. Its text could hold anything, its kind cannot. */
function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error
  return /^[A-Za-z]{1,40}$/.test(name) ? name : 'Error'
}

function storyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\nCaused by: ${storyOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
