import type { CoverageGap, PolicyCoverage } from './coverage.ts'
import { outcomeText } from './explain.ts'
import type { MutantResult, MutationReport } from './mutation.ts'
import { type Problem, problemText } from './problem.ts'
import type { PolicyTestReport, PolicyTestResult } from './run.ts'

/** What the renderings take: the report of `runPolicyTests`, `policyCoverage` or `mutationReport`. */
export type PolicyReport = PolicyTestReport | PolicyCoverage | MutationReport

/** A report in the order in which it is read: one sentence, then what needs doing, then the rest. */
interface Page {
  readonly title: string
  readonly summary: string
  readonly sections: readonly Section[]
}
interface Section {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Read only by those who ask: folded in Markdown, left out of the text. */
  readonly folded?: boolean
}

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`
const where = ({ place }: { readonly place?: PolicyTestResult['place'] }): string =>
  place === undefined ? '' : `line ${place.line}`

function problemSection(problems: readonly Problem[]): readonly Section[] {
  if (problems.length === 0) return []
  return [{ title: 'The test file has problems', head: ['problem'], rows: problems.map((each) => [problemText(each)]) }]
}

function testPage({ policy, passed, counts, problems, results }: PolicyTestReport): Page {
  const failed = results.filter((each) => !each.passed)
  const matrices = [...new Set(results.map(({ matrix }) => matrix))]
  const verdict = passed ? 'passed' : 'failed'
  return {
    title: `Policy tests ${verdict}`,
    summary: `${counts.passed} of ${plural(counts.cells, 'cell')} passed, ${plural(counts.problems, 'problem')}; policy ${policy.id} ${policy.version}.`,
    sections: [
      ...problemSection(problems),
      ...(failed.length === 0
        ? []
        : [
            {
              title: 'Cells that failed',
              head: ['cell', 'difference', 'why', 'where'],
              rows: failed.map((each) => [
                `${each.matrix} / ${each.title}`,
                each.differences.join('; '),
                each.because.join('; '),
                where(each),
              ]),
            },
          ]),
      {
        title: 'All matrices',
        head: ['matrix', 'cells', 'failed', 'outcomes'],
        rows: matrices.map((matrix) => {
          const own = results.filter((each) => each.matrix === matrix)
          const outcomes = [...new Set(own.map(({ decision }) => outcomeText(decision)))].sort()
          return [matrix, String(own.length), String(own.filter((each) => !each.passed).length), outcomes.join(', ')]
        }),
        folded: true,
      },
    ],
  }
}

const failing = (count: number): readonly Section[] =>
  count === 0
    ? []
    : [{ title: 'Cells fail', head: ['what to do'], rows: [[`${plural(count, 'cell')} of the tests fail: mend them first`]] }]

const todo = ({ standing, suggestion }: CoverageGap | MutantResult): string => {
  if (suggestion !== undefined) return suggestion.text
  return standing === 'redundant' ? 'no cell can show it: see whether the policy needs it' : 'not found out'
}

function coveragePage(report: PolicyCoverage): Page {
  const { policy, complete, counts, problems, missing, points } = report
  const gaps = missing.flatMap(({ gaps: own }) => own)
  const open = gaps.filter(({ standing }) => standing !== 'redundant')
  const redundant = gaps.filter(({ standing }) => standing === 'redundant')
  const percent = counts.coverable === 0 ? 100 : Math.floor((100 * counts.covered) / counts.coverable)
  const first = complete
    ? 'Every rule, condition, override, view and obligation that can be shown is shown by a cell'
    : open.length === 0
      ? 'Nothing is missing among what was measured'
      : `${plural(open.length, 'thing')} that the policy says would not be missed`
  return {
    title: complete ? 'Policy coverage is complete' : 'Policy coverage has gaps',
    summary: `${first} (${counts.covered} of ${counts.coverable}, ${percent} %); policy ${policy.id} ${policy.version}.`,
    sections: [
      ...problemSection(problems),
      ...failing(report.failing),
      ...(open.length === 0
        ? []
        : [
            {
              title: 'Missing',
              head: ['what is missing', 'a cell that would show it'],
              rows: open.map((gap) => [gap.text, todo(gap)]),
            },
          ]),
      ...(redundant.length === 0
        ? []
        : [
            { title: 'Cannot be shown', head: ['what', ''], rows: redundant.map((gap) => [gap.text, todo(gap)]), folded: true },
          ]),
      {
        title: 'All points',
        head: ['rule', 'where', 'what', 'covered'],
        rows: points.map(({ rule, at, text, covered }) => [rule, at, text, covered ? 'yes' : 'no']),
        folded: true,
      },
    ],
  }
}

function mutationPage(report: MutationReport): Page {
  const { policy, passed, counts, problems, survivors, results, mutants } = report
  const equivalent = results.filter(({ standing }) => standing === 'equivalent')
  const sample = results.length < mutants ? `, a sample of ${mutants}` : ''
  const first =
    survivors.length > 0
      ? `${plural(survivors.length, 'mistake')} in the policy would go unnoticed`
      : passed
        ? 'Every mistake that was tried is noticed'
        : 'No mistake was tried'
  return {
    title: passed ? 'Policy mutation passed' : 'Policy mutation failed',
    summary:
      `${first}: ${plural(results.length, 'mutant')}${sample}, ${counts.killed} killed, ${counts.equivalent} equivalent, ` +
      `${counts.survived} survived, ${counts.undetermined} undetermined; policy ${policy.id} ${policy.version}.`,
    sections: [
      ...problemSection(problems),
      ...failing(report.failing),
      ...(survivors.length === 0
        ? []
        : [
            {
              title: 'Survivors',
              head: ['mistake', 'a cell that would notice'],
              rows: survivors.map((each) => [each.text, todo(each)]),
            },
          ]),
      ...(equivalent.length === 0
        ? []
        : [
            {
              title: 'Equivalent: no test can tell',
              head: ['change'],
              rows: equivalent.map(({ text }) => [text]),
              folded: true,
            },
          ]),
    ],
  }
}

function pageOf(report: PolicyReport): Page {
  if ('mutants' in report) return mutationPage(report)
  return 'points' in report ? coveragePage(report) : testPage(report)
}

/** One line, whatever came in. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()

/** Text of others in a cell of a Markdown table: shown as it is, never as markup. */
export function escapeMarkdown(text: string): string {
  return (
    oneLine(text)
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/[\\`*_{}[\]#|~$]/g, '\\$&')
      // Mentions and links would reach people and places. A word joiner breaks them and is not seen.
      .replace(/@/g, '@\u2060')
      .replace(/:\/\//g, ':\u2060//')
      .replace(/www\./gi, (www) => `${www.slice(0, 3)}\u2060.`)
  )
}

function markdownTable({ head, rows }: Section): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}

/** A report as Markdown for a pull request: a heading, one sentence, then tables; what only some read is folded. */
export function renderMarkdown(report: PolicyReport): string {
  const { title, summary, sections } = pageOf(report)
  const parts = sections.map((section) =>
    section.folded
      ? `<details><summary>${escapeMarkdown(section.title)} (${section.rows.length})</summary>\n\n${markdownTable(section)}\n\n</details>`
      : `**${escapeMarkdown(section.title)}** (${section.rows.length})\n\n${markdownTable(section)}`,
  )
  return `${[`### ${escapeMarkdown(title)}`, escapeMarkdown(summary), ...parts].join('\n\n')}\n`
}

/** A report as text for a terminal. What Markdown folds is left out. */
export function renderText(report: PolicyReport): string {
  const { title, summary, sections } = pageOf(report)
  const parts = sections
    .filter(({ folded }) => folded !== true)
    .map((section) => {
      const rows = section.rows.map((cells) => {
        const [first = '', ...rest] = cells.map(oneLine)
        return [`- ${first}`, ...rest.filter((cell) => cell !== '').map((cell) => `    ${cell}`)].join('\n')
      })
      return `${oneLine(section.title)} (${section.rows.length})\n${rows.join('\n')}`
    })
  return `${[`${oneLine(title)}. ${oneLine(summary)}`, ...parts].join('\n\n')}\n`
}
