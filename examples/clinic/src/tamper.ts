import type { Db } from '@phi/postgres'

/** What somebody with the database's owner role does to an audit log. Each attack is the SQL that it shows. */
export interface Attack {
  readonly as: 'phi_app' | 'phi_owner'
  readonly sql: readonly string[]
}

/** Without a tenant, row security hides every row, from the owner too. */
const asRole = (role: Attack['as'], tenant: string) => `set local role ${role}; set local "phi.tenant" = '${tenant}'`

/** Runs an attack in one transaction. */
export async function run(db: Db, tenant: string, { as, sql }: Attack): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.exec(asRole(as, tenant))
    for (const statement of sql) await tx.exec(statement)
  })
}

/** Runs an attack, and returns what the database answered: undefined when it was let through. */
export async function refusal(db: Db, tenant: string, attack: Attack): Promise<string | undefined> {
  try {
    await run(db, tenant, attack)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const rewrite = (index: number, from: string, to: string) => [
  'update phi.audit_entry set',
  `  actor = replace(actor, '${from}', '${to}'),`,
  `  terms = array_replace(terms, log || '/actor:${from}', log || '/actor:${to}')`,
  `where idx = ${index}`,
]

/** Somebody else did it, says the row, and so does the column that searches use. */
export function changeActor(as: Attack['as'], index: number, from: string, to: string): Attack {
  return { as, sql: [rewrite(index, from, to).join('\n')] }
}

/** The same by the owner of the table, who may switch its triggers off. */
export function changeActorAsOwner(index: number, from: string, to: string): Attack {
  return {
    as: 'phi_owner',
    sql: [
      'alter table phi.audit_entry disable trigger append_only',
      ...changeActor('phi_owner', index, from, to).sql,
      'alter table phi.audit_entry enable always trigger append_only',
    ],
  }
}

/** A row of phi.audit_log: how the log ended at some time. A backup has it. */
export interface OldHead {
  readonly size: number
  readonly last_hash: string
  readonly recorded_at: string
  readonly frontier: string
}

/** What a backup taken now would hold of the log's head. */
export async function headNow(db: Db, tenant: string): Promise<OldHead> {
  const { rows } = await db.query<OldHead>(
    'select size, last_hash, recorded_at, frontier from phi.audit_log where tenant = $1',
    [tenant],
  )
  const [head] = rows
  if (head === undefined) throw new Error('there is no log')
  return { ...head, size: Number(head.size) }
}

const TABLES = ['audit_entry', 'audit_tile', 'audit_checkpoint', 'audit_log'] as const

/** Cuts the log back to an older state, cleanly: entries, tree hashes, checkpoints, head. Nothing in the database is left to tell. */
export function cutBackTo(head: OldHead): Attack {
  const triggers = TABLES.map((table) => [table, table === 'audit_log' ? 'forward_only' : 'append_only'] as const)
  return {
    as: 'phi_owner',
    sql: [
      ...triggers.map(([table, trigger]) => `alter table phi.${table} disable trigger ${trigger}`),
      `delete from phi.audit_entry where idx >= ${head.size}`,
      `delete from phi.audit_checkpoint where size > ${head.size}`,
      // A tile hash stands for 256^level entries, all of which must be there.
      `delete from phi.audit_tile where (idx + 1) * (256 ^ level)::bigint > ${head.size}`,
      `update phi.audit_log set size = ${head.size}, last_hash = '${head.last_hash}', recorded_at = '${head.recorded_at}', frontier = '${head.frontier}'`,
      ...triggers.map(([table, trigger]) => `alter table phi.${table} enable always trigger ${trigger}`),
    ],
  }
}
