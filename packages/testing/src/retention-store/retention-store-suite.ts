import { DEFAULT_CASE_TIMEOUT_MS, type Suite, suiteOf } from '../suite/suite.ts'
import { disposingCases } from './cases/disposing.ts'
import { holdCases } from './cases/holds.ts'
import { recordCases } from './cases/records.ts'
import { runningCases } from './cases/running.ts'
import type { RetentionStoreSupports, RetentionStoreUnderTest } from './under-test.ts'

export interface RetentionStoreSuiteOptions {
  /** The title of the suite: the store and what stands behind it. */
  readonly name: string
  /** By default everything is claimed. */
  readonly supports?: RetentionStoreSupports
  /** Opens a store without records, holds or runs. Called for every case, and closed after it. */
  readonly open: () => Promise<RetentionStoreUnderTest>
  /** Milliseconds that one case may take. Default 60,000. */
  readonly caseTimeoutMs?: number
}

/**
 * The contract of `RetentionStore` of `@phi/retention` as cases: records in order with versions; holds that are only added to; a
 * batch that is bound to both, done once, and accounted for in its receipt; progress by compare-and-set. Whether a deletion and
 * its receipt are one transaction that outlives a crash is not tested, nor what happens to media and backups.
 */
export function retentionStoreSuite(options: RetentionStoreSuiteOptions): Suite {
  const { name, supports = {}, open, caseTimeoutMs = DEFAULT_CASE_TIMEOUT_MS } = options
  const cases = [...recordCases, ...holdCases, ...disposingCases, ...runningCases]
  return suiteOf(cases, { name, manifest: supports, open, caseTimeoutMs })
}
