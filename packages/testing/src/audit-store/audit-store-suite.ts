import type { AuditStore } from '@phi/audit'
import type { StoreSuiteOptions } from '../store/manifest.ts'
import { DEFAULT_CASE_TIMEOUT_MS, type Suite, suiteOf } from '../suite/suite.ts'
import { extendingCases } from './cases/extending.ts'
import { findingCases } from './cases/finding.ts'
import { logCases } from './cases/logs.ts'

/**
 * The contract of `AuditStore` of `@phi/audit/store` as cases: texts back byte for byte, one chain whoever writes, an event id
 * once, the wall between tenants, ranges, tree hashes, searches and signed notes. The optional verbs that work inside a
 * caller's transaction (`extendIn`, `holds`) are not tested, nor is whether what was written outlives a crash.
 */
export function auditStoreSuite(options: StoreSuiteOptions<AuditStore>): Suite {
  const { name, supports = {}, open, caseTimeoutMs = DEFAULT_CASE_TIMEOUT_MS } = options
  return suiteOf([...extendingCases, ...findingCases, ...logCases], { name, manifest: supports, open, caseTimeoutMs })
}
