import { isPhiError } from '@phi/core'
import { readText } from '../src/files.ts'
import { blocking } from '../src/io.ts'
import { nodeIo } from '../src/node-io.ts'

// A program that says when it has begun to wait, so that a test can stop it there.
const io = nodeIo()
await io.stdout.write('ready\n')
if (process.argv[2] === 'busy') {
  const end = Date.now() + 60_000
  blocking(io, () => {
    while (Date.now() < end);
  })
  process.exitCode = 7
} else if (process.argv[2] === 'flood') {
  const much = 'x'.repeat(65_536)
  try {
    for (;;) await io.stdout.write(much)
  } catch (error) {
    process.exitCode = isPhiError(error, 'PHI_CLI_OUTPUT_CLOSED') && io.signal.aborted ? 130 : 7
  }
} else {
  await readText(io, '-', '--in').catch((error: Error) => {
    process.exitCode = error.name === 'AbortError' ? 130 : 7
  })
}
