import type { RetentionStore, RunProgress } from '@phi/retention'
import { anotherOf, refusesUnreachable, storeGap, storeHonesty } from '../../store/manifest.ts'
import { check, equal, succeeds } from '../../suite/assert.ts'
import {
  allIds,
  batchOf,
  freshRun,
  holdOn,
  type RetentionStoreCase,
  receiptOf,
  recordOf,
  sameReceipt,
  textOf,
  theRecord,
} from '../under-test.ts'
import { recordRace, sequenceRace } from './disposing.ts'
import { holdRace } from './holds.ts'

const CALLERS = 32

const save = (store: RetentionStore, progress: RunProgress) => succeeds(() => store.saveProgress(progress), 'saveProgress')

async function stands(store: RetentionStore, expected: RunProgress, when: string): Promise<void> {
  const progress = await succeeds(() => store.progress(expected.run), 'progress')
  check(progress !== null, `progress ${when} answered with null`)
  equal(textOf(progress, 'progress'), textOf(expected, 'the suite'), `progress ${when}`)
}

/** As many writers of one version at once: one wins. */
async function progressRace(stores: readonly RetentionStore[]): Promise<void> {
  const run = freshRun()
  for (const version of [1, 2]) {
    const tries = Array.from({ length: CALLERS }, (_, i) => ({ run, version, body: `{"by":${i}}` }))
    const answers = await Promise.all(tries.map((each, i) => save(stores[i % stores.length] as RetentionStore, each)))
    equal(
      answers.filter((answer) => answer === 'saved').length,
      1,
      `the number of ${CALLERS} writers of version ${version} that won`,
    )
    const winner = tries[answers.indexOf('saved')] as RunProgress
    for (const store of stores) await stands(store, winner, 'after a race')
  }
}

export const runningCases: readonly RetentionStoreCase[] = [
  {
    title: 'keeps the progress of a run as it was saved, and saves it at the next version only',
    requirements: ['S65'],
    async run({ store }) {
      const [run, other] = [freshRun(), freshRun()]
      check(
        (await succeeds(() => store.progress(run), 'progress')) === null,
        'progress of a run that was never begun must be null',
      )
      equal(await save(store, { run, version: 2, body: '{}' }), 'conflict', 'saveProgress of version 2 where none is there')
      const bodies = ['{"text":"Zoe\u0308 \u{1f512} \\u0000"}', `"${'x'.repeat(200_000)}"`, '{"b":1,"a":2}']
      for (const [i, body] of bodies.entries()) {
        const progress = { run, version: i + 1, body }
        equal(await save(store, progress), 'saved', 'saveProgress of the next version')
        await stands(store, progress, 'after it was saved')
        for (const version of [i, i + 1, i + 3]) {
          equal(
            await save(store, { run, version, body: '{}' }),
            'conflict',
            `saveProgress of version ${version} where ${i + 1} is there`,
          )
        }
        await stands(store, progress, 'after a save that was refused')
      }
      equal(await save(store, { run: other, version: 1, body: '{}' }), 'saved', 'saveProgress of another run')
      await stands(store, { run, version: 3, body: bodies[2] as string }, 'after another run was saved')
    },
  },
  {
    title: `lets one of ${CALLERS} concurrent writers of a version win`,
    requirements: ['S65'],
    run: ({ store }) => progressRace([store]),
  },
  {
    title: 'keeps records, holds and receipts that nobody changes by changing what they handed in or were handed',
    requirements: ['S65'],
    async run({ store, put }) {
      const handed = structuredClone(recordOf('a'))
      await put([handed, recordOf('b')])
      Reflect.set(handed.record, 'created', '1999-01-01')
      const spoil = (value: object, name: string) => Reflect.set(value, name, 'spoilt')
      spoil((await theRecord(store, 'a')).record as object, 'created')
      for (const row of await succeeds(() => store.records(null, 10), 'records')) spoil(row.record as object, 'kind')
      equal(
        textOf((await theRecord(store, 'a')).record, 'get'),
        textOf(recordOf('a').record, 'the suite'),
        'the record after others changed theirs',
      )
      const event = structuredClone(holdOn('m-1'))
      await succeeds(() => store.appendHold(event, 0), 'appendHold')
      spoil(event, 'case')
      const events = await succeeds(() => store.holds(), 'holds')
      spoil(events[0] as object, 'case')
      Reflect.apply(Array.prototype.splice, Object.isFrozen(events) ? [...events] : events, [0])
      equal(
        textOf(await succeeds(() => store.holds(), 'holds'), 'holds'),
        textOf([holdOn('m-1')], 'the suite'),
        'the facts after others changed theirs',
      )
      const batch = await batchOf(store, ['b'], { holds: 1 })
      const receipt = await receiptOf(store, batch, 'disposed', 'dispose')
      const expected = structuredClone(receipt)
      spoil(receipt, 'note')
      if (!Object.isFrozen(receipt.entries)) spoil(receipt.entries, '0')
      sameReceipt(
        await receiptOf(store, batch, 'already', 'dispose again'),
        expected,
        'the receipt after others changed theirs',
      )
    },
  },
  {
    title: 'counts what is left under the keys of a tenant, and of one subject',
    requirements: ['S65', 'S121'],
    skip: (supports) =>
      supports.remaining === false ? (supports.because?.remaining ?? 'declared by remaining: false') : undefined,
    async run({ store, put }) {
      const { remaining } = store
      check(remaining !== undefined, 'the store has no remaining(): give it, or declare remaining: false')
      const left = (tenant: string, subject?: string) =>
        succeeds(
          () => store.remaining?.({ tenant, ...(subject === undefined ? {} : { subject }) }) as Promise<number>,
          'remaining',
        )
      await put([
        recordOf('a', { subject: 'p-1' }),
        recordOf('b', { subject: 'p-1', kind: 'baa' }),
        recordOf('c', { subject: 'p-2' }),
        recordOf('d', { tenant: 'clinic-b', subject: 'p-1' }),
      ])
      equal(await left('clinic-a', 'p-1'), 2, 'what is left of a subject, of every kind')
      equal(await left('clinic-a'), 3, 'what is left of a tenant')
      for (const [tenant, subject] of [
        ['clinic-a', 'P-1'],
        ['clinic-a', 'p-'],
        ['clinic-a', '%'],
        ['clinic-c', undefined],
      ] as const) {
        equal(await left(tenant, subject), 0, 'what is left of nobody')
      }
      await receiptOf(store, await batchOf(store, ['a', 'b']), 'disposed', 'dispose')
      equal(await left('clinic-a', 'p-1'), 0, 'what is left of a subject whose last record went')
      equal(await left('clinic-a'), 1, 'what is left of the tenant')
    },
  },
  {
    title: 'shows what one handle wrote to another at once, and lets one of both win',
    requirements: ['S65'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const { store, put } = under
      const another = await anotherOf(under)
      await put(['a', 'b'].map((id) => recordOf(id)))
      // Each handle reads before the other writes: what one keeps in a cache of its own goes stale.
      equal(await allIds(another), 'a,b', 'records on another handle')
      equal((await succeeds(() => another.holds(), 'holds')).length, 0, 'holds on another handle, before: the number')
      const batch = await batchOf(another, ['a', 'b'])
      equal(await succeeds(() => store.appendHold(holdOn('m-1'), 0), 'appendHold'), 'appended', 'appendHold')
      equal(
        (await another.dispose(batch)).status,
        'holds-changed',
        'dispose on another handle after a fact was recorded on this one',
      )
      equal((await succeeds(() => another.holds(), 'holds')).length, 1, 'holds on another handle, after: the number')
      const receipt = await receiptOf(store, { ...batch, holds: 1 }, 'disposed', 'dispose')
      sameReceipt(
        await receiptOf(another, { ...batch, holds: 1 }, 'already', 'dispose on another handle'),
        receipt,
        'the receipt on another handle',
      )
      equal(await allIds(another), '', 'records on another handle after dispose')
      await progressRace([store, another])
      await holdRace([store, another])
    },
  },
  {
    title: 'lets one of both handles delete, of many batches and runs at once',
    requirements: ['S65'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const stores = [under.store, await anotherOf(under)]
      await sequenceRace(under, stores)
      await recordRace(under, stores)
    },
  },
  {
    title: 'says that it cannot be reached, with every verb and a retryable error, and works again afterwards',
    requirements: ['S65'],
    skip: (supports) => storeGap(supports, 'unreachable'),
    async run(under) {
      const { store, put } = under
      await put([recordOf('a')])
      const batch = await batchOf(store, ['a'])
      const { run } = batch
      const remaining = store.remaining && { remaining: () => store.remaining?.({ tenant: 'clinic-a' }) as Promise<number> }
      await refusesUnreachable(under, 'PHI_RETENTION_STORE_UNAVAILABLE', {
        records: () => store.records(null, 10),
        get: () => store.get(['a']),
        holds: () => store.holds(),
        appendHold: () => store.appendHold(holdOn('m-1'), 0),
        dispose: () => store.dispose(batch),
        receipts: () => store.receipts(run, 0, 10),
        progress: () => store.progress(run),
        saveProgress: () => store.saveProgress({ run, version: 1, body: '{}' }),
        ...remaining,
      })
      equal(await allIds(store), 'a', 'records once the store can be reached again')
      await receiptOf(store, batch, 'disposed', 'dispose once the store can be reached again')
    },
  },
  storeHonesty,
]
