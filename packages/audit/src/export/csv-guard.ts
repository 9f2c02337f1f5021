import { escapeUnit, isHostile } from './characters.ts'
import { oneLineJson } from './record-json.ts'

/**
 * Text in cells that no spreadsheet takes for a formula, and from which `unguardText` gets back exactly what was recorded.
 *
 * A program that opens a CSV file runs a cell as a formula when it starts with `=`, `+`, `-` or `@`, in their full-width and small forms
 * too, and some do so after white space or quotes, or where a cell starts with a tab or a line break (OWASP, CSV Injection). And what is
 * one cell to us may be several to a program that takes `;`, tab or `|` for the separator: so these count inside a text as well.
 */
const TRIGGER = '[=+\\-@\\uff1d\\uff0b\\uff0d\\uff20\\ufe66\\ufe62\\ufe63\\ufe6b]'

/** Text of a recorded value that would be taken for one of our own marks is guarded too. */
const START = new RegExp(`^[\\s"'\`]*${TRIGGER}|^[\\t\\r\\n']|^\\[(?:withheld|sealed|altered|empty|json)\\]`)
const INSIDE = new RegExp(`([;|\\t\\n\\r][\\s"\`]*)('*)(?=${TRIGGER})`, 'g')
const GUARDED_INSIDE = new RegExp(`([;|\\t\\n\\r][\\s"\`]*)'('*)(?=${TRIGGER})`, 'g')
const INSIDE_JSON = new RegExp(`([;|][\\s"'\`]*)(${TRIGGER})`, 'g')

/** A negative number is a number, not a formula (grafana/grafana #17363 tells what comes of guarding it). */
const NEGATIVE_NUMBER = /^-\d+(?:\.\d+)?$/

const JSON_MARK = '[json]'

/**
 * A text as the content of a cell: an apostrophe stands before what starts like a formula, like one of our marks, or with an apostrophe,
 * and before what looks like the start of a formula behind another separator. Texts with characters that no cell keeps (NUL and other
 * controls, marks that turn the direction of text, surrogates that stand alone) are written as `[json]` and a JSON string.
 */
export function guardText(text: string): string {
  if (isHostile(text)) return `${JSON_MARK}${jsonCell(text)}`
  const inside = text.replace(INSIDE, "$1'$2")
  return START.test(text) && !NEGATIVE_NUMBER.test(text) ? `'${inside}` : inside
}

/** What `guardText` was given. @throws SyntaxError when the JSON of a `[json]` cell is none */
export function unguardText(cell: string): string {
  if (cell.startsWith(JSON_MARK)) {
    const text: unknown = JSON.parse(cell.slice(JSON_MARK.length))
    if (typeof text !== 'string') throw new SyntaxError('not a string')
    return text
  }
  return (cell.startsWith("'") ? cell.slice(1) : cell).replace(GUARDED_INSIDE, '$1$2')
}

/** A list or an object as JSON in a cell. What could start a formula behind another separator is escaped as JSON does. */
export const jsonCell = (value: unknown): string =>
  oneLineJson(value).replace(INSIDE_JSON, (_, before: string, trigger: string) => before + escapeUnit(trigger))
