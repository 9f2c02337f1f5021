import type { GoldenCorpus } from '../case.ts'
import { accountingCases } from './accounting.ts'
import { breachCases } from './breach.ts'
import { federalCases } from './federal.ts'
import { noticeCases } from './notice.ts'
import { requestsCases } from './requests.ts'
import { retentionCases } from './retention.ts'
import { secretaryCases } from './secretary.ts'
import { stateCases } from './state.ts'

/**
 * The project's own golden cases: facts, a rule, and what must come out, each with the place in the law it shows.
 *
 * Days are counted with the trigger day as day 0, through the end of that civil day in the zone of the obliged entity; nothing in 45
 * CFR Part 164 rolls over a weekend; what is to be done rounds earlier, what is to be kept rounds later.
 */
export const corpus: GoldenCorpus = Object.freeze({
  cases: Object.freeze([
    ...requestsCases,
    ...accountingCases,
    ...breachCases,
    ...secretaryCases,
    ...noticeCases,
    ...federalCases,
    ...retentionCases,
    ...stateCases,
  ]),
})
