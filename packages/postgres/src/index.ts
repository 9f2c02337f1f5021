export { directiveStore } from './access/directive-store.ts'
export { roleStore } from './access/role-store.ts'
export { sessionStore } from './access/session-store.ts'
export { type Acting, actingAs } from './acting/acting-as.ts'
export { installRowLevelSecurity } from './acting/install.ts'
export { type AgreementStoreOptions, agreementStore } from './agreements/agreement-store.ts'
export { type AuditStoreOptions, auditStore } from './audit/audit-store.ts'
export type { GroupCommitOptions } from './audit/group-commit.ts'
export { type CaseStoreOptions, caseStore } from './cases/case-store.ts'
export { CommitUnknown, type Db, type Pinned, type Queryable, type Transaction } from './client/db.ts'
export { type ConnectOptions, connect, fromClient, fromPool } from './client/pg.ts'
export { embedded, fromPGlite } from './client/pglite.ts'
export { connectPostgresJs, fromPostgresJs } from './client/postgres-js.ts'
export { type PostgresJs, queryableOf } from './client/postgres-js-statement.ts'
export { type TransactionalOptions, transactional } from './client/retry.ts'
export { type Distribution, type DistributionStep, distribution } from './distribute.ts'
export { type DoctorOptions, type DoctorReport, doctor } from './doctor/doctor.ts'
export { type DoctorFinding, type DoctorFindingCode, type DoctorSeverity, doctorFindingKinds } from './doctor/findings.ts'
export type { Power, PowerCode } from './doctor/powers.ts'
export { renderDoctor } from './doctor/render.ts'
export { postgresErrors } from './errors.ts'
export { type CursorStoreOptions, cursorStore } from './forwarding/cursor-store.ts'
export { keyStore } from './keys/key-store.ts'
export { tombstoneStore } from './keys/tombstone-store.ts'
export { type MigrateOptions, type MigrateReport, migrate } from './migrate.ts'
export type { FactSource, IdColumn, MappedFact, RetentionTable, RetentionTables } from './retention/mapping.ts'
export { type NarrowStatus, narrowStatuses } from './retention/narrow-status.ts'
export {
  type NarrowCount,
  type NarrowedRecord,
  type RetentionOverview,
  type RetentionPlanner,
  type RetentionPlannerOptions,
  retentionPlanner,
} from './retention/retention-planner.ts'
export { type RetentionStoreOptions, retentionStore } from './retention/retention-store.ts'
export { type ScheduleStoreOptions, scheduleStore } from './retention/schedule-store.ts'
export { type VerifyInWorkerOptions, verifyInWorker } from './verify-in-worker.ts'
