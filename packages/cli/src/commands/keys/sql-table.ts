import { fromHex, toHex } from '@phi/core'
import type { ColumnValue, RowKey, TableAccess, TableRow } from '@phi/envelope'
import type { Db } from '@phi/postgres'
import { cliError } from '../../errors.ts'

/** A table of the operator's own, as the command line names it. */
export interface SqlTable {
  /** `note`, or `clinical.note` with its schema. */
  readonly table: string
  /** The column of the primary key, which is also the row id that values are bound to. */
  readonly id: string
  readonly columns: readonly string[]
  /** Column that says whose a row is, and, where only one tenant's rows are meant, which. */
  readonly tenantColumn?: string
  readonly only?: string
  /** Column that says whose patient a row is about, where patients have keys of their own. */
  readonly subjectColumn?: string
}

/** A row's owner, beside what the library needs of it. */
export interface OwnedRow extends TableRow {
  readonly tenant: string | undefined
  readonly subject: string | null
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** What a driver says when a statement fails: a state of five characters, or nothing of use. Its text may quote what a row holds. */
function tableError(error: unknown): unknown {
  const state = (error as { code?: unknown } | null)?.code
  if (typeof state !== 'string' || !/^[0-9A-DF-Z][0-9A-Z]{4}$/.test(state)) return error
  const details: Readonly<Record<string, string>> = {
    '42P01': 'there is no such table',
    '42703': 'there is no such column',
    '42501': 'this login may not do that',
    '3F000': 'there is no such schema',
  }
  const detail = details[state]
  return cliError('PHI_CLI_TABLE', { ...(detail === undefined ? {} : { detail }), info: { sqlstate: state } })
}

async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw tableError(error)
  }
}

interface ColumnFact {
  readonly name: string
  readonly type: string
  readonly is_key: boolean
}

const FACTS = `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
    exists (select from pg_index i where i.indrelid = a.attrelid and i.indisunique and i.indpred is null and i.indnkeyatts = 1
      and i.indkey[0] = a.attnum and a.attnotnull) as is_key
  from pg_attribute a where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped`

const TEXTUAL = /^(text|character varying|character|varchar)\b/

/**
 * Reads and writes sealed columns of a table, row by row in the order of its key. What the database says of the columns is looked at
 * first: that they are there, that they hold text or bytes, and that the key is one.
 * @throws PhiError PHI_CLI_TABLE
 */
export async function sqlTable(
  db: Db,
  given: SqlTable,
): Promise<TableAccess & { read(options: Parameters<TableAccess['read']>[0]): Promise<readonly OwnedRow[]> }> {
  const { table, id, columns, tenantColumn, only, subjectColumn } = given
  const from = table.split('.').map(quoted).join('.')
  const { rows: facts } = await guarded(db.query<ColumnFact>(FACTS, [from]))
  const typeOf = (column: string): string => {
    const fact = facts.find(({ name }) => name === column)
    if (fact === undefined) throw cliError('PHI_CLI_TABLE', { detail: 'there is no such column' })
    return fact.type
  }
  const isBytes = new Map(
    columns.map((column) => {
      const type = typeOf(column)
      if (type !== 'bytea' && !TEXTUAL.test(type))
        throw cliError('PHI_CLI_TABLE', { path: '--column', detail: 'a sealed column holds text or bytea' })
      return [column, type === 'bytea'] as const
    }),
  )
  const idType = typeOf(id)
  if (facts.find(({ name }) => name === id)?.is_key !== true)
    throw cliError('PHI_CLI_TABLE', { path: '--id', detail: 'the column is not a primary key or a unique one without nulls' })
  if (tenantColumn !== undefined) typeOf(tenantColumn)
  if (subjectColumn !== undefined) typeOf(subjectColumn)

  const key = quoted(id)
  const shown = columns.map(
    (column, at) => `${isBytes.get(column) ? `encode(${quoted(column)}, 'hex')` : quoted(column)} as v${at}`,
  )
  const owner = [
    `${tenantColumn === undefined ? 'null' : `${quoted(tenantColumn)}::text`} as tenant`,
    `${subjectColumn === undefined ? 'null' : `${quoted(subjectColumn)}::text`} as subject`,
  ]
  const mine =
    tenantColumn !== undefined && only !== undefined ? `${quoted(tenantColumn)}::text = $3` : `$3::text is not distinct from $3`
  const READ = `select ${key}::text as key, ${[...owner, ...shown].join(', ')} from ${from}
    where ${mine} and ($1::text is null or ${key} > ($1::text)::${idType}) order by ${key} limit $2`

  const stored = (column: string, value: ColumnValue): ColumnValue =>
    value === null ? null : isBytes.get(column) ? toHex(value as Uint8Array) : value
  const place = (column: string, at: number): string => (isBytes.get(column) ? `decode($${at}, 'hex')` : `$${at}`)

  return {
    async read({ after, limit }) {
      const { rows } = await guarded(
        db.query<Record<string, string | null>>(READ, [after === undefined ? null : String(after[0]), limit, only ?? null]),
      )
      return rows.map((row) => ({
        key: [row.key as string],
        row: row.key as string,
        tenant: row.tenant ?? undefined,
        subject: row.subject ?? null,
        values: Object.fromEntries(
          columns.map((column, at) => {
            const value = row[`v${at}`] ?? null
            return [column, value !== null && isBytes.get(column) ? fromHex(value) : value]
          }),
        ),
      }))
    },
    async swap([at]: RowKey, { expect, set }) {
      const params: unknown[] = [String(at)]
      const next = (column: string, value: ColumnValue): string => {
        params.push(stored(column, value))
        return place(column, params.length)
      }
      const assignments = Object.entries(set).map(([column, value]) => `${quoted(column)} = ${next(column, value)}`)
      const conditions = Object.entries(expect).map(
        ([column, value]) => `${quoted(column)} is not distinct from ${next(column, value)}`,
      )
      const { rows } = await guarded(
        db.query(
          `update ${from} set ${assignments.join(', ')} where ${key} = ($1::text)::${idType} and ${conditions.join(' and ')} returning 1`,
          params,
        ),
      )
      return rows.length === 1
    },
    async count() {
      const { rows } = await guarded(
        db.query<{ rows: string }>(
          `select greatest(reltuples, 0)::bigint::text as rows from pg_class where oid = $1::text::regclass`,
          [from],
        ),
      )
      return Number(rows[0]?.rows ?? 0)
    },
  }
}
