import { type Clock, parseTenant, systemClock } from '@phi/core'
import { milliseconds, positive } from './amounts.ts'
import type { AnchoringOptions } from './anchoring.ts'
import { type AppendLimits, defaultLimits } from './appender.ts'
import { auditError } from './errors.ts'
import { parseOrigin } from './leaf.ts'
import type { Signer } from './note/index.ts'
import type { OutboxOptions } from './outbox/outbox.ts'
import type { Sealing } from './sealed/seal-event.ts'
import { type SealableGroup, type Sealer, sealableGroups } from './sealed/sealer.ts'
import type { AuditStore, LogKey } from './store/store.ts'
import type { LogWitnesses } from './witness/offering.ts'

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
  /**
   * Seals groups of every entry, per patient or tenant: what is sealed can be erased by destroying a key, and the log verifies all the
   * same. Events of a log's own making (exports, prunings) are not sealed, save for the export of one patient's records, which names that patient.
   */
  readonly sealer?: Sealer
  /** Which groups are sealed. Default both. */
  readonly seal?: readonly SealableGroup[]
  /** Signs checkpoints. Without one the log chains but proves nothing to outsiders, and `verify` answers `unverifiable`. */
  readonly signer?: Signer
  /**
   * Further keys of the log, each of which signs every checkpoint as well: an ML-DSA-44 key (`mlDsa44Signer` of
   * `@phi/audit/ml-dsa`), for checkpoints that must hold for longer than Ed25519 will.
   */
  readonly furtherSigners?: readonly Signer[]
  /** Who cosigns checkpoints, so that a history that was rewritten shows to others. Needs a signer. Appends never wait for it. */
  readonly witnesses?: LogWitnesses
  /**
   * Where copies of checkpoints are kept: files elsewhere, an HTTPS endpoint, locked storage (`@phi/audit/anchor`). Pass what they
   * `list()` as `trusted` to `verify`. Needs a signer. Appends never wait for it; with witnesses, what is copied is the cosigned note.
   */
  readonly anchors?: AnchoringOptions
  /** Lets transactions record events without waiting for each other: `enqueueIn`. Needs a store that has an outbox. */
  readonly outbox?: OutboxOptions
  readonly clock?: Clock
  readonly checkpoint?: CheckpointPolicy
  readonly limits?: Partial<AppendLimits>
}

/** Options checked and filled in. */
export interface LogSettings {
  readonly log: LogKey
  readonly clock: Clock
  readonly limits: AppendLimits
  readonly sealing: Sealing | undefined
  readonly checkpointEntries: number
  readonly checkpointIntervalMs: number
}

function sealingOf({ sealer, seal }: AuditLogOptions<never>): Sealing | undefined {
  const groups = seal ?? sealableGroups
  const known = Array.isArray(groups) && groups.length > 0 && groups.every((group) => sealableGroups.includes(group))
  if (!known) throw auditError('PHI_AUDIT_OPTIONS', { path: 'seal', detail: 'takes subject, context, or both' })
  if (sealer === undefined) {
    if (seal !== undefined) throw auditError('PHI_AUDIT_OPTIONS', { path: 'seal', detail: 'needs a sealer' })
    return undefined
  }
  return { sealer, groups }
}

/** @throws PhiError PHI_AUDIT_ORIGIN, PHI_AUDIT_OPTIONS, PHI_CORE_TENANT */
export function settingsOf(options: AuditLogOptions<never>): LogSettings {
  const origin = parseOrigin(options.origin)
  const { signer, furtherSigners = [] } = options
  for (const each of signer === undefined ? furtherSigners : [signer, ...furtherSigners]) {
    if (each.name === origin) continue
    // C2SP tlog-checkpoint: the key name of the log's signature is the origin line.
    const path = each === signer ? 'signer.name' : 'furtherSigners.name'
    throw auditError('PHI_AUDIT_OPTIONS', { path, detail: 'must be the origin of the log' })
  }
  for (const path of ['witnesses', 'furtherSigners', 'anchors'] as const) {
    if (options[path] !== undefined && signer === undefined)
      throw auditError('PHI_AUDIT_OPTIONS', { path, detail: 'needs a signer' })
  }
  const limits = { ...defaultLimits, ...options.limits }
  for (const [name, value] of Object.entries(limits)) (name === 'timeoutMs' ? milliseconds : positive)(value, `limits.${name}`)
  return {
    log: { tenant: parseTenant(options.tenant ?? 'default'), origin },
    clock: options.clock ?? systemClock,
    limits,
    sealing: sealingOf(options),
    checkpointEntries: positive(options.checkpoint?.entries ?? 4096, 'checkpoint.entries'),
    checkpointIntervalMs: milliseconds(options.checkpoint?.intervalMs ?? 60_000, 'checkpoint.intervalMs'),
  }
}
