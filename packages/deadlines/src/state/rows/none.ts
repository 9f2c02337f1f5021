import { cite } from '@phi/core'
import type { NoDuty } from '../row.ts'

/** Rows of the sources that say that there is no duty: kept as data, so that nobody takes the gap for an oversight. */
export const noDuties: readonly NoDuty[] = [
  {
    state: 'OH',
    ordinal: 2,
    addressee: 'regulator and consumer reporting agencies',
    citation: cite('Ohio Rev. Code 1349.19', { confirmation: 'secondary', asOf: '2026-01-01' }),
    confirmation: 'secondary',
    note: 'No general duty to tell a regulator or the consumer reporting agencies was found.',
  },
  {
    state: 'TN',
    ordinal: 2,
    addressee: 'regulator and consumer reporting agencies',
    citation: cite('Tenn. Code 47-18-2107', { confirmation: 'secondary', asOf: '2026-01-01' }),
    confirmation: 'secondary',
    note: 'No duty to tell a regulator or the consumer reporting agencies was found.',
  },
]
