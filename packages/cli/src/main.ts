#!/usr/bin/env node
import { isPhiError } from '@phi/core'
import { cliError } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { nodeIo } from './node-io.ts'
import { run } from './run.ts'

/** What nobody caught: said without its text, which could hold data. */
function fail(error: unknown): void {
  const known = isPhiError(error) ? error : cliError('PHI_CLI_DEFECT')
  const story = process.env.PHI_DEBUG === '1' && error instanceof Error ? `${error.stack}\n` : ''
  process.stderr.write(`${story}phi: ${known.message}\n${known.code}\n`)
  process.exit(exitCodes.failed.code)
}

/** The process, from its words to its exit code. */
async function main(): Promise<void> {
  process.on('uncaughtException', fail)
  const code = await run(process.argv.slice(2), nodeIo())
  process.exitCode = code
  // Work that was stopped in the middle may still hold a connection or a file.
  if (code === exitCodes.interrupted.code) process.exit()
}

main().catch(fail)
