/**
 * Tests of access policies for those who answer for them: matrices in YAML or TypeScript, coverage, mutation.
 *
 * @module @phi/testing/policy
 */
export type { Choices } from './cells.ts'
export {
  type CoverageGap,
  type CoverageKind,
  type CoverageOptions,
  type CoveragePoint,
  type PolicyCoverage,
  policyCoverage,
} from './coverage.ts'
export { definePolicyTests, type TestsOf } from './define.ts'
export { explainDecision } from './explain.ts'
export { type Mutant, type MutationOperator, mutatePolicy, mutationOperators } from './mutants.ts'
export { type MutantResult, type MutationOptions, type MutationReport, mutationReport } from './mutation.ts'
export { type Place, type Problem, type ProblemCode, problemText } from './problem.ts'
export { type PolicyReport, renderMarkdown, renderText } from './render.ts'
export { type PolicyTestReport, type PolicyTestResult, runPolicyTests } from './run.ts'
export { policySuite } from './suite.ts'
export type { AxisName, Exclusion, Expectation, Matrix, PolicyTests, RecordFixture, TestSource } from './test-file.ts'
export type { Suggestion } from './witness.ts'
