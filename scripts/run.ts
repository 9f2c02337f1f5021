import { spawnSync } from 'node:child_process'

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Keep the output and return it, instead of showing it as it comes. */
  readonly quiet?: boolean
}

/** Runs a program to its end. A program that cannot be started counts as failed, with the reason as its output. */
export const run = (program: string, args: readonly string[], { cwd, env, quiet = false }: RunOptions = {}) => {
  const result = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  })
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? String(result.error) : ''}`
  return { ok: result.status === 0, stdout: result.stdout ?? '', output }
}

/** npm itself, by the Node that runs this script: on every system the npm that the caller started, and no shell. */
export const npm = (args: readonly string[], options?: RunOptions) => {
  const cli = process.env.npm_execpath
  if (cli === undefined) throw new Error('start this through npm: npm run <script>')
  return run(process.execPath, [cli, ...args], options)
}

/** "3.4 s" since a moment that `performance.now()` gave. */
export const since = (start: number): string => `${((performance.now() - start) / 1000).toFixed(1)} s`
