import { canonicalJson, errorsOf, isInstant } from '@phi/core'
import {
  isRoleInForce,
  parseRoleAssignment,
  parseRoleRevocation,
  type RoleAssignment,
  type RoleRecord,
  type RoleRevocation,
  type RoleStore,
  roleEnd,
  roleErrors,
} from '@phi/rbac'
import type { StoreUnderTest } from '../src/index.ts'
import { backend } from './simple-store.ts'

const roleError = errorsOf(roleErrors)

/** The parts of a store that can be wrong, each as a right store has it. */
export interface RoleParts {
  readonly readAssignment: (assignment: RoleAssignment) => RoleAssignment
  readonly readRevocation: (revocation: RoleRevocation) => RoleRevocation
  readonly checkInstant: (at: string) => void
  readonly copyIn: (record: RoleRecord) => RoleRecord
  readonly copyOut: (record: RoleRecord) => RoleRecord
  /** Between looking and writing. */
  readonly pause: () => Promise<void>
  readonly keyOf: (tenant: string, id: string) => string
  readonly same: (kept: RoleRecord, assignment: RoleAssignment) => boolean
  readonly inForce: (record: RoleRecord, at: string) => boolean
  /** Whether a revocation ends the role earlier. */
  readonly shortens: (record: RoleRecord, revocation: RoleRevocation) => boolean
  readonly isSubject: (record: RoleRecord, tenant: string, subject: string) => boolean
  readonly isRole: (record: RoleRecord, tenant: string, role: string) => boolean
  readonly order: (records: readonly RoleRecord[], by: 'role' | 'subject' | 'assignedAt') => readonly RoleRecord[]
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

export const rightRoleParts: RoleParts = {
  readAssignment: parseRoleAssignment,
  readRevocation: parseRoleRevocation,
  checkInstant: (at) => {
    if (!isInstant(at)) throw roleError('PHI_RBAC_ROLE', { path: 'at' })
  },
  copyIn: structuredClone,
  copyOut: structuredClone,
  pause: async () => undefined,
  keyOf: (tenant, id) => `${tenant}/${id}`,
  same: ({ revocations: _, ...kept }, assignment) => canonicalJson(kept) === canonicalJson(assignment),
  inForce: isRoleInForce,
  shortens: (record, { at }) => {
    const end = roleEnd(record)
    return end === null || at < end
  },
  isSubject: (record, tenant, subject) => record.tenant === tenant && record.subject === subject,
  isRole: (record, tenant, role) => record.tenant === tenant && record.role === role,
  order: (records, by) => records.toSorted((a, b) => byText(a[by], b[by]) || byText(a.id, b.id)),
}

/** A store with a lock, a second handle and a switch, put together from parts. Without the lock it works between looks. */
export function simpleRoleStore(parts: Partial<RoleParts> = {}, locked = true): StoreUnderTest<RoleStore> {
  const p = { ...rightRoleParts, ...parts }
  const rows = new Map<string, RoleRecord>()
  const { work, under } = backend(() => roleError('PHI_RBAC_ROLE_STORE_UNAVAILABLE'), locked)

  const end = async (key: string, revocation: RoleRevocation) => {
    const now = rows.get(key)
    await p.pause()
    if (now === undefined) return 'missing'
    if (!p.shortens(now, revocation)) return 'already'
    rows.set(key, { ...now, revocations: [...now.revocations, revocation] })
    return 'revoked'
  }
  const found = (is: (record: RoleRecord) => boolean, by: 'role' | 'subject' | 'assignedAt') =>
    p.order([...rows.values()].filter(is), by).map((each) => p.copyOut(each))

  const handle = (): RoleStore => ({
    assign: (assignment) =>
      work(async () => {
        const parsed = p.readAssignment(assignment)
        const key = p.keyOf(parsed.tenant, parsed.id)
        const now = rows.get(key)
        await p.pause()
        if (now !== undefined) return p.same(now, parsed) ? 'already' : 'id-taken'
        rows.set(key, p.copyIn(Object.assign(parsed === assignment ? assignment : { ...parsed }, { revocations: [] })))
        return 'assigned'
      }),
    revoke: (tenant, id, revocation) =>
      work(() => Promise.resolve(p.readRevocation(revocation)).then((parsed) => end(p.keyOf(tenant, id), parsed))),
    revokeAll: (tenant, subject, revocation) =>
      work(async () => {
        const parsed = p.readRevocation(revocation)
        let changed = 0
        for (const [key, record] of rows) {
          if (p.isSubject(record, tenant, subject) && (await end(key, parsed)) === 'revoked') changed++
        }
        return changed
      }),
    of: (tenant, subject, at) =>
      work(async () => {
        p.checkInstant(at)
        return found((record) => p.isSubject(record, tenant, subject) && p.inForce(record, at), 'role')
      }),
    history: (tenant, subject) => work(async () => found((record) => p.isSubject(record, tenant, subject), 'assignedAt')),
    holders: (tenant, role, at) =>
      work(async () => {
        p.checkInstant(at)
        return found((record) => p.isRole(record, tenant, role) && p.inForce(record, at), 'subject')
      }),
  })

  return under(handle)
}
