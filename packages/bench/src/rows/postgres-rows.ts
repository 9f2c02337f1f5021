import { type AuditEventInput, memoryStore, openAuditLog } from '@phi/audit'
import type { StoredEntry } from '@phi/audit/store'
import { benchEvents } from '../events.ts'

/** A row as the store writes it, for baselines that write or read the same bytes without us. */
export type RawRow = readonly [
  idx: number,
  leaf: string,
  salts: string,
  event: string,
  actor: string,
  source: string,
  subject: string,
  context: string,
  eventId: string,
]

/** The bytes of `count` entries of a real log. */
export async function rawRows(count: number): Promise<RawRow[]> {
  const store = memoryStore()
  const log = await openAuditLog({ origin: 'bench.example/audit', store })
  const events: AuditEventInput[] = benchEvents(count)
  for (let at = 0; at < count; at += 500) await Promise.all(events.slice(at, at + 500).map((event) => log.append(event)))
  const rows: RawRow[] = []
  for await (const batch of store.read({ tenant: 'default', origin: 'bench.example/audit' }, { from: 0, to: count })) {
    for (const entry of batch) rows.push(rawRow(entry))
  }
  return rows
}

function rawRow({ index, leaf, open }: StoredEntry): RawRow {
  const { event, actor, source, subject, context } = open
  if (!event || !actor || !source || !subject || !context) throw new Error('a group is missing')
  const salts = [event, actor, source, subject, context].map(({ salt }) => salt).join(' ')
  return [
    index,
    leaf,
    salts,
    event.json,
    actor.json,
    source.json,
    subject.json,
    context.json,
    (JSON.parse(event.json) as { id: string }).id,
  ]
}

export const RAW_TABLE = `create table raw_entry (
  tenant text not null, log int not null, idx bigint not null, leaf text not null, salts text not null,
  event text not null, actor text not null, source text not null, subject text not null, context text not null, event_id text not null,
  primary key (tenant, log, idx), unique (tenant, log, event_id))`

export const RAW_COLUMNS = 'tenant, log, idx, leaf, salts, event, actor, source, subject, context, event_id'

/** "($1,$2,…),($12,…)" for so many rows. */
export function rawValues(rows: number): string {
  return Array.from(
    { length: rows },
    (_, r) => `(${Array.from({ length: 11 }, (_, c) => `$${r * 11 + c + 1}`).join(',')})`,
  ).join(',')
}
