import type { AgreementStore } from '@phi/baa'
import type { StoreSuiteOptions } from '../store/manifest.ts'
import { DEFAULT_CASE_TIMEOUT_MS, type Suite, suiteOf } from '../suite/suite.ts'
import { appendingCases } from './cases/appending.ts'
import { faultCases } from './cases/faults.ts'
import { keepingCases } from './cases/keeping.ts'

/**
 * The contract of `AgreementStore` of `@phi/baa` as cases: what comes back now and at each revision, signed documents byte for byte, what is
 * refused, and compare-and-set with 32 callers at once. Cases use tenants of their own, so a database that cannot be emptied can be used for
 * all of them. Whether what was written outlives a crash is not tested.
 */
export function agreementStoreSuite(options: StoreSuiteOptions<AgreementStore>): Suite {
  const { name, supports = {}, open, caseTimeoutMs = DEFAULT_CASE_TIMEOUT_MS } = options
  const cases = [...keepingCases, ...appendingCases, ...faultCases]
  return suiteOf(cases, { name, manifest: supports, open, caseTimeoutMs })
}
