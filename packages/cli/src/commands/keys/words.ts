import { parseInstant } from '@phi/core'
import type { DataKeyRecord, DueKey, KeyPurpose, KeyState } from '@phi/envelope'

const DAY_MS = 86_400_000

/** A tenant's keys by number. */
export interface TenantKeyCount {
  readonly tenant: string
  readonly keys: number
  readonly states: Readonly<Partial<Record<KeyState, number>>>
  /** How many of them seal or open. */
  readonly opens: number
  /** Age of the oldest active key in whole days of 24 hours; null where none is active. */
  readonly oldestActiveDays: number | null
}

/** Adds a key to the count of its tenant. */
export function countStates(
  counts: Map<string, TenantKeyCount>,
  { tenant, state, createdAt }: DataKeyRecord,
  now: number,
): void {
  const before = counts.get(tenant) ?? { tenant, keys: 0, states: {}, opens: 0, oldestActiveDays: null }
  const days = Math.floor((now - parseInstant(createdAt)) / DAY_MS)
  counts.set(tenant, {
    tenant,
    keys: before.keys + 1,
    states: { ...before.states, [state]: (before.states[state] ?? 0) + 1 },
    opens: before.opens + (state === 'active' || state === 'retiring' ? 1 : 0),
    oldestActiveDays: state === 'active' ? Math.max(days, before.oldestActiveDays ?? 0) : before.oldestActiveDays,
  })
}

const order: readonly KeyPurpose[] = ['field', 'file', 'index', 'deterministic']

/** By tenant, the tenant's own before those of patients, and by purpose. */
export const byPlace = (
  a: { readonly tenant: string; readonly subject: string | null; readonly purpose: KeyPurpose },
  b: typeof a,
): number =>
  Number(a.tenant > b.tenant) - Number(a.tenant < b.tenant) ||
  Number((a.subject ?? '') > (b.subject ?? '')) - Number((a.subject ?? '') < (b.subject ?? '')) ||
  order.indexOf(a.purpose) - order.indexOf(b.purpose)

/** Why something is due, in words. */
export function reasonText({ reason, dueAt, overdue }: Pick<DueKey, 'reason' | 'dueAt' | 'overdue'>): string {
  switch (reason) {
    case 'age':
      return `${overdue ? 'overdue since' : 'due on'} ${(dueAt ?? '').slice(0, 10)}`
    case 'seals':
      return 'has sealed as many values as the policy allows'
    case 'bytes':
      return 'has sealed as much as the policy allows'
    case 'no-active':
      return 'no key seals in this place'
    case 'two-active':
      return 'a rotation was cut off'
    case 'kek-rotated':
      return 'wrapped under a former KEK'
    case 'kms-changed':
      return 'wrapped by another KMS'
    case 'kms-unknown':
      return 'not known: the KMS did not answer'
    case 'kek-unusable':
      return 'the current KEK cannot wrap'
  }
}
