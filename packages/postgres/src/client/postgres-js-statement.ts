import type postgres from 'postgres'
import type { Queryable } from './db.ts'
import type { Answer } from './transaction.ts'

type Value = postgres.SerializableParameter

/** An instance of postgres.js, a transaction (`sql.begin`), or a reserved connection. */
export type PostgresJs = Pick<postgres.ISql, 'unsafe' | 'typed'>

/** PostgreSQL's type `unknown`: the server infers the type, as it does for `pg`, and postgres.js leaves the text as it is. */
const INFERRED = 705

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

function arrayText(items: readonly unknown[]): string {
  const texts = items.map((item) => {
    if (Array.isArray(item)) return arrayText(item)
    const text = textOf(item)
    return text === null ? 'NULL' : quoted(text)
  })
  return `{${texts.join(',')}}`
}

/** A parameter as the text that `pg` would send. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return arrayText(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** `text[]` in one dimension. postgres.js itself reads an item that is NULL as the text "NULL". */
export const TEXTS = {
  to: 1009,
  from: [1009],
  serialize: arrayText,
  parse(text: string): (string | null)[] {
    if (!text.startsWith('{') || text.startsWith('{{')) throw new Error('a text[] of one dimension was expected')
    return [...text.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/gs)].map(([, quoted, plain]) =>
      quoted !== undefined ? quoted.replace(/\\(.)/gs, '$1') : plain === 'NULL' ? null : (plain as string),
    )
  },
}

/** Its errors carry the statement's parameters as hidden properties. Whatever logs them in full would log those as well. */
function withoutParameters(error: unknown): unknown {
  return error instanceof Error ? Object.assign(new Error(error.message), error) : error
}

export async function send<Row>(sql: PostgresJs, text: string, params: unknown[] | undefined): Promise<Answer<Row>> {
  try {
    // Without parameters the text may hold several statements, as with `pg`; with them it is prepared once a connection.
    const result =
      params === undefined
        ? await sql.unsafe(text)
        : await sql.unsafe(
            text,
            params.map((value) => sql.typed(textOf(value) as Value as never, INFERRED)),
            { prepare: true, simple: false } as postgres.UnsafeQueryOptions,
          )
    // Several statements have an answer each, in a list that is no answer itself.
    const last = ('command' in result ? result : (result as unknown[]).at(-1)) as postgres.RowList<postgres.Row[]> | undefined
    return { rows: [...(last ?? [])] as unknown[] as Row[], command: last?.command }
  } catch (error) {
    throw withoutParameters(error)
  }
}

/**
 * The transaction of a caller who uses postgres.js, for `log.appendIn` and the other verbs that take one. Make it once a transaction.
 *
 *     await sql.begin(async (tx) => {
 *       await tx`insert into note …`
 *       await log.appendIn(queryableOf(tx), event)
 *     })
 */
export function queryableOf(sql: PostgresJs): Queryable {
  return { query: (text, params) => send(sql, text, params ?? []) }
}
