import type { AuditRecord } from '../record.ts'
import { escapeJsonText } from './characters.ts'

/** A record with its keys in the documented order, whatever order the object came in. */
export function orderedRecord(record: AuditRecord): AuditRecord {
  const { index, recordedAt, hash, origin, event, withheld, altered, sealed, genuine } = record
  const { id, occurredAt, action, outcome, severity, actor, source, subject, context } = event
  return {
    index,
    recordedAt,
    origin,
    hash,
    // JSON.stringify leaves out what is undefined.
    event: { id, occurredAt, action, outcome, severity, actor, source, subject, context } as AuditRecord['event'],
    withheld,
    sealed,
    altered,
    genuine,
  }
}

/**
 * A value as JSON on one line. Characters that would end a line for some reader (U+0085, U+2028, U+2029), steer a terminal or turn the
 * direction of the text are escaped, and so are surrogates that stand alone: any JSON reader gives back exactly what was recorded.
 */
export const oneLineJson = (value: unknown): string => escapeJsonText(JSON.stringify(value))

/** A record as one line of JSON, without the line's end. */
export const toJsonLine = (record: AuditRecord): string => oneLineJson(orderedRecord(record))
