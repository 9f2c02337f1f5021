import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { bundleBudgets } from '../src/bundle-budgets.ts'
import { browserEntries } from '../src/entries.ts'
import { HEAVY_FROM, heavyEntries } from '../src/heavy-entries.ts'
import { loadBudgets } from '../src/load-budgets.ts'
import { loadCosts } from '../src/load-cost.ts'
import { measureBundles, measureTarballs } from '../src/measured.ts'
import { tarballBudgets } from '../src/tarball-budgets.ts'
import { verdictOn } from '../src/verdict.ts'

const folder = inject('stranger')
const packages = inject('packages')
const modules = packages.flatMap((each) => each.modules)

describe('what a page loads', async () => {
  const sizes = await measureBundles(folder)
  const rows = bundleBudgets.map((each, at) => [`${each.names} of ${each.from}`, each, sizes[at]] as const)

  it.each(rows)('%s keeps to its budget', (_, { budget, reason }, size) => {
    expect(reason).not.toBe('')
    expect(verdictOn({ budget, measured: size?.gzipped ?? Number.NaN, by: size?.by ?? [] })).toBe('within')
  })

  it('is measured for most entries that are for browsers, and for no other', () => {
    const entries = browserEntries(packages)
    expect(bundleBudgets.filter(({ from }) => !entries.includes(from))).toEqual([])
    for (const name of new Set(entries.map((entry) => entry.split('/').slice(0, 2).join('/'))))
      expect(bundleBudgets.some(({ from }) => from === name)).toBe(true)
  })
})

describe('what an installation fetches', () => {
  const tarballs = measureTarballs(inject('tarballs'), packages)

  it.each(Object.entries(tarballs))('%s keeps to its budget', (name, [packed]) => {
    expect(verdictOn({ budget: tarballBudgets[name]?.budget ?? 0, measured: packed, by: [] })).toBe('within')
  })

  it('has no budget for what is not there', () => {
    expect(Object.keys(tarballBudgets).sort()).toEqual(Object.keys(tarballs).sort())
  })
})

describe('what Node compiles before the first line of a program', () => {
  const costs = loadCosts(folder, modules)
  const packagesOf = (entry: string) => costs[entry]?.by.map(([name]) => name).filter((name) => !entry.startsWith(name))

  it.each(modules)('%s loads the packages that it is known to load, and no more of them than it may', (entry) => {
    expect(loadBudgets[entry], `${entry} has a budget: npm run budgets`).toBeDefined()
    expect(packagesOf(entry)?.sort().join(' ')).toBe(loadBudgets[entry]?.loads)
    const { length = Number.NaN, by = [] } = costs[entry] ?? {}
    expect(verdictOn({ budget: (loadBudgets[entry]?.kilobytes ?? 0) * 1000, measured: length, by })).toBe('within')
  })

  it('is explained wherever it is much', () => {
    const heavy = Object.entries(loadBudgets).filter(([, { kilobytes }]) => kilobytes >= HEAVY_FROM)
    expect(Object.keys(heavyEntries).sort()).toEqual(heavy.map(([entry]) => entry).sort())
  })

  it('has no budget for an entry that is not there', () => {
    expect(Object.keys(loadBudgets).sort()).toEqual([...modules].sort())
  })
})

describe('the source maps', () => {
  const homes = packages.map(({ name }) => join(folder, 'node_modules', name))
  const maps = homes.flatMap((home) =>
    readdirSync(join(home, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.map'))
      .map((file) => join(home, 'dist', file)),
  )

  it('name sources beside them, and no folder of the machine that built them', () => {
    expect(maps.length).toBeGreaterThan(packages.length)
    const strange = maps.flatMap((path) => {
      const { sources, sourceRoot } = JSON.parse(readFileSync(path, 'utf8')) as { sources: string[]; sourceRoot?: string }
      return [...sources, sourceRoot ?? '']
        .filter((source) => /^(?:\/|[a-z]+:|[A-Z]:\\)/i.test(source))
        .map((source) => [path, source])
    })
    expect(strange).toEqual([])
  })
})
