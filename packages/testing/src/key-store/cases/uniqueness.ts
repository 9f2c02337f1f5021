import { toHex } from '@phi/core'
import type { DataKeyRecord, KeyStore } from '@phi/envelope'
import { anotherOf, type StoreCase, storeGap } from '../../store/manifest.ts'
import { check, equal, succeeds } from '../../suite/assert.ts'
import { freshBytes } from '../../suite/bytes.ts'
import { freshRecord, freshTenant, insertAll, reads } from '../records.ts'

const CALLERS = 32

const freshId = () => toHex(freshBytes(4))

async function outcomes(work: readonly Promise<string>[]): Promise<{ readonly [outcome: string]: number }> {
  const counts: Record<string, number> = {}
  for (const outcome of await succeeds(() => Promise.all(work), `${work.length} calls at once`)) {
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  return counts
}

/** Inserts at once, from all the handles by turns: exactly one may win. */
async function race(
  stores: readonly KeyStore[],
  records: readonly DataKeyRecord[],
  loser: string,
  what: string,
): Promise<void> {
  const counts = await outcomes(records.map((record, i) => (stores[i % stores.length] as KeyStore).insert(record)))
  const remedy = 'let a unique index decide, not a look before the insert'
  equal(counts.inserted ?? 0, 1, `${what}: how many were told 'inserted' (${remedy})`)
  equal(counts[loser] ?? 0, records.length - 1, `${what}: how many were told '${loser}'`)
  const kept = await Promise.all(records.map(({ id, tenant }) => listed(stores[0] as KeyStore, tenant, id)))
  equal(new Set(kept.flat()).size, 1, `${what}: how many records there are afterwards`)
}

const listed = async (store: KeyStore, tenant: string, id: string): Promise<string[]> =>
  (await succeeds(() => store.scan({ tenant, limit: 100 }), 'scan'))
    .filter((each) => each.id === id)
    .map((each) => `${tenant}/${each.id}`)

const sameVersion = () => {
  const tenant = freshTenant()
  return Array.from({ length: CALLERS }, () => freshRecord({ tenant }))
}
const sameId = () => {
  const id = freshId()
  return Array.from({ length: CALLERS }, () => freshRecord({ id }))
}

export const uniquenessCases: readonly StoreCase<KeyStore>[] = [
  {
    title: 'refuses a second record with an id that is taken, whoever’s it is, and keeps the first',
    requirements: ['S91'],
    async run({ store }) {
      const first = freshRecord()
      await insertAll(store, [first])
      for (const [what, other] of [
        ['of the same tenant', { ...freshRecord({ id: first.id, version: 2 }), tenant: first.tenant }],
        ['of another tenant', freshRecord({ id: first.id })],
        ['of a subject', freshRecord({ id: first.id, subject: 'p-88' })],
      ] as const) {
        const answer = await succeeds(() => store.insert(other), 'insert')
        equal(answer, 'id-taken', `insert of a record ${what} under an id that is taken`)
        await reads(store, first, 'after an insert that was refused')
        equal(
          (await listed(store, other.tenant, other.id)).length,
          other.tenant === first.tenant ? 1 : 0,
          'records with this id',
        )
      }
      // Both stand against it: either may be told.
      const same = await succeeds(() => store.insert(first), 'insert')
      check(same !== 'inserted', `insert of the same record twice was told 'inserted' the second time`)
    },
  },
  {
    title: 'refuses a second record of the same tenant, purpose, subject and version, without a subject too',
    requirements: ['S90', 'S91'],
    async run({ store }) {
      for (const subject of [null, 'p-88']) {
        const first = freshRecord({ subject })
        await insertAll(store, [first])
        const second = freshRecord({ subject, tenant: first.tenant })
        const who =
          subject === null ? 'a tenant’s own key (a unique index of SQL takes no two NULLs for equal)' : 'a subject’s key'
        equal(
          await succeeds(() => store.insert(second), 'insert'),
          'version-taken',
          `insert of a version that is taken, of ${who}`,
        )
        equal(await succeeds(() => store.find(second.id), 'find').then((record) => record?.id), undefined, 'a refused record')
        await reads(store, first, 'after an insert that was refused')
      }
    },
  },
  {
    title: 'takes records that differ in tenant, purpose, subject or version alone',
    requirements: ['S90', 'S91'],
    async run({ store }) {
      const tenant = freshTenant()
      const records = [
        freshRecord({ tenant }),
        freshRecord({ tenant: `${tenant}x` }),
        freshRecord({ tenant, purpose: 'file' }),
        freshRecord({ tenant, version: 2 }),
        ...['null', 'p-88', 'P-88', 'p-88 ', ' p-88', 'Zo\u00eb', 'Zoe\u0308'].map((subject) =>
          freshRecord({ tenant, subject }),
        ),
      ]
      await insertAll(store, records)
      for (const record of records) await reads(store, record, 'beside others that differ in one part')
    },
  },
  {
    title: `tells one of ${CALLERS} concurrent inserts of a version that it won, and the others that the version is taken`,
    requirements: ['S90', 'S91'],
    run: ({ store }) => race([store], sameVersion(), 'version-taken', `${CALLERS} inserts of one version at once`),
  },
  {
    title: `tells one of ${CALLERS} concurrent inserts of an id that it won, and the others that the id is taken`,
    requirements: ['S91'],
    run: ({ store }) => race([store], sameId(), 'id-taken', `${CALLERS} inserts of one id at once`),
  },
  {
    title: 'tells one of the concurrent inserts from two handles that it won',
    requirements: ['S90', 'S91'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const stores = [under.store, await anotherOf(under)]
      await race(stores, sameVersion(), 'version-taken', 'inserts of one version from two handles')
      await race(stores, sameId(), 'id-taken', 'inserts of one id from two handles')
    },
  },
]
