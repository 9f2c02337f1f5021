import { spawnSync } from 'node:child_process'

export interface NpmOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Show what npm prints as it comes, instead of returning it. */
  readonly loud?: boolean
}

/** Runs npm to its end: the npm that started us, or else the one on the path. */
export const npm = (args: readonly string[], { cwd, env, loud = false }: NpmOptions = {}) => {
  const cli = process.env.npm_execpath
  const [program, first] = cli === undefined ? ['npm', []] : [process.execPath, [cli]]
  const result = spawnSync(program, [...first, ...args], {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: loud ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
  })
  if (result.error) throw result.error
  return { ok: result.status === 0, stdout: result.stdout ?? '', stderr: result.stderr ?? '' }
}
