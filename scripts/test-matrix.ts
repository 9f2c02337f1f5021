// Runs the test suite on every Node release line that is supported, one after the other: `npm run test:matrix`, or
// `npm run test:matrix -- 20 24` for some of them. A release that this process does not run on itself comes from npm, whose
// `node-<platform>-<arch>` packages hold the official binary; it is kept under node_modules/.cache.

import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { nodeOf, supportedNodes } from './node-releases.ts'
import { run, since } from './run.ts'
import { readTestCounts } from './test-counts.ts'

const cache = resolve('node_modules/.cache/phi-node')

const wanted = process.argv.slice(2)
const unknown = wanted.filter((major) => !supportedNodes.includes(major))
if (unknown.length > 0)
  throw new Error(`not a supported release line: ${unknown.join(', ')} (supported: ${supportedNodes.join(', ')})`)

const rows: string[] = []
let ran = 0
let failed = false

for (const major of wanted.length > 0 ? wanted : supportedNodes) {
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
