import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Runnable, runnable } from '../packages/core/test/run-program.ts'
import { run } from './run.ts'
import { readTestCounts, readTestFailures } from './test-counts.ts'

let program: Runnable
beforeAll(async () => {
  program = await runnable(new URL('print-test-counts.ts', import.meta.url))
})
afterAll(() => program?.remove())

const file = (status: string, ...tests: string[]) => ({
  name: 'a.test.ts',
  status,
  message: tests.length === 0 ? 'SyntaxError: no such export' : '',
  assertionResults: tests.map((test, index) => ({
    status: test,
    fullName: `block test ${index}`,
    failureMessages: test === 'failed' ? [`AssertionError: 1 is not 2\n${'    at a line\n'.repeat(40)}`] : [],
  })),
})

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

    const { ok, stdout } = run(process.execPath, [...program.argv, path], { quiet: true })
    expect(stdout.endsWith(`${line}\n`)).toBe(true)
    expect(ok).toBe(good)
    if (good) expect(stdout).toBe(`${line}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

it('says above the closing line what failed and why, in a few lines each', () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-counts-'))
  try {
    const path = join(folder, 'report.json')
    const print = () => run(process.execPath, [...program.argv, path], { quiet: true }).stdout
    writeFileSync(path, JSON.stringify(report([file('failed', 'passed', 'failed'), file('failed')])))
    expect(readTestFailures(path).map(({ where }) => where)).toEqual(['a.test.ts: block test 1', 'a.test.ts'])
    expect(print()).toBe(
      [
        'FAILED a.test.ts: block test 1',
        '    AssertionError: 1 is not 2',
        ...Array.from({ length: 15 }, () => '        at a line'),
        'FAILED a.test.ts',
        '    SyntaxError: no such export',
        '1 passed, 2 failed, 0 skipped',
        '',
      ].join('\n'),
    )

    writeFileSync(path, JSON.stringify(report(Array.from({ length: 23 }, () => file('failed', 'failed')))))
    expect(print().split('\n').slice(-3)).toEqual(['and 3 more', '0 passed, 23 failed, 0 skipped', ''])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
