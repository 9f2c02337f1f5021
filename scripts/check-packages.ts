// Builds and packs every published package, then looks at the tarballs the way their users will: publint (does package.json
// say what is there?), arethetypeswrong (do the declarations match, for ES modules and CommonJS?), and packages/consumer
// (does it install and run?). It packs twice, and the two must be equal byte for byte; `npm run check:reproducible` builds twice.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { comparePacked } from './reproducible/compare.ts'
import { type Packed, packAll } from './reproducible/pack.ts'
import { npm, run, runBeside, sideBySide, since } from './run.ts'
import { type Published, publishedPackages } from './workspaces.ts'

const packed = resolve('node_modules/.cache/phi-packed')

const checkFiles = (files: readonly string[]): string[] => [
  ...['LICENSE', 'README.md'].filter((needed) => !files.includes(needed)).map((needed) => `the tarball has no ${needed}`),
  ...files.filter((path) => /\.test\.ts$|(^|\/)test\//.test(path)).map((stray) => `the tarball holds test code, ${stray}`),
]

const checkManifest = async (tarball: string): Promise<string[]> => {
  const bytes = readFileSync(tarball)
  const { messages, pkg } = await publint({
    pack: { tarball: new Uint8Array(bytes).buffer },
    strict: true,
  })
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`)
}

const checkTypes = async ({ manifest }: Published, tarball: string): Promise<string[]> => {
  const cli = 'node_modules/@arethetypeswrong/cli/dist/index.js'
  // Plain data has no types. The profile leaves out Node 10's resolution, which knows no `exports`.
  const data = Object.keys(manifest.exports).filter((entry) => entry.endsWith('.json'))
  const args = [cli, tarball, '--profile', 'node16', '--format', 'ascii', '--no-color', '--no-emoji']
  const excluded = data.length > 0 ? ['--exclude-entrypoints', ...data] : []
  const { ok, output } = await runBeside(process.execPath, [...args, ...excluded])
  return ok ? [] : [`arethetypeswrong:\n${output}`]
}

if (!npm(['run', '--silent', 'build']).ok) process.exit(1)

const packing = performance.now()
const tarballs = packAll(packed)
const again = packAll(`${packed}-again`)
const differences = comparePacked(packed, `${packed}-again`)
console.log(
  `${differences.length > 0 ? 'FAILED' : 'packed'} ${tarballs.length} packages twice, ${again.length} compared (${since(packing)})`,
)

const checked = sideBySide(publishedPackages(), async (each) => {
  const start = performance.now()
  const { tarball, files } = tarballs.find(({ name }) => name === each.name) as Packed
  const found = [...checkFiles(files), ...(await checkManifest(tarball)), ...(await checkTypes(each, tarball))]
  console.log(`${found.length > 0 ? 'FAILED' : 'looked at'} ${each.name}: ${files.length} files (${since(start)})`)
  return found.map((problem) => `${each.name}: ${problem}`)
})
const problems = [...differences, ...(await checked).flat()]
for (const problem of problems) console.log(`\n${problem}`)

const consumer = run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--root', 'packages/consumer'], {
  env: { PHI_PACKED: packed },
})
process.exit(consumer.ok && problems.length === 0 ? 0 : 1)
