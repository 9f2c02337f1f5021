import { toHex } from '@phi/core'
import type { DataKeyRecord, KeyStore } from '@phi/envelope'
import type { StoreCase } from '../../store/manifest.ts'
import { check, equal, succeeds } from '../../suite/assert.ts'
import { freshBytes } from '../../suite/bytes.ts'
import { freshRecord, freshTenant, insertAll, sameRecords } from '../records.ts'

const byId = (a: DataKeyRecord, b: DataKeyRecord) => (a.id < b.id ? -1 : 1)

/** Every page of a scan, joined. */
async function scanAll(store: KeyStore, tenant: string | undefined, limit: number): Promise<DataKeyRecord[]> {
  const all: DataKeyRecord[] = []
  const whose = tenant === undefined ? {} : { tenant }
  for (;;) {
    const last = all.at(-1)
    const after = last === undefined ? {} : { after: last.id }
    const page = await succeeds(() => store.scan({ ...whose, ...after, limit }), 'scan')
    check(page.length <= limit, `scan answered with ${page.length} records, and at most ${limit} were asked for`)
    if (page.length === 0) return all
    // Readers take a short page for the last one.
    check(all.length % limit === 0, 'scan answered with a short page, and there were more records')
    check(last === undefined || (page[0] as DataKeyRecord).id > last.id, 'scan must answer with ids after the given one only')
    all.push(...page)
  }
}

export const readingCases: readonly StoreCase<KeyStore>[] = [
  {
    title: 'lists the keys of one tenant, or of one subject of it, and nobody else’s',
    requirements: ['S91'],
    async run({ store }) {
      const tenant = `a_b.${toHex(freshBytes(4))}`
      // What a pattern, a prefix, a collation or a falsy value would take for the same.
      const tenants = [tenant, tenant.replace('_', 'x'), tenant.replace('.', 'x'), `${tenant}1`, tenant.slice(0, -1)]
      const subjects = [
        null,
        'p-8',
        'p-88',
        'P-88',
        'p_88',
        'p%',
        '%',
        'null',
        'p-88 ',
        'Zo\u00eb',
        'Zoe\u0308',
        '0',
        'p-88\u200b',
      ]
      const records = tenants.flatMap((each) => subjects.map((subject) => freshRecord({ tenant: each, subject })))
      await insertAll(store, records)
      for (const each of tenants) {
        for (const subject of subjects) {
          const own = records.filter((record) => record.tenant === each && record.subject === subject)
          const answer = await succeeds(() => store.list(each, subject), 'list')
          sameRecords(answer, own, subject === null ? 'list of a tenant’s own keys' : 'list of one subject’s keys')
        }
        const all = records.filter((record) => record.tenant === each).sort(byId)
        sameRecords(await scanAll(store, each, 1000), all, 'scan of one tenant, its subjects’ keys with it')
      }
    },
  },
  {
    title: 'lists by purpose, then by version, both ascending, versions as numbers',
    requirements: ['S90'],
    async run({ store }) {
      const tenant = freshTenant()
      const purposes = ['index', 'file', 'deterministic', 'field'] as const
      const versions = [10, 2, 100, 1, 9, 21, 3]
      const records = purposes.flatMap((purpose) => versions.map((version) => freshRecord({ tenant, purpose, version })))
      await insertAll(store, records)
      const sorted = records.toSorted((a, b) =>
        a.purpose === b.purpose ? a.version - b.version : a.purpose < b.purpose ? -1 : 1,
      )
      sameRecords(await succeeds(() => store.list(tenant, null), 'list'), sorted, 'list of four purposes (by their text)')
    },
  },
  {
    title: 'lists keys of every state: what is revoked or destroyed stays to be seen',
    requirements: ['S121'],
    async run({ store }) {
      const tenant = freshTenant()
      const states = ['past-backup-horizon', 'destroyed', 'destruction-scheduled', 'revoked', 'retiring', 'active'] as const
      const records = states.map((state, i) => {
        const wrapped = i < 2 ? { wrapped: new Uint8Array(0) } : {}
        return freshRecord({ tenant, state, version: i + 1, ...wrapped })
      })
      await insertAll(store, records)
      sameRecords(await succeeds(() => store.list(tenant, null), 'list'), records, 'list of keys in every state')
      sameRecords(await scanAll(store, tenant, 2), records.toSorted(byId), 'scan of keys in every state')
    },
  },
  {
    title: 'scans every record once, by ascending id, in pages of any size',
    requirements: ['S121'],
    async run({ store }) {
      const tenants = [freshTenant(), freshTenant()] as const
      // Hexadecimal by its text: digits before letters, and nothing taken for a number.
      const ids = ['00000000', '00000001', '09ffffff', '0a000000', '10000000', '1e000005', '7fffffff', '80000000', '9fffffff']
      const more = [
        'a0000000',
        'abcdef01',
        'ffffffff',
        ...Array.from({ length: 13 }, (_, i) => `${i % 10}c${i % 7}e00${i + 10}`),
      ]
      const records = [...new Set([...ids, ...more])].map((id, i) => {
        return freshRecord({ id, tenant: tenants[i % 2] as string, version: i + 1, subject: i % 3 === 0 ? 'p-88' : null })
      })
      // Stored in an order that is not the one to come out.
      await insertAll(
        store,
        records.toSorted((a, b) => ((a.version * 7) % 11) - ((b.version * 7) % 11)),
      )
      for (const limit of [1, 2, 7, records.length, 1000]) {
        sameRecords(await scanAll(store, undefined, limit), records.toSorted(byId), `scan of everything, ${limit} at a time,`)
        for (const tenant of tenants) {
          const own = records.filter((record) => record.tenant === tenant).sort(byId)
          sameRecords(await scanAll(store, tenant, limit), own, `scan of one tenant, ${limit} at a time,`)
        }
      }
      const first = await succeeds(() => store.scan({ after: '08000000', limit: 1 }), 'scan after an id that is not there')
      const next = records.toSorted(byId).find(({ id }) => id > '08000000')
      equal(first[0]?.id, next?.id, 'scan after an id that is not there: the next one')
      sameRecords(await succeeds(() => store.scan({ after: 'ffffffff', limit: 9 }), 'scan'), [], 'scan after the last id')
    },
  },
]
