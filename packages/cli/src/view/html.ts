/** Markup. Only `html` makes it, so that no text of others gets into a page unescaped. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type Piece = Html | string | number | undefined | readonly Piece[]

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Controls that no page may hold (HTML §13.2.3.5), and lone surrogates, which no UTF-8 can. */
const NOT_HTML = /(?![\t\n\r])[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/gu

const escaped = (text: string): string =>
  text.replace(NOT_HTML, '\ufffd').replace(/[&<>"']/g, (character) => entities[character] as string)

function textOf(piece: Piece): string {
  if (piece === undefined) return ''
  if (piece instanceof Html) return piece.text
  if (typeof piece === 'string') return escaped(piece)
  return typeof piece === 'number' ? String(piece) : piece.map(textOf).join('')
}

/** Markup of a template: what is put into it is escaped, for a text as for the value of a quoted attribute. */
export const html = (parts: TemplateStringsArray, ...values: readonly Piece[]): Html =>
  new Html(parts.map((part, at) => part + textOf(values[at])).join(''))

/**
 * What cannot be seen and changes what is seen: controls, marks of direction, characters without a width, and the fillers that look like a
 * space. https://www.unicode.org/reports/tr36/
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/u
const RUNS = /([\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0])/u

const named = (mark: string): string => `U+${(mark.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}`

/** A foreign text as plain text, with names in place of what cannot be seen. */
export const plain = (text: string): string =>
  text
    .split(RUNS)
    .map((part) => (UNSEEN.test(part) ? `[${named(part)}]` : part))
    .join('')

/**
 * A foreign text: escaped, its direction kept from its neighbours, and what cannot be seen in it named. Line breaks stay as they are.
 * @param most so many characters are shown, and an ellipsis
 */
export function foreign(text: string, most = Number.POSITIVE_INFINITY): Html {
  const letters = text.length > most ? [...text] : []
  const isCut = letters.length > most
  const pieces = (isCut ? letters.slice(0, most).join('') : text)
    .split(RUNS)
    .map((part) => (part !== '\n' && UNSEEN.test(part) ? html`<span class="unseen-mark">[${named(part)}]</span>` : part))
  return html`<bdi>${pieces}${isCut ? '…' : ''}</bdi>`
}
