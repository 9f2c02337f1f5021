import type { StoredRecord } from '@phi/retention'
import { storeError } from './inspect.ts'
import type { Fact, MappedTable } from './mapping.ts'

// What SQL and ids come to for a mapped table. Names are quoted when they are read, and zones have no quotes in them.

/** The column of the record, as the row has it. */
const column = ({ column: name, zone, form }: Fact): string => {
  if (zone !== undefined) return `(t.${name} at time zone '${zone}')::date`
  return form === 'date' ? `t.${name}::date` : `t.${name}`
}

/** A fact as text. Dates that are no days of a calendar (infinity, BC) stay what they are, and then no record can be read from them. */
function textOf(fact: Fact, type: string | undefined): string {
  if (fact.form === 'dates' || fact.form === 'texts') return `array_to_json(t.${fact.column})::text`
  // A text is not turned into a date by the database, which would take "yesterday" for one.
  if (fact.form === 'date' && type !== undefined && !isDay(type)) return `t.${fact.column}::text`
  return `${column(fact)}::text`
}

/** Whether a column holds days, rather than texts that may be days. */
const isDay = (type: string): boolean => type === 'date' || type.startsWith('timestamp')

/** A fact as a day that SQL can compare; `undefined` for texts. */
export const dayOf = (fact: Fact, type: string): string | undefined => {
  if (!isDay(type)) return undefined
  return type === 'date' ? `t.${fact.column}` : column(fact)
}

/** The parts of an id as SQL has them, in the order and with the collation of ids. */
export const keyParts = ({ id }: MappedTable): readonly string[] =>
  id.map(({ column: name, type }) => (type === 'text' ? `t.${name} collate "C"` : `t.${name}`))

/** The id of a row as one text. */
export function idText({ id, prefix }: MappedTable): string {
  const parts = id.map(({ column: name, type }) => (type === 'bigint' ? `lpad(t.${name}::text, 19, '0')` : `t.${name}::text`))
  const joined = parts.join(` || '/' || `)
  return `(${prefix === '' ? '' : `'${prefix}' || `}${joined}) collate "C"`
}

/** Without a version a row is never the one that was planned. */
export const versionText = ({ version }: MappedTable): string => `coalesce(t.${version ?? 'xmin'}::text, '')`

const factColumn = (index: number): string => `f${index}`

/** The columns of a record. */
export function projection(table: MappedTable, types: ReadonlyMap<string, string>): string {
  const facts = table.facts.flatMap((fact, index) =>
    fact.column === undefined ? [] : [`${textOf(fact, types.get(fact.column))} as ${factColumn(index)}`],
  )
  return [`${idText(table)} as id`, `${versionText(table)} as version`, ...facts].join(', ')
}

export type RecordRow = { readonly id: string; readonly version: string } & Readonly<Record<string, string | null>>

/** An id whose number is negative is not written with digits alone, and would come in another order than the rows. */
const isInOrder = ({ id, prefix }: MappedTable, text: string): boolean =>
  id.every(({ type }) => type !== 'bigint') ||
  !text
    .slice(prefix.length)
    .split('/', id.length)
    .some((part) => part.includes('-') && /^0*-\d+$/.test(part))

function factValue({ form, value }: Fact, text: string | null): unknown {
  if (value !== undefined) return value
  if (text === null) return undefined
  if (form === 'flag') return text === 'true'
  return form === 'dates' || form === 'texts' ? JSON.parse(text) : text
}

/** A row as a record. @throws PhiError PHI_RETENTION_STORE */
export function recordOf(table: MappedTable, row: RecordRow): StoredRecord {
  if (typeof row.id !== 'string' || typeof row.version !== 'string' || !isInOrder(table, row.id)) {
    throw storeError('PHI_RETENTION_STORE', { detail: 'an id is negative, or none' })
  }
  const record: Record<string, unknown> = { id: row.id }
  for (const [index, fact] of table.facts.entries()) {
    const value = factValue(fact, row[factColumn(index)] ?? null)
    if (value !== undefined) record[fact.name] = value
  }
  return { id: row.id, version: row.version, record }
}

const PARTS = {
  text: /^/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  bigint: /^\d{19}$/,
} as const
const MOST = 9_223_372_036_854_775_807n

/** The columns of an id; `undefined` for what is not the id of any row of this table. */
export function keyOf({ id, prefix }: MappedTable, text: string): readonly string[] | undefined {
  // No text of a database holds these.
  if (typeof text !== 'string' || !text.startsWith(prefix) || text.includes('\u0000') || !text.isWellFormed()) return undefined
  const pieces = text.slice(prefix.length).split('/')
  // The last part may hold the mark itself.
  const parts = [...pieces.slice(0, id.length - 1), pieces.slice(id.length - 1).join('/')]
  if (pieces.length < id.length) return undefined
  const fits = id.every(({ type }, index) => {
    const part = parts[index] as string
    return PARTS[type].test(part) && (type !== 'bigint' || BigInt(part) <= MOST)
  })
  return fits ? parts : undefined
}

/** `unnest($1::uuid[], $2::text[])`: ids as columns, from the parameters that begin at a place. */
export const unnestKeys = ({ id }: MappedTable, from: number, ...more: readonly string[]): string =>
  `unnest(${[...id.map(({ type }, index) => `$${from + index}::${type}[]`), ...more].join(', ')})`

/** The names of those columns, and the comparison with a row's. */
export const keyNames = ({ id }: MappedTable): string => id.map((_, index) => `k${index}`).join(', ')
export const sameKey = ({ id }: MappedTable): string =>
  id.map(({ column: name }, index) => `t.${name} = asked.k${index}`).join(' and ')

/** Ids as parameters, a list a column. */
export const keyParams = ({ id }: MappedTable, keys: readonly (readonly string[])[]): string[][] =>
  id.map((_, index) => keys.map((key) => key[index] as string))
