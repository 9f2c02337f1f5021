import type { AuditQuery, AuditRecord, EvidenceBundle, ExportQuery } from '@phi/audit'
import { cliError } from '../errors.ts'
import { answers } from './answers.ts'
import type { Found } from './viewed.ts'

/** The records of a copy, in its order; every call reads it from the beginning. */
export type ReadCopy = () => AsyncIterable<AuditRecord>

const CURSOR = /^(?:newest|oldest):(\d{1,15})$/

/**
 * One page of a copy that has no index: it is read from the beginning for every search, in memory that does not grow with it.
 * @throws PhiError PHI_AUDIT_FORMAT, PHI_AUDIT_STORE for what cannot be read
 */
export async function searchCopy(read: ReadCopy, query: AuditQuery): Promise<Found> {
  const { order = 'newest', limit = 50, cursor } = query
  const after = cursor === undefined ? undefined : Number(CURSOR.exec(cursor)?.[1])
  const isBeyond = (index: number) => after === undefined || (order === 'newest' ? index < after : index > after)
  // One more than the page holds, to know whether there is another.
  let records: AuditRecord[] = []
  let unknown = 0
  for await (const record of read()) {
    const answer = answers(record, query)
    if (answer === 'unknown') unknown++
    if (answer !== 'yes' || !isBeyond(record.index)) continue
    if (order === 'newest') {
      records.push(record)
      if (records.length > limit + 1) records = records.slice(-limit - 1)
    } else if (records.length <= limit) records.push(record)
  }
  if (order === 'newest') records.reverse()
  const page = records.slice(0, limit)
  return { records: page, next: records.length > limit ? `${order}:${page.at(-1)?.index}` : undefined, unknown }
}

export async function* selected(read: ReadCopy, query: ExportQuery | undefined): AsyncGenerator<AuditRecord, void, undefined> {
  for await (const record of read()) if (query === undefined || answers(record, query) === 'yes') yield record
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const unreadable = (line: number) =>
  cliError('PHI_CLI_FILE_CONTENT', {
    path: '<source>',
    detail: 'a line cannot be read: phi audit verify says what is wrong with it',
    info: { line },
  })

/**
 * The entries of a log in lines as records. A line that is none ends the reading with an error, as a list that goes on without it would
 * look whole.
 * @throws PhiError PHI_CLI_FILE_CONTENT, with the line; PHI_AUDIT_STORE, with the index, for an entry whose leaf cannot be read
 */
export async function* recordsOfLines(lines: AsyncIterable<string>): AsyncGenerator<AuditRecord, void, undefined> {
  const { bundleRecords, readBundle } = await import('@phi/audit')
  let number = 0
  for await (const line of lines) {
    number++
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      throw unreadable(number)
    }
    if (!isObject(value)) throw unreadable(number)
    const isHeader = number === 1 && 'format' in value
    const isFooter = 'checkpoint' in value && !('leaf' in value)
    if (isHeader || isFooter) continue
    let bundle: EvidenceBundle
    try {
      if ('proof' in value) throw unreadable(number)
      // An entry in a line is an entry of a bundle without its proof: it is held to the same schema.
      bundle = readBundle({ format: 'phi.audit/bundle@v1', checkpoint: '', entries: [{ ...value, proof: [] }] })
    } catch {
      throw unreadable(number)
    }
    yield* bundleRecords(bundle)
  }
}
