import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { run } from './run.ts'
import { readTestCounts } from './test-counts.ts'

const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((test) => ({ status: test })) })

const report = (testResults: ReturnType<typeof file>[]) => {
  const count = (status: string) =>
    testResults.flatMap((each) => each.assertionResults).filter((test) => test.status === status).length
  return {
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('skipped'),
    numTodoTests: count('todo'),
    testResults,
  }
}

it.each([
  ['a good run', [file('passed', 'passed', 'skipped', 'todo')], '1 passed, 0 failed, 2 skipped', true],
  ['a failed test', [file('failed', 'passed', 'failed')], '1 passed, 1 failed, 0 skipped', false],
  ['a file that does not load', [file('passed', 'passed'), file('failed')], '1 passed, 1 failed, 0 skipped', false],
  ['a run of nothing', [], '0 passed, 0 failed, 0 skipped', false],
  ['a run that skipped everything', [file('passed', 'skipped')], '0 passed, 0 failed, 1 skipped', false],
])('tells %s by its closing line and its exit code', (_, results, line, good) => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-counts-'))
  try {
    const path = join(folder, 'report.json')
    writeFileSync(path, JSON.stringify(report(results)))
    const { passed, failed, skipped } = readTestCounts(path)
    expect(`${passed} passed, ${failed} failed, ${skipped} skipped`).toBe(line)

    const { ok, stdout } = run(process.execPath, ['--import', 'tsx', 'scripts/print-test-counts.ts', path], { quiet: true })
    expect(stdout).toBe(`${line}\n`)
    expect(ok).toBe(good)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
