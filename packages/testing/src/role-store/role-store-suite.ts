import type { RoleStore } from '@phi/rbac'
import type { StoreSuiteOptions } from '../store/manifest.ts'
import { DEFAULT_CASE_TIMEOUT_MS, type Suite, suiteOf } from '../suite/suite.ts'
import { assigningCases } from './cases/assigning.ts'
import { endingCases } from './cases/ending.ts'

/**
 * The contract of `RoleStore` of `@phi/rbac` as cases: what comes back of a record, half-open times, ends that only move to earlier
 * instants, one winner of 32 at once, and the wall between tenants. Whether what was written outlives a crash is not tested.
 */
export function roleStoreSuite(options: StoreSuiteOptions<RoleStore>): Suite {
  const { name, supports = {}, open, caseTimeoutMs = DEFAULT_CASE_TIMEOUT_MS } = options
  return suiteOf([...assigningCases, ...endingCases], { name, manifest: supports, open, caseTimeoutMs })
}
