import type { AgreementRecord, AgreementStore } from '@phi/baa'
import { anotherOf, type StoreCase, storeGap } from '../../store/manifest.ts'
import { equal, fail, succeeds } from '../../suite/assert.ts'
import { agreed, agreement, appendAll, attested, freshTenant, holds, party, practice } from '../world.ts'

const WRITERS = 32

const appendAt = (store: AgreementStore, tenant: string, records: readonly AgreementRecord[], revision: number) =>
  succeeds(() => store.append(tenant, records, revision), 'append')

const person = (index: number) => [party({ id: `p-${index}`, kind: 'workforce' })]

/** As many appends at one revision: one wins, and what it wrote is there, and nothing else. */
async function race(stores: readonly AgreementStore[]): Promise<void> {
  const tenant = freshTenant()
  await appendAll(stores[0] as AgreementStore, tenant, [[agreement()]])
  const tries = Array.from({ length: WRITERS }, (_, index) => person(index))
  const answers = await Promise.all(
    tries.map((records, index) => appendAt(stores[index % stores.length] as AgreementStore, tenant, records, 1)),
  )
  equal(answers.filter((answer) => answer === 'appended').length, 1, `the number of ${WRITERS} concurrent appends that won`)
  equal(answers.filter((answer) => answer === 'conflict').length, WRITERS - 1, 'the number of those that were told so')
  const winner = tries[answers.indexOf('appended')] as readonly AgreementRecord[]
  for (const store of stores) await holds(store, tenant, [[agreement()], winner], 'after concurrent appends')
}

/** Each tries until it is done, as callers do: every record is there, once. */
async function crowd(stores: readonly AgreementStore[]): Promise<void> {
  const tenant = freshTenant()
  const work = Array.from({ length: 8 }, async (_, index) => {
    const store = stores[index % stores.length] as AgreementStore
    for (let round = 0; round < 200; round++) {
      const { revision } = await succeeds(() => store.load(tenant), 'load')
      if ((await appendAt(store, tenant, person(index), revision)) === 'appended') return
    }
    fail('append was a conflict 200 times in a row, at the revision that load had just given')
  })
  await Promise.all(work)
  for (const store of stores) {
    const { revision, parties } = await succeeds(() => store.load(tenant), 'load')
    equal(revision, 8, 'the revision after as many appends of several at once')
    equal(new Set(parties.map(({ id }) => id)).size, 8, 'the number of parties that several appended at once')
  }
}

export const appendingCases: readonly StoreCase<AgreementStore>[] = [
  {
    title: 'appends at the latest revision and at no other, and counts by one',
    requirements: ['S86'],
    async run({ store }) {
      const tenant = freshTenant()
      const revisions = [[agreement()], [agreement(agreed({ plan: 'growth' }))], [attested('2026-01-01', true)]]
      await appendAll(store, tenant, revisions)
      for (const revision of [0, 1, 2, 4, 2_147_483_647, Number.MAX_SAFE_INTEGER]) {
        equal(
          await appendAt(store, tenant, [party(practice)], revision),
          'conflict',
          `append at revision ${revision} where 3 is there`,
        )
      }
      await holds(store, tenant, revisions, 'after appends that were refused')
      equal(await appendAt(store, tenant, [party(practice)], 3), 'appended', 'append at the latest revision')
      await holds(store, tenant, [...revisions, [party(practice)]], 'after append')
    },
  },
  {
    title: 'tells who appends the same again that it is done, as after an answer that was lost',
    requirements: ['S86'],
    async run({ store }) {
      const tenant = freshTenant()
      const [first, second] = [[agreement()], [attested('2026-01-01', true), party(practice)]]
      await appendAll(store, tenant, [first, second])
      equal(await appendAt(store, tenant, [agreement(agreed())], 0), 'already', 'append again of what is there')
      equal(await appendAt(store, tenant, structuredClone(second), 1), 'already', 'append again of what is there')
      equal(await appendAt(store, tenant, second.toReversed(), 1), 'conflict', 'append of the same in another order')
      equal(await appendAt(store, tenant, second.slice(0, 1), 1), 'conflict', 'append of a part of what is there')
      equal(await appendAt(store, tenant, second, 0), 'conflict', 'append of what is there at another revision')
      await holds(store, tenant, [first, second], 'after append again')
      equal(await appendAt(store, tenant, second, 2), 'appended', 'append of the same at the latest revision')
      await holds(store, tenant, [first, second, second], 'after append of the same')
    },
  },
  {
    title: `lets one of ${WRITERS} concurrent appends win, and keeps what the winner wrote`,
    requirements: ['S86'],
    run: ({ store }) => race([store]),
  },
  {
    title: 'loses nothing of several who append at once and try again',
    requirements: ['S86'],
    run: ({ store }) => crowd([store]),
  },
  {
    title: 'shows what one handle appended to another at once, and lets one of both win',
    requirements: ['S86'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const { store } = under
      const another = await anotherOf(under)
      const tenant = freshTenant()
      // Each handle reads before the other writes: what one keeps in a cache of its own goes stale.
      await holds(store, tenant, [], 'before anything was recorded')
      await holds(another, tenant, [], 'on another handle, before anything was recorded')
      await appendAll(store, tenant, [[agreement()]])
      await holds(another, tenant, [[agreement()]], 'on another handle')
      await appendAll(another, tenant, [[attested('2026-01-01', true)]], 1)
      await holds(store, tenant, [[agreement()], [attested('2026-01-01', true)]], 'after another handle appended')
      equal(await appendAt(store, tenant, [party(practice)], 1), 'conflict', 'append at the revision of before')
      equal(
        await appendAt(store, tenant, [attested('2026-01-01', true)], 1),
        'already',
        'append of what another handle appended',
      )
      await race([store, another])
      await crowd([store, another])
    },
  },
]
