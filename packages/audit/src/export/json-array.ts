import * as z from 'zod'
import type { AuditRecord } from '../record.ts'
import { exportError } from './errors.ts'
import { formatError, MAX_RECORD_LENGTH, parseJson, type ReadOptions, tooLarge } from './json-read.ts'
import { checkOptions } from './options.ts'
import { toJsonLine } from './record-json.ts'
import { parseRecord } from './record-schema.ts'
import { type Chunks, type Records, Tally, type WriteOptions } from './summary.ts'

/**
 * Records as one JSON array, a record a line. A whole export is an array of records and nothing else; an empty one is `[]`. When the
 * source fails, the array is closed with a last element `{"cut":{"records":2}}`, so that the text is JSON all the same and no reader takes
 * it for whole, and the error is thrown on. A file that lacks the closing bracket was cut from outside.
 */
export async function* writeJson(records: Records, options: WriteOptions = {}): AsyncGenerator<string, void, undefined> {
  checkOptions(options, 'onEnd')
  const tally = new Tally()
  const before = () => (tally.records === 0 ? '[\n' : ',\n')
  try {
    for await (const record of records) {
      const text = before() + toJsonLine(record)
      tally.add(record)
      yield text
    }
  } catch (error) {
    yield `${before()}{"cut":{"records":${tally.records}}}\n]\n`
    throw error
  }
  yield tally.records === 0 ? '[]\n' : '\n]\n'
  options.onEnd?.(tally.summary())
}

const cutSchema = z.strictObject({ cut: z.strictObject({ records: z.int().min(0) }) })

/**
 * The records of a JSON array, however it is laid out, in memory that does not grow with it.
 * @throws PhiError PHI_AUDIT_EXPORT_CUT when the array is not whole, PHI_AUDIT_EXPORT_FORMAT, PHI_AUDIT_EXPORT_TOO_LARGE,
 * PHI_AUDIT_EXPORT_OPTIONS; and what the source throws
 */
export async function* readJson(chunks: Chunks, options: ReadOptions = {}): AsyncGenerator<AuditRecord, void, undefined> {
  checkOptions(options, 'maxLength', 'signal')
  let records = 0
  for await (const text of elementsOf(chunks, options.maxLength ?? MAX_RECORD_LENGTH, options.signal)) {
    const place = { record: records + 1 }
    const value = parseJson(text, place)
    if (cutSchema.safeParse(value).success) throw exportError('PHI_AUDIT_EXPORT_CUT', { info: { records } })
    yield parseRecord(value, place)
    records++
  }
}

const SPACE = ' \t\n\r'

/** The texts of the elements of one array. It looks at brackets, commas and strings only: JSON.parse judges the rest. */
async function* elementsOf(chunks: Chunks, maxLength: number, signal: AbortSignal | undefined): AsyncGenerator<string> {
  let state = 'start' as 'start' | 'first' | 'element' | 'end'
  let depth = 0
  let isString = false
  let isEscaped = false
  let parts: string[] = []
  let length = 0
  let count = 0
  const keep = (part: string) => {
    length += part.length
    if (length > maxLength) throw tooLarge(maxLength, { record: count + 1 })
    parts.push(part)
  }
  const element = () => {
    const text = parts.join('')
    parts = []
    length = 0
    count++
    return text
  }
  let isFirst = true
  for await (const chunk of chunks) {
    signal?.throwIfAborted()
    let from = isFirst && chunk.startsWith('\ufeff') ? 1 : 0
    if (chunk !== '') isFirst = false
    for (let at = from; at < chunk.length; at++) {
      const unit = chunk[at] as string
      if (isString) {
        if (isEscaped) isEscaped = false
        else if (unit === '\\') isEscaped = true
        else if (unit === '"') isString = false
        continue
      }
      if (state === 'element') {
        if (unit === '"') isString = true
        else if (unit === '[' || unit === '{') depth++
        else if (depth > 0 && (unit === ']' || unit === '}')) depth--
        else if (depth === 0 && (unit === ',' || unit === ']')) {
          keep(chunk.slice(from, at))
          from = at + 1
          yield element()
          if (unit === ']') state = 'end'
        }
        continue
      }
      if (SPACE.includes(unit)) continue
      if (state === 'start' && unit === '[') {
        state = 'first'
        from = at + 1
      } else if (state === 'first' && unit === ']') state = 'end'
      else if (state === 'first') {
        state = 'element'
        at--
      } else throw formatError(state === 'end' ? 'it goes on after its end' : 'it is not a JSON array', { record: count + 1 })
    }
    if (state === 'element') keep(chunk.slice(from))
  }
  if (state !== 'end') throw exportError('PHI_AUDIT_EXPORT_CUT', { info: { records: count } })
}
