import { exportError } from './errors.ts'
import type { Place } from './record-schema.ts'

/** The longest text of one record that a reader takes, in UTF-16 code units: more than a record of format v1 can need. */
export const MAX_RECORD_LENGTH = 2_097_152

/** How deep the JSON of a record nests. */
const MAX_DEPTH = 8

export interface ReadOptions {
  /** The longest text of one record, in UTF-16 code units. Default 2,097,152. */
  readonly maxLength?: number
  /** Stops between two records with the signal's reason. */
  readonly signal?: AbortSignal
}

export const formatError = (detail: string, { record }: Place) =>
  exportError('PHI_AUDIT_EXPORT_FORMAT', { detail, info: { record } })

export const tooLarge = (maxLength: number, { record }: Place) =>
  exportError('PHI_AUDIT_EXPORT_TOO_LARGE', { info: { record, maxLength } })

/** Whether JSON nests no deeper than a record. Strings are skipped. A parser may run out of stack on what is deeper. */
function isShallow(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text[at]
    if (unit === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++
    } else if (unit === '[' || unit === '{') {
      if (++depth > MAX_DEPTH) return false
    } else if (unit === ']' || unit === '}') depth--
  }
  return true
}

/** Reads the JSON of one record. @throws PhiError PHI_AUDIT_EXPORT_FORMAT */
export function parseJson(text: string, place: Place): unknown {
  if (!isShallow(text)) throw formatError('it nests too deeply', place)
  try {
    return JSON.parse(text)
  } catch {
    // Not as `cause`: the parser's message quotes the text.
    throw formatError('it is not JSON', place)
  }
}
