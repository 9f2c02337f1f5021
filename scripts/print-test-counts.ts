// Prints the line "N passed, N failed, N skipped" from a report of vitest's JSON reporter, and above it what failed and why: who
// reads only the end of a long log learns it there. Fails where a test failed, and also where none ran: a suite that tested
// nothing has shown nothing.

import { readTestCounts, readTestFailures } from './test-counts.ts'

// Enough to begin with; a run in which everything failed has one cause.
const FAILURES = 20
const LINES = 16

const [path] = process.argv.slice(2)
if (path === undefined) throw new Error('usage: print-test-counts <report.json>')
const failures = readTestFailures(path)
for (const { where, why } of failures.slice(0, FAILURES)) {
  const lines = why.split('\n').slice(0, LINES)
  console.log([`FAILED ${where}`, ...lines.map((line) => `    ${line}`)].join('\n'))
}
if (failures.length > FAILURES) console.log(`and ${failures.length - FAILURES} more`)
const { passed, failed, skipped } = readTestCounts(path)
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exit(failed > 0 || passed === 0 ? 1 : 0)
