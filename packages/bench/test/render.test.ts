import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { Measured } from '../src/measure.ts'
import { chart } from '../src/render/chart.ts'
import { benchmarksPage } from '../src/render/page.ts'
import { inTerminal } from '../src/render/terminal.ts'
import { formatReport, parseReport, type Report } from '../src/report.ts'
import { rows } from '../src/rows.ts'

const measured = (id: string, ratio: number): Measured => {
  const row = rows.find((each) => each.id === id)
  if (row === undefined) throw new Error(`no row ${id}`)
  return {
    id,
    against: row.against,
    atLeast: row.atLeast,
    ratio,
    unit: 'operations',
    oursPerSecond: 1_000 * ratio,
    baselinePerSecond: 1_000,
    spread: [ratio / 2, ratio * 2],
    middleHalf: [ratio * 0.9, ratio * 1.1],
    callMs: 4,
    rounds: [
      [500 * ratio, 1_000],
      [1_000 * ratio, 1_000],
      [2_000 * ratio, 1_000],
    ],
  }
}

const report: Report = {
  run: {
    format: 'phi.bench/v1',
    at: '2026-11-22T10:20:30.000Z',
    seconds: 600,
    quick: false,
    commit: '0123456789',
    machine: { cpu: 'Invented CPU', cores: 2, memoryGiB: 8, os: 'linux 6.0', node: 'v20.19.0', loadPerCore: 0.1 },
    versions: { casbin: '5.51.1', fastify: '5.12.8' },
  },
  rows: [
    measured('audit.append.memory', 0.1234),
    measured('audit.append.postgres.locking', 17.81),
    measured('envelope.field.32B', 0.4),
    measured('rbac.can.casbin', 7_879),
    measured('rbac.compile.1000-rules', 13.57),
    measured('rbac.compile.1000-rules.all-tables', 0.25),
    measured('http.read.fastify', 0.3),
  ],
}

/** A section of the page, without its heading. */
const section = (page: string, heading: string): string => {
  const at = page.indexOf(`${heading}\n`)
  if (at < 0) throw new Error(`no section ${heading}`)
  const rest = page.slice(at + heading.length + 1)
  const end = rest.search(/^##/m)
  return (end < 0 ? rest : rest.slice(0, end)).trim()
}
const page = benchmarksPage(report)

describe('the page', () => {
  it('says how many floors were reached, and by which machine', () => {
    expect(page).toContain('6 rows have a floor, and 5 reached it.')
    expect(section(page, '## The run')).toMatchInlineSnapshot(`
      "| | |
      |---|---|
      | run | 2026-11-22 10:20 UTC, commit 0123456789, 10 minutes |
      | machine | Invented CPU, 2 cores, 8 GiB, linux 6.0 |
      | at work beside it | 0.1 processes a core when the run began |
      | Node | v20.19.0 |
      | peers | casbin 5.51.1, fastify 5.12.8 |
      | rounds | 3 to 3 a row |"
    `)
  })

  it('warns of a machine that was busy, and of a quick run', () => {
    const busy = { ...report.run, quick: true, machine: { ...report.run.machine, loadPerCore: 1.5 } }
    const run = section(benchmarksPage({ ...report, run: busy }), '## The run')
    expect(run).toContain('10 minutes, `--quick`')
    expect(run).toContain('**not a quiet machine**')
    const both = 'it was a short one (`--quick`), and other work kept the machine busy.'
    expect(benchmarksPage({ ...report, run: busy })).toContain(`**This run is rough:** ${both}`)
    expect(page).not.toContain('rough:')
  })

  it('has a table a package with ratio, middle half, floor and verdict', () => {
    expect(section(page, '## [The audit log](../packages/audit/README.md)')).toMatchInlineSnapshot(`
      "| row | ours | against | ratio | middle half | floor | | ours here |
      |---|---|---|---|---|---|---|---|
      | \`audit.append.memory\` | validate an event, salt and commit five groups, chain, extend the Merkle tree, keep it in memory | JSON.stringify and one SHA-256 of the same event | 0.123× | 0.111–0.136 | 0.22×, aim 0.30 | **short** | 123 operations/s |
      | \`audit.append.postgres.locking\` | append durably to one log on PostgreSQL, 256 callers at once | the same entries, into tables with the same columns and indexes: a row lock per event, 8 connections, 256 callers | 17.8× | 16–19.6 | 15×, aim 25 | reached | 17,800 operations/s |"
    `)
    expect(page.match(/^## \[/gm)).toHaveLength(4)
  })

  it('lists what is short apart from what is only slower, each with its reason', () => {
    const short = section(page, '### Short of the floor')
    expect(short.split('\n')).toHaveLength(1)
    expect(short).toContain('`audit.append.memory`: 0.123×, floor 0.22×. Ours computes seven hashes')
    const slower = section(page, '### Slower than what stands beside it, floor reached or none')
    expect([...slower.matchAll(/^- `([^`]+)`/gm)].map(([, id]) => id)).toEqual([
      'envelope.field.32B',
      'rbac.compile.1000-rules.all-tables',
      'http.read.fastify',
    ])
    const none = benchmarksPage({ ...report, rows: [measured('rbac.can.casbin', 7_879)] })
    expect(section(none, '### Short of the floor')).toBe('None in this run.')
  })

  it('owns up to a row that is short for no known reason', () => {
    const unknown = benchmarksPage({ ...report, rows: [measured('rbac.can.casbin', 0.5)] })
    expect(section(unknown, '### Short of the floor')).toBe('- `rbac.can.casbin`: 0.5×, floor 1,000×. No reason is known yet.')
  })

  it('gives times where times were aimed at', () => {
    expect(section(page, '## Times and rates that were aimed at')).toMatchInlineSnapshot(`
      "They depend on the machine, so they are no floors.

      | aimed at | in this run |
      |---|---|
      | compile 1,000 rules under 5 ms | 0.0737 ms; 4 ms with the tables of every type and action |"
    `)
  })
})

describe('the picture', () => {
  const picture = chart(report)

  it('has a bar and a number for each row, and a mark for each floor', () => {
    expect(picture.match(/<rect /g)).toHaveLength(7)
    expect(picture.match(/class="floor"/g)).toHaveLength(6)
    for (const { id } of report.rows) expect(picture).toContain(`<title>${id}: `)
    expect(picture).toContain('<title>audit.append.memory: 0.123 times, floor 0.22, short</title>')
    expect(picture.match(/<rect class="short"/g)).toHaveLength(1)
  })

  it('can be read by those who do not see it, and in the dark', () => {
    expect(picture).toMatch(/role="img" aria-labelledby="title desc"/)
    expect(picture).toContain('7 rows. Short of their floor: audit.append.memory.')
    expect(picture).toContain('prefers-color-scheme: dark')
  })

  it('keeps to its frame, also with ratios off the scale', () => {
    const extreme = chart({ ...report, rows: [measured('rbac.can.casbin', 1e7), measured('envelope.field.32B', 1e-5)] })
    const bars = [...extreme.matchAll(/<rect class="\w+" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)]
    expect(bars).toHaveLength(2)
    for (const [, x, width] of bars) {
      expect(Number(x)).toBeGreaterThanOrEqual(300)
      expect(Number(x) + Number(width)).toBeLessThanOrEqual(960)
    }
  })
})

describe('the terminal', () => {
  it('says the ratio, the floor and the spread', () => {
    expect(inTerminal(report.rows.slice(0, 1))).toMatchInlineSnapshot(`
      "audit.append.memory
        ratio 0.123, at least 0.22: short   (0.0617 to 0.247 over 3 rounds)
        ours      123 operations/s
        baseline  1,000 operations/s: JSON.stringify and one SHA-256 of the same event"
    `)
  })
})

describe('a report', () => {
  it('is read as it was written, a row a line', () => {
    const text = formatReport(report)
    expect(text.trimEnd().split('\n')).toHaveLength(8)
    expect(parseReport(text)).toEqual(report)
  })

  it('is refused where it is something else', () => {
    expect(() => parseReport('{}')).toThrow()
    expect(() => parseReport(formatReport(report).replace('"ratio":0.1234', '"ratio":"much"'))).toThrow()
  })
})

describe('what is kept in the repository', () => {
  const file = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8')

  it('is one report of all rows with the floors of today, and the page and the picture made of it', async () => {
    const kept = parseReport(await file('packages/bench/report.jsonl'))
    const floors = (some: readonly { readonly id: string; readonly atLeast: number; readonly against: string }[]) =>
      some.map(({ id, atLeast, against }) => `${id} ${atLeast} ${against}`)
    expect(floors(kept.rows)).toEqual(floors(rows))
    expect(await file('docs/benchmarks.md')).toBe(benchmarksPage(kept))
    expect(await file('docs/pictures/benchmarks.svg')).toBe(chart(kept))
  })

  it('has ratios that are the medians of its rounds', async () => {
    const { rows: kept } = parseReport(await file('packages/bench/report.jsonl'))
    for (const { id, ratio, rounds } of kept) {
      const ratios = rounds.map(([ours, baseline]) => ours / baseline).toSorted((a, b) => a - b)
      const [low, high] = [ratios[(ratios.length - 1) >> 1] ?? 0, ratios[ratios.length >> 1] ?? 0]
      expect(Math.abs(ratio / ((low + high) / 2) - 1), id).toBeLessThan(0.005)
    }
  })
})
