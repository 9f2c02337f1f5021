import { MAX_CANONICAL_DEPTH } from '@phi/core'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c

/** What may follow a backslash in canonical JSON besides `u`: `"`, `\`, b, f, n, r, t (RFC 8785 §3.2.2.2). */
const SHORT_ESCAPES: ReadonlySet<number> = new Set([...'"\\bfnrt'].map((character) => character.charCodeAt(0)))
/** The control characters that have no short escape are written as \u00xx in lower-case hexadecimal. */
const LONG_ESCAPE = /\\u00(?:0[0-7bef]|1[0-9a-f])/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[+-][0-9]+)?/y

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must be escaped
const SPECIAL = /[\u0000-\u001f\\\ud800-\udfff]/

// One text at a time, scanned in place: verification reads every byte of a log, and parsing it would cost several times more.
let text = ''
let at = 0
/** The text has no escape, no control character and no surrogate: every quote begins or ends a string. */
let isPlain = false

/** Steps over a string, its opening quote included. */
function scanString(): boolean {
  if (isPlain) {
    if (text.charCodeAt(at) !== QUOTE) return false
    at = text.indexOf('"', at + 1) + 1
    return at > 0
  }
  // The loop runs on locals, which is what makes it fast.
  const json = text
  const { length } = json
  let i = at
  if (json.charCodeAt(i) !== QUOTE) return false
  for (i++; i < length; i++) {
    const code = json.charCodeAt(i)
    if (code === QUOTE) {
      at = i + 1
      return true
    }
    if (code === BACKSLASH) {
      if (SHORT_ESCAPES.has(json.charCodeAt(i + 1))) i++
      else {
        LONG_ESCAPE.lastIndex = i
        if (!LONG_ESCAPE.test(json)) return false
        i += 5
      }
    } else if (code < 0x20) return false
    else if (code >= 0xd800 && code <= 0xdfff) {
      const next = json.charCodeAt(i + 1)
      if (code > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false
      i++
    }
  }
  return false
}

function scanNumber(): boolean {
  NUMBER.lastIndex = at
  if (!NUMBER.test(text)) return false
  const digits = text.slice(at, NUMBER.lastIndex)
  at = NUMBER.lastIndex
  // RFC 8785 §3.2.2.3: the ECMAScript form of the number, and no other.
  const number = Number(digits)
  return Number.isFinite(number) && !Object.is(number, -0) && String(number) === digits
}

function scanWord(word: string): boolean {
  if (!text.startsWith(word, at)) return false
  at += word.length
  return true
}

function scanArray(depth: number): boolean {
  at++
  if (text.charCodeAt(at) === 0x5d) {
    at++
    return true
  }
  for (;;) {
    if (!scanValue(depth)) return false
    const code = text.charCodeAt(at++)
    if (code === 0x5d) return true
    if (code !== COMMA) return false
  }
}

function scanObject(depth: number): boolean {
  at++
  if (text.charCodeAt(at) === 0x7d) {
    at++
    return true
  }
  let last: string | undefined
  for (;;) {
    const start = at
    if (!scanString()) return false
    let key = text.slice(start + 1, at - 1)
    if (!isPlain && key.includes('\\')) key = JSON.parse(`"${key}"`) as string
    // RFC 8785 §3.2.3: UTF-16 code units, which is how JavaScript compares strings. Equal keys are refused with the unsorted.
    if (last !== undefined && !(last < key)) return false
    last = key
    if (text.charCodeAt(at) !== 0x3a) return false
    at++
    if (!scanValue(depth)) return false
    const code = text.charCodeAt(at++)
    if (code === 0x7d) return true
    if (code !== COMMA) return false
  }
}

function scanValue(depth: number): boolean {
  switch (text.charCodeAt(at)) {
    case QUOTE:
      return scanString()
    case 0x7b:
      return depth < MAX_CANONICAL_DEPTH && scanObject(depth + 1)
    case 0x5b:
      return depth < MAX_CANONICAL_DEPTH && scanArray(depth + 1)
    case 0x74:
      return scanWord('true')
    case 0x66:
      return scanWord('false')
    case 0x6e:
      return scanWord('null')
    default:
      return scanNumber()
  }
}

/** Whether a text is a JSON object in canonical form: exactly what `canonicalJson` writes for the value that it means. */
export function isCanonicalObject(json: string): boolean {
  if (json === '{}') return true
  text = json
  at = 0
  isPlain = !SPECIAL.test(json)
  const ok = text.charCodeAt(0) === 0x7b && scanObject(1) && at === text.length
  text = ''
  return ok
}
