import type { CaseStore } from '@phi/deadlines/store'
import { anotherOf, type StoreCase, storeGap } from '../../store/manifest.ts'
import { equal, succeeds } from '../../suite/assert.ts'
import { accessOpening, freshTenant, holds, keepAll, openingOf, requestOf, upTo, verified, withdrawn } from '../world.ts'

const WRITERS = 32

type Entry = Parameters<CaseStore['append']>[3]
const appendAt = (store: CaseStore, tenant: string, count: number, entry: Entry, id = 'r-1') =>
  succeeds(() => store.append(tenant, id, count, entry), 'append')

/** As many entries at one place at once: one wins, and what it wrote is there, and nothing else. */
async function race(stores: readonly CaseStore[]): Promise<void> {
  const tenant = freshTenant()
  await keepAll(stores[0] as CaseStore, tenant, [requestOf([])])
  const tries = Array.from({ length: WRITERS }, (_, index) => requestOf([{ ...verified, by: `u-${index}` }]))
  const answers = await Promise.all(
    tries.map(({ record }, index) => appendAt(stores[index % stores.length] as CaseStore, tenant, 0, record.log[0] as Entry)),
  )
  equal(answers.filter((answer) => answer === 'appended').length, 1, `the number of ${WRITERS} concurrent entries that won`)
  equal(answers.filter((answer) => answer === 'conflict').length, WRITERS - 1, 'the number of those that were told so')
  const winner = tries[answers.indexOf('appended')] as (typeof tries)[number]
  for (const store of stores) await holds(store, tenant, winner, 'after concurrent appends')
}

/** As many cases with one id at once. */
async function openRace(stores: readonly CaseStore[]): Promise<void> {
  const tenant = freshTenant()
  const tries = Array.from({ length: WRITERS }, (_, index) => requestOf([], { ...accessOpening(), by: `u-${index}` }))
  const answers = await Promise.all(
    tries.map((kept, index) =>
      succeeds(() => (stores[index % stores.length] as CaseStore).open(tenant, openingOf(kept)), 'open'),
    ),
  )
  equal(answers.filter((answer) => answer === 'opened').length, 1, `the number of ${WRITERS} concurrent cases that won`)
  equal(answers.filter((answer) => answer === 'taken').length, WRITERS - 1, 'the number of those that were told so')
  const winner = tries[answers.indexOf('opened')] as (typeof tries)[number]
  for (const store of stores) await holds(store, tenant, winner, 'after concurrent opens')
}

export const appendingCases: readonly StoreCase<CaseStore>[] = [
  {
    title: 'adds an entry to a case that has so many, and at no other count',
    requirements: ['S126', 'S133'],
    async run({ store }) {
      const tenant = freshTenant()
      const whole = requestOf([verified, verified, withdrawn])
      const bystander = requestOf([verified], accessOpening('r-2'))
      await keepAll(store, tenant, [requestOf([]), bystander])
      for (const [index, entry] of whole.record.log.entries()) {
        for (const count of [0, 1, 2, 3, 1000].filter((each) => each > index)) {
          equal(await appendAt(store, tenant, count, entry), 'conflict', `append at ${count} where ${index} are there`)
        }
        equal(await appendAt(store, tenant, index, entry), 'appended', `append at ${index} where ${index} are there`)
        await holds(store, tenant, upTo(whole, index + 1), 'after append')
      }
      const again = requestOf([verified, withdrawn]).record.log[1] as Entry
      for (const count of [0, 1]) equal(await appendAt(store, tenant, count, again), 'conflict', 'append at a count of before')
      await holds(store, tenant, whole, 'after appends that were refused')
      await holds(store, tenant, bystander, 'after another case went on')
    },
  },
  {
    title: 'tells who adds the same entry again that it is done, as after an answer that was lost',
    requirements: ['S126'],
    async run({ store }) {
      const tenant = freshTenant()
      const kept = requestOf([verified, [verified, '2026-03-05'], withdrawn])
      await keepAll(store, tenant, [kept])
      const { log } = kept.record
      for (const [index, entry] of log.entries()) {
        equal(await appendAt(store, tenant, index, structuredClone(entry)), 'already', 'append again of an entry that is there')
      }
      const [first, second] = log as unknown as [Entry, Entry]
      equal(await appendAt(store, tenant, 1, first), 'conflict', 'append of an entry that is there at another place')
      equal(await appendAt(store, tenant, 0, second), 'conflict', 'append of an entry that is there at another place')
      const other = { ...first, event: { ...first.event, by: 'u-2' } } as Entry
      equal(await appendAt(store, tenant, 0, other), 'conflict', 'append of an entry by somebody else')
      equal(
        await appendAt(store, tenant, 0, { ...first, today: '2026-03-03' }),
        'conflict',
        'append of an entry of another day',
      )
      await holds(store, tenant, kept, 'after append again')
    },
  },
  {
    title: `lets one of ${WRITERS} concurrent entries win, and keeps what the winner wrote`,
    requirements: ['S126'],
    run: ({ store }) => race([store]),
  },
  {
    title: `lets one of ${WRITERS} concurrent cases with one id win, and keeps what the winner wrote`,
    requirements: ['S126'],
    run: ({ store }) => openRace([store]),
  },
  {
    title: 'shows what one handle wrote to another at once, and lets one of both win',
    requirements: ['S126', 'S133'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const { store } = under
      const another = await anotherOf(under)
      const tenant = freshTenant()
      const whole = requestOf([verified, withdrawn])
      const [first, second] = whole.record.log as unknown as [Entry, Entry]
      await keepAll(store, tenant, [requestOf([])])
      // Each handle reads before the other writes: what one keeps in a cache of its own goes stale.
      await holds(store, tenant, requestOf([]), 'after open')
      await holds(another, tenant, requestOf([]), 'on another handle after open')
      equal(await appendAt(another, tenant, 0, first), 'appended', 'append on another handle')
      await holds(store, tenant, upTo(whole, 1), 'after an append on another handle')
      equal(await appendAt(store, tenant, 0, first), 'already', 'append of what another handle added')
      equal(await appendAt(store, tenant, 0, second), 'conflict', 'append at the count of before')
      equal(await appendAt(store, tenant, 1, second), 'appended', 'append at the count that is there')
      await holds(another, tenant, whole, 'on another handle after append')
      const open = await succeeds(() => another.list(tenant, { open: true, limit: 10 }), 'list')
      equal(open.length, 0, 'list on another handle: the number of open cases after the only one was withdrawn')
      await race([store, another])
      await openRace([store, another])
    },
  },
]
