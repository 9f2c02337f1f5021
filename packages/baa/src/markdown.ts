/** One line, whatever came in: what ends a line, hides text or turns it round does not belong into a report. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()

/** Text of others inside Markdown: shown as it is, and nothing in it becomes markup, HTML, a column, a link or a mention. */
export function inline(text: string): string {
  return oneLine(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]#|~^$]/g, '\\$&')
    .replace(/@/g, '&#64;')
    .replace(/(https?|www|ftp)([:.])/gi, (_, word: string, sign: string) => `${word}&#${sign.charCodeAt(0)};`)
}

/** A table. Empty without rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return []
  const line = (cells: readonly string[]) => `| ${cells.map(inline).join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)]
}

export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`
