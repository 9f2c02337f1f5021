// Prints the line "N passed, N failed, N skipped" from a report of vitest's JSON reporter. Fails where a test failed, and
// also where none ran: a suite that tested nothing has shown nothing.

import { readTestCounts } from './test-counts.ts'

const [path] = process.argv.slice(2)
if (path === undefined) throw new Error('usage: print-test-counts <report.json>')
const { passed, failed, skipped } = readTestCounts(path)
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exit(failed > 0 || passed === 0 ? 1 : 0)
