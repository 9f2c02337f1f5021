import { widthOf } from './layout.ts'

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
