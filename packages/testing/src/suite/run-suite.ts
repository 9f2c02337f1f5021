import type { Suite } from './suite.ts'

/** What came of one case. */
export interface CaseResult {
  readonly title: string
  readonly requirements: readonly string[]
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Why it was skipped, or how it failed. */
  readonly reason?: string
  /** What a failed case threw. */
  readonly error?: unknown
}

export interface SuiteReport {
  readonly name: string
  readonly passed: readonly CaseResult[]
  readonly failed: readonly CaseResult[]
  readonly skipped: readonly CaseResult[]
}

/** Runs a suite without a test runner, one case after the other. A failure is a result, never an exception. */
export async function runSuite(suite: Suite): Promise<SuiteReport> {
  const results: CaseResult[] = []
  for (const { title, requirements, skipped, run } of suite.cases) {
    if (skipped !== undefined) {
      results.push({ title, requirements, outcome: 'skipped', reason: skipped })
      continue
    }
    try {
      await run()
      results.push({ title, requirements, outcome: 'passed' })
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'something was thrown that is no error'
      results.push({ title, requirements, outcome: 'failed', reason, error })
    }
  }
  const only = (outcome: CaseResult['outcome']) => results.filter((result) => result.outcome === outcome)
  return { name: suite.name, passed: only('passed'), failed: only('failed'), skipped: only('skipped') }
}
