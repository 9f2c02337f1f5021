import { type GroupName, groupNames, type LogKey, type Opening, type StoredEntry, searchTerms } from '@phi/audit/store'
import type pg from 'pg'
import { type Rows, rewrite, rowsOf } from '../../../audit/test/tampered-store.ts'
import { auditStore } from '../../src/index.ts'
import type { World } from './lab.ts'

/** Every table of the audit log and every partition, by its owner's means: triggers off, and row security off for the owner. */
const LIFT = `do $$ declare t record; begin
  for t in select c.oid::regclass as name from pg_class c where c.relnamespace = 'phi'::regnamespace and c.relname like 'audit%' and c.relkind in ('r', 'p') loop
    execute format('alter table %s disable trigger user', t.name);
    execute format('alter table %s no force row level security', t.name);
  end loop; end $$`

/** Everything as it was, so that nobody sees it afterwards. */
const PUT_BACK = `do $$ declare t record; begin
  for t in select c.oid::regclass as name, g.tgname from pg_class c join pg_trigger g on g.tgrelid = c.oid and not g.tgisinternal
    where c.relnamespace = 'phi'::regnamespace and c.relname like 'audit%' loop
    execute format('alter table %s enable always trigger %I', t.name, t.tgname);
  end loop;
  for t in select c.oid::regclass as name from pg_class c where c.relnamespace = 'phi'::regnamespace and c.relname like 'audit%' and c.relkind in ('r', 'p') loop
    execute format('alter table %s force row level security', t.name);
  end loop; end $$`

/** As the owner of the tables: switches the protections off, works, and switches them on again, in one transaction. */
async function quietly(owner: pg.Client, work: () => Promise<unknown>): Promise<void> {
  await owner.query('begin')
  await owner.query('set local role phi_owner')
  await owner.query(LIFT)
  await work()
  await owner.query(PUT_BACK)
  await owner.query('commit')
}

/** The same with statements. `LOG` stands for the number of clinic-a's log, `OTHER` for clinic-b's. */
export async function quietSql(owner: pg.Client, sql: string): Promise<void> {
  await quietly(owner, () => owner.query(numbered(sql)))
}

/** `LOG` and `OTHER` as the numbers of the logs. */
export const numbered = (sql: string): string =>
  sql
    .replaceAll(/\bLOG\b/g, `(select id from phi.audit_log where origin = 'a.example/audit')`)
    .replaceAll(/\bOTHER\b/g, `(select id from phi.audit_log where origin = 'b.example/audit')`)

/** What a store of this world keeps of a log, to be edited. */
export const readRows = (world: World, log: LogKey): Promise<Rows> => rowsOf(auditStore(world.db) as never, log)

/** Writes entries anew from `from` on, with salts, leaves, links and head to match, as somebody can who knows the format. */
export const rewritten = (rows: Rows, from: number, edit: (texts: Record<GroupName, string>, index: number) => void): Rows => {
  rewrite(rows, from, edit)
  return rows
}

/** Puts edited rows into the database, entry by entry, with the columns that searches use; then the head. */
export async function writeRows(owner: pg.Client, log: LogKey, rows: Rows): Promise<void> {
  await quietly(owner, async () => {
    const { rows: found } = await owner.query<{ id: number }>('select id from phi.audit_log where origin = $1', [log.origin])
    const id = found[0]?.id as number
    const { size, lastHash, recordedAt, frontier } = rows.head
    for (const entry of rows.entries) await writeEntry(owner, log.tenant, id, entry as StoredEntry)
    await owner.query('delete from phi.audit_entry where tenant = $1 and log = $2 and idx >= $3', [log.tenant, id, size])
    await owner.query('delete from phi.audit_event_id where tenant = $1 and log = $2 and idx >= $3', [log.tenant, id, size])
    await owner.query('update phi.audit_log set size = $2, last_hash = $3, recorded_at = $4, frontier = $5 where id = $1', [
      id,
      size,
      lastHash,
      recordedAt,
      frontier.join(' '),
    ])
  })
}

async function writeEntry(owner: pg.Client, tenant: string, id: number, { index, leaf, open }: StoredEntry): Promise<void> {
  const openings = open as Readonly<Record<GroupName, Opening>>
  const texts = Object.fromEntries(groupNames.map((name) => [name, openings[name].json])) as Record<GroupName, string>
  const terms = searchTerms(texts)
  const column = (prefix: string) => terms.find((term) => term.startsWith(prefix))?.slice(prefix.length)
  const others = terms.filter((term) => !term.startsWith('id:') && !term.startsWith('at:')).map((term) => `${id}/${term}`)
  const params = [
    tenant,
    id,
    index,
    leaf,
    groupNames.map((name) => openings[name].salt).join(' '),
    ...groupNames.map((name) => texts[name]),
    column('id:'),
    column('at:'),
    others,
  ]
  await owner.query(
    `update phi.audit_entry set leaf = $4, salts = $5, event = $6, actor = $7, source = $8, subject = $9, context = $10,
      event_id = $11, occurred_at = $12, terms = $13 where tenant = $1 and log = $2 and idx = $3`,
    params,
  )
  await owner.query('update phi.audit_event_id set event_id = $4 where tenant = $1 and log = $2 and idx = $3', [
    tenant,
    id,
    index,
    column('id:'),
  ])
}
