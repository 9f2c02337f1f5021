import type { HoldEvent, RetentionStore } from '@phi/retention'
import { equal, refused, succeeds } from '../../suite/assert.ts'
import { holdOn, type RetentionStoreCase, textOf } from '../under-test.ts'

const CALLERS = 32

const holdsText = async (store: RetentionStore): Promise<string> =>
  textOf(await succeeds(() => store.holds(), 'holds'), 'holds')
const append = (store: RetentionStore, event: HoldEvent, revision: number) =>
  succeeds(() => store.appendHold(event, revision), 'appendHold')

/** As many facts at once at the same revision: one is recorded. */
export async function holdRace(stores: readonly RetentionStore[]): Promise<void> {
  const [first] = stores as [RetentionStore]
  const revision = (await succeeds(() => first.holds(), 'holds')).length
  const events = Array.from({ length: CALLERS }, (_, i) => holdOn(`race-${i}`))
  const answers = await Promise.all(
    events.map((event, i) => append(stores[i % stores.length] as RetentionStore, event, revision)),
  )
  equal(answers.filter((answer) => answer === 'appended').length, 1, `the number of ${CALLERS} facts recorded at one revision`)
  for (const store of stores) {
    const now = await succeeds(() => store.holds(), 'holds')
    equal(now.length, revision + 1, 'the number of facts after a race')
    equal(textOf(now[revision], 'holds'), textOf(events[answers.indexOf('appended')], 'the suite'), 'the fact that won')
  }
}

export const holdCases: readonly RetentionStoreCase[] = [
  {
    title: 'keeps every fact about holds as it was, in the order in which they were recorded',
    requirements: ['S65'],
    async run({ store }) {
      equal(await holdsText(store), '[]', 'holds of an empty store')
      const events: HoldEvent[] = [
        holdOn('m-2', ["'; drop table hold; --", 'Zoe\u0308', '\u{1f512}', '__proto__']),
        { type: 'placed', case: 'm-1', on: '2030-01-01', by: 'ü', matches: { everything: true } },
        { type: 'released', case: 'm-1', on: '2029-01-01', by: 'counsel' },
        {
          type: 'placed',
          case: 'm-1',
          on: '2028-01-01',
          by: 'counsel',
          matches: { kinds: ['baa'], tenants: ['a', 'b'], subjects: ['p'] },
        },
        holdOn('m-2'),
      ]
      for (const [revision, event] of events.entries()) {
        equal(await append(store, event, revision), 'appended', 'appendHold at the revision that is there')
      }
      equal(await holdsText(store), textOf(events, 'the suite'), 'holds')
    },
  },
  {
    title: 'records a fact at no other revision than the one that is there, and loses none',
    requirements: ['S65'],
    async run({ store }) {
      equal(await append(store, holdOn('m-1'), 1), 'conflict', 'appendHold at revision 1 of an empty store')
      equal(await append(store, holdOn('m-1'), 0), 'appended', 'appendHold at the revision that is there')
      for (const revision of [0, 2, 7]) {
        equal(await append(store, holdOn('m-2'), revision), 'conflict', `appendHold at revision ${revision} where 1 is there`)
      }
      equal(await holdsText(store), textOf([holdOn('m-1')], 'the suite'), 'holds')
      await holdRace([store])
    },
  },
  {
    title: 'refuses what is no fact about a hold, and records nothing of it',
    requirements: ['S65'],
    async run({ store }) {
      const wrong: unknown[] = [
        { ...holdOn('m-1'), on: '2028-02-30' },
        { ...holdOn('m-1'), matches: {} },
        { ...holdOn('m-1'), until: '2030-01-01' },
      ]
      for (const event of wrong) {
        const what = 'appendHold of what is no fact'
        await refused(
          () => store.appendHold(event as HoldEvent, 0),
          ['PHI_RETENTION_HOLD'],
          what,
          'Pass it through parseHoldEvent.',
        )
      }
      equal(await holdsText(store), '[]', 'holds')
    },
  },
]
