// Builds and packs every published package, then looks at the tarballs the way their users will: publint (does package.json
// say what is there?), arethetypeswrong (do the declarations match, for ES modules and CommonJS?), and packages/consumer
// (does it install and run?).

import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { npm, run, since } from './run.ts'
import { type Published, publishedPackages } from './workspaces.ts'

const packed = resolve('node_modules/.cache/phi-packed')
const problems: string[] = []

const pack = ({ name }: Published) => {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', packed, '--workspace', name]
  const { ok, stdout, output } = npm(args, { quiet: true })
  if (!ok) throw new Error(`${name} cannot be packed\n${output}`)
  const report = JSON.parse(stdout) as PackReport[] | Record<string, PackReport>
  const [entry] = Object.values(report)
  if (entry === undefined) throw new Error(`npm pack told nothing about ${name}`)
  return { tarball: join(packed, entry.filename), files: entry.files.map(({ path }) => path) }
}

interface PackReport {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

const checkFiles = ({ name }: Published, files: readonly string[]) => {
  for (const needed of ['LICENSE', 'README.md']) {
    if (!files.includes(needed)) problems.push(`${name}: the tarball has no ${needed}`)
  }
  for (const stray of files.filter((path) => /\.test\.ts$|(^|\/)test\//.test(path))) {
    problems.push(`${name}: the tarball holds test code, ${stray}`)
  }
}

const checkManifest = async ({ name }: Published, tarball: string) => {
  const bytes = readFileSync(tarball)
  const { messages, pkg } = await publint({
    pack: { tarball: new Uint8Array(bytes).buffer },
    strict: true,
  })
  for (const message of messages) problems.push(`${name}: publint: ${formatMessage(message, pkg, { color: false })}`)
}

const checkTypes = ({ name, manifest }: Published, tarball: string) => {
  const cli = 'node_modules/@arethetypeswrong/cli/dist/index.js'
  // Plain data has no types. The profile leaves out Node 10's resolution, which knows no `exports`.
  const data = Object.keys(manifest.exports).filter((entry) => entry.endsWith('.json'))
  const args = [cli, tarball, '--profile', 'node16', '--format', 'ascii', '--no-color', '--no-emoji']
  const { ok, output } = run(process.execPath, data.length > 0 ? [...args, '--exclude-entrypoints', ...data] : args, {
    quiet: true,
  })
  if (!ok) problems.push(`${name}: arethetypeswrong:\n${output}`)
}

if (!npm(['run', '--silent', 'build']).ok) process.exit(1)
rmSync(packed, { recursive: true, force: true })
mkdirSync(packed, { recursive: true })

for (const each of publishedPackages()) {
  const start = performance.now()
  const { tarball, files } = pack(each)
  const before = problems.length
  checkFiles(each, files)
  await checkManifest(each, tarball)
  checkTypes(each, tarball)
  console.log(`${problems.length > before ? 'FAILED' : 'packed'} ${each.name}: ${files.length} files (${since(start)})`)
}
for (const problem of problems) console.log(`\n${problem}`)

const consumer = run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--root', 'packages/consumer'], {
  env: { PHI_PACKED: packed },
})
process.exit(consumer.ok && problems.length === 0 ? 0 : 1)
