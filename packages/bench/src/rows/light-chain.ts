import { hash } from 'node:crypto'
import type { AuditEventInput } from '@phi/audit'
import pg from 'pg'

/**
 * A chained log of the lightest kind: four columns, one index, one hash an event. No salted commitments, no tree, nothing to search by
 * and no check that an event is new. For every event a transaction that locks the chain's head, hashes the event onto the last hash,
 * inserts the row and moves the head. Callers queue for 8 connections.
 */
export async function lightChain(url: string): Promise<{
  append(events: readonly AuditEventInput[], callers: number): Promise<number>
  close(): Promise<void>
}> {
  const pool = new pg.Pool({ connectionString: url, max: 8 })
  await pool.query(`create table chain_head (id int primary key, size bigint not null, last text not null)`)
  await pool.query(
    `create table chain (idx bigint primary key, event text not null, previous text not null, hash text not null)`,
  )
  await pool.query(`insert into chain_head values (1, 0, '')`)

  const one = async (event: AuditEventInput): Promise<void> => {
    const client = await pool.connect()
    try {
      await client.query('begin')
      const { rows } = await client.query({ name: 'lock', text: 'select size, last from chain_head where id = 1 for update' })
      const { size, last } = rows[0] as { size: string; last: string }
      const text = JSON.stringify(event)
      const next = hash('sha256', last + text)
      await client.query({
        name: 'insert',
        text: 'insert into chain values ($1, $2, $3, $4)',
        values: [size, text, last, next],
      })
      await client.query({
        name: 'move',
        text: 'update chain_head set size = size + 1, last = $1 where id = 1',
        values: [next],
      })
      await client.query('commit')
    } finally {
      client.release()
    }
  }

  return {
    async append(events, callers) {
      let next = 0
      await Promise.all(
        Array.from({ length: callers }, async () => {
          for (let event = events[next++]; event !== undefined; event = events[next++]) await one(event)
        }),
      )
      return events.length
    },
    close: () => pool.end(),
  }
}
