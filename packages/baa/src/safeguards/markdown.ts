import { inline } from '../markdown.ts'

/** A text in a cell or a line of Markdown. */
export const cell = inline

export const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
