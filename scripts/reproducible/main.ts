// Builds the same sources here and in another folder, packs both, and compares the tarballs byte for byte:
// `npm run check:reproducible`. The second build sees the same dependencies and another path, another time, and files in another
// order of age. With `-- --only-second` the first is the build that is there.

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { npm, since } from '../run.ts'
import { publishedPackages } from '../workspaces.ts'
import { comparePacked } from './compare.ts'
import { copyWorkTree } from './copy.ts'
import { packAll } from './pack.ts'

const start = performance.now()
const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'phi-elsewhere-')))
try {
  copyWorkTree(process.cwd(), elsewhere)
  console.log(`a second build, in ${elsewhere}`)
  for (const root of process.argv.includes('--only-second') ? [elsewhere] : [process.cwd(), elsewhere])
    if (!npm(['run', '--silent', 'build'], { cwd: root, toStderr: true }).ok) throw new Error(`the build in ${root} failed`)

  const one = resolve('node_modules/.cache/phi-reproducible/one')
  const other = resolve('node_modules/.cache/phi-reproducible/other')
  packAll(one)
  packAll(other, elsewhere)
  const differences = comparePacked(one, other)
  for (const difference of differences) console.log(difference)
  const told = differences.length > 0 ? `${differences.length} differences` : `${publishedPackages().length} tarballs are equal`
  console.log(`${told} (${since(start)})`)
  process.exitCode = differences.length > 0 ? 1 : 0
} finally {
  rmSync(elsewhere, { recursive: true, force: true })
}
