import { canonicalJson, isInstant } from '@phi/core'
import {
  parseRoleAssignment,
  parseRoleRevocation,
  type RoleAssignment,
  type RoleRecord,
  type RoleRevocation,
  type RoleStore,
  roleEnd,
} from '@phi/rbac'
import type { Db, Queryable } from '../client/db.ts'
import { inTenant } from '../store/in-tenant.ts'
import { optimistic } from '../store/optimistic.ts'
import { racedError } from '../store/store-error.ts'
import {
  assignmentParams,
  IN_FORCE,
  ROLE_COLUMNS,
  type RoleRow,
  recordOfRow,
  revocationParams,
  roleError,
} from './role-rows.ts'

const RECORDS = `select ${ROLE_COLUMNS} from phi.role_assignment a where a.tenant = $1`
const BY_ID = `${RECORDS} and a.id = $2`
const BY_SUBJECT = `${RECORDS} and a.subject = $2`
const OF = `${BY_SUBJECT} and ${IN_FORCE}`
const HOLDERS = `${RECORDS} and a.role = $2 and ${IN_FORCE}`
const ASSIGN = `insert into phi.role_assignment (tenant, id, subject, role, starts_at, ends_at, assigned_at, assigned_by, reason)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (tenant, id) do nothing returning 1 as done`
const REVOKE = `insert into phi.role_revocation (tenant, assignment, number, takes_at, recorded_at, revoked_by, reason)
  values ($1, $2, $3, $4, $5, $6, $7)`

const unavailable = (context: object) => roleError('PHI_RBAC_ROLE_STORE_UNAVAILABLE', context)

const toCaller = (error: unknown) => racedError(error, unavailable)

/** @throws PhiError PHI_RBAC_ROLE */
function instant(at: string): string {
  if (isInstant(at)) return at
  throw roleError('PHI_RBAC_ROLE', { path: 'at', detail: 'must be an instant as YYYY-MM-DDTHH:mm:ss.sssZ' })
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
// Sorted here and not by the database, whose order of letters beyond U+FFFF is another.
const sorted = (records: readonly RoleRecord[], by: 'role' | 'subject' | 'assignedAt'): readonly RoleRecord[] =>
  records.toSorted((a, b) => byText(a[by], b[by]) || byText(a.id, b.id))

const same = ({ revocations: _, ...kept }: RoleRecord, assignment: RoleAssignment): boolean =>
  canonicalJson(kept) === canonicalJson(assignment)

async function read(tx: Queryable, sql: string, params: unknown[]): Promise<RoleRecord[]> {
  const { rows } = await tx.query<RoleRow>(sql, params)
  return rows.map(recordOfRow)
}

/** Adds the revocation where it ends the role earlier. @returns whether it does */
async function revokeOnce(tx: Queryable, record: RoleRecord, revocation: RoleRevocation): Promise<boolean> {
  const end = roleEnd(record)
  if (end !== null && end <= revocation.at) return false
  await tx.query(REVOKE, revocationParams(record, revocation))
  return true
}

/**
 * Keeps role assignments in PostgreSQL or PGlite, in the schema that `migrate` makes: rows of assignments and of revocations, and none
 * is changed. The login needs `phi_app`; `phi_auditor` may read the tables.
 * @throws PhiError PHI_RBAC_ROLE, PHI_RBAC_ROLE_STORE, PHI_RBAC_ROLE_STORE_UNAVAILABLE, PHI_PG_FORBIDDEN, PHI_PG_NOT_MIGRATED,
 * PHI_PG_QUERY
 */
export function roleStore(db: Db): RoleStore {
  const work = async <T>(tenant: string, run: (tx: Queryable) => Promise<T>): Promise<T> => {
    try {
      return await optimistic(() => inTenant(db, 'phi_app', tenant, run))
    } catch (error) {
      throw toCaller(error)
    }
  }

  return {
    async assign(value) {
      const assignment = parseRoleAssignment(value)
      const { tenant, id } = assignment
      return work(tenant, async (tx) => {
        const { rows } = await tx.query(ASSIGN, assignmentParams(assignment))
        if (rows.length === 1) return 'assigned'
        const [kept] = await read(tx, BY_ID, [tenant, id])
        if (kept === undefined) throw roleError('PHI_RBAC_ROLE_STORE', { detail: 'an id is taken by what is not there' })
        return same(kept, assignment) ? 'already' : 'id-taken'
      })
    },
    async revoke(tenant, id, value) {
      const revocation = parseRoleRevocation(value)
      return work(tenant, async (tx) => {
        const [kept] = await read(tx, BY_ID, [tenant, id])
        if (kept === undefined) return 'missing'
        return (await revokeOnce(tx, kept, revocation)) ? 'revoked' : 'already'
      })
    },
    async revokeAll(tenant, subject, value) {
      const revocation = parseRoleRevocation(value)
      return work(tenant, async (tx) => {
        let changed = 0
        // In one order, so that two who do this at once wait for each other and do not deadlock.
        for (const record of sorted(await read(tx, BY_SUBJECT, [tenant, subject]), 'assignedAt')) {
          if (await revokeOnce(tx, record, revocation)) changed++
        }
        return changed
      })
    },
    async of(tenant, subject, at) {
      const params = [tenant, subject, instant(at)]
      return sorted(await work(tenant, (tx) => read(tx, OF, params)), 'role')
    },
    async history(tenant, subject) {
      return sorted(await work(tenant, (tx) => read(tx, BY_SUBJECT, [tenant, subject])), 'assignedAt')
    },
    async holders(tenant, role, at) {
      const params = [tenant, role, instant(at)]
      return sorted(await work(tenant, (tx) => read(tx, HOLDERS, params)), 'subject')
    },
  }
}
