import { parseAs, parseTenant } from '@phi/core'
import * as z from 'zod'
import { type HorizonOptions, type HorizonResult, passBackupHorizon } from '../destruction/backup-horizon.ts'
import { type CancelOptions, cancelDestruction } from '../destruction/cancel.ts'
import { type Destruction, destroy } from '../destruction/destroy.ts'
import type { DestroyOptions } from '../destruction/destroy-options.ts'
import { type RestoreGuardOptions, type RestoreReport, restoreGuard } from '../destruction/restore-guard.ts'
import { envelopeError } from '../errors.ts'
import { probeKms } from '../kms/guarded.ts'
import { type DueKey, due } from '../rotation/due.ts'
import type { KeyInfo } from '../rotation/key-info.ts'
import { type Revocation, type RevokeOptions, revoke } from '../rotation/revoke.ts'
import { type RewrapOptions, type RewrapResult, rewrap } from '../rotation/rewrap.ts'
import { makeRotate, type RotateOptions, type Rotation } from '../rotation/rotate.ts'
import { type KeyStatus, status } from '../rotation/status.ts'
import { makeCustody } from './custody.ts'
import { makeKeyCache } from './key-cache.ts'
import { subjectSchema } from './key-record.ts'
import { type KeyringOptions, readOptions } from './keyring-options.ts'
import type { KeyringParts } from './keyring-parts.ts'
import { type KeyPurpose, keyPurposeSchema } from './purpose.ts'
import { type Sealing, sealing, type TenantSealing, tenantSealing } from './sealing.ts'

export interface LoadOptions {
  /** Which keys to load, and on first use to make. Default field, file and index. */
  readonly purposes?: readonly KeyPurpose[]
  /** Whether keys are made where there have never been any. Default true. */
  readonly create?: boolean
}

/**
 * A tenant's loaded keys. Keep the handle as long as you like; its keys stay fresh as long as `keyring.tenant(id)` is awaited
 * now and then.
 */
export interface TenantKeys extends TenantSealing {
  /**
   * A patient, or whoever else has keys of their own: what is sealed with them is destroyed with them. Index keys are always
   * the tenant's, or nothing could be found across patients.
   * @param id an opaque id of 1 to 256 characters
   */
  subject(id: string, options?: LoadOptions): Promise<SubjectKeys>
}

export interface SubjectKeys extends Sealing {
  readonly subject: string
}

export interface Keyring {
  /**
   * A tenant's keys, loaded and fresh. Call it once for every request or batch: from memory it costs nothing, and it is what
   * brings news of rotated and revoked keys.
   * @throws PhiError PHI_CORE_TENANT, PHI_ENVELOPE_KMS_*, PHI_ENVELOPE_STORE*, PHI_ENVELOPE_KEY_MISMATCH, PHI_ENVELOPE_RESTORED
   */
  tenant(id: string, options?: LoadOptions): Promise<TenantKeys>
  /**
   * A new version of a data key, which seals from now on; the one before only opens. This keyring's handles throw
   * PHI_ENVELOPE_STALE until the next `tenant()`; other processes learn of it within `statesMaxAgeMs`, or, while they do not reach
   * the key store, go on under the old key for up to `maxAgeMs`. Any number of calls at
   * the same time make one new version.
   * @throws PhiError PHI_ENVELOPE_NO_KEY where there has never been a key; PHI_ENVELOPE_KEY_STATE where its destruction was
   * approved; PHI_ENVELOPE_RESTORED, PHI_ENVELOPE_KMS_*, PHI_ENVELOPE_STORE*: call again, and it goes on where it was cut off
   */
  rotate(options: RotateOptions): Promise<Rotation>
  /**
   * Stops a key for good: nothing is sealed or opened with it from now on, in this process at once, in others within
   * `statesMaxAgeMs`, or `maxAgeMs` where they do not reach the key store. When it was the active one, sealing throws PHI_ENVELOPE_NO_KEY until `rotate` has made another.
   * @throws PhiError PHI_ENVELOPE_NO_KEY when the tenant has no key with this id; PHI_ENVELOPE_STORE*
   */
  revoke(options: RevokeOptions): Promise<Revocation>
  /**
   * All keys of a tenant and its subjects, in whatever state, with age and use: by subject, purpose and version. Holds nothing
   * that opens.
   */
  status(tenant: string): Promise<readonly KeyStatus[]>
  /**
   * Everything that is due now, or at another instant: rotations by the policy, rewraps after a KEK rotation, and what could
   * not be told.
   */
  due(options?: { readonly at?: string }): AsyncIterable<DueKey>
  /**
   * Wraps data keys under the current KEK and KMS, after a KEK rotation or a move to another KMS. Data keys and sealed data
   * stay as they are. Can be called again at any time; what fails for one key is reported and keeps no other from going on.
   * @throws PhiError PHI_ENVELOPE_STORE*, PHI_ENVELOPE_RESTORED
   */
  rewrap(options?: RewrapOptions): Promise<RewrapResult>
  /**
   * Destroys a tenant's or one subject's keys, and certifies it: stops them, marks them, has the KMS destroy the KEKs where
   * asked to, shows that the wrapped keys no longer open there, lays down tombstones, erases the wrapped keys, reads the store
   * again, and tries samples. Cut off anywhere, call it again with the same options: it goes on. There is no way back once
   * tombstones are laid. Helps you meet 45 CFR 164.504(e)(2)(ii)(J) and 164.310(d)(2)(i).
   * @throws PhiError PHI_ENVELOPE_OPTIONS, PHI_ENVELOPE_NO_KEY, PHI_ENVELOPE_RESTORED, PHI_ENVELOPE_KMS_*, PHI_ENVELOPE_STORE*;
   * PHI_ENVELOPE_CERTIFICATE when something does not show that the keys are gone
   */
  destroy(options: DestroyOptions): Promise<Destruction>
  /**
   * Calls off a destruction that the KMS still holds back, after it was called off there. The keys stay revoked.
   * @throws PhiError PHI_ENVELOPE_KEY_STATE when none is waiting, or erasing has begun; PHI_ENVELOPE_KMS_*
   */
  cancelDestruction(options: CancelOptions): Promise<readonly KeyInfo[]>
  /** Marks destroyed keys whose last backup has expired by now, and signs an addendum to their certificates. */
  passBackupHorizon(options?: HorizonOptions): Promise<HorizonResult>
  /**
   * Run it after every restore of the key store, before serving: destroys again whatever the backup brought back. Until then
   * `tenant()` throws PHI_ENVELOPE_RESTORED for tenants with such keys. Keys that were only rotated or revoked since the backup
   * are not found by it.
   * @throws PhiError PHI_ENVELOPE_OPTIONS, PHI_ENVELOPE_CERTIFICATE, PHI_ENVELOPE_STORE*
   */
  restoreGuard(options?: RestoreGuardOptions): Promise<RestoreReport>
  /**
   * Drops unwrapped keys from memory at once, of one tenant or of all; every handle then throws PHI_ENVELOPE_STALE.
   * @returns how many keys
   */
  evict(tenant?: string): number
  /** Writes what usage has not been written, and lets go of every key. The KMS and the store stay open: they are yours. */
  close(): Promise<void>
}

const loadOptions = z.strictObject({
  purposes: z.array(keyPurposeSchema).min(1).readonly().default(['field', 'file', 'index']),
  create: z.boolean().default(true),
})

const readLoadOptions = (options: LoadOptions | undefined) =>
  parseAs(loadOptions, options ?? {}, 'load', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))

/** @internal */
function makeKeyring(parts: KeyringParts): Keyring {
  const { custody, cache } = parts
  return {
    async tenant(id, options) {
      const tenant = parseTenant(id)
      const { purposes, create } = readLoadOptions(options)
      const holdings = await cache.load(tenant, undefined, purposes, create)
      return Object.freeze({
        ...tenantSealing(tenant, holdings, custody),
        async subject(subjectId: string, subjectOptions?: LoadOptions) {
          const subject = parseAs(subjectSchema, subjectId, 'subject', (context) =>
            envelopeError('PHI_ENVELOPE_OPTIONS', context),
          )
          const wanted = readLoadOptions({ purposes: ['field', 'file'], ...subjectOptions })
          if (wanted.purposes.some((purpose) => purpose !== 'field' && purpose !== 'file')) {
            throw envelopeError('PHI_ENVELOPE_OPTIONS', {
              path: 'load.purposes',
              detail: 'a subject has keys for fields and files only',
            })
          }
          const own = await cache.load(tenant, subject, wanted.purposes, wanted.create)
          return Object.freeze({ ...sealing(tenant, own, custody), subject })
        },
      })
    },
    rotate: makeRotate(parts),
    revoke: (options) => revoke(parts, options),
    status: (tenant) => status(parts, tenant),
    due: (options) => due(parts, options),
    rewrap: (options) => rewrap(parts, options),
    destroy: (options) => destroy(parts, options),
    cancelDestruction: (options) => cancelDestruction(parts, options),
    passBackupHorizon: (options) => passBackupHorizon(parts, options),
    restoreGuard: (options) => restoreGuard(parts, options),
    evict: (tenant) => cache.evict(tenant === undefined ? undefined : parseTenant(tenant)),
    async close() {
      try {
        await cache.flush()
      } finally {
        cache.evict()
      }
    },
  }
}

/**
 * Opens a keyring over a KMS and a store of wrapped data keys, and first asks the KMS to prove itself: a key goes out and comes
 * back, and is refused for another tenant.
 * @throws PhiError PHI_ENVELOPE_OPTIONS, PHI_ENVELOPE_KMS_*
 */
export async function openKeyring(options: KeyringOptions): Promise<Keyring> {
  const custody = makeCustody(readOptions(options))
  await probeKms(custody.kms)
  return Object.freeze(makeKeyring({ custody, cache: makeKeyCache(custody) }))
}
