import { parseAs, tenantSchema } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import { instantSchema } from '../instant.ts'
import { keyPurposeSchema } from '../keys/purpose.ts'

export const tombstoneSchema = z
  .strictObject({
    keyId: z.string().regex(/^[0-9a-f]{8}$/),
    tenant: tenantSchema,
    purpose: keyPurposeSchema,
    version: z.number().int().min(1),
    /** The destroyed key's commitment, 64 hexadecimal digits: recognises it in a restored store under whatever id. */
    commitment: z.string().regex(/^[0-9a-f]{64}$/),
    destroyedAt: instantSchema,
    /** When the last backup that may hold the wrapped key expires. */
    backupHorizon: instantSchema,
  })
  .readonly()

/**
 * What remains of a destroyed key: enough to destroy it again when a backup brings it back, and nothing that opens anything. A
 * subject's key is recognised by its commitment; whose it was is not kept.
 */
export type Tombstone = z.infer<typeof tombstoneSchema>

/** Reads a tombstone that came out of a store. @throws PhiError PHI_ENVELOPE_STORE */
export const parseTombstone = (value: unknown): Tombstone =>
  parseAs(tombstoneSchema, value, 'tombstone', (context) => envelopeError('PHI_ENVELOPE_STORE', context))

/**
 * Where tombstones are kept: append-only, and outside whatever is backed up and restored together with the key store. Otherwise
 * the restore that brings a key back also takes its tombstone away.
 */
export interface TombstoneStore {
  /** Adds a tombstone; the same key again is no error and no second tombstone. Never changes or removes one. */
  append(tombstone: Tombstone): Promise<void>
  /** Those of the named keys, in any order; keys without one are left out. */
  find(keyIds: readonly string[]): Promise<readonly Tombstone[]>
  /** All tombstones ascending by key id, those after `after`, at most `limit`. Fewer than `limit` means that there are no more. */
  scan(options: { readonly after?: string; readonly limit: number }): Promise<readonly Tombstone[]>
}

/** Tombstones in memory, for tests and first steps. */
export function memoryTombstones(): TombstoneStore {
  const kept = new Map<string, Tombstone>()
  return {
    async append(tombstone) {
      const parsed = parseTombstone(tombstone)
      if (!kept.has(parsed.keyId)) kept.set(parsed.keyId, Object.freeze({ ...parsed }))
    },
    async find(keyIds) {
      return keyIds.map((keyId) => kept.get(keyId)).filter((tombstone) => tombstone !== undefined)
    },
    async scan({ after, limit }) {
      return [...kept.values()]
        .filter(({ keyId }) => after === undefined || keyId > after)
        .sort((a, b) => (a.keyId < b.keyId ? -1 : 1))
        .slice(0, limit)
    },
  }
}
