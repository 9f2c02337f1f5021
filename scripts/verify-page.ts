import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { verifyPage } from '../packages/cli/src/verify-page/page.ts'

/**
 * The page that verifies evidence in a browser, of the sources of the workspaces: the same bytes for the same sources.
 * The build of @phi/cli writes it, and tests open it.
 */
export async function buildVerifyPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../packages/cli/src/verify-page/app.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    conditions: ['@phi/source', 'browser', 'default'],
    minify: true,
    // Letters beyond ASCII stand as escapes: the page is right in whatever encoding it is saved.
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'silent',
  })
  const [script] = outputFiles
  if (script === undefined) throw new Error('esbuild made no script of packages/cli/src/verify-page/app.ts')
  return verifyPage(script.text)
}

/** Writes the page to a file, beside what else a build makes. */
export async function writeVerifyPage(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, await buildVerifyPage())
}
