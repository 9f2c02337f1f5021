import { parseAs } from '@phi/core'
import * as z from 'zod'
import { isPolluted } from '../decision/request.ts'
import { rbacError } from '../errors.ts'
import { isAttributePath } from '../expression/expression.ts'
import { isStorable } from './condition.ts'

/**
 * What a column holds. Each is read as the common drivers read it, and conditions mean in the query what they mean for a record
 * that was read so:
 *
 * | column | attribute | read as |
 * |---|---|---|
 * | `text` (also `varchar`) | `string` | text |
 * | `uuid` | `string` | lower-case text with hyphens |
 * | `boolean` | `boolean` | true or false |
 * | `integer` (also `smallint`), `bigint`, `double precision`, `numeric` | `number` | `Number(…)`; not finite is unknown |
 * | `timestamptz` | `instant` | a `Date`: what is finer than milliseconds is cut off |
 * | `inet` | `ip` | text; a network instead of an address is unknown |
 * | `text[]` | set of texts | an array |
 * | `integer[]`, `bigint[]`, `double precision[]` | set of numbers | an array of `Number(…)` |
 * | `other` | `opaque` | anything: only `has` asks about it |
 *
 * `char(n)` pads, `citext` compares otherwise, `timestamp` has no zone, `real` is not what it prints: there is no way to map them.
 * In numeric columns a value beyond 1e300, or nearer to zero than 1e-300 without being it, counts as unknown.
 */
export type ColumnType =
  | 'text'
  | 'uuid'
  | 'boolean'
  | 'integer'
  | 'bigint'
  | 'double precision'
  | 'numeric'
  | 'timestamptz'
  | 'inet'
  | 'text[]'
  | 'integer[]'
  | 'bigint[]'
  | 'double precision[]'
  | 'other'

export interface Column {
  readonly type: ColumnType
  /** The column's name. Default: the name of the attribute. */
  readonly name?: string | undefined
  /**
   * For `text` and `text[]` whose collation is not deterministic, and may hold different texts equal: compare by bytes. Indexes of
   * the column then do not help. `columnsCheck` says where it is needed.
   */
  readonly bytewise?: true | undefined
}

/** Where the records of a type are. */
export interface TableMapping {
  /** The table, and its schema. Row-level security needs it; queries take it to name columns in full. */
  readonly table?: string | { readonly schema: string; readonly name: string } | undefined
  /** What the query calls the table. */
  readonly alias?: string | undefined
  /** Columns by attribute; nested attributes by their path: `'patient.id'`. */
  readonly columns: { readonly [attribute: string]: Column }
}

// PostgreSQL cuts longer names off, and two of them may then be one.
const fits = (name: string): boolean => name !== '' && isStorable(name) && new TextEncoder().encode(name).length <= 63
const identifier = z.string().refine(fits, 'must be a name of 1 to 63 bytes')
const columnTypes = [
  'text',
  'uuid',
  'boolean',
  'integer',
  'bigint',
  'double precision',
  'numeric',
  'timestamptz',
  'inet',
  'text[]',
  'integer[]',
  'bigint[]',
  'double precision[]',
  'other',
] as const satisfies readonly ColumnType[]

const mappingSchema = z.strictObject({
  table: z.union([identifier, z.strictObject({ schema: identifier, name: identifier })]).optional(),
  alias: identifier.optional(),
  columns: z.record(
    z.string().refine((path) => isAttributePath(`resource.${path}`), 'must be the path of an attribute'),
    z.strictObject({ type: z.enum(columnTypes), name: identifier.optional(), bytewise: z.literal(true).optional() }),
  ),
})

/** @throws PhiError PHI_RBAC_QUERY */
export function parseMapping(mapping: TableMapping): TableMapping {
  if (isPolluted()) {
    const detail = 'holds whatever somebody planted on Object.prototype: nothing is translated in a program in that state'
    throw rbacError('PHI_RBAC_QUERY', { path: 'mapping', detail })
  }
  return parseAs(mappingSchema, mapping, 'mapping', (context) => rbacError('PHI_RBAC_QUERY', context))
}

export const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** The table with its schema, quoted. */
export function tableName(table: NonNullable<TableMapping['table']>): string {
  return typeof table === 'string' ? quotedName(table) : `${quotedName(table.schema)}.${quotedName(table.name)}`
}

/** A column's name in SQL, with what the query calls its table. */
export function columnName(mapping: TableMapping, path: string, column: Column): string {
  const { alias, table } = mapping
  const name = quotedName(column.name ?? path)
  if (alias !== undefined) return `${quotedName(alias)}.${name}`
  return table === undefined ? name : `${tableName(table)}.${name}`
}

/** What PostgreSQL calls the types that a column may have. */
const databaseTypes: { readonly [Type in ColumnType]: readonly string[] } = {
  text: ['text', 'character varying'],
  uuid: ['uuid'],
  boolean: ['boolean'],
  integer: ['integer', 'smallint'],
  bigint: ['bigint'],
  'double precision': ['double precision'],
  numeric: ['numeric'],
  timestamptz: ['timestamp with time zone'],
  inet: ['inet'],
  'text[]': ['text[]', 'character varying[]'],
  'integer[]': ['integer[]', 'smallint[]'],
  'bigint[]': ['bigint[]'],
  'double precision[]': ['double precision[]'],
  // Whatever it is.
  other: [],
}

/** @internal The columns as the check wants them, in JSON. */
export function expectedColumns(mapping: TableMapping): string {
  return JSON.stringify(
    Object.entries(mapping.columns).map(([attribute, { name = attribute, type, bytewise = false }]) => ({
      attribute,
      column: name,
      types: databaseTypes[type],
      bytewise,
    })),
  )
}

/**
 * A query that compares a mapping with the table: one row for each column that is not there, has another type, or compares texts
 * by a collation that is not deterministic without being marked `bytewise`. No rows: `toSql` says what the policy says. Run it in
 * a test or when the program starts; `toRowLevelSecurity` brings it along.
 * @returns rows `{ attribute, problem }`
 * @throws PhiError PHI_RBAC_QUERY for a mapping without a table
 */
export function columnsCheck(given: TableMapping): { readonly text: string; readonly values: readonly string[] } {
  const mapping = parseMapping(given)
  if (mapping.table === undefined) throw rbacError('PHI_RBAC_QUERY', { path: 'mapping.table', detail: 'is needed here' })
  return { text: checkText('$1::text', '$2::text'), values: [tableName(mapping.table), expectedColumns(mapping)] }
}

/** @internal The check, with its table and its columns as SQL. */
export function checkText(table: string, columns: string): string {
  const typed = `(pg_catalog.jsonb_array_length(want.types) = 0
      OR pg_catalog.format_type(a.atttypid, NULL) = ANY (SELECT pg_catalog.jsonb_array_elements_text(want.types)))`
  return `SELECT want.attribute, CASE
    WHEN a.attname IS NULL THEN 'the column is missing'
    WHEN NOT ${typed} THEN 'the column has another type'
    ELSE 'the collation is not deterministic: mark the column bytewise' END AS problem
  FROM pg_catalog.jsonb_to_recordset(${columns}::jsonb) AS want(attribute text, "column" text, types jsonb, bytewise boolean)
  LEFT JOIN pg_catalog.pg_attribute a
    ON a.attrelid = pg_catalog.to_regclass(${table}) AND a.attname = want."column" AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation
  WHERE a.attname IS NULL OR NOT ${typed} OR NOT (want.bytewise OR coalesce(c.collisdeterministic, TRUE))`
}
