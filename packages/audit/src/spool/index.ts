/**
 * A local spool for an audit log: events go to this machine's disk while the log's store is away. Node only.
 *
 * @module @phi/audit/spool
 */
export { type Append, announce, type DrainOptions, type DrainReport, drain } from './drain.ts'
export { spoolErrors } from './errors.ts'
export type { Drained } from './events.ts'
export type { SpoolFile, SpoolFs } from './file-system.ts'
export { openSpool, type SpoolOptions } from './open-spool.ts'
export type { SpoolDamage } from './recover.ts'
export { type SpoolEntry, type SpoolReport, type SpoolStanding, spoolReport } from './report.ts'
export type { Spool, SpoolHealth, SpoolReceipt } from './spool.ts'
export {
  isSpooled,
  type SpoolClosing,
  type SpooledHealth,
  type SpoolingAuditLog,
  type WithSpoolOptions,
  withSpool,
} from './with-spool.ts'
