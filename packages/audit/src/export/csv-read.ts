import { groupNames } from '../group.ts'
import type { AuditRecord } from '../record.ts'
import { type CsvColumn, csvColumns, EMPTY, emptyObjects, putAt } from './csv-columns.ts'
import { unguardText } from './csv-guard.ts'
import { csvHeader } from './csv-write.ts'
import { exportError } from './errors.ts'
import { formatError, MAX_RECORD_LENGTH, parseJson, type ReadOptions, tooLarge } from './json-read.ts'
import { hiddenMark } from './marks.ts'
import { checkOptions } from './options.ts'
import { type Place, parseRecord } from './record-schema.ts'
import type { Chunks } from './summary.ts'

export interface ReadCsvOptions extends ReadOptions {
  /** Whether the last row must be the one that says that the file is whole. Default false: CSV is written without it by default. */
  readonly end?: boolean
}

/**
 * The records of a CSV that `writeCsv` made. Everything is undone that was done for spreadsheets, and the result is checked against the
 * schema of a record. A file that a spreadsheet has saved again is refused where the program changed a value.
 * @throws PhiError PHI_AUDIT_EXPORT_CUT when the file is known not to be whole, PHI_AUDIT_EXPORT_FORMAT, PHI_AUDIT_EXPORT_TOO_LARGE,
 * PHI_AUDIT_EXPORT_OPTIONS; and what the source throws
 */
export async function* readCsv(chunks: Chunks, options: ReadCsvOptions = {}): AsyncGenerator<AuditRecord, void, undefined> {
  checkOptions(options, 'end', 'maxLength', 'signal')
  let records = 0
  let hasHeader = false
  let ended = false
  for await (const row of rowsOf(chunks, options.maxLength ?? MAX_RECORD_LENGTH, options.signal)) {
    const place = { record: records + 1 }
    if (ended) throw formatError('it goes on after its end', place)
    if (!hasHeader) {
      if (row.join(',') !== csvHeader()) throw formatError('the header is another one', place)
      hasHeader = true
      continue
    }
    if (row.length !== csvColumns.length) throw formatError('a row has more or fewer cells than the header', place)
    const last = /^\[(end|cut) (\d{1,16})\]$/.exec(row[0] as string)
    if (last !== null && row.every((cell, i) => i === 0 || cell === '')) {
      if (last[1] === 'cut' || Number(last[2]) !== records) throw exportError('PHI_AUDIT_EXPORT_CUT', { info: { records } })
      ended = true
      continue
    }
    yield recordOf(row, place)
    records++
  }
  if (!hasHeader || (options.end === true && !ended)) throw exportError('PHI_AUDIT_EXPORT_CUT', { info: { records } })
}

function recordOf(row: readonly string[], place: Place): AuditRecord {
  const record: Record<string, unknown> = { event: {} }
  for (let i = 0; i < csvColumns.length; i++) {
    const column = csvColumns[i] as CsvColumn
    if (column.group === undefined) putAt(record, column.path, parsedCell(row[i] as string, column, place))
  }
  const event = record.event as Record<string, unknown>
  const standing = standingsOf(record, place)
  for (let i = 0; i < csvColumns.length; i++) {
    const column = csvColumns[i] as CsvColumn
    const cell = row[i] as string
    if (column.group === undefined) continue
    const mark = hiddenMark(standing, column.group)
    if (mark !== undefined) {
      if (cell !== mark) throw formatError('a cell says another thing than the columns withheld, sealed and altered', place)
    } else if (cell === EMPTY) {
      const empty = emptyObjects.find((each) => each.column === column.name)
      if (empty === undefined) throw formatError('a cell cannot be read', place)
      putAt(event, empty.path, {})
    } else if (cell !== '') putAt(event, column.path, parsedCell(cell, column, place))
  }
  return parseRecord(record, place)
}

/** The three lists of groups, as far as `hiddenMark` asks for them. */
function standingsOf(record: Record<string, unknown>, place: Place): AuditRecord {
  for (const list of [record.withheld, record.sealed, record.altered]) {
    if (!Array.isArray(list) || !list.every((name) => (groupNames as readonly unknown[]).includes(name)))
      throw formatError('a cell cannot be read', place)
  }
  return record as unknown as AuditRecord
}

function parsedCell(cell: string, { kind }: CsvColumn, place: Place): unknown {
  switch (kind) {
    case 'number':
      if (!/^(?:0|[1-9]\d{0,15})$/.test(cell)) throw formatError('a number cannot be read', place)
      return Number(cell)
    case 'boolean':
      if (cell !== 'true' && cell !== 'false') throw formatError('a cell cannot be read', place)
      return cell === 'true'
    case 'json':
      return parseJson(cell, place)
    case 'text':
      try {
        return unguardText(cell)
      } catch {
        throw formatError('a cell cannot be read', place)
      }
  }
}

/** The rows of a text as RFC 4180 has them, read strictly: quotes only around whole cells. A lone line feed ends a row as well. */
async function* rowsOf(chunks: Chunks, maxLength: number, signal: AbortSignal | undefined): AsyncGenerator<readonly string[]> {
  let row: string[] = []
  let cell = ''
  let length = 0
  let count = 0
  let state: 'start' | 'bare' | 'quoted' | 'quote' | 'return' = 'start'
  const fail = () => formatError('it is not CSV', { record: Math.max(count, 1) })
  const endCell = () => {
    row.push(cell)
    cell = ''
    state = 'start'
  }
  const endRow = () => {
    endCell()
    const done = row
    row = []
    length = 0
    count++
    return done
  }
  let isFirst = true
  for await (const chunk of chunks) {
    signal?.throwIfAborted()
    const from = isFirst && chunk.startsWith('\ufeff') ? 1 : 0
    if (chunk !== '') isFirst = false
    for (let at = from; at < chunk.length; at++) {
      const unit = chunk[at] as string
      if (++length > maxLength) throw tooLarge(maxLength, { record: Math.max(count, 1) })
      if (state === 'quoted') {
        if (unit === '"') state = 'quote'
        else cell += unit
      } else if (state === 'quote' && unit === '"') {
        cell += '"'
        state = 'quoted'
      } else if (state === 'return') {
        if (unit !== '\n') throw fail()
        yield endRow()
      } else if (unit === ',') endCell()
      else if (unit === '\r') state = 'return'
      else if (unit === '\n') yield endRow()
      else if (unit === '"') {
        if (state !== 'start') throw fail()
        state = 'quoted'
      } else {
        if (state === 'quote') throw fail()
        cell += unit
        state = 'bare'
      }
    }
  }
  // A row without its end was cut, unless all its cells are there: the last line of a file may lack its end (RFC 4180 §2, rule 2).
  if (state === 'quoted' || state === 'return')
    throw exportError('PHI_AUDIT_EXPORT_CUT', { info: { records: Math.max(count - 1, 0) } })
  if (length > 0) {
    if (row.length + 1 < csvColumns.length)
      throw exportError('PHI_AUDIT_EXPORT_CUT', { info: { records: Math.max(count - 1, 0) } })
    yield endRow()
  }
}
