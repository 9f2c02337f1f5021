import { check, equal, succeeds } from '../../suite/assert.ts'
import { allRecords, freshRecords, idsOf, type RetentionStoreCase, recordOf, textOf, theRecord } from '../under-test.ts'

/** In the order of their UTF-8 bytes, which is not that of a dictionary, nor that of UTF-16. */
const ORDERED = [
  "'; drop table record; --",
  '007',
  '1e3',
  'R-1',
  '__proto__',
  'r',
  'r%',
  'r-1',
  'r-10',
  'r-2',
  'ré',
  '\uffee',
  '\u{1f512}',
]

export const recordCases: readonly RetentionStoreCase[] = [
  {
    title: 'hands out every record with its facts and a version, in pages of any size, by ascending id',
    requirements: ['S65'],
    async run({ store, put }) {
      equal((await allRecords(store)).length, 0, 'records of an empty store: the number')
      const records = ORDERED.map((id) => recordOf(id))
      await put(records.toReversed())
      for (const limit of [1, 2, 5, ORDERED.length, 100]) {
        const rows = await allRecords(store, limit)
        equal(
          rows.map(({ id }) => id).join('\n'),
          ORDERED.join('\n'),
          `records, ${limit} at a time: the ids, in the order of UTF-8 bytes`,
        )
        for (const [i, row] of rows.entries()) {
          equal(typeof row.version, 'string', 'records: the type of a version')
          equal(textOf(row.record, 'records'), textOf(records[i]?.record, 'the suite'), 'records: the facts')
        }
      }
      const [next] = await succeeds(() => store.records('r-11', 1), 'records after an id that is not there')
      equal(next?.id, 'r-2', 'records after an id that is not there: the next one')
    },
  },
  {
    title: 'gives the records that are asked for, and leaves out those that are not there',
    requirements: ['S65'],
    async run({ store, put }) {
      await put(ORDERED.map((id) => recordOf(id)))
      equal((await succeeds(() => store.get([]), 'get')).length, 0, 'get of no ids: the number')
      const rows = await succeeds(() => store.get(['r-1', 'R-2', '%', 'r_1', '', 'r%', 'r-1 ']), 'get')
      equal(idsOf(rows), 'r%,r-1', 'get of two records among ids that are not there')
      equal(idsOf(await succeeds(() => store.get(ORDERED), 'get')), idsOf(ORDERED.map((id) => ({ id }))), 'get of all')
    },
  },
  {
    title: 'gives a record another version whenever a fact changes',
    requirements: ['S65'],
    async run({ store, put }) {
      const [record, bystander] = freshRecords(2) as [ReturnType<typeof recordOf>, ReturnType<typeof recordOf>]
      await put([record, bystander])
      const still = (await theRecord(store, bystander.id)).version
      const seen = new Set([(await theRecord(store, record.id)).version])
      for (const change of [{ created: '2021-01-01' }, { kind: 'baa' }, { tenant: 'clinic-b' }, { subject: 'p-2' }, {}]) {
        const changed = { ...record, record: { ...record.record, ...change } }
        await put([changed])
        const now = await theRecord(store, record.id)
        equal(textOf(now.record, 'get'), textOf(changed.record, 'the suite'), 'get: the facts after a change')
        check(!seen.has(now.version), 'a record whose facts changed must have a version that it never had before')
        seen.add(now.version)
      }
      equal((await theRecord(store, bystander.id)).version, still, 'the version of a record that nobody changed')
    },
  },
]
