import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { cliError } from '../errors.ts'
import type { Io } from '../io.ts'

const PAGE_FILE = 'verify.html'

/** Where the file may lie: beside the program as it was published, or in the build beside the sources. */
function placesOf({ shipped }: Io): readonly URL[] {
  if (shipped !== undefined) return [new URL(PAGE_FILE, pathToFileURL(`${shipped}/`))]
  const here = typeof __filename === 'string' ? pathToFileURL(__filename) : new URL(import.meta.url)
  return [new URL(`./${PAGE_FILE}`, here), new URL(`../../dist/${PAGE_FILE}`, here)]
}

/** The page that verifies evidence, as the build of this package made it. @throws PhiError PHI_CLI_FILE */
export async function readVerifyPage(io: Io): Promise<string> {
  for (const place of placesOf(io)) {
    const text = await readFile(place, 'utf8').catch(() => undefined)
    if (text !== undefined) return text
  }
  throw cliError('PHI_CLI_FILE', { path: PAGE_FILE, detail: 'the page is not among the files of this program' })
}
