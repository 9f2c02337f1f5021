import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, formatMessages, type Message, type Plugin } from 'esbuild'
import { initialisedDatabase, initialisedPGlite } from './initialised-pglite.ts'
import { oneFile } from './one-file.ts'
import { shown } from './shown-blocks.ts'

/**
 * Programs of the sources in processes of their own. A process that loads the sources file by file, through a loader, spends more
 * than a second of CPU before the program's first line. So the program and the sources that it reaches become one file, which
 * plain Node runs.
 */

/** A program that is ready to be started: `spawn(process.execPath, [...argv, 'its first argument'])`. */
export interface Runnable {
  readonly argv: readonly string[]
  /** Takes the program's file away again, once nobody starts it any more. */
  remove(): Promise<void>
}

/** What one resolution led to. Third-party packages stay where they are while tests run. */
const found = new Map<string, Promise<string | undefined>>()

/**
 * Leaves third-party packages out of the file. They are imported by their place, as seen from the source that imports them: two
 * packages may want two versions of a third.
 */
const thirdParties: Plugin = {
  name: 'third parties',
  setup({ onLoad, onResolve, resolve }) {
    onResolve({ filter: /^[^.#/]/ }, async ({ path, resolveDir, kind, importer, namespace, pluginData }) => {
      if (pluginData === found || kind === 'entry-point' || /^(@phi\/|node:)/.test(path)) return undefined
      if (path.startsWith('file:')) return { path, external: true }
      const asked = JSON.stringify([path, kind, resolveDir])
      const resolved =
        found.get(asked) ??
        resolve(path, { resolveDir, kind, importer, namespace, pluginData: found }).then((result) =>
          result.errors.length > 0 || result.namespace !== 'file'
            ? undefined
            : path === 'zod'
              ? oneFile(result.path)
              : pathToFileURL(result.path).href,
        )
      found.set(asked, resolved)
      const place = await resolved
      // What is not installed is for the program to find missing: some packages are optional.
      if (place === undefined) return { path, external: true }
      return path === '@electric-sql/pglite' ? { path: place, namespace: 'initialised' } : { path: place, external: true }
    })
    onLoad({ filter: /^/, namespace: 'initialised' }, async ({ path }) => ({
      contents: initialisedPGlite(path, await initialisedDatabase()),
    }))
  },
}

/** A module that asks where it lies, to read the file or to start the thread beside it, is told its source's place. */
const placed = (source: string, path: string) => source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))

const places: Plugin = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({ contents: placed(await readFile(path, 'utf8'), path), loader: 'ts' }))
  },
}

type Bundled = { readonly text: string } | { readonly problems: string }

const told = async (messages: readonly Message[]): Promise<Bundled> => ({
  problems: (await formatMessages([...messages], { kind: 'error' })).join('\n'),
})

/** One file of a program and of the sources it reaches. A warning counts as a problem: programs are shown as they should be. */
async function bundle(source: string, file: string): Promise<Bundled> {
  const built = (plugins: Plugin[]) =>
    build({
      stdin: { contents: placed(source, file), resolveDir: dirname(file), loader: 'ts', sourcefile: file },
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: `node${process.versions.node}`,
      charset: 'utf8',
      // Names of functions and classes are told to users, and must not change where two modules chose the same one.
      keepNames: true,
      conditions: ['@phi/source'],
      plugins,
      logLevel: 'silent',
    })
  try {
    let { outputFiles, warnings } = await built([thirdParties])
    if (outputFiles[0]?.text.includes('import.meta.')) ({ outputFiles, warnings } = await built([thirdParties, places]))
    return warnings.length > 0 ? told(warnings) : { text: outputFiles[0]?.text ?? '' }
  } catch (error) {
    const { errors } = error as { errors?: readonly Message[] }
    if (errors === undefined) throw error
    return told(errors)
  }
}

/** Makes a program of the repository ready to be started, once for as many processes as a test starts of it. */
export async function runnable(program: string | URL): Promise<Runnable> {
  const path = typeof program === 'string' ? program : fileURLToPath(program)
  const bundled = await bundle(await readFile(path, 'utf8'), path)
  if ('problems' in bundled) throw new Error(`${path} cannot be bundled:\n${bundled.problems}`)
  const folder = await mkdtemp(join(tmpdir(), 'phi-program-'))
  const file = join(folder, 'program.mjs')
  await writeFile(file, bundled.text)
  return { argv: [file], remove: () => rm(folder, { recursive: true, force: true }) }
}

/** What a process came to: `code` is its exit code, or 1 when it was ended otherwise. */
export interface Ended {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

export interface RunOptions {
  readonly cwd: string
  /** Over the environment of the tests, of which no options of Node are handed on; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** After so long the process is ended. Default 60,000 ms. */
  readonly timeoutMs?: number
}

/** Runs Node with these arguments to its end, and hands back what it printed. */
export function runNode(args: readonly string[], { cwd, env = {}, timeoutMs = 60_000 }: RunOptions): Promise<Ended> {
  const options = {
    cwd,
    timeout: timeoutMs,
    maxBuffer: 1 << 26,
    // An inherited context of a test runner would change what a program of node:test prints.
    env: { ...process.env, NODE_OPTIONS: '', VITEST: '', NODE_TEST_CONTEXT: undefined, ...env },
  }
  return new Promise((done) => {
    execFile(process.execPath, [...args], options, (error, stdout, stderr) => {
      done({ stdout, stderr, code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1 })
    })
  })
}

/**
 * Runs the text of a TypeScript program as if it stood in this file, whose folder must be there. Imports that lead nowhere end it
 * with code 1, and stderr says which, as they would in Node.
 */
export async function runText(source: string, file: string, options: RunOptions): Promise<Ended> {
  const bundled = await bundle(source, file)
  if ('problems' in bundled) return { stdout: '', stderr: bundled.problems, code: 1 }
  const path = `${file}.bundle.mjs`
  await writeFile(path, bundled.text)
  try {
    const ended = await runNode([path], options)
    if (ended.code === 0) shown(source)
    return ended
  } finally {
    await rm(path, { force: true })
  }
}
