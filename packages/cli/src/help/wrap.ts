import { wrapLines } from '../layout.ts'

/** The paragraphs of a text that was written as one template: a blank line ends one. */
export const paragraphsOf = (text: string): readonly string[] =>
  text
    .split(/\n\s*\n/)
    .map((each) => each.replace(/\s+/g, ' ').trim())
    .filter((each) => each !== '')

export const indented = (lines: readonly string[], by: number): readonly string[] =>
  lines.map((line) => (line === '' ? '' : `${' '.repeat(by)}${line}`))

/** The widest a left column of names becomes: what is longer has its text below it. */
const MOST_LEFT = 30

/**
 * Names and what they mean, in two columns.
 * @param paintName colours a name; its width is taken before
 */
export function twoColumns(
  rows: readonly (readonly [name: string, about: string])[],
  columns: number,
  paintName: (name: string) => string = (name) => name,
): readonly string[] {
  const fitting = rows.map(([name]) => name.length).filter((length) => length <= MOST_LEFT)
  const left = Math.min(Math.max(...fitting, 1) + 2, Math.max(6, Math.floor(columns / 2)))
  return rows.flatMap(([name, about]) => {
    const [first = '', ...rest] = wrapLines(about, Math.max(20, columns - left))
    const below = rest.map((line) => `${' '.repeat(left)}${line}`)
    if (name.length + 2 > left) return [paintName(name), ...(first === '' ? [] : [`${' '.repeat(left)}${first}`]), ...below]
    return [first === '' ? paintName(name) : `${paintName(name)}${' '.repeat(left - name.length)}${first}`, ...below]
  })
}
