import type { Db, Queryable } from '../client/db.ts'

/** The roles that work in this package assumes. */
export type StoreRole = 'phi_app' | 'phi_auditor' | 'phi_retention'

const ASSUME = `select set_config('role', $1, true), set_config('phi.tenant', $2, true)`

/**
 * Runs the callback in a transaction that has the role and sees the rows of one tenant. Row security does not bind superusers, so
 * the role is assumed also where the login could do without.
 */
export function inTenant<T>(db: Db, role: StoreRole, tenant: string, run: (tx: Queryable) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.query(ASSUME, [role, tenant])
    return run(tx)
  })
}

/** As {@link inTenant} inside a transaction of the caller's: what was set before is put back after, also where the callback fails. */
export async function inTenantOf<T>(
  tx: Queryable,
  role: StoreRole,
  tenant: string,
  run: (tx: Queryable) => Promise<T>,
): Promise<T> {
  const { rows } = await tx.query<{ role: string; tenant: string }>(
    `select current_setting('role') as role, coalesce(current_setting('phi.tenant', true), '') as tenant`,
    [],
  )
  const before = rows[0] as { role: string; tenant: string }
  await tx.query(ASSUME, [role, tenant])
  const result = await run(tx)
  // Not in a finally: after a failed statement the transaction only takes a rollback, which puts everything back by itself.
  await tx.query(ASSUME, [before.role, before.tenant])
  return result
}
