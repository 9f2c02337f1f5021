/** A text in a cell or a line of Markdown: what a caller wrote makes neither a column nor markup. */
export const cell = (text: string): string => text.replace(/[\r\n\t]+/g, ' ').replace(/[\\|<>[\]`*_#~]/g, '\\$&')

export const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
