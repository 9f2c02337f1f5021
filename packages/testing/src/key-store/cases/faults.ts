import type { KeyStore } from '@phi/envelope'
import { refusesUnreachable, type StoreCase, storeGap, storeHonesty } from '../../store/manifest.ts'
import { equal, succeeds } from '../../suite/assert.ts'
import { freshRecord, insertAll, reads } from '../records.ts'

export const faultCases: readonly StoreCase<KeyStore>[] = [
  {
    title: 'says that it cannot be reached, with every verb and a retryable error, and works again afterwards',
    requirements: ['S19'],
    skip: (supports) => storeGap(supports, 'unreachable'),
    async run(under) {
      const { store } = under
      const record = freshRecord()
      const { id, tenant } = record
      await insertAll(store, [record])
      await refusesUnreachable(under, 'PHI_ENVELOPE_STORE_UNAVAILABLE', {
        insert: () => store.insert(freshRecord()),
        find: () => store.find(id),
        list: () => store.list(tenant, null),
        scan: () => store.scan({ limit: 10 }),
        replace: () => store.replace({ ...record, state: 'revoked' }, 0),
        addUsage: () => store.addUsage(id, { seals: 1, bytes: 1 }),
      })
      await reads(store, record, 'once the store can be reached again')
      equal((await succeeds(() => store.scan({ limit: 10 }), 'scan')).length, 1, 'the number of records after refused calls')
    },
  },
  storeHonesty,
]
