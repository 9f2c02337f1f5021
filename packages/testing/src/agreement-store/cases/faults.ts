import type { AgreementStore } from '@phi/baa'
import { refusesUnreachable, type StoreCase, storeGap, storeHonesty } from '../../store/manifest.ts'
import { agreement, appendAll, attested, freshTenant, holds } from '../world.ts'

export const faultCases: readonly StoreCase<AgreementStore>[] = [
  {
    title: 'says that it cannot be reached, with every verb and a retryable error, and works again afterwards',
    requirements: ['S86'],
    skip: (supports) => storeGap(supports, 'unreachable'),
    async run(under) {
      const { store } = under
      const tenant = freshTenant()
      await appendAll(store, tenant, [[agreement()]])
      await refusesUnreachable(under, 'PHI_BAA_STORE_UNAVAILABLE', {
        load: () => store.load(tenant),
        at: () => store.at(tenant, 1),
        append: () => store.append(tenant, [attested('2026-01-01', true)], 1),
      })
      await holds(store, tenant, [[agreement()]], 'once the store can be reached again')
      await appendAll(store, tenant, [[attested('2026-01-01', true)]], 1)
    },
  },
  storeHonesty,
]
