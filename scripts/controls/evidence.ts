import type { RowStatus, TestReport, TestStatus } from '../requirements/table.ts'
import type { CitedTest, ControlRow } from './row.ts'

/** A row with what became of its tests in one run. `missing`: a test that it cites was not in the run. */
export interface JudgedRow {
  readonly row: ControlRow
  /** `proven`: every cited test was in the run, none failed, and at least one passed. A row that cites no test has no status. */
  readonly status: RowStatus | undefined
  /** Cited tests that were not in the run, or failed. */
  readonly open: readonly CitedTest[]
}

/** Whether a test file holds a test, or a block of tests, whose title begins like that. */
export const holdsTitle = (source: string, title: string): boolean =>
  ["'", '`', '"'].some((quote) => source.includes(`${quote}${title}`))

interface Outcome {
  readonly path: readonly string[]
  readonly status: TestStatus
}

function outcomes(report: TestReport, root: string): Map<string, Outcome[]> {
  const found = new Map<string, Outcome[]>()
  for (const { name, assertionResults } of report.testResults) {
    const file = name.split('\\').join('/').replace(root.split('\\').join('/'), '')
    const tests = assertionResults.map(
      ({ title, ancestorTitles, status }): Outcome => ({
        path: [...ancestorTitles, title],
        status: status === 'passed' || status === 'failed' ? status : 'skipped',
      }),
    )
    found.set(file, [...(found.get(file) ?? []), ...tests])
  }
  return found
}

/**
 * Holds each row against a run of the tests.
 * @param root the repository's folder, with a slash at its end
 */
export function judged(rows: readonly ControlRow[], report: TestReport, root: string): JudgedRow[] {
  const byFile = outcomes(report, root)
  return rows.map((row) => {
    const results = row.tests.map((cited) => ({
      cited,
      statuses: (byFile.get(cited.file) ?? [])
        .filter(({ path }) => path.some((title) => title.startsWith(cited.title)))
        .map(({ status }) => status),
    }))
    const missing = results.filter(({ statuses }) => statuses.length === 0)
    const failed = results.filter(({ statuses }) => statuses.includes('failed'))
    const passed = results.some(({ statuses }) => statuses.includes('passed'))
    const status = failed.length > 0 ? 'failing' : missing.length > 0 ? 'missing' : passed ? 'proven' : 'skipped'
    return { row, status: row.tests.length === 0 ? undefined : status, open: [...failed, ...missing].map(({ cited }) => cited) }
  })
}
