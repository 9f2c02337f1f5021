// Measures the packed packages and writes the numbers into the data files of the budgets: 5 % above what was measured, rounded up
// to a hundred bytes (a kilobyte for tarballs). The reasons stay as they are. Run by `npm run budgets`.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bundleBudgets } from './bundle-budgets.ts'
import { installPacked } from './install.ts'
import { loadCosts } from './load-cost.ts'
import { measureBundles, measureTarballs } from './measured.ts'

const here = import.meta.dirname
const packed = resolve(process.env.PHI_PACKED ?? join(here, '../../../node_modules/.cache/phi-packed'))
const number = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, '_')
const room = (value: number, step: number): number => Math.ceil((value * 1.05) / step) * step

const edit = (file: string, change: (text: string) => string): void => {
  const path = join(here, file)
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}
const numbers = (budget: number, [one, other]: readonly [number, number]): string =>
  `budget: ${number(budget)},$1measured: [${number(one)}, ${number(other)}],`
const inPlace = String.raw`budget: [\d_]+,(\s+)measured: \[[\d_]+, [\d_]+\],`

const { folder, packages } = installPacked(packed)
try {
  const sizes = await measureBundles(folder)
  edit('bundle-budgets.ts', (text) =>
    bundleBudgets.reduce((changed, { from, names }, at) => {
      const { minified = 0, gzipped = 0 } = sizes[at] ?? {}
      const place = new RegExp(String.raw`(?<=from: '${from}',\s+names: '${names}',\s+)${inPlace}`)
      return changed.replace(place, numbers(room(gzipped, 100), [minified, gzipped]))
    }, text),
  )

  const tarballs = measureTarballs(packed, packages)
  edit('tarball-budgets.ts', (text) =>
    Object.entries(tarballs).reduce((changed, [name, sizes]) => {
      const place = new RegExp(String.raw`(?<='${name}': \{\s*)${inPlace}`)
      return changed.replace(place, numbers(room(sizes[0], 1000), sizes))
    }, text),
  )

  const costs = loadCosts(
    folder,
    packages.flatMap(({ modules }) => modules),
  )
  const rows = Object.entries(costs).map(([entry, { length, by }]) => {
    const others = by.map(([name]) => name).filter((name) => !entry.startsWith(name))
    return `  '${entry}': { kilobytes: ${number(room(length, 1000) / 1000)}, loads: '${others.sort().join(' ')}' },`
  })
  edit('load-budgets.ts', (text) => text.replace(/= \{[\s\S]*\}\n$/, () => `= {\n${rows.join('\n')}\n}\n`))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
