// The sequences of `paint`, which take no room on a screen.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they begin with the character ESC
const COLOUR = /\u001b\[[0-9;]*m/g

/** Characters that steer a terminal, or turn the direction of a text. */
const STEERING = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** `4,096` */
export const counted = (count: number): string => count.toLocaleString('en-US')

/** `1 entry`, `4,096 entries`. */
export const amount = (count: number, one: string, many = `${one}s`): string => `${counted(count)} ${count === 1 ? one : many}`

/** How many columns a text takes: its code points, without colours. */
export const widthOf = (text: string): number => [...text.replace(COLOUR, '')].length

/** A foreign text made safe for a terminal: what could steer it is shown by its number. */
export const shown = (text: string): string =>
  text.replace(STEERING, (mark) => `[U+${(mark.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}]`)

/** A text cut to a width, with an ellipsis where something is left out. */
export function clipped(text: string, columns: number): string {
  const letters = [...text]
  return letters.length <= columns ? text : `${letters.slice(0, Math.max(0, columns - 1)).join('')}…`
}

/**
 * Rows as columns that stand below each other, indented. The last cell of a row is not padded.
 * @param right the columns of figures, by number
 */
export function aligned(
  rows: readonly (readonly string[])[],
  { right = [], indent = 2, gap = 2 }: { right?: readonly number[]; indent?: number; gap?: number } = {},
): string {
  const widths: number[] = []
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell))
  return rows
    .map((row) => {
      const cells = row.map((cell, at) => {
        const pad = ' '.repeat((widths[at] as number) - widthOf(cell))
        if (right.includes(at)) return pad + cell
        return at === row.length - 1 ? cell : cell + pad
      })
      return (' '.repeat(indent) + cells.join(' '.repeat(gap))).trimEnd()
    })
    .join('\n')
}

/**
 * A text in lines of at most so many columns, broken between words. A word that is longer than a line stands whole.
 * @param indent before the first line
 * @param hanging before every further one; as the first where it is left out
 */
export function wrapLines(text: string, columns: number, indent = '', hanging = indent): readonly string[] {
  const lines: string[] = []
  let line = ''
  const full = () => (lines.length === 0 ? indent : hanging) + line
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    if (line !== '' && widthOf(full()) + 1 + widthOf(word) > columns) {
      lines.push(full())
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? lines : [...lines, full()]
}

/** A paragraph as `wrapLines` breaks it, in one text. */
export const wrapped = (text: string, columns: number, indent = 0): string =>
  wrapLines(text, columns, ' '.repeat(indent)).join('\n')

const units = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
] as const

/** A time in milliseconds in its largest unit: `2 hours`. */
export function span(milliseconds: number): string {
  for (const [size, name] of units) if (milliseconds >= size) return amount(Math.floor(milliseconds / size), name)
  return amount(Math.max(0, Math.floor(milliseconds / 1_000)), 'second')
}

/** A size: `1.5 kB`. */
export function bytes(size: number): string {
  if (size < 1_000) return amount(size, 'byte')
  let value = size
  let unit = 'byte'
  for (const next of ['kB', 'MB', 'GB', 'TB', 'PB']) {
    value /= 1_000
    unit = next
    if (value < 999.95) break
  }
  return `${value.toFixed(1)} ${unit}`
}
