/**
 * Characters that end a line, steer a terminal, or change how the text around them is shown, and code units that no encoding can carry:
 * C0, DEL and C1 controls, the Bidi_Control characters of Unicode (UAX #9 §2), line and paragraph separators, the byte order mark, and
 * surrogates that stand alone.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** `\uXXXX`, as JSON writes a code unit. */
export const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Makes the unsafe characters of a text that is JSON already visible. Only strings of a JSON text can hold any. */
export const escapeJsonText = (json: string): string => json.replace(UNSAFE, escapeUnit)

/** The same, and everything that is not ASCII. */
export const asciiJsonText = (json: string): string => json.replace(/[\u007f-\uffff]/g, escapeUnit)

/** Whether a text holds anything of the kind but tabs and line breaks. */
export const isHostile = (text: string): boolean => {
  for (const [found] of text.matchAll(UNSAFE)) if (found !== '\t' && found !== '\n' && found !== '\r') return true
  return false
}

const AMBIGUOUS = /\\(?=u[0-9a-fA-F]{4})/g
const BACKSLASH = escapeUnit('\\')

/**
 * A text in which every unsafe character stands as `\uXXXX`. A backslash that would read as the start of such an escape stands as
 * `\u005c`, all others as they are, so `unescapeVisibly` gives back exactly what was recorded.
 */
export const escapeVisibly = (text: string, except = ''): string =>
  text.replace(AMBIGUOUS, BACKSLASH).replace(UNSAFE, (unit) => (except.includes(unit) ? unit : escapeUnit(unit)))

/** The text that was given to `escapeVisibly`. */
export const unescapeVisibly = (text: string): string =>
  text.replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** How many bytes a code point takes in UTF-8. */
const widthOf = (codePoint: number): number => (codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4)

/** How many bytes a text takes in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) bytes += widthOf(character.codePointAt(0) as number)
  return bytes
}

// An escape of any of the formats is one piece (`\\u000a` in CEF and in structured data, `\u000a` and `\"` in JSON), as is a character.
const PIECES = /\\\\u[0-9a-fA-F]{4}|\\u[0-9a-fA-F]{4}|\\.|./gsu

/** What stands at the end of a text that was cut. */
export const cutMark = (missing: number): string => `…[cut ${missing} bytes]`
export const asciiCutMark = (missing: number): string => `...[cut ${missing} bytes]`

/**
 * The text, or where it takes more than `limit` bytes of UTF-8 its beginning and a mark that says how many bytes are missing. No escape
 * and no character is cut in two.
 * @param limit at least 40
 */
export function cutTo(limit: number, text: string, markOf: (missing: number) => string = cutMark): string {
  // No character takes more than three bytes a code unit.
  if (text.length * 3 <= limit) return text
  const total = utf8Length(text)
  if (total <= limit) return text
  const room = limit - utf8Length(markOf(total))
  let kept = 0
  let end = 0
  for (const [piece] of text.matchAll(PIECES)) {
    const width = utf8Length(piece)
    if (kept + width > room) break
    kept += width
    end += piece.length
  }
  return text.slice(0, end) + markOf(total - kept)
}
