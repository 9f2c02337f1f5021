import { parseTenant } from '@phi/core'
import { dateFacts, flagFacts } from '@phi/retention'
import { postgresError } from '../errors.ts'

/** Where a fact comes from: the name of a column, or more about it. */
export type FactSource =
  | string
  | {
      readonly column: string
      /** For a column `timestamptz`: the zone in which the keeper of the records counts days, as IANA names it. */
      readonly zone?: string
    }
  /** The same for every row of the table. For texts and flags, never for dates. */
  | { readonly value: string | boolean }

/** The facts of a `RetentionRecord` that a table can hold. */
export type MappedFact =
  | 'kind'
  | 'tenant'
  | 'subject'
  | 'state'
  | 'provider'
  | 'laterMammograms'
  | 'rules'
  | (typeof dateFacts)[number]
  | (typeof flagFacts)[number]

/** A part of the id. Parts before the last are `uuid` or `bigint`, which have one length. A `bigint` is written with 19 digits. */
export interface IdColumn {
  readonly column: string
  readonly type: 'text' | 'uuid' | 'bigint'
}

/** One table of the caller's own, whose rows are records. */
export interface RetentionTable {
  /** Default `public`. */
  readonly schema?: string
  readonly table: string
  /**
   * Stands before the ids of this table: `chart:` and what the columns say. Lower-case letters, digits, `-`, `_`; needed where there
   * are several tables.
   */
  readonly prefix?: string
  /** The columns that make the id of a row: with the tenant's they are the primary key, or unique and not null. */
  readonly id: readonly [IdColumn, ...IdColumn[]]
  /** The column that names the tenant: only the store's rows are seen. `null`: every row of the table is this tenant's. */
  readonly tenant: string | null
  /**
   * What changes whenever a fact of the row does: `xmin`, the number of the transaction that wrote the row, or a column that a trigger
   * keeps, such as `updated_at`.
   */
  readonly version: 'xmin' | { readonly column: string }
  /** Facts by their names. A fact that is not here is not known of any row. */
  readonly facts: { readonly [Fact in MappedFact]?: FactSource } & { readonly kind: FactSource }
  /**
   * Row security that is in force for `phi_retention` could hide rows, and hidden records would read as gone. Such a table is
   * refused, unless you vouch that its policies show this role every row of the tenant.
   */
  readonly rowSecurity?: 'shows-every-row-of-the-tenant'
}

export interface RetentionTables {
  /** The tenant whose records, holds, runs and schedules these are. */
  readonly tenant: string
  readonly tables: readonly [RetentionTable, ...RetentionTable[]]
}

/** How a fact is read. */
export interface Fact {
  readonly name: MappedFact
  readonly form: 'text' | 'date' | 'flag' | 'dates' | 'texts'
  readonly column: string | undefined
  readonly zone: string | undefined
  readonly value: string | boolean | undefined
}

/** A table as checked: names are quoted. */
export interface MappedTable {
  /** `"schema"."table"`. */
  readonly name: string
  readonly prefix: string
  readonly id: readonly IdColumn[]
  readonly tenant: string | null
  readonly version: string | null
  readonly facts: readonly Fact[]
  readonly trustsRowSecurity: boolean
  readonly path: string
}

const refuse = (path: string, detail: string) => postgresError('PHI_PG_OPTIONS', { path, detail })

/** A name in double quotes. One that PostgreSQL would cut off could come to mean another. @throws PhiError PHI_PG_OPTIONS */
function quoted(name: unknown, path: string): string {
  const length = typeof name === 'string' ? new TextEncoder().encode(name).length : 0
  if (typeof name !== 'string' || length < 1 || length > 63 || name.includes('\u0000') || !name.isWellFormed()) {
    throw refuse(path, 'must be a name of 1 to 63 bytes')
  }
  return `"${name.replaceAll('"', '""')}"`
}

const texts = ['kind', 'tenant', 'subject', 'state', 'provider'] as const
const formOf = (name: string): Fact['form'] | undefined => {
  if ((dateFacts as readonly string[]).includes(name)) return 'date'
  if ((flagFacts as readonly string[]).includes(name)) return 'flag'
  if ((texts as readonly string[]).includes(name)) return 'text'
  if (name === 'laterMammograms') return 'dates'
  return name === 'rules' ? 'texts' : undefined
}

/** Names of zones as IANA and PostgreSQL have them: they stand in statements as text. */
const ZONE = /^[A-Za-z][A-Za-z0-9_+/-]{0,62}$/
const PREFIX = /^[a-z0-9_-]{1,40}$/

function factOf(name: string, source: FactSource, path: string): Fact {
  const form = formOf(name)
  if (form === undefined) throw refuse(`${path}.*`, 'must name facts of RetentionRecord')
  const of = { name: name as MappedFact, form, zone: undefined, value: undefined }
  if (typeof source === 'string') return { ...of, column: quoted(source, `${path}.*`) }
  if (typeof source !== 'object' || source === null) throw refuse(`${path}.*`, 'must be a column or a value')
  if (Object.hasOwn(source, 'value')) {
    const { value } = source as { value: unknown }
    const fits = form === 'flag' ? typeof value === 'boolean' : form === 'text' && typeof value === 'string' && value !== ''
    if (!fits || Object.keys(source).length !== 1)
      throw refuse(`${path}.*`, 'only a text or a flag can have one value, of its type')
    return { ...of, column: undefined, value: value as string | boolean }
  }
  const { column, zone, ...others } = source as { column?: unknown; zone?: unknown }
  if (Object.keys(others).length > 0) throw refuse(`${path}.*`, 'holds a key that is not documented')
  if (zone !== undefined && (form !== 'date' || typeof zone !== 'string' || !ZONE.test(zone))) {
    throw refuse(`${path}.*.zone`, 'must be the name of a zone, and of a date')
  }
  return { ...of, column: quoted(column, `${path}.*.column`), zone: zone as string | undefined }
}

function readTable(table: RetentionTable, path: string): MappedTable {
  if (typeof table !== 'object' || table === null) throw refuse(path, 'must describe a table')
  const { schema = 'public', prefix, id, tenant, version, facts, rowSecurity } = table
  if (prefix !== undefined && !(typeof prefix === 'string' && PREFIX.test(prefix))) {
    throw refuse(`${path}.prefix`, 'must be 1 to 40 of a-z 0-9 - _')
  }
  if (!Array.isArray(id) || id.length < 1 || id.length > 8) throw refuse(`${path}.id`, 'must be 1 to 8 columns')
  const parts = (id as readonly IdColumn[]).map(({ column, type }, index) => {
    if (!['text', 'uuid', 'bigint'].includes(type)) throw refuse(`${path}.id.*.type`, 'must be one of the documented types')
    if (type === 'text' && index < id.length - 1) throw refuse(`${path}.id.*.type`, 'only the last part may be text')
    return { column: quoted(column, `${path}.id.*.column`), type }
  })
  if (tenant !== null && typeof tenant !== 'string') throw refuse(`${path}.tenant`, 'must be a column, or null')
  if (version !== 'xmin' && (typeof version !== 'object' || version === null)) {
    throw refuse(`${path}.version`, 'must be xmin or a column')
  }
  if (typeof facts !== 'object' || facts === null || !Object.hasOwn(facts, 'kind')) {
    throw refuse(`${path}.facts`, 'must say what kind of record it is')
  }
  if (rowSecurity !== undefined && rowSecurity !== 'shows-every-row-of-the-tenant') {
    throw refuse(`${path}.rowSecurity`, 'must be as documented')
  }
  const read = Object.entries(facts).flatMap(([name, source]) =>
    source === undefined ? [] : [factOf(name, source, `${path}.facts`)],
  )
  const hasTenant = read.some(({ name }) => name === 'tenant')
  if (tenant !== null && !hasTenant) read.push(factOf('tenant', tenant, `${path}.facts`))
  return {
    name: `${quoted(schema, `${path}.schema`)}.${quoted(table.table, `${path}.table`)}`,
    prefix: prefix === undefined ? '' : `${prefix}:`,
    id: parts,
    tenant: tenant === null ? null : quoted(tenant, `${path}.tenant`),
    version: version === 'xmin' ? null : quoted(version.column, `${path}.version.column`),
    facts: read.sort((a, b) => (a.name < b.name ? -1 : 1)),
    trustsRowSecurity: rowSecurity !== undefined,
    path,
  }
}

/** The tables by their prefixes, so that one after the other gives every id in order. @throws PhiError PHI_PG_OPTIONS, PHI_CORE_TENANT */
export function readTables(options: RetentionTables): { readonly tenant: string; readonly tables: readonly MappedTable[] } {
  const tenant = parseTenant(options?.tenant)
  if (!Array.isArray(options.tables) || options.tables.length < 1) throw refuse('tables', 'must be a list of tables')
  const tables = (options.tables as readonly RetentionTable[]).map((table) => readTable(table, 'tables.*'))
  if (tables.length > 1) {
    if (tables.some(({ prefix }) => prefix === '')) throw refuse('tables.*.prefix', 'is needed where there are several tables')
    if (new Set(tables.map(({ prefix }) => prefix)).size < tables.length)
      throw refuse('tables.*.prefix', 'must be of one table')
    if (new Set(tables.map(({ name }) => name)).size < tables.length) throw refuse('tables.*.table', 'must be listed once')
  }
  return { tenant, tables: tables.sort((a, b) => (a.prefix < b.prefix ? -1 : 1)) }
}
