// Everything that moves the cursor, hides text or turns it round: control characters but the line break, and format characters (bidi marks,
// zero-width spaces). https://www.unicode.org/reports/tr36/ and https://trojansource.codes
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
// The colours and weights of `Paint`, and no others: "concealed" is one, too.
const PAINTED = new RegExp(`${String.fromCharCode(27)}\\[(?:1|2|22|31|32|33|39)m`, 'gu')

const named = (character: string): string => `\\u{${(character.codePointAt(0) as number).toString(16)}}`
const shown = (text: string): string => text.replace(INVISIBLE, (each) => (each === '\n' ? each : named(each)))

/**
 * Text as a terminal may show it: what a file holds cannot move the cursor, hide a line or change its order. Line breaks stay, and so do
 * the colours of `Paint` where `isColoured`.
 */
export function visible(text: string, isColoured = false): string {
  if (!isColoured) return shown(text)
  const colours = text.match(PAINTED) ?? []
  return text
    .split(PAINTED)
    .map((part, at) => shown(part) + (colours[at] ?? ''))
    .join('')
}

/** JSON with the same characters as escapes, which mean the same. */
export function visibleJson(json: string): string {
  return json.replace(INVISIBLE, (each) =>
    each === '\n'
      ? each
      : Array.from({ length: each.length }, (_, at) => `\\u${each.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
}
