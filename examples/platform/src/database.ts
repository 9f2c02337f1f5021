import { actingAs, type Db, embedded, installRowLevelSecurity, migrate, type Transaction } from '@phi/postgres'
import { compile, definePolicy } from '@phi/rbac'
import { toRowLevelSecurity } from '@phi/rbac/sql'
import { z } from 'zod'

/** The wall between tenants, kept by the database whatever the application asks for (S98). What happens within a tenant, the policy decides. */
const wall = definePolicy(
  {
    id: 'wall',
    version: '1',
    resources: { Row: z.object({ id: z.string(), tenant: z.string() }) },
    actions: ['read', 'create', 'update', 'delete'],
    roles: { tenant: {} },
  },
  ({ permit }) => [permit('tenant').to('read', 'create', 'update', 'delete').on('Row').as('same-tenant')],
)
const rules = compile(wall)
const columns = { id: { type: 'text' }, tenant: { type: 'text' } } as const
const actions = { select: 'read', insert: 'create', update: 'update', delete: 'delete' } as const
/** The role that the service works as: row security binds it. */
const SERVICE_ROLE = 'platform_service'

/** A record of any type. What it says is one sealed text; beside it stands what is searched for. */
const SCHEMA = `
  create role ${SERVICE_ROLE} nologin;
  create table record (
    tenant text not null, type text not null, id text not null, patient text,
    sealed text not null, changed_at timestamptz not null default now(),
    primary key (tenant, type, id));
  create index on record (tenant, type, patient);
  grant select, insert, update, delete on record to ${SERVICE_ROLE};
  grant phi_app to ${SERVICE_ROLE};`

/** Opens an embedded PostgreSQL with the schema of the @phi packages and the platform's own. */
export async function openDatabase(): Promise<Db> {
  const db = await embedded()
  await migrate(db)
  await db.exec(SCHEMA)
  await installRowLevelSecurity(
    db,
    toRowLevelSecurity(wall, { table: 'record', columns }, { type: 'Row', actions, role: SERVICE_ROLE }),
  )
  return db
}

/** Runs a function in a transaction in which the database shows and takes rows of one tenant only. */
export const within = <Result>(db: Db, tenant: string, work: (tx: Transaction) => Promise<Result>): Promise<Result> =>
  actingAs(db, { rules, role: SERVICE_ROLE }, { actor: { id: 'service', tenant, roles: ['tenant'] } }, work)
