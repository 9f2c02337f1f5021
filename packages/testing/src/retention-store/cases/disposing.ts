import type { DisposalAnswer, DisposalReceipt, RetentionStore } from '@phi/retention'
import { check, equal, succeeds } from '../../suite/assert.ts'
import {
  allIds,
  batchOf,
  dispose,
  freshRecords,
  freshRun,
  holdOn,
  idsOf,
  type RetentionStoreCase,
  type RetentionStoreUnderTest,
  receiptOf,
  recordOf,
  sameReceipt,
} from '../under-test.ts'

const CALLERS = 32

const receiptsOf = (store: RetentionStore, run: string, after = 0, limit = 100): Promise<readonly DisposalReceipt[]> =>
  succeeds(() => store.receipts(run, after, limit), 'receipts')

/** As many batches under one run and sequence at once, each with a record of its own: one is done, and all are told of that one. */
export async function sequenceRace({ put }: RetentionStoreUnderTest, stores: readonly RetentionStore[]): Promise<void> {
  const [store] = stores as [RetentionStore]
  const records = freshRecords(CALLERS)
  await put(records)
  const run = freshRun()
  const batches = await Promise.all(records.map(({ id }) => batchOf(store, [id], { run })))
  const answers = await Promise.all(batches.map((batch, i) => dispose(stores[i % stores.length] as RetentionStore, batch)))
  equal(
    answers.filter(({ status }) => status === 'disposed').length,
    1,
    `the number of ${CALLERS} batches of one sequence that were done`,
  )
  equal(
    answers.filter(({ status }) => status === 'already').length,
    CALLERS - 1,
    'the number of those that were told of another',
  )
  const winner = answers.findIndex(({ status }) => status === 'disposed')
  const { receipt } = answers[winner] as Extract<DisposalAnswer, { receipt: unknown }>
  for (const answer of answers) {
    sameReceipt((answer as Extract<DisposalAnswer, { receipt: unknown }>).receipt, receipt, 'the receipt that all are given')
  }
  const gone = records[winner]?.id
  const left = new Set((await allIds(store)).split(','))
  equal(
    records
      .filter(({ id }) => !left.has(id))
      .map(({ id }) => id)
      .join(),
    gone ?? '',
    'what was deleted: the record of the batch that was done',
  )
}

/** As many runs at once that all want the same record: one has it. */
export async function recordRace({ put }: RetentionStoreUnderTest, stores: readonly RetentionStore[]): Promise<void> {
  const [store] = stores as [RetentionStore]
  const [record] = freshRecords(1) as [ReturnType<typeof recordOf>]
  await put([record])
  const batch = await batchOf(store, [record.id])
  const work = Array.from({ length: CALLERS }, (_, i) =>
    dispose(stores[i % stores.length] as RetentionStore, { ...batch, run: freshRun() }),
  )
  const receipts = (await Promise.all(work)).map((answer) => {
    equal(answer.status, 'disposed', 'dispose under a run of its own: status')
    return (answer as Extract<DisposalAnswer, { receipt: unknown }>).receipt
  })
  equal(
    receipts.filter(({ entries }) => entries.length === 1).length,
    1,
    `the number of ${CALLERS} runs that deleted the same record`,
  )
  equal(
    receipts.filter(({ left }) => left[0]?.why === 'missing').length,
    CALLERS - 1,
    'the number of those that found it missing',
  )
}

export const disposingCases: readonly RetentionStoreCase[] = [
  {
    title: 'deletes the records of a batch that are there in that version, leaves the others, and says which',
    requirements: ['S65'],
    async run({ store, put }) {
      const records = ['a', 'b', 'c', 'd', 'e'].map((id) => recordOf(id))
      const bystanders = ['a ', 'A', 'a%', 'ab'].map((id) => recordOf(id))
      await put([...records, ...bystanders])
      const note = `{"text":"Zoe\u0308 \u{1f512} \\u0000 ${'x'.repeat(100_000)}"}`
      const batch = await batchOf(store, ['a', 'b', 'c', 'd'], { note, sequence: 1 })
      await put([recordOf('b', { created: '2025-01-01' })])
      await dispose(store, await batchOf(store, ['d']))
      const receipt = await receiptOf(store, batch, 'disposed', 'dispose')
      sameReceipt(
        receipt,
        {
          run: batch.run,
          sequence: 1,
          note,
          entries: ['{"id":"a"}', '{"id":"c"}'],
          left: [
            { id: 'b', why: 'changed' },
            { id: 'd', why: 'missing' },
          ],
        },
        'the receipt',
      )
      equal(await allIds(store), idsOf([...bystanders, recordOf('b'), recordOf('e')]), 'what is left')
      equal((await succeeds(() => store.get(['a', 'c']), 'get')).length, 0, 'get of what was deleted: the number')
    },
  },
  {
    title: 'does nothing twice: what was done under a run and sequence is handed out, whatever else the batch says',
    requirements: ['S65'],
    async run({ store, put }) {
      await put(['a', 'b', 'c'].map((id) => recordOf(id)))
      const batch = await batchOf(store, ['a'])
      const first = await receiptOf(store, batch, 'disposed', 'dispose')
      const others = [
        batch,
        { ...(await batchOf(store, ['b'])), run: batch.run, note: '{"other":1}' },
        { ...batch, records: [] },
        { ...batch, holds: 7 },
      ]
      for (const other of others)
        sameReceipt(await receiptOf(store, other, 'already', 'dispose again'), first, 'the receipt again')
      await put([recordOf('a')])
      sameReceipt(await receiptOf(store, batch, 'already', 'dispose once more'), first, 'the receipt once more')
      equal(await allIds(store), 'a,b,c', 'what is left')
      await receiptOf(
        store,
        { ...(await batchOf(store, ['b'])), run: batch.run, sequence: 2 },
        'disposed',
        'dispose of the next sequence',
      )
      await receiptOf(store, await batchOf(store, ['c']), 'disposed', 'dispose of another run')
      equal(await allIds(store), 'a', 'what is left')
    },
  },
  {
    title: 'does nothing when a fact about a hold was recorded since, or fewer are there than were seen',
    requirements: ['S65'],
    async run({ store, put }) {
      await put(['a', 'b'].map((id) => recordOf(id)))
      const batch = await batchOf(store, ['a'])
      equal((await dispose(store, { ...batch, holds: 1 })).status, 'holds-changed', 'dispose at 1 where 0 are recorded')
      await succeeds(() => store.appendHold(holdOn('m-1'), 0), 'appendHold')
      equal((await dispose(store, batch)).status, 'holds-changed', 'dispose at 0 where 1 is recorded')
      equal(await allIds(store), 'a,b', 'what is left')
      equal((await receiptsOf(store, batch.run)).length, 0, 'the number of receipts of what was not done')
      await receiptOf(store, { ...batch, holds: 1 }, 'disposed', 'dispose at the number that is recorded')
      equal(await allIds(store), 'b', 'what is left')
    },
  },
  {
    title: 'keeps a receipt of a batch without records',
    requirements: ['S65'],
    async run({ store }) {
      const batch = { run: freshRun(), sequence: 1, holds: 0, category: 'purge', note: '{"keys":1}', records: [] } as const
      const receipt = await receiptOf(store, batch, 'disposed', 'dispose of nothing')
      sameReceipt((await receiptsOf(store, batch.run))[0], receipt, 'the receipt')
      await receiptOf(store, batch, 'already', 'dispose of nothing again')
    },
  },
  {
    title: `lets one of ${CALLERS} concurrent batches of a sequence be done, and tells the others of it`,
    requirements: ['S65'],
    run: (under) => sequenceRace(under, [under.store]),
  },
  {
    title: `deletes a record once, of ${CALLERS} runs that want it at once`,
    requirements: ['S65'],
    run: (under) => recordRace(under, [under.store]),
  },
  {
    title: 'hands out the receipts of a run by ascending sequence, in pages of any size, and of no other run',
    requirements: ['S65'],
    async run({ store, put }) {
      const records = Array.from({ length: 12 }, (_, i) => recordOf(`r-${i}`))
      await put(records)
      const run = freshRun()
      const kept: DisposalReceipt[] = []
      for (const [i, { id }] of records.entries()) {
        kept.push(
          await receiptOf(
            store,
            await batchOf(store, [id], { run, sequence: i + 1, note: `{"i":${i}}` }),
            'disposed',
            'dispose',
          ),
        )
        await dispose(store, { run: freshRun(), sequence: i + 1, holds: 0, category: 'clear', note: '{}', records: [] })
      }
      equal((await receiptsOf(store, freshRun())).length, 0, 'the number of receipts of an unknown run')
      for (const limit of [1, 5, 12, 100]) {
        const all: DisposalReceipt[] = []
        while (true) {
          const page = await receiptsOf(store, run, all.at(-1)?.sequence ?? 0, limit)
          check(page.length <= limit, `receipts answered with ${page.length}, and at most ${limit} were asked for`)
          if (page.length === 0) break
          all.push(...page)
          check(all.length <= kept.length, 'receipts answered with more than there are')
        }
        equal(all.length, kept.length, `receipts, ${limit} at a time: the number`)
        for (const [i, receipt] of kept.entries()) sameReceipt(all[i], receipt, `receipts, ${limit} at a time`)
      }
    },
  },
]
