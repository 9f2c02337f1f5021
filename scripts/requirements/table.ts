import { allIds, idsAtHead } from './ids.ts'

/** As much of a report of vitest's JSON reporter as is read. */
export interface TestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly {
      readonly title: string
      readonly ancestorTitles: readonly string[]
      readonly status: string
    }[]
  }[]
}

export type TestStatus = 'passed' | 'failed' | 'skipped'

export interface ShowingTest {
  /** Path in the repository, with slashes. */
  readonly file: string
  /** Title with those of the blocks around it. */
  readonly title: string
  readonly status: TestStatus
}

/** `proven`: at least one test passed and none failed. `skipped`: there are tests, and none ran. */
export type RowStatus = 'proven' | 'failing' | 'skipped' | 'missing'

export interface Row {
  readonly id: string
  readonly status: RowStatus
  readonly tests: readonly ShowingTest[]
}

const statusOf = (status: string): TestStatus => (status === 'passed' || status === 'failed' ? status : 'skipped')

function rowStatus(tests: readonly ShowingTest[]): RowStatus {
  if (tests.length === 0) return 'missing'
  if (tests.some(({ status }) => status === 'failed')) return 'failing'
  return tests.some(({ status }) => status === 'passed') ? 'proven' : 'skipped'
}

/**
 * Every requirement with the tests that name it at the head of their title, or of a block around them.
 * @param root the repository's folder, with a slash at its end
 */
export function requirementRows(report: TestReport, root: string): Row[] {
  const tests = new Map<string, ShowingTest[]>(allIds.map((id) => [id, []]))
  for (const { name, assertionResults } of report.testResults) {
    const file = name.split('\\').join('/').replace(root.split('\\').join('/'), '')
    for (const { title, ancestorTitles, status } of assertionResults) {
      const path = [...ancestorTitles.filter((each) => each !== ''), title]
      const shown = { file, title: path.join(' › '), status: statusOf(status) }
      for (const id of new Set(path.flatMap(idsAtHead))) tests.get(id)?.push(shown)
    }
  }
  return allIds.map((id) => {
    const found = (tests.get(id) as ShowingTest[]).sort((a, b) =>
      a.file < b.file ? -1 : a.file > b.file ? 1 : a.title < b.title ? -1 : 1,
    )
    return { id, status: rowStatus(found), tests: found }
  })
}
