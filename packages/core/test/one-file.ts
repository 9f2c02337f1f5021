import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { keepFile, once } from './kept-file.ts'

/**
 * zod is some hundred small modules, and every package imports it. A process takes five times as long to find and link those as to
 * load them from one file, which is more than a short program does after that. So the file is made once, and kept between runs.
 */

const folder = fileURLToPath(new URL('../../../node_modules/.cache/phi-tests/', import.meta.url))
const made = new Map<string, () => Promise<string>>()

async function make(entry: string): Promise<string> {
  const { name, version } = JSON.parse(await readFile(join(dirname(entry), 'package.json'), 'utf8')) as Record<string, string>
  const file = join(folder, `${name}-${version}.mjs`)
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true })
    await keepFile(file, (part) =>
      build({ entryPoints: [entry], outfile: part, bundle: true, platform: 'node', format: 'esm', logLevel: 'silent' }),
    )
  }
  return pathToFileURL(file).href
}

/** The place of one file that is the package whose main module lies here, beside its package.json. */
export function oneFile(entry: string): Promise<string> {
  let file = made.get(entry)
  if (file === undefined) {
    file = once(() => make(entry))
    made.set(entry, file)
  }
  return file()
}
