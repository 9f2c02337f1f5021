import { tenantSchema } from '@phi/core'
import * as z from 'zod'
import { instantSchema, latest } from '../instant.ts'
import { keyPurposeSchema } from '../keys/purpose.ts'

export const CERTIFICATE_TYPE = 'phi-destruction+jwt'
export const CERTIFICATE_FORMAT = 'phi.envelope/destruction/v1'
export const ADDENDUM_TYPE = 'phi-destruction-addendum+jwt'
export const ADDENDUM_FORMAT = 'phi.envelope/destruction-addendum/v1'

/** Text that is shown as given: well formed, no control characters. */
export const shownText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must be well-formed text without control characters')

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`))
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
export const receiptSchema = z.record(z.string().min(1).max(128), z.string().max(4096))

const destroyedKey = z.strictObject({
  id: hex(8),
  purpose: keyPurposeSchema,
  version: z.number().int().min(1),
  /** HMAC-SHA-256 under the destroyed key: recognises it, should it ever come back, and tells nothing about it. */
  commitment: hex(64),
  kms: z.string().min(1).max(64),
  kek: z.string().min(1).max(2048),
  mechanism: z.string().min(1).max(128),
  createdAt: instantSchema,
  destroyedAt: instantSchema,
  backupHorizon: instantSchema,
  /**
   * What became of the attempt to unwrap its last wrapped copy. 'kek-gone': the KMS says that the KEK is gone.
   * 'already-erased': there was no copy left to try, since an earlier run had erased it. 'not-tried': its KEK is kept, and a
   * copy in a backup opens until that expires.
   */
  unwrap: z.enum(['kek-gone', 'already-erased', 'not-tried']),
})

const destroyedKek = z.strictObject({
  kms: z.string().min(1).max(64),
  kek: z.string().min(1).max(2048),
  /** 'reported-gone': the KMS has no such key, and no answer to its destruction is left to show. */
  state: z.enum(['destroyed', 'reported-gone']),
  receipt: receiptSchema,
})

export const certificateSchema = z
  .strictObject({
    format: z.literal(CERTIFICATE_FORMAT),
    status: z.literal('destroyed'),
    /**
     * 'wrapped-key-erased': the wrapped keys were erased from the key store; a copy in a backup would still open until the
     * backup horizon. 'kek-destroyed': the KMS has also destroyed the key-encryption keys, so that no copy of what they wrapped
     * opens.
     */
    method: z.enum(['wrapped-key-erased', 'kek-destroyed']),
    /** NIST SP 800-88: the data stays where it is, and the keys to it are gone. */
    technique: z.strictObject({ name: z.literal('cryptographic-erase'), citation: shownText(200) }),
    tenant: tenantSchema,
    scope: z.enum(['tenant', 'subject']),
    /** For the scope 'subject', and never the subject's id: see `subjectDigest`. */
    subject: z.strictObject({ algorithm: z.literal('HMAC-SHA-256'), digest: hex(64) }).optional(),
    /** The customer's or the agreement's own reference. */
    reference: shownText(256).optional(),
    /** How many subjects had keys of their own among these. */
    subjects: count,
    keys: z.array(destroyedKey).min(1).readonly(),
    keks: z.array(destroyedKek).readonly(),
    checks: z.strictObject({
      /** Key records read again from the store, all of them without a wrapped key. */
      recordsRead: count,
      /** Ciphertexts that somebody tried to open afterwards, all in vain; by the error's code. */
      samples: z.strictObject({ tried: count, refused: z.record(z.string().max(64), count) }),
      /** Unwrapped keys that the destroying process dropped from its memory. */
      evicted: count,
    }),
    approver: shownText(256),
    rule: z.strictObject({ text: shownText(2000), citations: z.array(shownText(200)).min(1).readonly() }),
    requestedAt: instantSchema,
    /** When the last of the keys was erased. */
    destroyedAt: instantSchema,
    issuedAt: instantSchema,
    /** When the last backup expires that may hold a wrapped key: as the operator declared it. */
    backupHorizon: instantSchema,
    /** From when on nothing opens: once the caches are empty, and, where the KEKs are kept, not before the backup horizon. */
    effectiveAt: instantSchema,
    /** When no process with the same cache limits can hold an unwrapped key any more. */
    cachesEmptyBy: instantSchema,
  })
  .readonly()

/** What a destruction certificate says. */
export type DestructionCertificate = z.infer<typeof certificateSchema>

export const addendumSchema = z
  .strictObject({
    format: z.literal(ADDENDUM_FORMAT),
    status: z.literal('past-backup-horizon'),
    tenant: tenantSchema,
    keys: z
      .array(z.strictObject({ id: hex(8), commitment: hex(64), backupHorizon: instantSchema }))
      .min(1)
      .readonly(),
    /** The latest of the keys' backup horizons. */
    backupHorizon: instantSchema,
    issuedAt: instantSchema,
  })
  .readonly()

/** What is said once the last backup that could hold a destroyed key has expired. */
export type DestructionAddendum = z.infer<typeof addendumSchema>

/** The instants in the order in which they must lie, and what the method promises. @internal */
export function isConsistent(certificate: DestructionCertificate): boolean {
  const { method, scope, subject, keks, keys, requestedAt, destroyedAt, issuedAt, backupHorizon, effectiveAt, cachesEmptyBy } =
    certificate
  return (
    requestedAt <= issuedAt &&
    destroyedAt <= issuedAt &&
    destroyedAt <= cachesEmptyBy &&
    destroyedAt === latest(keys.map((key) => key.destroyedAt)) &&
    backupHorizon >= latest(keys.map((key) => key.backupHorizon)) &&
    (scope === 'subject') === (subject !== undefined) &&
    new Set(keys.map(({ id }) => id)).size === keys.length &&
    (method === 'kek-destroyed'
      ? keks.length > 0 &&
        effectiveAt >= cachesEmptyBy &&
        keys.every((key) => key.unwrap !== 'not-tried' && keks.some(({ kms, kek }) => kms === key.kms && kek === key.kek))
      : keks.length === 0 && effectiveAt >= backupHorizon && effectiveAt >= cachesEmptyBy)
  )
}
