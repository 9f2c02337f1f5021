import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseReport } from '../src/report.ts'
import { rows } from '../src/rows.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const tsx = fileURLToPath(import.meta.resolve('tsx/cli'))

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const run = (...argv: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, argv, { cwd: home }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })

/** What the command runs once it has bundled it. */
const bench = (...args: string[]): Promise<Ended> => run('.tmp/main.mjs', ...args)

// The whole program is loaded each time, which takes long where everything else runs as well.
describe('npm run bench', { timeout: 240_000 }, () => {
  let listed: Ended
  // The command as npm starts it: bundled, in a process of its own.
  beforeAll(async () => {
    listed = await run(tsx, 'bench.ts', '--list')
  }, 240_000)

  it('--list names every row, its floor and its baseline, and measures nothing', () => {
    const { code, stdout, stderr } = listed
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(rows.length)
    rows.forEach(({ id, against, atLeast }, i) => {
      expect(lines[i]?.startsWith(`${id} `)).toBe(true)
      expect(lines[i]).toContain(`at least ${atLeast} `)
      expect(lines[i]?.endsWith(against)).toBe(true)
    })
  })

  it('--json prints the four fields, --report keeps every round, and progress goes elsewhere', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phi-bench-test-'))
    try {
      const file = join(folder, 'run.jsonl')
      const { code, stdout, stderr } = await bench('--quick', '--json', '--only', 'breach.bare-dates', '--report', file)
      expect(code).toBe(0)
      const results = JSON.parse(stdout) as Record<string, unknown>[]
      expect(results.map(({ id }) => id)).toEqual(['deadlines.breach.bare-dates'])
      for (const each of results) {
        expect(Object.keys(each)).toEqual(['id', 'against', 'ratio', 'atLeast'])
        expect(each.ratio).toBeGreaterThan(0)
      }
      expect(stderr).toMatch(/^ *\d+:\d\d {2}1\/1 {2}deadlines\.breach\.bare-dates$/m)
      const report = parseReport(await readFile(file, 'utf8'))
      expect(report.rows.map(({ id, ratio }) => [id, ratio])).toEqual(results.map(({ id, ratio }) => [id, ratio]))
      for (const { rounds } of report.rows) expect(rounds.length).toBeGreaterThanOrEqual(3)
      expect(report.run).toMatchObject({ quick: true, machine: { node: process.version } })
      expect(report.run.versions.casbin).toMatch(/^\d+\./)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('refuses a part of an id that no row has', async () => {
    expect(await bench('--only', 'no-such-row')).toMatchObject({ code: 2, stdout: '' })
  })
})
