import type { KeyStore } from '@phi/envelope'
import type { StoreSuiteOptions } from '../store/manifest.ts'
import { DEFAULT_CASE_TIMEOUT_MS, type Suite, suiteOf } from '../suite/suite.ts'
import { changingCases } from './cases/changing.ts'
import { faultCases } from './cases/faults.ts'
import { keepingCases } from './cases/keeping.ts'
import { readingCases } from './cases/reading.ts'
import { uniquenessCases } from './cases/uniqueness.ts'

/**
 * The contract of `KeyStore` of `@phi/envelope` as cases: what comes back of a record, which records exclude one another,
 * compare-and-swap and usage with 32 callers at once, the wall between tenants, order and pages, and erasure. Whether what was
 * written outlives a crash, and what lies in backups, is not tested.
 */
export function keyStoreSuite(options: StoreSuiteOptions<KeyStore>): Suite {
  const { name, supports = {}, open, caseTimeoutMs = DEFAULT_CASE_TIMEOUT_MS } = options
  const cases = [...keepingCases, ...uniquenessCases, ...readingCases, ...changingCases, ...faultCases]
  return suiteOf(cases, { name, manifest: supports, open, caseTimeoutMs })
}
