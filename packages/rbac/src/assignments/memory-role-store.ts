import { canonicalJson } from '@phi/core'
import {
  checkInstant,
  isRoleInForce,
  parseRoleAssignment,
  parseRoleRecord,
  parseRoleRevocation,
  type RoleAssignment,
  type RoleRecord,
  type RoleRevocation,
  roleEnd,
} from './assignment.ts'
import type { RoleStore } from './store.ts'

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
type SortKey = 'role' | 'subject' | 'assignedAt'
const sorted = (records: readonly RoleRecord[], by: SortKey): readonly RoleRecord[] =>
  records.toSorted((a, b) => byText(a[by], b[by]) || byText(a.id, b.id))

const same = ({ revocations: _, ...kept }: RoleRecord, assignment: RoleAssignment): boolean =>
  canonicalJson(kept) === canonicalJson(assignment)

/** The record with the revocation, or undefined where it ends by then without it. */
function ended(record: RoleRecord, revocation: RoleRevocation): RoleRecord | undefined {
  const end = roleEnd(record)
  if (end !== null && end <= revocation.at) return undefined
  return parseRoleRecord({ ...record, revocations: [...record.revocations, revocation] })
}

/** A store of roles in memory, for tests and for a program that is one process and may forget everything when it ends. */
export function memoryRoleStore(): RoleStore {
  const tenants = new Map<string, Map<string, RoleRecord>>()
  const recordsOf = (tenant: string): RoleRecord[] => [...(tenants.get(tenant)?.values() ?? [])]
  const keep = (record: RoleRecord): void => {
    const records = tenants.get(record.tenant) ?? new Map<string, RoleRecord>()
    tenants.set(record.tenant, records.set(record.id, record))
  }

  return {
    async assign(assignment) {
      const parsed = parseRoleAssignment(assignment)
      const kept = tenants.get(parsed.tenant)?.get(parsed.id)
      if (kept !== undefined) return same(kept, parsed) ? 'already' : 'id-taken'
      keep(parseRoleRecord({ ...parsed, revocations: [] }))
      return 'assigned'
    },
    async revoke(tenant, id, revocation) {
      const parsed = parseRoleRevocation(revocation)
      const kept = tenants.get(tenant)?.get(id)
      if (kept === undefined) return 'missing'
      const next = ended(kept, parsed)
      if (next === undefined) return 'already'
      keep(next)
      return 'revoked'
    },
    async revokeAll(tenant, subject, revocation) {
      const parsed = parseRoleRevocation(revocation)
      const theirs = recordsOf(tenant).filter((record) => record.subject === subject)
      const changed = theirs.map((record) => ended(record, parsed)).filter((record) => record !== undefined)
      for (const record of changed) keep(record)
      return changed.length
    },
    async of(tenant, subject, at) {
      checkInstant(at)
      return sorted(
        recordsOf(tenant).filter((record) => record.subject === subject && isRoleInForce(record, at)),
        'role',
      )
    },
    async history(tenant, subject) {
      return sorted(
        recordsOf(tenant).filter((record) => record.subject === subject),
        'assignedAt',
      )
    },
    async holders(tenant, role, at) {
      checkInstant(at)
      return sorted(
        recordsOf(tenant).filter((record) => record.role === role && isRoleInForce(record, at)),
        'subject',
      )
    },
  }
}
