import { execFile, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Keep the output and return it, instead of showing it as it comes. */
  readonly quiet?: boolean
  /** Show all of it on standard error, so that standard output stays the caller's. */
  readonly toStderr?: boolean
}

/** Runs a program to its end. A program that cannot be started counts as failed, with the reason as its output. */
export const run = (
  program: string,
  args: readonly string[],
  { cwd, env, quiet = false, toStderr = false }: RunOptions = {},
) => {
  const result = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', toStderr ? 2 : 'inherit', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  })
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? String(result.error) : ''}`
  return { ok: result.status === 0, stdout: result.stdout ?? '', output }
}

export interface Ran {
  readonly ok: boolean
  readonly stdout: string
  /** What went to stdout, what went to stderr, and why it failed. */
  readonly output: string
}

/** As `run` quietly, while other work goes on. */
export const runBeside = (
  program: string,
  args: readonly string[],
  { cwd, env }: Omit<RunOptions, 'quiet'> = {},
): Promise<Ran> =>
  new Promise((done) => {
    const options = { cwd, env: { ...process.env, ...env }, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
    execFile(program, [...args], options, (error, stdout, stderr) =>
      done({ ok: error === null, stdout, output: `${stdout}${stderr}${error ? `\n${error.message}` : ''}` }),
    )
  })

/** Works on several items at once: on as many as there are processors, and four at most, since a compiler wants a gigabyte. */
export async function sideBySide<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const at = next++
      results[at] = await work(items[at] as T)
    }
  }
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, lane))
  return results
}

/** npm itself, by the Node that runs this script: on every system the npm that the caller started, and no shell. */
export const npm = (args: readonly string[], options?: RunOptions) => run(process.execPath, [npmCli(), ...args], options)

/** As `npm` quietly, while other work goes on. */
export const npmBeside = (args: readonly string[]): Promise<Ran> => runBeside(process.execPath, [npmCli(), ...args])

const npmCli = (): string => {
  const cli = process.env.npm_execpath
  if (cli === undefined) throw new Error('start this through npm: npm run <script>')
  return cli
}

/** "3.4 s" since a moment that `performance.now()` gave. */
export const since = (start: number): string => `${((performance.now() - start) / 1000).toFixed(1)} s`
