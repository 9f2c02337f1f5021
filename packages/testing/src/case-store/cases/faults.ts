import type { CaseStore } from '@phi/deadlines/store'
import { refusesUnreachable, type StoreCase, storeGap, storeHonesty } from '../../store/manifest.ts'
import { accessOpening, freshTenant, holds, keepAll, openingOf, requestOf, verified } from '../world.ts'

export const faultCases: readonly StoreCase<CaseStore>[] = [
  {
    title: 'says that it cannot be reached, with every verb and a retryable error, and works again afterwards',
    requirements: ['S126', 'S133'],
    skip: (supports) => storeGap(supports, 'unreachable'),
    async run(under) {
      const { store } = under
      const tenant = freshTenant()
      const kept = requestOf([])
      await keepAll(store, tenant, [kept])
      const entry = requestOf([verified]).record.log[0] as Parameters<CaseStore['append']>[3]
      await refusesUnreachable(under, 'PHI_DEADLINES_STORE_UNAVAILABLE', {
        open: () => store.open(tenant, openingOf(requestOf([], accessOpening('r-2')))),
        append: () => store.append(tenant, 'r-1', 0, entry),
        load: () => store.load(tenant, 'r-1'),
        list: () => store.list(tenant, { limit: 10 }),
      })
      await holds(store, tenant, kept, 'once the store can be reached again')
      await keepAll(store, tenant, [requestOf([verified], accessOpening('r-3'))])
    },
  },
  storeHonesty,
]
