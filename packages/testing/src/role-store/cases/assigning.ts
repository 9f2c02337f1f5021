import type { RoleAssignment, RoleRecord, RoleStore } from '@phi/rbac'
import type { StoreCase } from '../../store/manifest.ts'
import { equal, refused, succeeds } from '../../suite/assert.ts'
import {
  assign,
  assignAll,
  at,
  freshRole,
  freshTenant,
  HOUR,
  has,
  hasHistory,
  holdRole,
  inForce,
  recordOf,
} from '../records.ts'

/** Changes an object as a careless caller would. Frozen ones stay as they are, and that is as good. */
function spoil(record: RoleAssignment | RoleRecord): void {
  for (const [name, value] of Object.entries({ role: 'administrator', until: null, subject: 'spoilt' })) {
    Reflect.set(record, name, value)
  }
}

export const assigningCases: readonly StoreCase<RoleStore>[] = [
  {
    title: 'gives back every field as it was recorded, at its longest and oddest too',
    requirements: ['S2'],
    async run({ store }) {
      const assignments = [
        freshRole(),
        freshRole({ until: at(HOUR), reason: 'covers for u-7' }),
        freshRole({ id: '1e3', tenant: '007', subject: '0', role: 'null', assignedBy: '7' }),
        freshRole({ id: `${'z'.repeat(62)}-9`, subject: 'ü'.repeat(255), role: 'r'.repeat(128), assignedBy: 'a'.repeat(256) }),
        freshRole({
          subject: `'; drop table role; -- "\\ %_ Zoe\u0308 \u{1f512}`,
          role: 'a,b {"c"}',
          reason: 'x'.repeat(1000),
        }),
        freshRole({ assignedAt: '0001-01-01T00:00:00.000Z', from: at(-1), until: '9999-12-31T23:59:59.999Z' }),
        freshRole({ assignedAt: at(-5), from: '2026-10-25T02:30:00.100Z' }),
      ]
      await assignAll(store, assignments)
      for (const each of assignments) {
        await hasHistory(store, each, [recordOf(each)], 'after assign')
        const ms = Date.parse(each.from) - Date.parse(at(0))
        await inForce(store, recordOf(each), ms, true, 'after assign')
      }
    },
  },
  {
    title: 'has nothing where nothing was assigned, and makes nothing by being asked',
    requirements: ['S2'],
    async run({ store }) {
      const stranger = freshRole()
      const { tenant, subject, role } = stranger
      const empty = async () => {
        await has(store, stranger, 0, [], 'of a stranger')
        await hasHistory(store, stranger, [], 'of a stranger')
        await holdRole(store, tenant, role, 0, [], 'of a role that nobody has')
      }
      await empty()
      const ending = { at: at(1), recordedAt: at(0), revokedBy: 'u-officer' }
      const one = await succeeds(() => store.revoke(tenant, stranger.id, ending), 'revoke')
      equal(one, 'missing', 'revoke of an assignment that was never made')
      const all = await succeeds(() => store.revokeAll(tenant, subject, ending), 'revokeAll')
      equal(all, 0, 'revokeAll of a stranger')
      await empty()
    },
  },
  {
    title: 'has a role in force from its first instant up to its end and not at it, with nobody to end it',
    requirements: ['S2'],
    async run({ store }) {
      const emergency = recordOf(
        freshRole({ role: 'emergency', from: at(HOUR), until: at(5 * HOUR), reason: 'night shift alone' }),
      )
      const lasting = recordOf(
        freshRole({ tenant: emergency.tenant, subject: emergency.subject, role: 'therapist', from: at(1) }),
      )
      const { revocations: _, ...first } = emergency
      const { revocations: __, ...second } = lasting
      await assignAll(store, [first, second])
      for (const [ms, is] of [
        [0, false],
        [HOUR - 1, false],
        [HOUR, true],
        [HOUR + 1, true],
        [5 * HOUR - 1, true],
        [5 * HOUR, false],
        [5 * HOUR + 1, false],
        [50_000 * HOUR, false],
      ] as const) {
        const when = `${ms - HOUR} ms after the beginning of a role of four hours`
        const also = ms >= 1 ? [lasting] : []
        await has(store, emergency, ms, is ? [emergency, ...also] : also, when)
        await holdRole(store, emergency.tenant, 'emergency', ms, is ? [emergency] : [], when)
        await holdRole(store, emergency.tenant, 'therapist', ms, also, when)
      }
      await hasHistory(store, emergency, [emergency, lasting], 'of a person with a role that has ended')
    },
  },
  {
    title: 'takes the same assignment again for the one it has, and keeps the first of an id',
    requirements: ['S2'],
    async run({ store }) {
      const first = freshRole({ until: at(HOUR), reason: 'first' })
      await assignAll(store, [first])
      equal(await assign(store, { ...first }), 'already', 'assign of the very same again')
      const others: readonly Partial<RoleAssignment>[] = [
        { role: 'administrator' },
        { subject: 'u-other' },
        { from: at(1) },
        { until: at(2 * HOUR) },
        { until: null },
        { assignedAt: at(-1) },
        { assignedBy: 'u-other' },
        { reason: 'second' },
      ]
      for (const change of others) {
        equal(await assign(store, { ...first, ...change }), 'id-taken', `assign with another ${Object.keys(change)[0]}`)
        await hasHistory(store, first, [recordOf(first)], 'after an assignment that was refused')
      }
      const { reason: _, ...without } = first
      equal(await assign(store, without), 'id-taken', 'assign without the reason')
      await hasHistory(store, { ...first, subject: 'u-other' }, [], 'of the other person')
      const elsewhere = { ...first, tenant: freshTenant() }
      equal(await assign(store, elsewhere), 'assigned', 'assign with the same id in another tenant')
      await hasHistory(store, elsewhere, [recordOf(elsewhere)], 'of the other tenant')
      await hasHistory(store, first, [recordOf(first)], 'beside the same id in another tenant')
    },
  },
  {
    title: 'refuses what is not valid, and records nothing of it',
    requirements: ['S2'],
    async run({ store }) {
      const good = freshRole()
      const { tenant, subject, id, role } = good
      const remedy = 'Parse with `parseRoleAssignment` and `parseRoleRevocation` of @phi/rbac, and look at every instant.'
      const wrong = (work: () => Promise<unknown>, what: string) => refused(work, ['PHI_RBAC_ROLE'], what, remedy)
      const assignments: readonly (readonly [string, object])[] = [
        ['that ends as it begins', { ...good, until: good.from }],
        ['that begins before it was recorded', { ...good, from: at(-1) }],
        ['without an end', { ...good, until: undefined }],
        ['at a time without milliseconds', { ...good, from: '2027-01-01T00:00:00Z' }],
        ['at a time of another zone', { ...good, from: '2027-01-01T00:00:00.000+01:00' }],
        ['with an unknown field', { ...good, more: 1 }],
        ['of nobody', { ...good, subject: '' }],
        ['with a control character', { ...good, role: 'a\u0000b' }],
      ]
      for (const [what, each] of assignments) await wrong(() => store.assign(each as never), `assign of a role ${what}`)
      await hasHistory(store, good, [], 'after assignments that were refused')
      await assignAll(store, [good])
      const ending = { at: at(1), recordedAt: at(0), revokedBy: 'u-officer' }
      for (const [what, each] of [
        ['that reaches back before it was recorded', { ...ending, at: at(-1) }],
        ['at no instant', { ...ending, at: 'now' }],
        ['by nobody', { ...ending, revokedBy: '' }],
        ['with an unknown field', { ...ending, more: 1 }],
      ] as const) {
        await wrong(() => store.revoke(tenant, id, each as never), `revoke ${what}`)
        await wrong(() => store.revokeAll(tenant, subject, each as never), `revokeAll ${what}`)
      }
      for (const no of ['', 'now', '2027-01-01', '2027-02-30T00:00:00.000Z', 'z']) {
        await wrong(() => store.of(tenant, subject, no), 'of at no instant')
        await wrong(() => store.holders(tenant, role, no), 'holders at no instant')
      }
      await hasHistory(store, good, [recordOf(good)], 'after what was refused')
    },
  },
  {
    title: 'keeps tenants, people and roles apart, by their exact names',
    requirements: ['S2'],
    async run({ store }) {
      const tenant = freshTenant()
      const tenants = [tenant, `${tenant}0`, tenant.slice(0, -1), tenant.replace('-', '.')]
      const names = ['u-8', 'u-88', 'U-88', 'u_88', '%', 'Zo\u00eb', 'Zoe\u0308', '0']
      const records: RoleRecord[] = []
      for (const each of tenants) {
        for (const [i, subject] of names.entries()) {
          const record = recordOf(
            freshRole({ id: `a-${i}`, tenant: each, subject, role: names[names.length - 1 - i] as string }),
          )
          const { revocations: _, ...assignment } = record
          await assignAll(store, [assignment])
          records.push(record)
        }
      }
      for (const record of records) {
        await inForce(store, record, 0, true, 'beside other tenants, people and roles')
        await hasHistory(store, record, [record], 'beside other tenants, people and roles')
      }
      for (const nobody of ['', 'u', 'u-888', '_']) {
        await has(store, { tenant, subject: nobody }, 0, [], 'of nobody')
        await holdRole(store, tenant, nobody, 0, [], 'of no role')
      }
    },
  },
  {
    title: 'answers sorted: roles by name, holders by person, history by the time of recording',
    requirements: ['S2'],
    async run({ store }) {
      const { tenant, subject } = freshRole()
      const roles = ['nurse', 'Admin', 'billing', 'audit', 'zoo', '10', '9']
      const own = roles.map((role, i) => freshRole({ tenant, subject, role, from: at(60), assignedAt: at((i * 5) % 7) }))
      const others = ['u-b', 'U-c', 'u-a', '9', '10'].map((each) => freshRole({ tenant, subject: each, role: 'nurse' }))
      await assignAll(store, [...own, ...others])
      await has(
        store,
        { tenant, subject },
        60,
        own.map((each) => recordOf(each)),
        'of seven roles',
      )
      await hasHistory(
        store,
        { tenant, subject },
        own.map((each) => recordOf(each)),
        'of seven roles',
      )
      const nurses = [own[0] as RoleAssignment, ...others].map((each) => recordOf(each))
      await holdRole(store, tenant, 'nurse', 60, nurses, 'of a role that six have')
    },
  },
  {
    title: 'keeps records that nobody changes by changing what they handed in or were handed',
    requirements: ['S2'],
    async run({ store }) {
      const handed = freshRole({ until: at(HOUR) })
      const kept = recordOf({ ...handed })
      await assignAll(store, [handed])
      spoil(handed)
      await hasHistory(store, kept, [kept], 'after the caller changed what it had assigned')
      const { tenant, subject, role } = kept
      const readers = {
        of: () => store.of(tenant, subject, at(0)),
        history: () => store.history(tenant, subject),
        holders: () => store.holders(tenant, role, at(0)),
      }
      for (const [verb, read] of Object.entries(readers)) {
        for (const record of await succeeds(read, verb)) spoil(record)
        await inForce(store, kept, 0, true, `after the caller changed what ${verb} had answered`)
        await hasHistory(store, kept, [kept], `after the caller changed what ${verb} had answered`)
      }
    },
  },
]
