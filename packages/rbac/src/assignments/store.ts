import type { RoleAssignment, RoleRecord, RoleRevocation } from './assignment.ts'

/**
 * Who has which role, since when, until when, and by whose word. Append-only: assignments and revocations are added, none is changed
 * or removed. A tenant sees its own. Records that come out are parsed, or the call is refused; a verb that cannot do its work rejects,
 * since an empty answer would read as "has no role", or to a reviewer as "nobody has it".
 *
 * INVARIANTS: what is recorded now reaches no instant before its recording, so with honest clocks the answer for an instant that has
 * passed stays what it was. An end only moves to an earlier instant; a longer one is a new assignment.
 *
 * Helps you meet 45 CFR 164.308(a)(3)(ii)(A) to (C): authorization, clearance and termination; and 164.308(a)(4)(ii)(B) and (C):
 * granting, establishing and modifying access, with who decided and why. `assignmentLaw` has them as data. `roleStoreSuite` of
 * `@phi/testing` holds a store to all of it.
 *
 * Every verb rejects with PHI_RBAC_ROLE for input that is not valid, PHI_RBAC_ROLE_STORE for a stored row that is no record, and
 * PHI_RBAC_ROLE_STORE_UNAVAILABLE when the store cannot be reached.
 */
export interface RoleStore {
  /**
   * Records an assignment. 'already': this very assignment is there, as after a lost answer. 'id-taken': another one of the tenant
   * has its id, and stays as it is.
   */
  assign(assignment: RoleAssignment): Promise<'assigned' | 'already' | 'id-taken'>
  /**
   * Records that an assignment ends at `revocation.at`. 'already': it ends by then without that, and nothing was recorded.
   * Of concurrent revocations for one instant, one is told 'revoked'.
   */
  revoke(tenant: string, id: string, revocation: RoleRevocation): Promise<'revoked' | 'already' | 'missing'>
  /**
   * Ends all roles of somebody in one tenant, those that have not begun too, all or none: for the day somebody leaves. Assignments
   * that are made later, or at the same time, are not touched.
   * @returns how many end earlier by it
   */
  revokeAll(tenant: string, subject: string, revocation: RoleRevocation): Promise<number>
  /** The assignments in force at an instant, UTC with milliseconds, by role and id. `roleNames` makes names of them. */
  of(tenant: string, subject: string, at: string): Promise<readonly RoleRecord[]>
  /** Every assignment that somebody ever had, with its revocations, by `assignedAt` and id. */
  history(tenant: string, subject: string): Promise<readonly RoleRecord[]>
  /** Who has a role at an instant: the assignments in force, by subject and id. For access reviews. */
  holders(tenant: string, role: string, at: string): Promise<readonly RoleRecord[]>
}
