import type { RowLevelSecurity } from '@phi/rbac/sql'
import type { Db } from '../client/db.ts'
import { translated } from '../translate.ts'

/** The key of the advisory lock under which policies are put in place: two processes at once would get in each other's way. */
const LOCK = 0x70686932

/**
 * Puts in place what `toRowLevelSecurity` of `@phi/rbac/sql` made for a table: all of it or nothing, and safe to run from many processes
 * at once. Run it as the table's owner, at deployment, and again after every change of the policy.
 * @throws PhiError PHI_PG_FORBIDDEN; PHI_PG_QUERY where the statements refuse to go on, with what is wrong in `cause`
 */
export async function installRowLevelSecurity(db: Db, { statements }: Pick<RowLevelSecurity, 'statements'>): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [LOCK])
      for (const statement of statements) await tx.exec(statement)
    })
  } catch (error) {
    throw translated(error)
  }
}
