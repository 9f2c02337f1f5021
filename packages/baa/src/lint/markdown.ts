import { clauseInWords } from '../agreement/clause.ts'
import { counted, inline } from '../markdown.ts'
import type { LintFinding } from './finding.ts'

function lines({
  severity,
  code,
  says,
  about,
  party,
  upstream,
  path,
  clause,
  citation,
  remedy,
}: LintFinding): readonly string[] {
  const what = [...(about ?? []), party, upstream].filter((each) => each !== undefined)
  const where = [`\`${path}\``, ...(clause?.section === undefined ? [] : [inline(clauseInWords(clause))])].join(', ')
  return [
    `- **${severity}** \`${code}\` ${says}${what.length === 0 ? '' : ` [${inline(what.join(', '))}]`} (${where}; ${citation})`,
    ...(clause?.text === undefined ? [] : [`  "${inline(clause.text)}"`]),
    `  ${remedy}`,
  ]
}

/** Findings in words, for people: under each agreement what is missing, where, by which text, and what to do. Programs read the data. */
export function lintInMarkdown(findings: readonly LintFinding[]): string {
  if (findings.length === 0) return 'No findings. Whether the words of the contract are good, a person has to read.\n'
  const groups = new Map<string, LintFinding[]>()
  for (const each of findings) {
    const key = each.agreement === undefined ? 'No agreement' : inline(each.agreement)
    groups.set(key, [...(groups.get(key) ?? []), each])
  }
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const head = `${counted(errors, 'error')}, ${counted(findings.length - errors, 'warning')}.`
  const parts = [...groups].map(([key, group]) => [`## ${key}`, '', ...group.flatMap(lines)].join('\n'))
  return `${[head, ...parts].join('\n\n')}\n`
}
