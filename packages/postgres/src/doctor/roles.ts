import type { Queryable } from '../client/db.ts'
import { postgresError } from '../errors.ts'

/** A role of the server, with its attributes. */
export interface Role {
  readonly name: string
  readonly login: boolean
  readonly superuser: boolean
  readonly bypassRowSecurity: boolean
  readonly createRole: boolean
  readonly createDatabase: boolean
  readonly replication: boolean
}

/** `member` may act as `role`: by inheriting its rights, by SET ROLE, or by granting itself either. */
export interface Membership {
  readonly role: string
  readonly member: string
  readonly admin: boolean
}

export interface Roles {
  readonly all: ReadonlyMap<string, Role>
  readonly memberships: readonly Membership[]
  /** Before PostgreSQL 16, CREATEROLE could grant any role that is no superuser, to anybody. */
  readonly createRoleGrantsAll: boolean
  readonly schemaOwner: string
  readonly databaseOwner: string
}

const ROLES = `select rolname as name, rolcanlogin as login, rolsuper as superuser, rolbypassrls as "bypassRowSecurity",
  rolcreaterole as "createRole", rolcreatedb as "createDatabase", rolreplication as replication from pg_roles`

// to_jsonb: the columns inherit_option and set_option came with PostgreSQL 16.
const MEMBERSHIPS = `select r.rolname as role, member.rolname as member, m.admin_option as admin,
    coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true) or coalesce((to_jsonb(m) ->> 'set_option')::boolean, true) or m.admin_option as acts
  from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles member on member.oid = m.member`

const OWNERS = `select current_setting('server_version_num')::int as version, pg_get_userbyid(datdba) as database,
  coalesce((select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'phi'), '') as schema
  from pg_database where datname = current_database()`

export async function readRoles(tx: Queryable): Promise<Roles> {
  const { rows } = await tx.query<Role>(ROLES)
  const { rows: members } = await tx.query<Membership & { readonly acts: boolean }>(MEMBERSHIPS)
  const { rows: owners } = await tx.query<{ version: number; database: string; schema: string }>(OWNERS)
  const [owner] = owners
  const sound = rows.every((role) => typeof role.name === 'string' && typeof role.superuser === 'boolean')
  if (owner === undefined || !sound) throw postgresError('PHI_PG_QUERY', { detail: 'the roles were answered in another form' })
  return {
    all: new Map(rows.map((role) => [role.name, role])),
    memberships: members.filter(({ acts }) => acts),
    createRoleGrantsAll: Number(owner.version) < 160_000,
    schemaOwner: owner.schema,
    databaseOwner: owner.database,
  }
}

/** Every role that somebody who holds this one can act as, itself first. For a superuser that is all of them. */
export function actsAs(roles: Roles, name: string): ReadonlySet<string> {
  const reached = new Set([name])
  for (const current of reached) {
    const role = roles.all.get(current)
    if (role?.superuser === true) return new Set([name, ...roles.all.keys()])
    if (role?.createRole === true && roles.createRoleGrantsAll) {
      for (const other of roles.all.values()) if (!other.superuser) reached.add(other.name)
    }
    for (const { role: of, member } of roles.memberships) if (member === current) reached.add(of)
  }
  return reached
}
