import { errorsOf } from '@phi/core'
import { dispositionErrors } from '@phi/retention'
import type { Queryable } from '../client/db.ts'
import { postgresError } from '../errors.ts'
import { translated } from '../translate.ts'
import type { Fact, MappedTable } from './mapping.ts'

export const storeError = errorsOf(dispositionErrors)

/** A driver's error in the words of the RetentionStore contract. */
export function storeFailure(error: unknown): unknown {
  const ours = translated(error)
  return ours.code === 'PHI_PG_UNAVAILABLE' ? storeError('PHI_RETENTION_STORE_UNAVAILABLE', { cause: error }) : ours
}

/** The types of the columns of a table that was looked at, by their quoted names. */
export type ColumnTypes = ReadonlyMap<string, string>

interface Found {
  readonly relkind: string | null
  readonly inherited: boolean
  readonly hides: boolean
  readonly unique: boolean
  readonly columns: readonly { readonly name: string; readonly type: string; readonly deterministic: boolean }[]
}

// A key that is unique only among some rows, or over an expression, does not tell rows apart.
const INSPECT = `
select c.relkind::text as relkind, c.relhassubclass and c.relkind <> 'p' as inherited, row_security_active(c.oid) as hides,
  exists (
    select from pg_catalog.pg_index i
    where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
      and not exists (
        select from unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) as k (attnum)
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
        where not a.attnotnull or not (a.attname = any ($2::text[])))
  ) as "unique",
  (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null),
      'deterministic', coalesce(l.collisdeterministic, true)))
    from pg_catalog.pg_attribute a left join pg_catalog.pg_collation l on l.oid = a.attcollation
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
from pg_catalog.pg_class c where c.oid = to_regclass($1)`

const TEXTS = ['text', 'character varying']
const idTypes = { text: TEXTS, uuid: ['uuid'], bigint: ['bigint', 'integer', 'smallint'] } as const
const DATES = ['date', 'timestamp without time zone', ...TEXTS]
const ARRAYS = ['text[]', 'character varying[]']

const unquoted = (name: string): string => name.slice(1, -1).replaceAll('""', '"')

function factFits({ form, zone }: Fact, type: string): boolean {
  if (form === 'text') return [...TEXTS, 'uuid', 'bigint', 'integer'].includes(type)
  if (form === 'flag') return type === 'boolean'
  // A time with a zone is a day only in a zone.
  if (form === 'date') return zone === undefined ? DATES.includes(type) : type === 'timestamp with time zone'
  return form === 'dates' ? ['date[]', ...ARRAYS].includes(type) : ARRAYS.includes(type)
}

/**
 * Looks a table up: that it is one, that its id names one row, that nothing hides rows, and that the columns have types from which the
 * facts can be read.
 * @throws PhiError PHI_PG_OPTIONS
 */
export async function inspect(tx: Queryable, table: MappedTable): Promise<ColumnTypes> {
  const { path } = table
  const refuse = (at: string, detail: string) => postgresError('PHI_PG_OPTIONS', { path: `${path}${at}`, detail })
  const key = [...table.id.map(({ column }) => column), ...(table.tenant === null ? [] : [table.tenant])].map(unquoted)
  const { rows } = await tx.query<Found>(INSPECT, [table.name, key])
  const [found] = rows
  if (found === undefined || found.relkind === null) throw refuse('.table', 'is not there, or its schema cannot be seen')
  if (!['r', 'p'].includes(found.relkind) || found.inherited) throw refuse('.table', 'must be a table, without heirs')
  if (found.hides && !table.trustsRowSecurity) {
    throw refuse('.rowSecurity', 'row security is in force and may hide rows: see the documentation of the option')
  }
  if (!found.unique) throw refuse('.id', 'must be, with the tenant, the primary key of the table, or unique and not null')
  const types = new Map(found.columns.map(({ name, type }) => [`"${name.replaceAll('"', '""')}"`, type]))
  const typeOf = (column: string, at: string): string => {
    const type = types.get(column)
    if (type === undefined) throw refuse(at, 'names a column that is not there')
    return type
  }
  for (const { column, type } of table.id) {
    const is = typeOf(column, '.id')
    const letterForLetter = found.columns.find(({ name }) => name === unquoted(column))?.deterministic === true
    if (!(idTypes[type] as readonly string[]).includes(is) || !letterForLetter)
      throw refuse('.id', 'has another type in the table')
  }
  if (table.tenant !== null) typeOf(table.tenant, '.tenant')
  if (table.version !== null) typeOf(table.version, '.version')
  for (const fact of table.facts) {
    if (fact.column === undefined) continue
    if (!factFits(fact, typeOf(fact.column, '.facts.*')))
      throw refuse('.facts.*', 'has a type from which the fact cannot be read')
  }
  return types
}
