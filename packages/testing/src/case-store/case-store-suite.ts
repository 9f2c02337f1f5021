import type { CaseStore } from '@phi/deadlines/store'
import type { StoreSuiteOptions } from '../store/manifest.ts'
import { DEFAULT_CASE_TIMEOUT_MS, type Suite, suiteOf } from '../suite/suite.ts'
import { appendingCases } from './cases/appending.ts'
import { faultCases } from './cases/faults.ts'
import { keepingCases } from './cases/keeping.ts'
import { listingCases } from './cases/listing.ts'

/**
 * The contract of `CaseStore` of `@phi/deadlines/store` as cases: histories that come back replayed, refused entries too, pages in the order
 * of ids, what is refused, and compare-and-set with 32 callers at once. Cases use tenants of their own, so a database that cannot be emptied
 * can be used for all of them. Whether what was written outlives a crash is not tested.
 */
export function caseStoreSuite(options: StoreSuiteOptions<CaseStore>): Suite {
  const { name, supports = {}, open, caseTimeoutMs = DEFAULT_CASE_TIMEOUT_MS } = options
  const cases = [...keepingCases, ...appendingCases, ...listingCases, ...faultCases]
  return suiteOf(cases, { name, manifest: supports, open, caseTimeoutMs })
}
