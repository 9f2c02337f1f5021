// RFC 5545 3.1 and 3.3.11: what a text may hold, how it is escaped, and where a line is folded.

/** Line ends of every kind. A lone CR would end a content line for some readers. */
const LINE_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g
/** CONTROL of RFC 5545, and what Unicode counts among them: everything but the tab and the line feed. */
const CONTROL = /(?![\t\n])\p{Cc}/gu

/** A text without control characters or lone surrogates; its lines end in `\n`. */
export const cleanText = (text: string): string => text.replace(LINE_END, '\n').replace(CONTROL, '').toWellFormed()

/** The same on one line. */
export const cleanLine = (text: string): string =>
  cleanText(text)
    .replace(/[\n\t]+/g, ' ')
    .trim()

/** Escaping of TEXT, for the places where the writer does none. */
export const escapeText = (text: string): string =>
  text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/;/g, '\\;').replace(/,/g, '\\,')

/** Takes the folds out. */
export const unfold = (text: string): string => text.replace(/\r\n[ \t]/g, '')

const octets = (codePoint: number): number => (codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4)

const LINE = 75

/** Folds each line to at most 75 octets of UTF-8, without the line end, and never inside a character. */
export function fold(text: string): string {
  return text
    .split('\r\n')
    .map((line) => {
      let out = ''
      let length = 0
      for (const character of line) {
        const size = octets(character.codePointAt(0) as number)
        if (length + size > LINE) {
          out += '\r\n '
          length = 1
        }
        out += character
        length += size
      }
      return out
    })
    .join('\r\n')
}
