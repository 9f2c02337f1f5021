// How long a process takes from its start to the end of each package's first program, beside one that runs nothing and one that
// only imports zod, in the same rounds: `npm run cold-start`, after `npm run check:packages` has packed. It prints medians and is
// no test, since a time is a fact about a machine. `-- 5` for five rounds.

import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { asModule, firstProgram, short } from './first-program.ts'
import { installPacked } from './install.ts'

const packed = resolve(process.env.PHI_PACKED ?? join(import.meta.dirname, '../../../node_modules/.cache/phi-packed'))
const rounds = Number(process.argv[2] ?? 9)
const { folder, packages } = installPacked(packed)

const programs: Record<string, string> = {
  'nothing at all': '',
  'zod alone': `import { z } from 'zod'\nconsole.log(z.string().parse('a'))`,
  ...Object.fromEntries(packages.map(({ name, readme }) => [name, asModule(firstProgram(readme ?? '') ?? '')])),
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const timeOf = (file: string): number => {
  const start = performance.now()
  const { status, stderr } = spawnSync(process.execPath, [file], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '' },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${file} failed\n${stderr}`)
  return performance.now() - start
}

try {
  const names = Object.keys(programs)
  const fileOf = (name: string) => `cold-${short(name)}.mjs`
  for (const name of names) writeFileSync(join(folder, fileOf(name)), programs[name] ?? '')
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  // Round by round, so that a machine that becomes slower is slower for all; the round before the first warms the disk.
  for (let round = -1; round < rounds; round += 1)
    for (const name of names) {
      const time = timeOf(fileOf(name))
      if (round >= 0) times[name]?.push(time)
    }

  const bare = median(times['nothing at all'] ?? [])
  const zod = median(times['zod alone'] ?? [])
  console.log(`Node ${process.version}, ${cpus().length} processors, medians of ${rounds} interleaved rounds\n`)
  console.log('| program | ms | over nothing | over zod |\n|---|---|---|---|')
  for (const name of names) {
    const time = median(times[name] ?? [])
    console.log(`| ${name} | ${time.toFixed(0)} | ${(time / bare).toFixed(1)} × | ${(time / zod).toFixed(1)} × |`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
