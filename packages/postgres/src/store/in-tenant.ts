import type { Db, Queryable } from '../client/db.ts'

/** The roles that work in this package assumes. */
export type StoreRole = 'phi_app' | 'phi_auditor' | 'phi_retention' | 'phi_forwarder'

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
