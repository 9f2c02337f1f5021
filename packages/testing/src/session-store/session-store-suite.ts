import type { SessionStore } from '@phi/rbac/session'
import type { StoreSuiteOptions } from '../store/manifest.ts'
import { DEFAULT_CASE_TIMEOUT_MS, type Suite, suiteOf } from '../suite/suite.ts'
import { changingCases } from './cases/changing.ts'
import { endingCases } from './cases/ending.ts'
import { faultCases } from './cases/faults.ts'
import { keepingCases } from './cases/keeping.ts'

/**
 * The contract of `SessionStore` of `@phi/rbac/session` as cases: what comes back of a record, compare-and-swap with 32 callers at once,
 * activity that never goes back, endings that are never undone, and the sweep. Whether what was written outlives a crash is not tested.
 */
export function sessionStoreSuite(options: StoreSuiteOptions<SessionStore>): Suite {
  const { name, supports = {}, open, caseTimeoutMs = DEFAULT_CASE_TIMEOUT_MS } = options
  const cases = [...keepingCases, ...changingCases, ...endingCases, ...faultCases]
  return suiteOf(cases, { name, manifest: supports, open, caseTimeoutMs })
}
