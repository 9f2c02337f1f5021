/**
 * Conformance suites for those who write their own adapter to the `@phi` packages.
 *
 * @module @phi/testing
 */
export { agreementStoreSuite } from './agreement-store/agreement-store-suite.ts'
export { type AuditDepthSuiteOptions, auditDepthSuite } from './audit-store/audit-depth-suite.ts'
export { auditStoreSuite } from './audit-store/audit-store-suite.ts'
export type { AuditDepthSupports, AuditDepthUnderTest } from './audit-store/depth.ts'
export { caseStoreSuite } from './case-store/case-store-suite.ts'
export { cursorStoreSuite } from './cursor-store/cursor-store-suite.ts'
export { directiveStoreSuite } from './directive-store/directive-store-suite.ts'
export { keyStoreSuite } from './key-store/key-store-suite.ts'
export { type KmsSuiteOptions, kmsSuite } from './kms/kms-suite.ts'
export type { KmsFault, KmsGap, KmsSupports, KmsUnderTest } from './kms/manifest.ts'
export { type RetentionStoreSuiteOptions, retentionStoreSuite } from './retention-store/retention-store-suite.ts'
export type { RetentionStoreSupports, RetentionStoreUnderTest, SuiteRecord } from './retention-store/under-test.ts'
export { roleStoreSuite } from './role-store/role-store-suite.ts'
export { scheduleStoreSuite } from './schedule-store/schedule-store-suite.ts'
export { sessionStoreSuite } from './session-store/session-store-suite.ts'
export type { StoreGap, StoreSuiteOptions, StoreSupports, StoreUnderTest } from './store/manifest.ts'
export { ConformanceError } from './suite/assert.ts'
export { type Runner, register } from './suite/register.ts'
export { type CaseResult, runSuite, type SuiteReport } from './suite/run-suite.ts'
export type { Suite, SuiteCase } from './suite/suite.ts'
export { tombstoneStoreSuite } from './tombstones/tombstone-store-suite.ts'
