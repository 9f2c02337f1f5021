import { toHex } from '@phi/core'
import type { DataKeyRecord, KeyStore } from '@phi/envelope'
import { anotherOf, type StoreCase, storeGap } from '../../store/manifest.ts'
import { equal, succeeds } from '../../suite/assert.ts'
import { freshBytes } from '../../suite/bytes.ts'
import { findSecret, secret } from '../../suite/leaks.ts'
import { found, freshRecord, insertAll, reads, sameRecord } from '../records.ts'

const WRITERS = 32

const replaceAt = (store: KeyStore, record: DataKeyRecord, revision: number) =>
  succeeds(() => store.replace(record, revision), 'replace')

/** Each writer replaces the same revision with a KEK of its own. One wins, and what is stored is the winner's. */
async function swapRace(stores: readonly KeyStore[]): Promise<void> {
  const [store] = stores as [KeyStore]
  const record = freshRecord()
  await insertAll(store, [record])
  for (let revision = 0; revision < 4; revision++) {
    const attempts = Array.from({ length: WRITERS }, (_, i) => ({ ...record, kek: `writer-${revision}-${i}` }))
    const answers = await Promise.all(
      attempts.map((attempt, i) => replaceAt(stores[i % stores.length] as KeyStore, attempt, revision)),
    )
    const winners = attempts.filter((_, i) => answers[i] === 'replaced')
    const remedy = 'compare and write in one statement, or under a lock'
    equal(winners.length, 1, `of ${WRITERS} replaces of one revision at once, how many were told 'replaced' (${remedy})`)
    equal(answers.filter((answer) => answer === 'conflict').length, WRITERS - 1, `how many were told 'conflict'`)
    await reads(store, { ...(winners[0] as DataKeyRecord), revision: revision + 1 }, 'after concurrent replaces')
  }
}

/** Usage from everywhere at once, with replaces in between that must not put it back. */
async function usageRace(stores: readonly KeyStore[]): Promise<void> {
  const [store] = stores as [KeyStore]
  const record = freshRecord({ usage: { seals: 3, bytes: 5_000_000_000 } })
  await insertAll(store, [record])
  const work: Promise<unknown>[] = []
  for (let i = 0; i < WRITERS; i++) {
    const each = stores[i % stores.length] as KeyStore
    work.push(succeeds(() => each.addUsage(record.id, { seals: 1, bytes: 1000 + i }), 'addUsage among others'))
    if (i % 8 === 0) work.push(replaceAt(each, { ...record, kek: `kek-${i}` }, i / 8))
  }
  await Promise.all(work)
  const { usage } = await found(store, record.id)
  equal(usage.seals, 3 + WRITERS, `usage.seals after ${WRITERS} concurrent additions of 1, with replaces in between`)
  const bytes = 5_000_000_000 + WRITERS * 1000 + (WRITERS * (WRITERS - 1)) / 2
  equal(usage.bytes, bytes, `usage.bytes after ${WRITERS} concurrent additions, with replaces in between`)
}

export const changingCases: readonly StoreCase<KeyStore>[] = [
  {
    title: 'replaces a record at the revision that is there, and counts the revision itself',
    requirements: ['S19', 'S90'],
    async run({ store }) {
      const record = freshRecord({ usage: { seals: 7, bytes: 9 } })
      const bystander = freshRecord({ tenant: record.tenant, version: 2 })
      await insertAll(store, [record, bystander])
      let now = record
      for (const [i, state] of (['retiring', 'revoked', 'destruction-scheduled', 'revoked'] as const).entries()) {
        const next: DataKeyRecord = {
          ...now,
          state,
          kms: `kms-${i}`,
          kek: `kek-${i}`,
          mechanism: `M${i}`,
          wrapped: freshBytes(40 + i),
          changedAt: `2026-05-0${i + 1}T00:00:00.000Z`,
        }
        const lying = { ...next, revision: 77 }
        equal(await replaceAt(store, lying, now.revision), 'replaced', 'replace at the revision that is there')
        now = { ...next, revision: now.revision + 1 }
        await reads(store, now, 'after replace')
      }
      await reads(store, bystander, 'after another record was replaced')
    },
  },
  {
    title: 'leaves what a key is as it was, whatever the new record says',
    requirements: ['S91'],
    async run({ store }) {
      const record = freshRecord({ usage: { seals: 7, bytes: 9 } })
      await insertAll(store, [record])
      const other = freshRecord({ id: record.id, purpose: 'file', subject: 'p-88', version: 5 })
      const { tenant, purpose, subject, version } = other
      const moved: [string, Partial<DataKeyRecord>][] = [
        ['tenant', { tenant }],
        ['purpose', { purpose }],
        ['subject', { subject }],
        ['version', { version }],
        ['commitment', { commitment: freshBytes(32) }],
        ['createdAt', { createdAt: '2020-01-01T00:00:00.000Z' }],
        ['usage', { usage: { seals: 0, bytes: 0 } }],
        ['all of them', other],
      ]
      let now = record
      for (const [what, change] of moved) {
        const { kms, kek, mechanism, wrapped, changedAt, state } = { ...now, ...change }
        equal(await replaceAt(store, { ...now, ...change }, now.revision), 'replaced', 'replace at the revision that is there')
        now = { ...now, kms, kek, mechanism, wrapped, changedAt, state, revision: now.revision + 1 }
        await reads(store, now, `after a replace with another ${what}`)
      }
    },
  },
  {
    title: 'refuses to replace a record at any other revision, and changes nothing',
    requirements: ['S19'],
    async run({ store }) {
      const record = freshRecord({ revision: 4 })
      await insertAll(store, [record])
      for (const revision of [0, 3, 5, 2_147_483_647]) {
        const next = { ...record, state: 'revoked', revision } as const
        equal(await replaceAt(store, next, revision), 'conflict', `replace at revision ${revision} where 4 is there`)
        await reads(store, record, 'after a replace that was refused')
      }
      equal(await replaceAt(store, { ...record, kek: 'new' }, 4), 'replaced', 'replace at the revision that is there')
      equal(await replaceAt(store, { ...record, kek: 'newer' }, 4), 'conflict', 'replace at the revision of before')
      await reads(store, { ...record, kek: 'new', revision: 5 }, 'after a replace that was refused')
    },
  },
  {
    title: `lets one of ${WRITERS} concurrent replaces win, and keeps what the winner wrote`,
    requirements: ['S19'],
    run: ({ store }) => swapRace([store]),
  },
  {
    title: 'adds usage, large numbers too, and counts no revision for it',
    requirements: ['S90'],
    async run({ store }) {
      const record = freshRecord()
      const bystander = freshRecord({ tenant: record.tenant, version: 2 })
      await insertAll(store, [record, bystander])
      let usage = { seals: 0, bytes: 0 }
      for (const work of [
        { seals: 1, bytes: 32 },
        { seals: 0, bytes: 0 },
        { seals: 4_294_967_296, bytes: 5_000_000_000_000 },
        { seals: 1, bytes: 1 },
      ]) {
        await succeeds(() => store.addUsage(record.id, work), 'addUsage')
        usage = { seals: usage.seals + work.seals, bytes: usage.bytes + work.bytes }
        await reads(store, { ...record, usage }, 'after addUsage')
      }
      await reads(store, bystander, 'after usage of another key')
      const stale = await replaceAt(store, { ...record, kek: 'new' }, 0)
      equal(stale, 'replaced', 'replace of a record that was read before usage was added')
      await reads(
        store,
        { ...record, kek: 'new', usage, revision: 1 },
        'after a replace by somebody who had not seen the usage',
      )
    },
  },
  {
    title: `loses no usage of ${WRITERS} that add at once, and of none that replace in between`,
    requirements: ['S90'],
    run: ({ store }) => usageRace([store]),
  },
  {
    title: 'erases the wrapped key of a destroyed record wherever it is read, and keeps the rest',
    requirements: ['S121'],
    async run({ store }) {
      const record = freshRecord({ state: 'destruction-scheduled' })
      const bystander = freshRecord({ tenant: record.tenant, version: 2 })
      await insertAll(store, [record, bystander])
      const kept = secret('the wrapped key', record.wrapped, 'everywhere')
      const gone = { ...record, state: 'destroyed', wrapped: new Uint8Array(0), changedAt: '2026-11-22T10:00:00.000Z' } as const
      equal(await replaceAt(store, gone, 0), 'replaced', 'replace by a destroyed record')
      await reads(store, { ...gone, revision: 1 }, 'after destruction')
      const answers = [
        await found(store, record.id),
        await succeeds(() => store.list(record.tenant, null), 'list'),
        await succeeds(() => store.scan({ limit: 100 }), 'scan'),
      ]
      equal(findSecret(answers, [kept])?.where, undefined, 'where the wrapped key of a destroyed record is still found')
      const again = await succeeds(() => store.insert({ ...record, id: toHex(freshBytes(4)) }), 'insert')
      equal(again, 'version-taken', 'insert of a version that was destroyed: it is used up for good')
      const revived = await succeeds(() => store.insert(record), 'insert')
      equal(revived === 'inserted', false, `whether the id of a destroyed record can be 'inserted' again`)
      sameRecord(await found(store, record.id), { ...gone, revision: 1 }, 'find after attempts to insert a destroyed key')
      await reads(store, bystander, 'after another record was destroyed')
    },
  },
  {
    title: 'shows what one handle wrote to another at once, and lets one of both win',
    requirements: ['S19'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const { store } = under
      const another = await anotherOf(under)
      const record = freshRecord()
      await insertAll(store, [record])
      // Each handle reads before the other writes: what one keeps in a cache of its own goes stale.
      await reads(store, record, 'after insert')
      await reads(another, record, 'on another handle after insert')
      equal(await replaceAt(another, { ...record, kek: 'new' }, 0), 'replaced', 'replace on another handle')
      await reads(store, { ...record, kek: 'new', revision: 1 }, 'after a replace on another handle')
      equal(await replaceAt(store, { ...record, kek: 'newer' }, 0), 'conflict', 'replace at the revision of before')
      await reads(store, { ...record, kek: 'new', revision: 1 }, 'after a replace that was refused')
      await succeeds(() => another.addUsage(record.id, { seals: 1, bytes: 2 }), 'addUsage on another handle')
      await reads(store, { ...record, kek: 'new', revision: 1, usage: { seals: 1, bytes: 2 } }, 'after usage on another handle')
      await swapRace([store, another])
      await usageRace([store, another])
    },
  },
]
