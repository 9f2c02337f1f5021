import { canonicalJson, toHex } from '@phi/core'
import type { RoleAssignment, RoleRecord, RoleRevocation, RoleStore } from '@phi/rbac'
import { check, equal, fail, succeeds } from '../suite/assert.ts'
import { freshBytes } from '../suite/bytes.ts'

const START = Date.parse('2026-03-29T00:59:59.999Z')
export const HOUR = 3_600_000

/** The instant so many milliseconds after the beginning. */
export const at = (ms: number): string => new Date(START + ms).toISOString()

export const freshTenant = (): string => `suite-${toHex(freshBytes(5))}`

/** An assignment that nobody has recorded yet: a person of its own, in force from the beginning, until further notice. */
export function freshRole(more: Partial<RoleAssignment> = {}): RoleAssignment {
  return {
    id: `a-${toHex(freshBytes(8))}`,
    tenant: freshTenant(),
    subject: `u-${toHex(freshBytes(5))}`,
    role: 'therapist',
    from: at(0),
    until: null,
    assignedAt: at(0),
    assignedBy: 'u-officer',
    ...more,
  }
}

export const revocation = (ms: number, more: Partial<RoleRevocation> = {}): RoleRevocation => ({
  at: at(ms),
  recordedAt: at(0),
  revokedBy: 'u-officer',
  ...more,
})

/** What the store must have of an assignment. */
export const recordOf = (assignment: RoleAssignment, ...revocations: RoleRevocation[]): RoleRecord => ({
  ...assignment,
  revocations,
})

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const inOrder = (records: readonly RoleRecord[], by: 'role' | 'subject' | 'assignedAt'): readonly RoleRecord[] =>
  records.toSorted((a, b) => byText(a[by], b[by]) || byText(a.id, b.id))

function same(actual: readonly RoleRecord[], expected: readonly RoleRecord[], what: string): void {
  check(Array.isArray(actual), `${what} must answer with an array`)
  const ids = (records: readonly RoleRecord[]) =>
    records.map(({ id }) => expected.findIndex((each) => each.id === id)).join(' ')
  // Shown as positions in the expected list: ids say nothing to a reader.
  equal(ids(actual), ids(expected), `${what}: which records, in which order (-1 for one that does not belong)`)
  for (const [i, record] of actual.entries()) {
    const wanted = expected[i] as RoleRecord
    for (const [name, value] of Object.entries(wanted)) {
      equal(jsonOf(Reflect.get(record, name), what), canonicalJson(value), `${what}: ${name}`)
    }
    const stray = Object.keys(record).filter((name) => !(name in wanted))
    equal(stray.length, 0, `${what}: the number of fields that the record has not`)
  }
}

function jsonOf(value: unknown, what: string): string {
  try {
    return canonicalJson(value as Parameters<typeof canonicalJson>[0])
  } catch {
    return fail(`${what} must be plain data, as it was recorded`)
  }
}

export const assign = (store: RoleStore, assignment: RoleAssignment) => succeeds(() => store.assign(assignment), 'assign')
export const revoke = (store: RoleStore, { tenant, id }: RoleAssignment, what: RoleRevocation) =>
  succeeds(() => store.revoke(tenant, id, what), 'revoke')

/** Assigns what must find room. */
export async function assignAll(store: RoleStore, assignments: readonly RoleAssignment[]): Promise<void> {
  for (const each of assignments) equal(await assign(store, each), 'assigned', 'assign of a role that nothing stands against')
}

type Person = Pick<RoleAssignment, 'tenant' | 'subject'>

/** The whole history of a person must be these. */
export async function hasHistory(store: RoleStore, { tenant, subject }: Person, expected: readonly RoleRecord[], when: string) {
  same(await succeeds(() => store.history(tenant, subject), 'history'), inOrder(expected, 'assignedAt'), `history ${when}`)
}

/** What a person has at an instant must be these. */
export async function has(
  store: RoleStore,
  { tenant, subject }: Person,
  ms: number,
  expected: readonly RoleRecord[],
  when: string,
) {
  same(await succeeds(() => store.of(tenant, subject, at(ms)), 'of'), inOrder(expected, 'role'), `of ${when}`)
}

/** Those who have a role at an instant must be these. */
export async function holdRole(
  store: RoleStore,
  tenant: string,
  role: string,
  ms: number,
  expected: readonly RoleRecord[],
  when: string,
) {
  same(await succeeds(() => store.holders(tenant, role, at(ms)), 'holders'), inOrder(expected, 'subject'), `holders ${when}`)
}

/** All three readers must agree that the record is in force at an instant, or is not. */
export async function inForce(
  store: RoleStore,
  record: RoleRecord,
  ms: number,
  expected: boolean,
  when: string,
): Promise<void> {
  const list = expected ? [record] : []
  await has(store, record, ms, list, when)
  await holdRole(store, record.tenant, record.role, ms, list, when)
}
