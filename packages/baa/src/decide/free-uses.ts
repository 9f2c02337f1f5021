import type { Use } from '@phi/core'

/** What the originator of psychotherapy notes may do with them without an authorization, 164.508(a)(2)(i); and what law requires. */
export const ownUses: readonly Use[] = ['treatment', 'operations.training', 'required-by-law']

/** For what a limited data set may go under a data use agreement, and then without an authorization, 164.514(e)(3)(i). */
export const limitedDataSetUses: readonly Use[] = ['research', 'public-health', 'operations']
