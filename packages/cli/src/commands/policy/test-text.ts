import { amount } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import type { SarifResult, SarifRun } from '../../sarif.ts'
import { entry, lineText, part, placeOf } from './page.ts'
import { lineOfRule, type ReadPolicy } from './read-policy.ts'
import type { CoverageAnswer, FileAnswer, MutationAnswer, PolicyTestAnswer } from './test-answer.ts'

const titled = (first: string, line: number | undefined): string =>
  [lineText(line), first].filter((each) => each !== '').join(': ')

function fileParts({ file, problems, cells }: FileAnswer, isSeveral: boolean, columns: number): readonly string[] {
  const of = isSeveral ? ` in ${file}` : ''
  return [
    ...part(
      `Faults of the tests${of}`,
      problems.map(({ message, line, at }) => entry(titled(message, line), [line === undefined ? at : ''], columns)),
    ),
    ...part(
      `Cells that failed${of}`,
      cells
        .filter(({ passed }) => !passed)
        .map(({ matrix, title, line, differences = [], because = [] }) =>
          entry(titled(`${matrix} / ${title}`, line), [...differences, ...because], columns),
        ),
    ),
  ]
}

const cellText = (cell: string | undefined): string =>
  cell === undefined ? 'whether a cell could was not found out' : `A cell that would: ${cell}`

function coverageParts(coverage: CoverageAnswer, { good, bad }: Paint, columns: number): readonly string[] {
  const { covered, coverable, percent, least, gaps } = coverage
  const said = `Coverage: ${covered} of ${amount(coverable, 'point')}, ${percent} %`
  return [
    percent < least ? bad(`${said}; ${least} % are asked for.`) : good(`${said}.`),
    ...part(
      'Nobody would miss',
      gaps.map(({ text, cell }) => entry(text, [cellText(cell)], columns)),
    ),
  ]
}

function mutationParts(
  { mutants, tried, killed, equivalent, survivors }: MutationAnswer,
  { good, bad }: Paint,
  columns: number,
) {
  const sample = tried < mutants ? `, a sample of ${mutants}` : ''
  const same = equivalent === 0 ? '' : `, ${equivalent} that change nothing`
  const said = `Mutation: ${amount(tried, 'mistake')} tried${sample}, ${killed} noticed${same}, ${survivors.length} not noticed.`
  return [
    survivors.length > 0 ? bad(said) : good(said),
    ...part(
      'Mistakes that go unnoticed',
      survivors.map(({ text, cell }) => entry(text, [cellText(cell)], columns)),
    ),
  ]
}

/** The answer for people. */
export function testText(answer: PolicyTestAnswer, paint: Paint, columns: number): string {
  const { passed, counts, files, policy, coverage, mutation } = answer
  const what = `${amount(counts.cells, 'cell')} in ${amount(files.length, 'file')}; policy ${policy.id} ${policy.version}.`
  const failed = [
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
    ...(counts.problems > 0 ? [amount(counts.problems, 'fault')] : []),
  ]
  const more = failed.length === 0 ? '' : `${failed.join(', ')} of `
  return [
    `${passed ? paint.good('Passed:') : paint.bad('Not passed:')} ${more}${what}`,
    ...files.flatMap((each) => fileParts(each, files.length > 1, columns)),
    ...(coverage === undefined ? [] : coverageParts(coverage, paint, columns)),
    ...(mutation === undefined ? [] : mutationParts(mutation, paint, columns)),
  ].join('\n')
}

/** The answer for code scanning: cells at their lines in the tests, what nobody would miss at its rule in the policy. */
export function testSarif({ files, coverage, mutation }: PolicyTestAnswer, policy: ReadPolicy): SarifRun {
  const atRule = (rule: string | null) => placeOf(policy.file, lineOfRule(policy, rule) ?? 1)
  const ofFile = ({ file, problems, cells }: FileAnswer): readonly SarifResult[] => [
    ...problems.map(({ message, line }) => ({
      ...({ rule: 'policy-test-fault', level: 'error', message } as const),
      ...placeOf(file, line ?? 1),
    })),
    ...cells
      .filter(({ passed }) => !passed)
      .map(({ matrix, title, differences = [], line }) => ({
        ...({
          rule: 'policy-test-failed',
          level: 'error',
          message: `${matrix} / ${title}: ${differences.join('; ')}`,
        } as const),
        ...placeOf(file, line ?? 1),
      })),
  ]
  const warning = (id: string) => ({ rule: id, level: 'warning' }) as const
  return {
    rules: [
      { id: 'policy-test-failed', meaning: 'the policy decides otherwise than a test expects' },
      { id: 'policy-test-fault', meaning: 'a test file has a fault, and counts as not passed' },
      { id: 'policy-not-covered', meaning: 'something that the policy says and no test would miss' },
      { id: 'policy-mutant', meaning: 'a mistake in the policy that no test would notice' },
    ],
    results: [
      ...files.flatMap(ofFile),
      ...(coverage?.gaps ?? []).map(({ rule, text }) => ({ ...warning('policy-not-covered'), message: text, ...atRule(rule) })),
      ...(mutation?.survivors ?? []).map(({ rule, text }) => ({ ...warning('policy-mutant'), message: text, ...atRule(rule) })),
    ],
  }
}
