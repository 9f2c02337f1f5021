import { type RoleRecord, type RoleStore, roleEnd } from '@phi/rbac'
import { type StoreMutant, withVerbs } from './mutants.ts'
import { type RoleParts, rightRoleParts, simpleRoleStore } from './simple-role-store.ts'

type RoleStoreMutant = StoreMutant<RoleStore>

const KEEPS = 'gives back every field'
const NOTHING = 'has nothing where nothing was assigned'
const HALF_OPEN = 'has a role in force from its first instant'
const AGAIN = 'takes the same assignment again'
const VALID = 'refuses what is not valid'
const WALL = 'keeps tenants, people and roles apart'
const SORTED = 'answers sorted'
const OUTSIDE = 'keeps records that nobody changes'
const ENDS = 'ends a role at the instant'
const EARLIER = 'moves an end to an earlier instant only'
const LEAVING = 'ends every role of a person'
const RACE = 'lets one of 32 at once win'
const HANDLES = 'shows what one handle'
const UNREACHABLE = 'says that it cannot be reached'
const HONEST = 'is declared with no gap'

const part = (wrong: string, caughtBy: string, parts: Partial<RoleParts>): RoleStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleRoleStore(parts),
})

/** Changes verbs of a good store; `another` is changed alike. */
const verbs = (wrong: string, caughtBy: string, change: (good: RoleStore) => Partial<RoleStore>): RoleStoreMutant => ({
  wrong,
  caughtBy,
  open: () => withVerbs(simpleRoleStore(), change),
})

const { inForce, same } = rightRoleParts
const out = (change: (record: RoleRecord) => object): Partial<RoleParts> => ({
  copyOut: (record) => ({ ...structuredClone(record), ...change(record) }),
})

/** Each handle keeps what it has read. */
const cached = (good: RoleStore): Partial<RoleStore> => {
  const seen = new Map<string, readonly RoleRecord[]>()
  return {
    async history(tenant, subject) {
      const key = `${tenant}/${subject}`
      const known = seen.get(key) ?? (await good.history(tenant, subject))
      if (known.length > 0) seen.set(key, known)
      return structuredClone(known) as RoleRecord[]
    },
  }
}

export const roleStoreMutants: readonly RoleStoreMutant[] = [
  // What comes back.
  part(
    'keeps times in seconds',
    KEEPS,
    out(({ from }) => ({ from: `${from.slice(0, 19)}.000Z` })),
  ),
  part(
    'answers with times as numbers',
    KEEPS,
    out(({ assignedAt }) => ({ assignedAt: Date.parse(assignedAt) })),
  ),
  part(
    'forgets the reason',
    KEEPS,
    out(() => ({ reason: undefined })),
  ),
  part(
    'answers with an empty reason where there is none',
    KEEPS,
    out(({ reason }) => ({ reason: reason ?? null })),
  ),
  part(
    'keeps names in 64 characters',
    KEEPS,
    out(({ subject }) => ({ subject: subject.slice(0, 64) })),
  ),
  part(
    'normalises texts',
    KEEPS,
    out(({ subject }) => ({ subject: subject.normalize('NFC') })),
  ),
  part(
    'answers with a far end where there is none',
    KEEPS,
    out(({ until }) => ({ until: until ?? '9999-12-31T23:59:59.999Z' })),
  ),
  verbs('says "already" where nothing is to be ended', NOTHING, (good) => ({
    revoke: async (...args) => ((await good.revoke(...args)) === 'revoked' ? 'revoked' : 'already'),
  })),
  verbs('gives everybody a role', NOTHING, (good) => ({
    of: async (tenant, subject, at) => {
      const roles = await good.of(tenant, subject, at)
      const id = 'everybody'
      const who = { assignedAt: at, assignedBy: 'system', from: at, until: null, role: 'user', revocations: [] }
      return roles.length > 0 ? roles : [{ id, tenant, subject, ...who }]
    },
  })),
  // Times.
  part('begins after the first instant', HALF_OPEN, { inForce: (record, at) => inForce(record, at) && at > record.from }),
  part('has a role at its end still', HALF_OPEN, { inForce: (record, at) => inForce(record, at) || at === roleEnd(record) }),
  part('has a role before it begins', HALF_OPEN, {
    inForce: (record, at) => {
      const end = roleEnd(record)
      return end === null || at < end
    },
  }),
  part('ends only what somebody ends', HALF_OPEN, {
    inForce: (record, at) => inForce({ ...record, until: null }, at),
  }),
  part('forgets what has ended', HALF_OPEN, { order: (records) => records.filter(({ until }) => until === null) }),
  // Assigning.
  verbs('says that the same is taken', AGAIN, (good) => ({
    assign: async (each) => ((await good.assign(each)) === 'assigned' ? 'assigned' : 'id-taken'),
  })),
  part('takes another of an id for the same', AGAIN, { same: () => true }),
  part('compares roles only', AGAIN, { same: (kept, next) => kept.role === next.role && kept.subject === next.subject }),
  part('does not compare reasons', AGAIN, {
    same: ({ reason: _, ...kept }, { reason: __, ...next }) => same(kept as RoleRecord, next),
  }),
  part('has one space of ids for all tenants', AGAIN, { keyOf: (_, id) => id }),
  part('parses no assignment', VALID, { readAssignment: (assignment) => ({ ...assignment }) }),
  part('parses no revocation', VALID, { readRevocation: (revocation) => ({ ...revocation }) }),
  part('looks at no instant', VALID, { checkInstant: () => undefined, inForce: ({ from }, at) => from <= at }),
  verbs('has nobody at no instant', VALID, (good) => ({ holders: (...args) => good.holders(...args).catch(() => []) })),
  // The wall.
  part('answers with every tenant’s', WALL, { isSubject: (record, _, subject) => record.subject === subject }),
  part('answers with every tenant’s holders', WALL, { isRole: (record, _, role) => record.role === role }),
  part('takes letters alike', WALL, {
    isSubject: (record, tenant, subject) => record.tenant === tenant && record.subject.toLowerCase() === subject.toLowerCase(),
  }),
  part('takes a role for a pattern', WALL, {
    isRole: (record, tenant, role) => record.tenant === tenant && record.role.startsWith(role),
  }),
  part('sorts in the order of recording', SORTED, { order: (records) => records }),
  part('sorts as people do', SORTED, {
    order: (records, by) => records.toSorted((a, b) => a[by].localeCompare(b[by], 'en', { numeric: true })),
  }),
  // Copies.
  part('keeps what it was handed', OUTSIDE, { readAssignment: (assignment) => assignment, copyIn: (record) => record }),
  part('hands out what it keeps', OUTSIDE, { copyOut: (record) => record }),
  // Ending.
  part('ends a role at once, whenever it was to end', ENDS, {
    readRevocation: (revocation) => ({ ...revocation, at: revocation.recordedAt }),
  }),
  part('forgets who revoked', ENDS, { readRevocation: (revocation) => ({ ...revocation, revokedBy: 'system' }) }),
  part('forgets why', ENDS, { readRevocation: ({ reason: _, ...revocation }) => revocation }),
  part('forgets what was revoked', ENDS, {
    isSubject: (record, tenant, subject) =>
      record.tenant === tenant && record.subject === subject && record.revocations.length === 0,
  }),
  part('looks at the end of the assignment only', ENDS, {
    inForce: (record, at) => inForce({ ...record, revocations: [] }, at),
  }),
  part('takes a later revocation', EARLIER, { shortens: () => true }),
  part('takes the first revocation for the last word', EARLIER, { shortens: ({ revocations }) => revocations.length === 0 }),
  part('records a revocation for the same instant again', EARLIER, {
    shortens: (record, { at }) => at <= (roleEnd(record) ?? at),
  }),
  part('ends roles of the person in every tenant', LEAVING, {
    isSubject: (record, _, subject) => record.subject === subject,
  }),
  part('ends roles of everybody in the tenant', LEAVING, { isSubject: (record, tenant) => record.tenant === tenant }),
  verbs('leaves what has not begun', LEAVING, (good) => ({
    async revokeAll(tenant, subject, revocation) {
      let ended = 0
      for (const { id } of await good.of(tenant, subject, revocation.at)) {
        if ((await good.revoke(tenant, id, revocation)) === 'revoked') ended++
      }
      return ended
    },
  })),
  // Callers at once.
  {
    wrong: 'looks before it writes',
    caughtBy: RACE,
    open: () => simpleRoleStore({ pause: () => new Promise(setImmediate) }, false),
  },
  verbs('reads from a cache of its own', HANDLES, cached),
  // Faults.
  verbs('has no roles when it cannot be reached', UNREACHABLE, (good) => ({
    of: (...args) => good.of(...args).catch(() => []),
  })),
  verbs('says "missing" when it cannot be reached', UNREACHABLE, (good) => ({
    revoke: (...args) => good.revoke(...args).catch(() => 'missing' as const),
  })),
  verbs('throws plain errors when it cannot be reached', UNREACHABLE, (good) => ({
    history: (...args) => good.history(...args).catch(() => Promise.reject(new Error('refused'))),
  })),
  {
    wrong: 'declares a gap and gives the hook for it',
    caughtBy: HONEST,
    supports: { shared: false },
    open: () => simpleRoleStore(),
  },
]
