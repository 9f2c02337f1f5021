import type { AuditEventInput } from '@phi/audit'
import { type Extension, emptyHead, groupNames, type Head } from '@phi/audit/store'
import pg from 'pg'
import { candidateOf } from '../../../audit/src/candidate.ts'
import { linkEntries } from '../../../audit/src/link.ts'
import { uuidV7Source } from '../../../audit/src/uuid.ts'

/** Connections that the callers queue for. */
const CONNECTIONS = 8
const ORIGIN = 'bench.example/locking'

// Tables like ours, with their columns, checks and indexes; without the month's partitions, row security and triggers.
const TABLES = `
create table locking_head (like phi.audit_log including all excluding identity) with (fillfactor = 20);
create table locking_entry (like phi.audit_entry including all);
create table locking_event_id (like phi.audit_event_id including all);
create table locking_tile (like phi.audit_tile including all);
insert into locking_head (tenant, id, origin, last_hash) values ('default', 1, '${ORIGIN}', '${emptyHead.lastHash}')`

// Two statements in one text: no round trip for BEGIN alone.
const LOCK = `begin; select size, last_hash, recorded_at, frontier from locking_head where tenant = 'default' and id = 1 for update`

// One statement writes everything: a round trip for each table would only make this slower.
const WRITE = `with entry as (
  insert into locking_entry (tenant, log, idx, leaf, salts, event, actor, source, subject, context, event_id, occurred_at, terms, month)
  values ('default', 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
), named as (
  insert into locking_event_id (tenant, log, event_id, idx, month) values ('default', 1, $9, $1, $12)
), tiles as (
  insert into locking_tile (tenant, log, level, idx, hash)
  select 'default', 1, t.* from unnest($16::int[], $17::bigint[], $18::text[]) as t
)
update locking_head set size = $1::bigint + 1, last_hash = $13, recorded_at = $14, frontier = $15 where tenant = 'default' and id = 1`

function writeParams({ entries, head, tiles }: Extension): unknown[] {
  const [entry] = entries
  if (entry === undefined) throw new Error('an entry is missing')
  const { index, leaf, open, terms } = entry
  const own = terms.filter((term) => !term.startsWith('id:') && !term.startsWith('at:')).map((term) => `1/${term}`)
  const at = terms.find((term) => term.startsWith('at:')) ?? ''
  return [
    index,
    leaf,
    groupNames.map((name) => open[name].salt).join(' '),
    ...groupNames.map((name) => open[name].json),
    entry.eventId,
    at.slice(3),
    own,
    head.recordedAt.slice(0, 7),
    head.lastHash,
    head.recordedAt,
    head.frontier.join(' '),
    tiles.map(({ level }) => level),
    tiles.map(({ index: number }) => number),
    tiles.map(({ hash }) => hash),
  ]
}

/**
 * The same entries as ours, chained as a log usually is: for every event a transaction that locks the log's head, chains the entry
 * onto it, writes it and moves the head. Events are checked, salted, committed and linked by our own code, and go into tables with
 * the columns and indexes of ours; what differs is a lock and a commit for each event. Callers queue for 8 connections.
 *
 * Needs the schema of `migrate` in the database, to copy the tables.
 */
export async function perEventLocking(url: string): Promise<{
  append(events: readonly AuditEventInput[], callers: number): Promise<number>
  close(): Promise<void>
}> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS })
  await pool.query(TABLES)
  const newId = uuidV7Source(Date.now)

  const one = async (event: AuditEventInput): Promise<void> => {
    // Before the lock: as little as can be is done under it.
    const { prepared } = candidateOf(event, newId, Date.now)
    const client = await pool.connect()
    try {
      const answers = (await client.query(LOCK)) as unknown as readonly pg.QueryResult<{
        size: string
        last_hash: string
        recorded_at: string
        frontier: string
      }>[]
      const row = answers[1]?.rows[0]
      if (row === undefined) throw new Error('the head is missing')
      const head: Head = {
        size: Number(row.size),
        lastHash: row.last_hash,
        recordedAt: row.recorded_at,
        frontier: row.frontier === '' ? [] : row.frontier.split(' '),
      }
      const extension = linkEntries(ORIGIN, head, [prepared], Date.now())
      await client.query({ name: 'write', text: WRITE, values: writeParams(extension) })
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
