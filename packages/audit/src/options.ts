import { type Clock, parseTenant, systemClock } from '@phi/core'
import { type AppendLimits, defaultLimits } from './appender.ts'
import { auditError } from './errors.ts'
import { parseOrigin } from './leaf.ts'
import type { Signer } from './note/index.ts'
import type { AuditStore, LogKey } from './store/store.ts'

/** When checkpoints are signed without being asked for. */
export interface CheckpointPolicy {
  /** After this many entries that no checkpoint covers. Default 4096. */
  readonly entries?: number
  /** And at the latest this long after the first of them, in milliseconds. Default 60,000. */
  readonly intervalMs?: number
}

export interface AuditLogOptions<Tx = never> {
  /**
   * The log's public name: in every leaf, checkpoint and key. 1 to 200 printable ASCII characters without spaces and "+",
   * usually a schema-less URL. Leaves and checkpoints leave the building, so no customer's name belongs in it.
   */
  readonly origin: string
  /** Whose log it is. Default `default`, for services that have one tenant. */
  readonly tenant?: string
  readonly store: AuditStore<Tx>
  /** Signs checkpoints. Without one the log chains but proves nothing to outsiders, and `verify` answers `unverifiable`. */
  readonly signer?: Signer
  readonly clock?: Clock
  readonly checkpoint?: CheckpointPolicy
  readonly limits?: Partial<AppendLimits>
}

/** Options checked and filled in. */
export interface LogSettings {
  readonly log: LogKey
  readonly clock: Clock
  readonly limits: AppendLimits
  readonly checkpointEntries: number
  readonly checkpointIntervalMs: number
}

function positive(value: number, path: string): number {
  if (!Number.isSafeInteger(value) || value < 1)
    throw auditError('PHI_AUDIT_OPTIONS', { path, detail: 'must be a positive whole number' })
  return value
}

/** @throws PhiError PHI_AUDIT_ORIGIN, PHI_AUDIT_OPTIONS, PHI_CORE_TENANT */
export function settingsOf(options: AuditLogOptions<never>): LogSettings {
  const origin = parseOrigin(options.origin)
  if (options.signer !== undefined && options.signer.name !== origin) {
    // C2SP tlog-checkpoint: the key name of the log's signature is the origin line.
    throw auditError('PHI_AUDIT_OPTIONS', { path: 'signer.name', detail: 'must be the origin of the log' })
  }
  const limits = { ...defaultLimits, ...options.limits }
  for (const [name, value] of Object.entries(limits)) positive(value, `limits.${name}`)
  return {
    log: { tenant: parseTenant(options.tenant ?? 'default'), origin },
    clock: options.clock ?? systemClock,
    limits,
    checkpointEntries: positive(options.checkpoint?.entries ?? 4096, 'checkpoint.entries'),
    checkpointIntervalMs: positive(options.checkpoint?.intervalMs ?? 60_000, 'checkpoint.intervalMs'),
  }
}
