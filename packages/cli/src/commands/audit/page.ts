import { createHash } from 'node:crypto'
import type { CommandSpec, Report } from '../../command.ts'
import { writeWhole } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { bytes } from '../../layout.ts'

/** What `--json` answers. */
export interface PageAnswer {
  readonly bytes: number
  /** Of the file, hexadecimal: whoever hands it on can say which one it was. */
  readonly sha256: string
}

async function run(input: Input, io: Io): Promise<Report> {
  const [path = ''] = input.operands
  const { readVerifyPage } = await import('../../verify-page/read-page.ts')
  const page = await readVerifyPage(io)
  if (path === '-') {
    await io.stdout.write(page)
    return { exit: 'ok', json: null, text: () => '', isWritten: true }
  }
  await writeWhole(io, path, '<file>', page, { replace: input.flag('replace') })
  const json: PageAnswer = { bytes: Buffer.byteLength(page), sha256: createHash('sha256').update(page).digest('hex') }
  return {
    exit: 'ok',
    json,
    text: (paint) =>
      [
        `${paint.good('Written:')} a page of ${bytes(json.bytes)} that verifies evidence, without a network.`,
        `  sha256  ${json.sha256}`,
        'Whoever gets it opens it in a browser, drops the evidence on it, and pastes the',
        'public key of the log, which they should have from another hand.',
      ].join('\n'),
  }
}

export const pageCommand: CommandSpec = {
  path: ['audit', 'page'],
  summary: 'Write the page that verifies evidence in a browser',
  about: `Writes one HTML file with which anybody can verify a bundle of evidence in a browser: drop the evidence on it, paste the public key of the
log, read the answer, the findings and the disclosed entries, and print them. It loads nothing and sends nothing; it works without a network,
and from a USB stick.

The page is as trustworthy as the hand that it came from, and so is the key: send it on another way than the evidence. Its SHA-256 is printed, so
that two people can compare what they have. It is the same file for everybody.`,
  operands: [{ name: 'file', about: 'Where to: verify.html. - for standard output.', kind: 'file' }],
  options: [{ flags: '--replace', about: 'Write over a file that is there.' }],
  examples: [{ run: 'phi audit page verify.html', about: 'For an auditor who has no command line' }],
  exits: ['ok'],
  run,
}
