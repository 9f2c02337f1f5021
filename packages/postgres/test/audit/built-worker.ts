import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { verifyInWorker } from '../../src/index.ts'

const source = (name: string) => fileURLToPath(new URL(`../../src/${name}`, import.meta.url))
// Below the repository's own node_modules, so that third-party packages are found from there.
const cache = fileURLToPath(new URL('../../../../node_modules/.cache/phi-tests/', import.meta.url))

/** Sources of this repository become part of the build, and everything else stays where it is. */
const thirdParties: Plugin = {
  name: 'third parties',
  setup({ onResolve }) {
    onResolve({ filter: /^[^.#/]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@phi/') ? undefined : { path, external: true },
    )
  },
}

export interface BuiltWorker {
  readonly verifyInWorker: typeof verifyInWorker
  remove(): Promise<void>
}

/**
 * `verifyInWorker` with its thread's file beside it, built as the package is. From the sources each thread loads a few hundred files
 * through a loader first, which takes a second of CPU.
 */
export async function builtWorker(): Promise<BuiltWorker> {
  const outdir = join(cache, `worker-${randomUUID()}`)
  await build({
    entryPoints: [source('verify-in-worker.ts'), source('verify-worker.ts')],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: `node${process.versions.node}`,
    conditions: ['@phi/source'],
    // `startThread` asks whether it runs as CommonJS, and is told here that it does not.
    define: { __filename: 'undefined' },
    plugins: [thirdParties],
    logLevel: 'silent',
  })
  const built = (await import(pathToFileURL(join(outdir, 'verify-in-worker.mjs')).href)) as BuiltWorker
  return { verifyInWorker: built.verifyInWorker, remove: () => rm(outdir, { recursive: true, force: true }) }
}
