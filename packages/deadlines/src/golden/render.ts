import type { GoldenReport, Json } from './case.ts'

/** One line of text of a case, safe in Markdown: no line breaks, no code spans or tables that end early. */
const inline = (value: Json | string): string => {
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
  const short = text.length > 200 ? `${text.slice(0, 200)}…` : text
  return `\`${short.replaceAll('`', "'")}\``
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `### ${title}`, '', ...lines.map((line) => `- ${line}`)]

/** The report as short Markdown, for the summary of a CI run. What passed is only counted. */
export function renderGolden(report: GoldenReport): string {
  const { passed, failed, unsupported, ignored } = report
  const failures = failed.flatMap(({ id, expected, found }) =>
    Object.entries(expected).map(([key, value]) => {
      const instead = Object.hasOwn(found, key) ? found[key] : found.refused
      return `${inline(id)} ${inline(key)}: expected ${inline(value)}, found ${inline(instead ?? null)}`
    }),
  )
  return [
    '## Golden cases',
    '',
    `Passed ${passed.length}, failed ${failed.length}, unsupported ${unsupported.length}, keys not compared ${ignored.length}.`,
    ...section('Failed', failures),
    ...section(
      'Unsupported',
      unsupported.map(({ id, why }) => `${inline(id)}: ${inline(why)}`),
    ),
    ...section(
      'Not compared',
      ignored.map(({ id, key, why }) => `${inline(id)} ${inline(key)}: ${inline(why)}`),
    ),
    '',
  ].join('\n')
}
