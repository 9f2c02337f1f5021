import { compile, type Decision, type PolicyJson } from '@phi/rbac'
import { type Cell, type Choices, prepareTests } from './cells.ts'
import { differencesOf } from './differences.ts'
import { explainDecision } from './explain.ts'
import type { Place, Problem } from './problem.ts'
import type { Expectation, TestSource } from './test-file.ts'

/** What came of one cell. */
export interface PolicyTestResult {
  readonly matrix: string
  readonly title: string
  readonly requirements: readonly string[]
  readonly choices: Choices
  readonly type: string
  readonly expected: Expectation
  readonly decision: Decision
  readonly passed: boolean
  /** How the decision differs from what is expected, a phrase each. */
  readonly differences: readonly string[]
  /** Why the decision came out as it did. */
  readonly because: readonly string[]
  /** The expectation in the YAML. */
  readonly place: Place | undefined
}

/** What came of a test file. */
export interface PolicyTestReport {
  readonly policy: Decision['policy']
  /** True only when there is a cell, every cell passed and the file has no problem. */
  readonly passed: boolean
  readonly problems: readonly Problem[]
  readonly results: readonly PolicyTestResult[]
  readonly counts: { readonly cells: number; readonly passed: number; readonly failed: number; readonly problems: number }
}

/** Runs one cell. */
export function runCell(rules: ReturnType<typeof compile>, cell: Cell): PolicyTestResult {
  const { matrix, title, requirements, choices, type, expected, place, request } = cell
  const decision = rules.decide(request)
  const differences = differencesOf(expected, decision)
  const passed = differences.length === 0
  return {
    ...{ matrix, title, requirements, choices, type, expected, decision, place },
    ...{ passed, differences, because: explainDecision(decision) },
  }
}

/** No request reads the machine's clock: where a test file gives no time, the time is unknown. */
export const noClock = { clock: () => Number.NaN }

/**
 * Runs a test file against a policy. A cell without expectation, a cell with two, a misspelt name and an untested part of the
 * policy are problems, and a file with a problem has not passed.
 * @throws PhiError PHI_RBAC_POLICY for a policy that is not valid; what is wrong with the tests is in the report
 */
export function runPolicyTests(policy: PolicyJson, source: TestSource): PolicyTestReport {
  const rules = compile(policy, noClock)
  const { cells, problems } = prepareTests(rules.policy, source)
  const results = cells.map((cell) => runCell(rules, cell))
  const passed = results.filter((each) => each.passed).length
  return {
    policy: rules.reference,
    passed: problems.length === 0 && results.length > 0 && passed === results.length,
    problems,
    results,
    counts: { cells: results.length, passed, failed: results.length - passed, problems: problems.length },
  }
}
