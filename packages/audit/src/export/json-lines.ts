import * as z from 'zod'
import type { AuditRecord } from '../record.ts'
import { exportError } from './errors.ts'
import { formatError, MAX_RECORD_LENGTH, parseJson, type ReadOptions, tooLarge } from './json-read.ts'
import { checkOptions } from './options.ts'
import { toJsonLine } from './record-json.ts'
import { parseRecord } from './record-schema.ts'
import { type Chunks, type Records, Tally, type WriteOptions } from './summary.ts'

export interface JsonLinesOptions extends WriteOptions {
  /**
   * Whether a last line says how many records there were: `{"end":{"records":3,"complete":true}}`. Default true. Without it nobody can
   * tell a file that was cut between two lines from a whole one.
   */
  readonly end?: boolean
}

const endLine = (records: number, complete: boolean): string => `{"end":{"records":${records},"complete":${complete}}}\n`

/**
 * Records as JSON lines: one record a line, each line ending in U+000A, in UTF-8 once encoded. When the source fails, the last line says
 * `"complete":false`, and the error is thrown on.
 */
export async function* writeJsonLines(
  records: Records,
  options: JsonLinesOptions = {},
): AsyncGenerator<string, void, undefined> {
  checkOptions(options, 'end', 'onEnd')
  const { end = true, onEnd } = options
  const tally = new Tally()
  try {
    for await (const record of records) {
      const line = toJsonLine(record)
      tally.add(record)
      yield `${line}\n`
    }
  } catch (error) {
    if (end) yield endLine(tally.records, false)
    throw error
  }
  if (end) yield endLine(tally.records, true)
  onEnd?.(tally.summary())
}

export interface ReadJsonLinesOptions extends ReadOptions {
  /** Whether the last line must be the one that says that the file is whole. Default true. */
  readonly end?: boolean
}

const endSchema = z.strictObject({ end: z.strictObject({ records: z.int().min(0), complete: z.boolean() }) })

/**
 * The records of JSON lines. Only U+000A, also after U+000D, ends a line; a byte order mark at the start is passed over. Everything is
 * checked against the schema of a record. The records that come before an error are those of the file: wait for the end before you call
 * them all.
 * @throws PhiError PHI_AUDIT_EXPORT_CUT when the file is not whole, PHI_AUDIT_EXPORT_FORMAT, PHI_AUDIT_EXPORT_TOO_LARGE,
 * PHI_AUDIT_EXPORT_OPTIONS; and what the source throws
 */
export async function* readJsonLines(
  chunks: Chunks,
  options: ReadJsonLinesOptions = {},
): AsyncGenerator<AuditRecord, void, undefined> {
  checkOptions(options, 'end', 'maxLength', 'signal')
  const { end: mustEnd = true } = options
  let records = 0
  let ended = false
  for await (const line of linesOf(chunks, options.maxLength ?? MAX_RECORD_LENGTH, options.signal)) {
    const place = { record: records + 1 }
    if (ended) throw formatError('it goes on after its end', place)
    const value = parseJson(line, place)
    const end = endSchema.safeParse(value)
    if (end.success) {
      if (!end.data.end.complete || end.data.end.records !== records)
        throw exportError('PHI_AUDIT_EXPORT_CUT', { info: { records } })
      ended = true
    } else {
      yield parseRecord(value, place)
      records++
    }
  }
  if (mustEnd && !ended) throw exportError('PHI_AUDIT_EXPORT_CUT', { info: { records } })
}

/** The lines of a text. The last one may lack its end: whether it is whole shows when it is parsed. */
async function* linesOf(chunks: Chunks, maxLength: number, signal: AbortSignal | undefined): AsyncGenerator<string> {
  // Pieces of an unfinished line. They are joined once, so that many small chunks do not cost the square of their number.
  let parts: string[] = []
  let length = 0
  let count = 0
  const take = (part: string) => {
    length += part.length
    if (length > maxLength) throw tooLarge(maxLength, { record: count + 1 })
    parts.push(part)
  }
  const line = () => {
    const text = parts.join('')
    parts = []
    length = 0
    count++
    return text.endsWith('\r') ? text.slice(0, -1) : text
  }
  let isFirst = true
  for await (const chunk of chunks) {
    signal?.throwIfAborted()
    if (chunk === '') continue
    let at = isFirst && chunk.startsWith('\ufeff') ? 1 : 0
    isFirst = false
    for (let end = chunk.indexOf('\n', at); end >= 0; end = chunk.indexOf('\n', at)) {
      take(chunk.slice(at, end))
      at = end + 1
      yield line()
    }
    take(chunk.slice(at))
  }
  if (length > 0) yield line()
}
