import type { RoleRecord, RoleStore } from '@phi/rbac'
import { anotherOf, refusesUnreachable, type StoreCase, storeGap, storeHonesty } from '../../store/manifest.ts'
import { check, equal, succeeds } from '../../suite/assert.ts'
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
  revocation,
  revoke,
} from '../records.ts'

const CALLERS = 32

const count = (told: readonly string[], answer: string): number => told.filter((each) => each === answer).length

/** At once, by turns from all the handles: assignments with one id, revocations for one instant, and for many. */
async function races(stores: readonly RoleStore[]): Promise<void> {
  const turn = (i: number) => stores[i % stores.length] as RoleStore
  const first = freshRole()
  const rivals = Array.from({ length: CALLERS }, (_, i) => ({ ...first, reason: `caller ${i}` }))
  const told = await Promise.all(rivals.map((each, i) => assign(turn(i), each)))
  equal(count(told, 'assigned'), 1, `of ${CALLERS} assignments with one id at once, how many were told 'assigned'`)
  equal(count(told, 'id-taken'), CALLERS - 1, `how many were told 'id-taken'`)
  const winner = rivals[told.indexOf('assigned')] as typeof first
  for (const store of stores) await hasHistory(store, first, [recordOf(winner)], 'after assignments with one id at once')

  const endings = Array.from({ length: CALLERS }, (_, i) => revocation(HOUR, { reason: `caller ${i}` }))
  const ended = await Promise.all(endings.map((each, i) => revoke(turn(i), first, each)))
  equal(count(ended, 'revoked'), 1, `of ${CALLERS} revocations for one instant at once, how many were told 'revoked'`)
  equal(count(ended, 'already'), CALLERS - 1, `how many were told 'already'`)
  const kept = recordOf(winner, endings[ended.indexOf('revoked')] as (typeof endings)[number])
  for (const store of stores) await hasHistory(store, first, [kept], 'after revocations for one instant at once')

  const second = freshRole()
  await assignAll(turn(0), [second])
  const many = Array.from({ length: CALLERS }, (_, i) => revocation(HOUR + ((i * 7) % CALLERS)))
  const answers = await Promise.all(many.map((each, i) => revoke(turn(i), second, each)))
  const [record] = await succeeds(() => turn(1).history(second.tenant, second.subject), 'history')
  check(record !== undefined, 'history after revocations at once answered with nothing')
  equal(record.revocations.at(-1)?.at, at(HOUR), 'the end after revocations for many instants at once: the earliest')
  equal(record.revocations.length, count(answers, 'revoked'), 'the revocations that are kept, by those that were told so')
  for (const store of stores) {
    await inForce(store, record, HOUR - 1, true, 'before the earliest end')
    await inForce(store, record, HOUR, false, 'at the earliest end')
  }
}

export const endingCases: readonly StoreCase<RoleStore>[] = [
  {
    title: 'ends a role at the instant of its revocation, ahead of time too, and keeps who, when and why',
    requirements: ['S2'],
    async run({ store }) {
      const assignment = freshRole()
      const bystander = freshRole({ tenant: assignment.tenant, subject: assignment.subject, role: 'billing' })
      await assignAll(store, [assignment, bystander])
      const last = revocation(3 * HOUR, {
        recordedAt: at(HOUR),
        revokedBy: `O'Hara "\\ Zoe\u0308 \u{1f512}`,
        reason: 'leaves; "last day"',
      })
      equal(await revoke(store, assignment, last), 'revoked', 'revoke ahead of time')
      const record = recordOf(assignment, last)
      for (const [ms, is] of [
        [0, true],
        [HOUR, true],
        [3 * HOUR - 1, true],
        [3 * HOUR, false],
        [9 * HOUR, false],
      ] as const) {
        const when = `at ${ms} ms, of a role that was revoked for ${3 * HOUR}`
        await has(store, assignment, ms, is ? [record, recordOf(bystander)] : [recordOf(bystander)], when)
        await holdRole(store, assignment.tenant, assignment.role, ms, is ? [record] : [], when)
      }
      await hasHistory(store, assignment, [record, recordOf(bystander)], 'after a revocation')
      equal(await assign(store, assignment), 'already', 'assign of the very same after its revocation')
      await hasHistory(store, assignment, [record, recordOf(bystander)], 'after the same assignment again')
    },
  },
  {
    title: 'moves an end to an earlier instant only: a later revocation changes nothing and is not recorded',
    requirements: ['S2'],
    async run({ store }) {
      const assignment = freshRole({ until: at(5 * HOUR) })
      await assignAll(store, [assignment])
      const steps: readonly (readonly [number, 'revoked' | 'already'])[] = [
        [6 * HOUR, 'already'],
        [5 * HOUR, 'already'],
        [4 * HOUR, 'revoked'],
        [4 * HOUR, 'already'],
        [5 * HOUR, 'already'],
        [4 * HOUR - 1, 'revoked'],
        [HOUR, 'revoked'],
        [2 * HOUR, 'already'],
        [0, 'revoked'],
        [0, 'already'],
      ]
      let record: RoleRecord = recordOf(assignment)
      let end = 5 * HOUR
      for (const [ms, answer] of steps) {
        const step = revocation(ms, { reason: `to ${ms}` })
        equal(await revoke(store, assignment, step), answer, `revoke for ${ms} where the end is ${end}`)
        if (answer === 'revoked') {
          record = { ...record, revocations: [...record.revocations, step] }
          end = ms
        }
        await hasHistory(store, assignment, [record], `after a revocation for ${ms} ms`)
        await inForce(store, record, end, false, `at the end, after a revocation for ${ms} ms`)
        if (end > 0) await inForce(store, record, end - 1, true, `before the end, after a revocation for ${ms} ms`)
      }
    },
  },
  {
    title: 'ends every role of a person in one tenant, those that have not begun too, and of nobody else',
    requirements: ['S2'],
    async run({ store }) {
      const { tenant, subject } = freshRole()
      const theirs = [
        freshRole({ tenant, subject, role: 'therapist' }),
        freshRole({ tenant, subject, role: 'billing', until: at(9 * HOUR) }),
        freshRole({ tenant, subject, role: 'admin', from: at(4 * HOUR) }),
      ]
      const over = freshRole({ tenant, subject, role: 'intern', until: at(HOUR) })
      const others = [
        freshRole({ tenant, subject: `${subject}0` }),
        freshRole({ tenant, subject: subject.toUpperCase() }),
        freshRole({ tenant, subject: subject.replace('-', '_') }),
        freshRole({ tenant: freshTenant(), subject }),
      ]
      await assignAll(store, [...theirs, over, ...others])
      const leaving = revocation(2 * HOUR, { recordedAt: at(HOUR), reason: 'left' })
      const all = (person: string, step = leaving) => succeeds(() => store.revokeAll(tenant, person, step), 'revokeAll')
      for (const nobody of ['%', '', subject.slice(0, -1)]) equal(await all(nobody), 0, 'revokeAll of nobody')
      equal(await all(subject), 3, 'revokeAll: how many end earlier by it')
      const records = [...theirs.map((each) => recordOf(each, leaving)), recordOf(over)]
      await hasHistory(store, { tenant, subject }, records, 'after revokeAll')
      for (const ms of [2 * HOUR, 4 * HOUR, 8 * HOUR]) await has(store, { tenant, subject }, ms, [], 'after somebody left')
      await has(store, { tenant, subject }, 2 * HOUR - 1, records.slice(0, 2), 'before somebody left')
      for (const each of others) await has(store, each, 8 * HOUR, [recordOf(each)], 'after somebody else left')
      equal(await all(subject), 0, 'revokeAll again')
      const back = freshRole({ tenant, subject, from: at(3 * HOUR) })
      await assignAll(store, [back])
      await has(store, { tenant, subject }, 3 * HOUR, [recordOf(back)], 'of somebody who came back')
    },
  },
  {
    title: `lets one of ${CALLERS} at once win, and keeps the earliest of ${CALLERS} ends`,
    requirements: ['S2'],
    run: ({ store }) => races([store]),
  },
  {
    title: 'shows what one handle recorded to another at once, and lets one of both win',
    requirements: ['S2'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const { store } = under
      const another = await anotherOf(under)
      const assignment = freshRole()
      await assignAll(store, [assignment])
      // Each handle reads before the other writes: what one keeps in a cache of its own goes stale.
      await inForce(store, recordOf(assignment), HOUR, true, 'after assign')
      await inForce(another, recordOf(assignment), HOUR, true, 'on another handle after assign')
      const step = revocation(HOUR)
      equal(await revoke(another, assignment, step), 'revoked', 'revoke on another handle')
      await inForce(store, recordOf(assignment, step), HOUR, false, 'after another handle revoked')
      await hasHistory(store, assignment, [recordOf(assignment, step)], 'after another handle revoked')
      equal(await revoke(store, assignment, step), 'already', 'revoke of what another handle revoked')
      await races([store, another])
    },
  },
  {
    title: 'says that it cannot be reached, with every verb and a retryable error, and works again afterwards',
    requirements: ['S2'],
    skip: (supports) => storeGap(supports, 'unreachable'),
    async run(under) {
      const { store } = under
      const assignment = freshRole()
      const { tenant, subject, id, role } = assignment
      await assignAll(store, [assignment])
      await refusesUnreachable(under, 'PHI_RBAC_ROLE_STORE_UNAVAILABLE', {
        assign: () => store.assign(freshRole()),
        revoke: () => store.revoke(tenant, id, revocation(HOUR)),
        revokeAll: () => store.revokeAll(tenant, subject, revocation(HOUR)),
        of: () => store.of(tenant, subject, at(0)),
        history: () => store.history(tenant, subject),
        holders: () => store.holders(tenant, role, at(0)),
      })
      await hasHistory(store, assignment, [recordOf(assignment)], 'once the store can be reached again')
    },
  },
  storeHonesty,
]
