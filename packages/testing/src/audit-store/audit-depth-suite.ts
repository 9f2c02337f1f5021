import type { AuditStore } from '@phi/audit'
import { DEFAULT_CASE_TIMEOUT_MS, type Suite, suiteOf } from '../suite/suite.ts'
import { outboxCases } from './cases/outbox.ts'
import { pruningCases } from './cases/pruning.ts'
import { sealedCases } from './cases/sealed.ts'
import { transactionCases } from './cases/transactions.ts'
import { type AuditDepthSupports, type AuditDepthUnderTest, depthHonesty } from './depth.ts'

export interface AuditDepthSuiteOptions {
  /** The title of the suite: the store and what stands behind it. */
  readonly name: string
  /** By default everything is claimed. */
  readonly supports?: AuditDepthSupports
  /** Opens a store without logs. Called for every case, and closed after it. */
  readonly open: () => Promise<AuditDepthUnderTest>
  /** Milliseconds that one case may take. Default 60,000. */
  readonly caseTimeoutMs?: number
}

/**
 * The optional verbs of `AuditStore` as cases: entries inside a caller's transaction (`extendIn`, `holds`), the outbox (`enqueueIn`, `outbox`,
 * `dequeue`), pruning (`prune`, `prunes`), and finding what is sealed. The rest of the contract is `auditStoreSuite`.
 */
export function auditDepthSuite(options: AuditDepthSuiteOptions): Suite {
  const { name, supports = {}, open, caseTimeoutMs = DEFAULT_CASE_TIMEOUT_MS } = options
  const cases = [...sealedCases, ...transactionCases, ...outboxCases, ...pruningCases, depthHonesty]
  return suiteOf<AuditDepthUnderTest & { store: AuditStore<never> }, AuditDepthSupports>(cases, {
    name,
    manifest: supports,
    open,
    caseTimeoutMs,
  })
}
