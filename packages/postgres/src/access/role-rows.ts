import { errorsOf } from '@phi/core'
import { parseRoleRecord, type RoleAssignment, type RoleRecord, type RoleRevocation, roleErrors } from '@phi/rbac'

export const roleError = errorsOf(roleErrors)

/** A row of an assignment, with its revocations as a JSON text, in the order of their numbers. */
export interface RoleRow {
  readonly id: string
  readonly tenant: string
  readonly subject: string
  readonly role: string
  readonly starts_at: string
  readonly ends_at: string | null
  readonly assigned_at: string
  readonly assigned_by: string
  readonly reason: string | null
  readonly revocations: string
}

export const ROLE_COLUMNS = `a.id, a.tenant, a.subject, a.role, a.starts_at, a.ends_at, a.assigned_at, a.assigned_by, a.reason,
  (select coalesce(json_agg(json_build_object('at', r.takes_at, 'recordedAt', r.recorded_at, 'revokedBy', r.revoked_by,
    'reason', r.reason) order by r.number), '[]')
   from phi.role_revocation r where r.tenant = a.tenant and r.assignment = a.id)::text as revocations`

/** As `isRoleInForce` has it, of $3. Texts of instants sort as the times they name. */
export const IN_FORCE = `a.starts_at <= $3 and (a.ends_at is null or a.ends_at > $3) and not exists (
  select from phi.role_revocation r where r.tenant = a.tenant and r.assignment = a.id and r.takes_at <= $3)`

/** In the order of the columns. */
export const assignmentParams = (a: RoleAssignment): unknown[] => [
  a.tenant,
  a.id,
  a.subject,
  a.role,
  a.from,
  a.until,
  a.assignedAt,
  a.assignedBy,
  a.reason ?? null,
]

/** In the order of the columns. */
export const revocationParams = (record: RoleRecord, revocation: RoleRevocation): unknown[] => [
  record.tenant,
  record.id,
  record.revocations.length + 1,
  revocation.at,
  revocation.recordedAt,
  revocation.revokedBy,
  revocation.reason ?? null,
]

const withReason = (reason: unknown): object => (reason === null ? {} : { reason })

function revocationsOf(text: string): unknown {
  try {
    const revocations: unknown = JSON.parse(text)
    if (!Array.isArray(revocations)) return undefined
    return revocations.map(({ reason, ...rest }) => ({ ...rest, ...withReason(reason) }))
  } catch {
    return undefined
  }
}

/** @throws PhiError PHI_RBAC_ROLE_STORE: what cannot be read is not "no role" */
export const recordOfRow = (row: RoleRow): RoleRecord =>
  parseRoleRecord({
    id: row.id,
    tenant: row.tenant,
    subject: row.subject,
    role: row.role,
    from: row.starts_at,
    until: row.ends_at,
    assignedAt: row.assigned_at,
    assignedBy: row.assigned_by,
    ...withReason(row.reason),
    revocations: revocationsOf(row.revocations),
  })
