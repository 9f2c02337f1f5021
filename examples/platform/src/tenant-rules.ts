import type { Forbid } from '@phi/rbac'
import type { Parts } from './parts.ts'

const standing = new WeakMap<Parts['rulesOf'], Map<string, Map<string, readonly Forbid[]>>>()

/**
 * Puts forbids of one source before the rules of a tenant, from the next request on: an incident that is isolated, the directives of a patient.
 * Other sources stay as they are. No forbids: what the source forbade is over.
 */
export function forbid({ rules, rulesOf }: Parts, tenant: string, source: string, forbids: readonly Forbid[]): void {
  const tenants = standing.get(rulesOf) ?? new Map<string, Map<string, readonly Forbid[]>>()
  standing.set(rulesOf, tenants)
  const sources = tenants.get(tenant) ?? new Map<string, readonly Forbid[]>()
  tenants.set(tenant, sources)
  sources.set(source, forbids)
  const all = [...sources.values()].flat()
  if (all.length === 0) rulesOf.delete(tenant)
  else rulesOf.set(tenant, rules.with(all))
}
