import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '@phi/core'
import type { Rules, Vocabulary } from '@phi/rbac'
import { rlsSettings, type TransactionRequest } from '@phi/rbac/sql'
import { CommitUnknown, type Db, type Transaction } from '../client/db.ts'
import { postgresError } from '../errors.ts'
import { translated } from '../translate.ts'

/** By what rules a callback works, and as which role of the database. */
export interface Acting<Words extends Vocabulary = Vocabulary> {
  /** The rules of which `installRowLevelSecurity` put the policies in place. */
  readonly rules: Rules<Words>
  /**
   * The role that those policies are for (`toRowLevelSecurity`, option `role`). The login must be a member of it. Refused are superusers,
   * roles with BYPASSRLS, owners of tables under row security, and members of such roles: the policies do not bind them, or they could
   * take them away.
   */
  readonly role: string
  /** The time, where the request does not bring it. Default: the machine's clock. */
  readonly clock?: Clock
}

/** Of a role, whether row security binds it. Null where there is no such role. */
const BOUND = `select
    exists (select from pg_catalog.pg_roles s where (s.rolsuper or s.rolbypassrls) and pg_catalog.pg_has_role(r.oid, s.oid, 'MEMBER')) as passes,
    exists (select from pg_catalog.pg_class c where c.relrowsecurity and pg_catalog.pg_has_role(r.oid, c.relowner, 'MEMBER')) as owns,
    current_setting('role') as before
  from pg_catalog.pg_roles r where r.rolname = $1`

/**
 * What the callback leaves behind, read first; and then everything is put back for the session. What was set for the transaction ends with it, and
 * what a callback set for the session (`set` without `local`) would stay on the connection.
 */
const end = (
  settings: string,
): string => `select current_user::text as role, coalesce(current_setting('phi.tenant', true), '') as tenant,
    coalesce(current_setting('phi.actor', true), '') as actor, set_config('role', $1, false),
    ${[...settings.matchAll(/set_config\('(phi\.[a-z]+)'/g)].map(([, name]) => `set_config('${name}', '', false)`).join(', ')}`

interface Standing {
  readonly role: string
  readonly tenant: string
  readonly actor: string
}

/** The databases that the code running now acts on, and for whom. */
const acting = new AsyncLocalStorage<ReadonlyMap<Db, string>>()

/** @returns the role that the session has otherwise */
async function checkRole(tx: Transaction, role: string): Promise<string> {
  const { rows } = await tx.query<{ passes: boolean; owns: boolean; before: string }>(BOUND, [role])
  const [found] = rows
  if (found === undefined) throw postgresError('PHI_PG_OPTIONS', { path: 'role', detail: 'names a role that does not exist' })
  if (found.passes !== false)
    throw postgresError('PHI_PG_ACTING', { path: 'role', detail: 'row security does not bind superusers and BYPASSRLS' })
  if (found.owns !== false)
    throw postgresError('PHI_PG_ACTING', { path: 'role', detail: 'the role owns tables under row security' })
  return found.before
}

/**
 * Runs the callback in a transaction in which row security shows and takes what the rules allow to whoever asks: the wall between tenants
 * and the rules within them, kept by the database (45 CFR 164.312(a)(1)). For the tables of yours under the policies of
 * `toRowLevelSecurity`.
 *
 *     await actingAs(db, { rules, role: 'clinic_rls' }, { actor }, async (tx) => {
 *       await tx.query('update note set body = $1 where id = $2', [body, id])
 *       await log.appendIn(tx, event)
 *     })
 *
 * Role and settings end with the transaction, so that nothing is left on a connection that goes back to its pool. What the callback throws
 * rolls back and is thrown on. A callback that leaves another role, tenant or actor behind than it was given is rolled back. An actor
 * without id or tenant sees nothing.
 *
 * It stops a query that forgets its tenant or reaches for what the rules forbid. It does not stop code that means to: whoever may send any
 * SQL on this connection can set `phi.tenant`, read, and set it back, or `reset role`. Give the service a login with no more rights than
 * it needs, and let no text of users become SQL.
 *
 * Inside a callback another call on the same database is refused for another tenant, and where all statements share one connection.
 * @throws PhiError PHI_PG_ACTING, PHI_PG_OPTIONS, PHI_PG_FORBIDDEN when the login is no member of the role, PHI_PG_UNAVAILABLE before the
 *   callback and after it; as `rlsSettings`
 */
export async function actingAs<Words extends Vocabulary, T>(
  db: Db,
  { rules, role, clock }: Acting<Words>,
  request: TransactionRequest<Words>,
  run: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const { text, values } = rlsSettings(rules, request, clock === undefined ? {} : { clock })
  const [tenant, actor] = values as readonly [string, string, ...string[]]
  const outer = acting.getStore()
  const already = outer?.get(db)
  if (already !== undefined && (already !== tenant || db.singleConnection)) {
    const detail =
      already === tenant ? 'the connection is in use by the work around this' : 'the work around this is for another tenant'
    throw postgresError('PHI_PG_ACTING', { path: 'request.actor.tenant', detail })
  }
  const inside = new Map(outer).set(db, tenant)
  let thrown: { readonly error: unknown } | undefined
  try {
    return await db.transaction(async (tx) => {
      const before = await checkRole(tx, role)
      await tx.query(text, [...values])
      await tx.query(`select set_config('role', $1, true)`, [role])
      const result = await acting
        .run(inside, async () => run(tx))
        .catch((error: unknown) => {
          thrown = { error }
          throw error
        })
      const { rows } = await tx.query<Standing>(end(text), [before])
      const [now] = rows
      if (now?.role !== role || now.tenant !== tenant || now.actor !== actor)
        throw postgresError('PHI_PG_ACTING', { detail: 'the callback left another role, tenant or actor behind' })
      return result
    })
  } catch (error) {
    // What the callback threw is the caller's own; a lost COMMIT stays what it is.
    if (thrown?.error === error || error instanceof CommitUnknown) throw error
    throw translated(error)
  }
}
