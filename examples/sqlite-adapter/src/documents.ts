import { toHex } from '@phi/core'
import type { Handle, Refuse } from './database.ts'

type Which = { owner?: string | undefined; about?: string | undefined; after?: string | null | undefined; limit?: number }

/** Numbers as texts that sort as they do. */
export const padded = (n: number): string => String(n).padStart(16, '0')

/** For JSON.stringify, which gives it what `toJSON` of a Buffer made, and the holder. */
function hexOfBytes(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const own = this[key]
  return own instanceof Uint8Array ? toHex(own) : value
}

/**
 * The documents of one kind, inside a transaction. Whoever can write to the file can write anything: what comes out is parsed.
 * @param place the id, the owner and what it is about
 */
export function documents<T>(
  handle: Handle,
  kind: string,
  wrong: Refuse,
  place: (value: T) => readonly [id: string, owner: string, about: string],
  parse = (value: unknown, _: { readonly id: string; readonly seq: number }): T => value as T,
) {
  type Row = { readonly id: string; readonly seq: number; readonly body: string }
  const read = (row: Row): T => {
    try {
      return parse(JSON.parse(row.body), row)
    } catch (cause) {
      throw cause instanceof SyntaxError ? wrong({ detail: 'what is stored is no JSON' }) : cause
    }
  }
  return {
    get(id: string): T | undefined {
      const row = handle.prepare('select * from document where kind = ? and id = ?').get(kind, id)
      return row === undefined ? undefined : read(row as Row)
    },
    /** Adds the document, or changes the body of the one that is there. @returns the answer that is given with it */
    put<Answer>(value: T, answer: Answer): Answer {
      const sql = 'insert into document values (null, ?, ?, ?, ?, ?) on conflict (kind, id) do update set body = excluded.body'
      handle.prepare(sql).run(kind, ...place(value), JSON.stringify(value, hexOfBytes))
      return answer
    },
    /** Those of an owner, about something, after an id: by ascending id. */
    list({ owner, about, after, limit = -1 }: Which = {}): T[] {
      const given = Object.entries({ owner, about }).filter(([, value]) => value !== undefined)
      const where = ['kind = ?', ...given.map(([name]) => `${name} = ?`), 'id > ?'].join(' and ')
      const sql = `select * from document where ${where} order by id limit ?`
      return (handle.prepare(sql).all(kind, ...given.map(([, value]) => value), after ?? '', limit) as Row[]).map(read)
    },
  }
}
