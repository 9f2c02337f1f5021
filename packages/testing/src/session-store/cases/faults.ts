import type { SessionStore } from '@phi/rbac/session'
import { refusesUnreachable, type StoreCase, storeGap, storeHonesty } from '../../store/manifest.ts'
import { freshRecord, holds, insertAll, rotated, START } from '../records.ts'

export const faultCases: readonly StoreCase<SessionStore>[] = [
  {
    title: 'says that it cannot be reached, with every verb and a retryable error, and works again afterwards',
    requirements: ['S4'],
    skip: (supports) => storeGap(supports, 'unreachable'),
    async run(under) {
      const { store } = under
      const record = freshRecord()
      const { sid, tenant, subject } = record
      await insertAll(store, [record])
      await refusesUnreachable(under, 'PHI_RBAC_SESSION_STORE_UNAVAILABLE', {
        insert: () => store.insert(freshRecord()),
        find: () => store.find(sid),
        replace: () => store.replace(rotated(record), 0),
        touch: () => store.touch(sid, START + 1),
        end: () => store.end(sid, START, 'revoked'),
        endSubject: () => store.endSubject(tenant, subject, START, 'revoked'),
        sweep: () => store.sweep(START),
      })
      await holds(store, record, 'once the store can be reached again')
    },
  },
  storeHonesty,
]
