import { compile, type PolicyJson } from '@phi/rbac'
import { ConformanceError, fail } from '../suite/assert.ts'
import type { Suite, SuiteCase } from '../suite/suite.ts'
import { prepareTests } from './cells.ts'
import { problemText } from './problem.ts'
import { noClock, runCell } from './run.ts'
import type { TestSource } from './test-file.ts'

/**
 * A test file as a suite, one case a cell, for `register` and `runSuite`. Problems of the file come first, as cases that fail: a
 * file that cannot be read has one failing case, and never none.
 *
 *     register(policySuite(policy, await readFile('clinic-policy.yaml', 'utf8')), { describe, it })
 * @throws PhiError PHI_RBAC_POLICY for a policy that is not valid
 */
export function policySuite(policy: PolicyJson, source: TestSource, name = `policy ${policy.id}`): Suite {
  const rules = compile(policy, noClock)
  const { cells, problems } = prepareTests(rules.policy, source)
  const faults = problems.map((problem): SuiteCase => {
    const title = `the test file is sound: ${problemText(problem)}`
    return { title, requirements: [], run: async () => fail(problem.message) }
  })
  const none: readonly SuiteCase[] =
    problems.length + cells.length > 0
      ? []
      : [{ title: 'the test file has cells', requirements: [], run: async () => fail('the test file has no cell') }]
  const cases = cells.map((cell): SuiteCase => {
    const { outcome } = cell.expected
    const wanted = typeof outcome === 'string' ? outcome : `allow-if ${outcome['allow-if'].join(', ')}`
    return {
      title: `${cell.matrix} / ${cell.title}: ${wanted}`,
      requirements: cell.requirements,
      run: async () => {
        const { passed, differences, because } = runCell(rules, cell)
        const where = cell.place === undefined ? '' : ` (line ${cell.place.line})`
        if (!passed) throw new ConformanceError(`${differences.join('; ')}${where}\n  ${because.join('\n  ')}`)
      },
    }
  })
  return { name, cases: [...faults, ...none, ...cases] }
}
