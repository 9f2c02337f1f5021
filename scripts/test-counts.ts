import { readFileSync } from 'node:fs'

interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    /** Why the file could not be run, where it could not. */
    readonly message?: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName?: string
      readonly failureMessages?: readonly string[] | null
    }[]
  }[]
}

const readReport = (path: string): VitestReport => JSON.parse(readFileSync(path, 'utf8')) as VitestReport

type FileResult = VitestReport['testResults'][number]

/** Whether a file failed outside its tests: it did not load, or a hook of the whole file failed. */
const isBroken = ({ status, assertionResults }: FileResult) =>
  status === 'failed' && assertionResults.every((test) => test.status !== 'failed')

export interface TestCounts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The counts in a report of vitest's JSON reporter. A file that failed outside its tests counts as one failure. */
export const readTestCounts = (path: string): TestCounts => {
  const report = readReport(path)
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.testResults.filter(isBroken).length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

export interface TestFailure {
  /** The file, and the test's title with those of the blocks around it. */
  readonly where: string
  /** The messages of the errors, with their stacks. */
  readonly why: string
}

/** What failed in a report of vitest's JSON reporter, in the report's order. */
export const readTestFailures = (path: string): TestFailure[] =>
  readReport(path).testResults.flatMap((file) =>
    isBroken(file)
      ? [{ where: file.name, why: file.message ?? '' }]
      : file.assertionResults
          .filter(({ status }) => status === 'failed')
          .map(({ fullName, failureMessages }) => ({
            where: `${file.name}: ${fullName ?? ''}`,
            why: (failureMessages ?? []).join('\n'),
          })),
  )
