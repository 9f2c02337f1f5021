import { parseAs, parseTenant } from '@phi/core'
import { z } from 'zod'
import { envelopeError } from '../errors.ts'
import { probeKms } from '../kms/guarded.ts'
import { type Custody, makeCustody } from './custody.ts'
import { type KeyCache, makeKeyCache } from './key-cache.ts'
import { subjectSchema } from './key-record.ts'
import { type KeyringOptions, readOptions } from './keyring-options.ts'
import { type KeyPurpose, keyPurposeSchema } from './purpose.ts'
import { type Sealing, sealing } from './sealing.ts'

export interface LoadOptions {
  /** Which keys to load, and on first use to make. Default field, file and index. */
  readonly purposes?: readonly KeyPurpose[]
  /** Whether keys are made where there have never been any. Default true. */
  readonly create?: boolean
}

/** A tenant's loaded keys. Keep the handle as long as you like; its keys stay fresh as long as `keyring.tenant(id)` is awaited now and then. */
export interface TenantKeys extends Sealing {
  /**
   * A patient, or whoever else has keys of their own: what is sealed with them is destroyed with them. Index keys are always the
   * tenant's, or nothing could be found across patients.
   * @param id an opaque id of 1 to 256 characters
   */
  subject(id: string, options?: LoadOptions): Promise<SubjectKeys>
}

export interface SubjectKeys extends Sealing {
  readonly subject: string
}

/** @internal What the parts of the keyring share. */
export interface KeyringParts {
  readonly custody: Custody
  readonly cache: KeyCache
}

export interface Keyring {
  /**
   * A tenant's keys, loaded and fresh. Call it once for every request or batch: from memory it costs nothing, and it is what brings news of
   * rotated and revoked keys.
   * @throws PhiError PHI_CORE_TENANT, PHI_ENVELOPE_KMS_*, PHI_ENVELOPE_STORE*, PHI_ENVELOPE_KEY_MISMATCH, PHI_ENVELOPE_RESTORED
   */
  tenant(id: string, options?: LoadOptions): Promise<TenantKeys>
  /** Drops unwrapped keys from memory at once, of one tenant or of all; every handle then throws PHI_ENVELOPE_STALE. @returns how many keys */
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
export function makeKeyring({ custody, cache }: KeyringParts): Keyring {
  return {
    async tenant(id, options) {
      const tenant = parseTenant(id)
      const { purposes, create } = readLoadOptions(options)
      const holdings = await cache.load(tenant, undefined, purposes, create)
      return Object.freeze({
        ...sealing(tenant, holdings, custody),
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
 * Opens a keyring over a KMS and a store of wrapped data keys, and first asks the KMS to prove itself: a key goes out and comes back, and is
 * refused for another tenant.
 * @throws PhiError PHI_ENVELOPE_OPTIONS, PHI_ENVELOPE_KMS_*
 */
export async function openKeyring(options: KeyringOptions): Promise<Keyring> {
  const custody = makeCustody(readOptions(options))
  await probeKms(custody.kms)
  return Object.freeze(makeKeyring({ custody, cache: makeKeyCache(custody) }))
}
