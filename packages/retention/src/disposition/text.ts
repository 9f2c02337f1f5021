import { isInstant, plainText } from '@phi/core'
import { isCivilDate } from '@phi/deadlines'
import * as z from 'zod'

// The shapes that the documents of disposition share.

/** The id of a record, and whatever else names something in the caller's systems. */
const ID_LENGTH = 512
export const idText = plainText(ID_LENGTH)
/** A name, a title, a technique: shown as given. */
export const shownText = plainText(256)
export const civilDate = z.string().refine((text) => isCivilDate(text), 'must be a civil date that exists, YYYY-MM-DD')
export const instant = z.string().refine(isInstant, 'must be an RFC 3339 instant in UTC with milliseconds')
export const digest = z.string().regex(/^[0-9a-f]{64}$/)
export const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
export const ruleReference = z.strictObject({ rule: idText, citation: plainText(1000) })

const CONTROL = /[\p{Cc}\u2028\u2029]/u

/** Whether a text is of printable ASCII without spaces, as most ids are. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x21 || unit > 0x7e) return false
  }
  return true
}

/** What `idText` says, without the cost of a schema: for loops over every record. */
export const isId = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length > 0 &&
  value.length <= ID_LENGTH &&
  (isPlain(value) || (value === value.trim() && !CONTROL.test(value) && value.isWellFormed()))

/** UTF-16 puts what lies beyond U+FFFF before U+E000; moved behind it, units compare as code points do. */
const rank = (unit: number): number => (unit >= 0xe000 ? unit - 0x2000 : unit >= 0xd800 ? unit + 0x2000 : unit)

/** The order of ids: by code points, which is the order of their UTF-8 bytes and of `COLLATE "C"`. Negative: `a` comes first. */
export function compareIds(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Two spellings of one name are one person: nobody becomes two by capitals or accents composed otherwise. */
export const person = (name: string): string => name.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ')

/** A property of whatever it is, if it is its own: what somebody planted on Object.prototype is no fact. */
export const own = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
