import type { CommandSpec, Report } from '../../command.ts'
import { cliError } from '../../errors.ts'
import type { ExitName } from '../../exit-codes.ts'
import { readText } from '../../files.ts'
import type { Input } from '../../input.ts'
import { blocking, type Io } from '../../io.ts'
import { progress } from '../../progress.ts'
import { policyOf, policyOptions, type ReadPolicy } from './read-policy.ts'
import { type PolicyTestAnswer, type TestedFile, testAnswer } from './test-answer.ts'
import { testSarif, testText } from './test-text.ts'

async function run(input: Input, io: Io): Promise<Report> {
  const least = input.whole('coverage', { most: 100 })
  const isMutated = input.flag('mutation')
  const size = input.whole('sample', { least: 1 })
  const seed = input.whole('seed', { most: 0xffff_ffff })
  if ((size !== undefined || seed !== undefined) && !isMutated)
    throw cliError('PHI_CLI_USAGE', { detail: '--sample and --seed are for --mutation' })
  if (seed !== undefined && size === undefined)
    throw cliError('PHI_CLI_USAGE', { detail: '--seed chooses a sample: give --sample' })
  const policy = await policyOf(io, input)
  const sources: { readonly file: string; readonly text: string }[] = []
  for (const file of input.operands) sources.push({ file, text: await readText(io, file, '<tests>') })
  const { runPolicyTests } = await import('@phi/testing/policy')
  const reports: TestedFile[] = sources.map(({ file, text }) => ({ file, report: runPolicyTests(policy.policy, text) }))
  const measured = reports.every(({ report }) => report.passed)
    ? await measuredBy(io, policy, sources, reports, {
        isCovered: least !== undefined,
        isMutated,
        ...(size === undefined ? {} : { sample: { size, seed: seed ?? 1 } }),
      })
    : reports
  const answer = testAnswer(measured, least, isMutated)
  return {
    exit: exitOf(answer),
    json: answer,
    text: (paint, columns) => {
      const isPutOff = !answer.passed && (least !== undefined || isMutated)
      return testText(answer, paint, columns) + (isPutOff ? '\n\nCoverage and mutation are measured once the tests pass.' : '')
    },
    sarif: testSarif(answer, policy),
  }
}

interface Measures {
  readonly isCovered: boolean
  readonly isMutated: boolean
  readonly sample?: { readonly size: number; readonly seed: number }
}

/** Coverage and mutation, which say something only of tests that pass. */
async function measuredBy(
  io: Io,
  { policy }: ReadPolicy,
  sources: readonly { readonly file: string; readonly text: string }[],
  reports: readonly TestedFile[],
  { isCovered, isMutated, sample }: Measures,
): Promise<readonly TestedFile[]> {
  const { policyCoverage, mutationReport } = await import('@phi/testing/policy')
  const bar = progress(io, 'steps of coverage and mutation')
  try {
    return blocking(io, () =>
      reports.map((each, at): TestedFile => {
        const text = sources[at]?.text ?? ''
        const onProgress = ({ done, total }: { readonly done: number; readonly total: number }) => bar.at(done, total)
        return {
          ...each,
          ...(isCovered ? { coverage: policyCoverage(policy, text, { onProgress }) } : {}),
          ...(isMutated
            ? { mutation: mutationReport(policy, text, { onProgress, ...(sample === undefined ? {} : { sample }) }) }
            : {}),
        }
      }),
    )
  } finally {
    await bar.end()
  }
}

function exitOf({ passed, coverage, mutation }: PolicyTestAnswer): ExitName {
  if (!passed) return 'finding'
  if (coverage !== undefined && coverage.percent < coverage.least) return 'finding'
  const survivors = mutation?.survivors ?? []
  if (survivors.some(({ standing }) => standing === 'survived')) return 'finding'
  return survivors.length > 0 ? 'unknown' : 'ok'
}

export const policyTest: CommandSpec = {
  path: ['policy', 'test'],
  summary: 'Run the tests of a policy',
  about: `Runs test files in YAML against a policy: matrices of roles, actors, actions, records and purposes, with one expectation for
every combination. A cell without an expectation, a name that is misspelt and a part of the policy that nobody tests or excludes are
faults, and a file with a fault has not passed.

With --coverage it also says which rules, conditions, views and obligations no cell would miss, and asks for a percentage of them; with
--mutation, which single mistakes in the policy no cell would notice. Both come with a cell that would, and both are measured only when
the tests pass. Several files count together.

Passing says that the policy decides as the tests say. Whether that is what the law and your patients ask for is for people to judge.`,
  operands: [{ name: 'tests', about: 'Test files in YAML; - for standard input.', many: true, kind: 'file' }],
  options: [
    ...policyOptions,
    { flags: '--coverage <percent>', about: 'Measure what the tests would miss, and ask for so much: 0 to 100.' },
    { flags: '--mutation', about: 'Try mistakes in the policy. Takes minutes for large policies.' },
    { flags: '--sample <count>', about: 'Try only so many mistakes.' },
    { flags: '--seed <number>', about: 'Which of them: the same number, the same mistakes. Default: 1.' },
  ],
  examples: [
    { run: 'phi policy test clinic.yaml --policy clinic.json', about: 'Does the policy decide as our table says?' },
    {
      run: 'phi policy test clinic.yaml --policy clinic.json --coverage 100 --mutation',
      about: 'And would we notice if it did not?',
    },
  ],
  exits: ['ok', 'finding', 'unknown'],
  sarif: true,
  run,
}
