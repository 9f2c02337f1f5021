import type { SessionRecord, SessionStore } from '@phi/rbac/session'
import { anotherOf, type StoreCase, storeGap } from '../../store/manifest.ts'
import { equal, succeeds } from '../../suite/assert.ts'
import { found, freshRecord, HOUR, holds, insertAll, rotated, START } from '../records.ts'

const WRITERS = 32

const replaceAt = (store: SessionStore, record: SessionRecord, version: number) =>
  succeeds(() => store.replace(record, version), 'replace')
const touchAt = (store: SessionStore, sid: string, at: number) => succeeds(() => store.touch(sid, at), 'touch')

/** As many rotations of one token at once: one wins, and what it wrote is there. */
async function swapRace(stores: readonly SessionStore[]): Promise<void> {
  const record = freshRecord()
  await insertAll(stores[0] as SessionStore, [record])
  const tries = Array.from({ length: WRITERS }, () => rotated(record))
  const answers = await Promise.all(tries.map((next, i) => replaceAt(stores[i % stores.length] as SessionStore, next, 0)))
  equal(answers.filter((answer) => answer === 'replaced').length, 1, `the number of ${WRITERS} concurrent rotations that won`)
  equal(answers.filter((answer) => answer === 'conflict').length, WRITERS - 1, 'the number of those that were told so')
  const winner = tries[answers.indexOf('replaced')] as SessionRecord
  for (const store of stores) await holds(store, winner, 'after concurrent rotations')
}

/** Activity and rotations at once: no rotation is lost for it, and the latest activity is there. */
async function touchRace(stores: readonly SessionStore[]): Promise<void> {
  const record = freshRecord()
  await insertAll(stores[0] as SessionStore, [record])
  const work: Promise<unknown>[] = []
  for (let i = 0; i < WRITERS; i++) {
    const store = stores[i % stores.length] as SessionStore
    work.push(touchAt(store, record.sid, START + 1000 * ((i * 7) % WRITERS)))
    if (i === 8) work.push(replaceAt(store, rotated(record), 0))
  }
  await Promise.all(work)
  const { lastSeenAt, generation, version } = await found(stores[0] as SessionStore, record.sid)
  equal(generation, 2, 'the generation after a rotation beside activity')
  equal(version, 1, 'the version after a rotation beside activity')
  equal(lastSeenAt, START + 1000 * (WRITERS - 1), 'lastSeenAt after activity beside a rotation')
}

export const changingCases: readonly StoreCase<SessionStore>[] = [
  {
    title: 'replaces a record at the version that is there, and counts the version itself',
    requirements: ['S111'],
    async run({ store }) {
      const record = freshRecord()
      const bystander = freshRecord({ tenant: record.tenant, subject: record.subject })
      await insertAll(store, [record, bystander])
      let now = record
      for (let i = 0; i < 3; i++) {
        const next = rotated(now)
        equal(await replaceAt(store, { ...next, version: 77 }, now.version), 'replaced', 'replace at the version that is there')
        await holds(store, next, 'after replace')
        now = next
      }
      await holds(store, bystander, 'after another session was replaced')
    },
  },
  {
    title: 'leaves what a session is as it was, whatever the new record says',
    requirements: ['S108'],
    async run({ store }) {
      let now = freshRecord()
      await insertAll(store, [now])
      const moved: Partial<SessionRecord>[] = [
        { tenant: 'other' },
        { subject: 'u-other' },
        { issuer: 'https://other.example' },
        { roles: ['administrator'] },
        { device: 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=' },
        { startedAt: START + 5 },
        { until: START + 999 * HOUR },
        { ended: { at: START, because: 'revoked' } },
      ]
      for (const change of moved) {
        const next = rotated(now)
        equal(await replaceAt(store, { ...next, ...change }, now.version), 'replaced', 'replace at the version that is there')
        await holds(store, next, `after a replace with another ${Object.keys(change)[0]}`)
        now = next
      }
    },
  },
  {
    title: 'refuses to replace a record at any other version, and changes nothing',
    requirements: ['S111'],
    async run({ store }) {
      const record = freshRecord({ version: 4 })
      await insertAll(store, [record])
      for (const version of [0, 3, 5, 2_147_483_647]) {
        equal(await replaceAt(store, rotated(record), version), 'conflict', `replace at version ${version} where 4 is there`)
        await holds(store, record, 'after a replace that was refused')
      }
      const next = rotated(record)
      equal(await replaceAt(store, next, 4), 'replaced', 'replace at the version that is there')
      equal(await replaceAt(store, rotated(record), 4), 'conflict', 'replace at the version of before')
      await holds(store, next, 'after a replace that was refused')
    },
  },
  {
    title: `lets one of ${WRITERS} concurrent rotations win, and keeps what the winner wrote`,
    requirements: ['S111'],
    run: ({ store }) => swapRace([store]),
  },
  {
    title: 'notes activity without counting a version, and never lets it go back',
    requirements: ['S4', 'S110', 'S143'],
    async run({ store }) {
      const record = freshRecord()
      const bystander = freshRecord({ tenant: record.tenant, subject: record.subject })
      await insertAll(store, [record, bystander])
      for (const [at, last] of [
        [START + 10, START + 10],
        [START + 10, START + 10],
        [START + 9, START + 10],
        [0, START + 10],
        [START + 5_000_000_000, START + 5_000_000_000],
      ] as const) {
        equal(await touchAt(store, record.sid, at), 'touched', 'touch of a session')
        await holds(store, { ...record, lastSeenAt: last }, 'after touch')
      }
      const earlier = rotated(record, { lastSeenAt: START + 1 })
      equal(await replaceAt(store, earlier, 0), 'replaced', 'replace by somebody who had not seen the activity')
      await holds(store, { ...earlier, lastSeenAt: START + 5_000_000_000 }, 'after a replace with an earlier lastSeenAt')
      await holds(store, bystander, 'after activity in another session')
    },
  },
  {
    title: `loses neither a rotation nor the latest activity, of ${WRITERS} at once`,
    requirements: ['S4', 'S111'],
    run: ({ store }) => touchRace([store]),
  },
  {
    title: 'shows what one handle wrote to another at once, and lets one of both win',
    requirements: ['S4', 'S111'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const { store } = under
      const another = await anotherOf(under)
      const record = freshRecord()
      await insertAll(store, [record])
      // Each handle reads before the other writes: what one keeps in a cache of its own goes stale.
      await holds(store, record, 'after insert')
      await holds(another, record, 'on another handle after insert')
      const next = rotated(record)
      equal(await replaceAt(another, next, 0), 'replaced', 'replace on another handle')
      await holds(store, next, 'after a replace on another handle')
      equal(await replaceAt(store, rotated(record), 0), 'conflict', 'replace at the version of before')
      equal(await touchAt(another, record.sid, START + HOUR), 'touched', 'touch on another handle')
      await holds(store, { ...next, lastSeenAt: START + HOUR }, 'after activity on another handle')
      equal(await succeeds(() => another.end(record.sid, START, 'logout'), 'end'), 'ended', 'end on another handle')
      equal(await touchAt(store, record.sid, START + 2 * HOUR), 'ended', 'touch of a session that another handle ended')
      await swapRace([store, another])
      await touchRace([store, another])
    },
  },
]
