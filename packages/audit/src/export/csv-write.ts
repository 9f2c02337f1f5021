import type { AuditRecord } from '../record.ts'
import { type CsvColumn, csvColumns, EMPTY, emptyObjects, valueAt } from './csv-columns.ts'
import { guardText, jsonCell } from './csv-guard.ts'
import { hiddenMark } from './marks.ts'
import { checkOptions } from './options.ts'
import { type LongCell, type Records, Tally, type WriteOptions } from './summary.ts'

/** The most characters a cell of Excel holds ("Excel specifications and limits"). LibreOffice Calc holds as many or more. */
export const SPREADSHEET_CELL_LIMIT = 32_767
const MAX_LONG_CELLS = 1000

export interface CsvOptions extends WriteOptions {
  /** Whether the text starts with a byte order mark. Excel needs one to read UTF-8. Default false. */
  readonly bom?: boolean
  /** Whether a last row says how many records there were: `[end 3]` in the column `index`. Default false. */
  readonly end?: boolean
}

const emptyAt = new Map(emptyObjects.map(({ path, column }) => [column, path]))

const isEmptyObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).every((each) => each === undefined)

/** Objects with their keys sorted. Arrays stay as they are, and no record nests deeper. */
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))

/** The content of a cell, and whether it is a text. */
function cellOf(record: AuditRecord, column: CsvColumn): { readonly content: string; readonly isText: boolean } {
  const { group, kind, path, name } = column
  const mark = group === undefined ? undefined : hiddenMark(record, group)
  if (mark !== undefined) return { content: mark, isText: true }
  const root = group === undefined ? record : record.event
  const value = valueAt(root, path)
  if (value === undefined) {
    const emptied = emptyAt.get(name)
    return { content: emptied !== undefined && isEmptyObject(valueAt(root, emptied)) ? EMPTY : '', isText: true }
  }
  if (kind === 'json') return { content: jsonCell(sorted(value)), isText: true }
  if (kind === 'text') return { content: guardText(String(value)), isText: true }
  return { content: String(value), isText: false }
}

/** RFC 4180 §2, rules 5 to 7: every text is quoted, so that spaces, commas and line breaks are its own. Numbers are not. */
const written = (content: string, isText: boolean): string =>
  isText && content !== '' ? `"${content.replaceAll('"', '""')}"` : content

function rowOf(record: AuditRecord, onLong: (cell: LongCell) => void): string {
  return csvColumns
    .map((column) => {
      const { content, isText } = cellOf(record, column)
      if (content.length > SPREADSHEET_CELL_LIMIT) onLong({ index: record.index, column: column.name, length: content.length })
      return written(content, isText)
    })
    .join(',')
}

/** A record as one row of CSV, without the row's end. A row can hold line breaks, inside quotes. */
export const toCsvRow = (record: AuditRecord): string => rowOf(record, () => {})

/** The header row, without its end. */
export const csvHeader = (): string => csvColumns.map(({ name }) => name).join(',')

const lastRow = (mark: string): string => `"${mark}"${','.repeat(csvColumns.length - 1)}\r\n`

/**
 * Records as CSV (RFC 4180): a header row, then a row a record, each ending in CR LF. See `csvColumns`.
 *
 * A cell is empty where nothing was recorded. A group that is not shown says so in each of its cells: `[withheld]`, `[sealed]` or
 * `[altered]`. Texts are guarded against being run as formulas, see `guardText`, and `readCsv` gives back what was recorded. Numbers,
 * negative ones too, stay numbers. When the source fails, the last row says `[cut 2]` in its first column, and the error is thrown on.
 * Nothing is cut for a spreadsheet's sake: `onEnd` lists the cells that are longer than Excel takes.
 */
export async function* writeCsv(records: Records, options: CsvOptions = {}): AsyncGenerator<string, void, undefined> {
  checkOptions(options, 'bom', 'end', 'onEnd')
  const { bom = false, end = false, onEnd } = options
  const tally = new Tally()
  const longCells: LongCell[] = []
  let longCellCount = 0
  const onLong = (cell: LongCell) => {
    longCellCount++
    if (longCells.length < MAX_LONG_CELLS) longCells.push(cell)
  }
  yield `${bom ? '\ufeff' : ''}${csvHeader()}\r\n`
  try {
    for await (const record of records) {
      const row = rowOf(record, onLong)
      tally.add(record)
      yield `${row}\r\n`
    }
  } catch (error) {
    yield lastRow(`[cut ${tally.records}]`)
    throw error
  }
  if (end) yield lastRow(`[end ${tally.records}]`)
  onEnd?.({ ...tally.summary(), longCells, longCellCount })
}
