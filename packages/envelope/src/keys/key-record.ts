import { hmacSha256, parseAs, tenantSchema, utf8 } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import { instantSchema } from '../instant.ts'
import { contextBytes, type WrapContext } from '../kms/context.ts'
import { keyPurposeSchema } from './purpose.ts'

/**
 * What a data key may do, in the order of its life:
 * - `active`: seals and opens. At most one per tenant, purpose and subject.
 * - `retiring`: opens, never seals. What it sealed is being sealed anew.
 * - `revoked`: does nothing; the wrapped key is still there.
 * - `destruction-scheduled`: somebody has approved its destruction; a KMS may still hold it back.
 * - `destroyed`: the wrapped key is erased here. Backups may still hold it.
 * - `past-backup-horizon`: the last backup that could hold it has expired.
 */
export const keyStates = ['active', 'retiring', 'revoked', 'destruction-scheduled', 'destroyed', 'past-backup-horizon'] as const
export type KeyState = (typeof keyStates)[number]

const nextStates: Readonly<Record<KeyState, readonly KeyState[]>> = {
  active: ['retiring', 'revoked'],
  retiring: ['revoked'],
  revoked: ['destruction-scheduled'],
  // Back to revoked: the destruction was called off in time.
  'destruction-scheduled': ['destroyed', 'revoked'],
  destroyed: ['past-backup-horizon'],
  'past-backup-horizon': [],
}

/** Whether a key may go from one state to the other in one step. No step leads back to sealing or opening. */
export const mayBecome = (from: KeyState, to: KeyState): boolean => nextStates[from].includes(to)

/** Whether the wrapped key is erased in this state. */
export const isErased = (state: KeyState): boolean => state === 'destroyed' || state === 'past-backup-horizon'

/** Whether somebody has decided that the key shall be destroyed, or it is. No new key joins such keys. */
export const isCondemned = ({ state }: { readonly state: KeyState }): boolean =>
  state === 'destruction-scheduled' || isErased(state)

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be bytes')

/** A patient or other subject with keys of their own: 1 to 256 characters, an opaque id rather than a name. */
export const subjectSchema = z.string().min(1).max(256)

export const dataKeySchema = z
  .strictObject({
    /** 8 lower-case hexadecimal digits, unique in the store. Stands in every header of what the key sealed. */
    id: z.string().regex(/^[0-9a-f]{8}$/),
    tenant: tenantSchema,
    purpose: keyPurposeSchema,
    /** The subject whose own key it is, or null for the tenant's. */
    subject: subjectSchema.nullable(),
    /** 1, 2, 3, … per tenant, purpose and subject. */
    version: z.number().int().min(1),
    state: z.enum(keyStates),
    /** Which KMS wrapped it: `Kms.name`. */
    kms: z.string().min(1).max(64),
    kek: z.string().min(1).max(2048),
    mechanism: z.string().min(1).max(128),
    /** The data key under the KEK; empty once destroyed. */
    wrapped: bytes.refine((value) => value.length <= 65_536, 'must be at most 65536 bytes'),
    /** HMAC-SHA-256 under the data key: tells that an unwrapped key is the one that was stored. 32 bytes. */
    commitment: bytes.refine((value) => value.length === 32, 'must be 32 bytes'),
    createdAt: instantSchema,
    /** When the state last changed. */
    changedAt: instantSchema,
    /** What it has sealed in its life: values or files, and plaintext bytes. */
    usage: z.strictObject({ seals: count, bytes: count }),
    /** Counts changes of the record, for compare-and-swap; usage does not count. */
    revision: count,
  })
  .readonly()

/** A stored data key. It holds no usable key: only the KMS turns `wrapped` into one. */
export type DataKeyRecord = z.infer<typeof dataKeySchema>

/** Reads a record that came out of a store. @throws PhiError PHI_ENVELOPE_STORE */
export function parseDataKey(value: unknown): DataKeyRecord {
  const record = parseAs(dataKeySchema, value, 'dataKey', (context) => envelopeError('PHI_ENVELOPE_STORE', context))
  if (isErased(record.state) !== (record.wrapped.length === 0)) {
    throw envelopeError('PHI_ENVELOPE_STORE', { path: 'dataKey.wrapped', detail: 'must be empty exactly when destroyed' })
  }
  return record
}

/** What the wrap of this record is bound to. */
export const contextOf = ({ tenant, purpose, id, subject }: DataKeyRecord): WrapContext =>
  subject === null ? { tenant, purpose, id } : { tenant, purpose, id, subject }

const LABEL = utf8('phi.envelope/key-commitment/v1')

/**
 * The commitment of a data key to itself and its context: HMAC-SHA-256(data key, label ‖ context bytes), 32 bytes. It tells
 * nothing about the key, and no second key of 32 bytes with the same commitment can be found.
 */
export function keyCommitment(dataKey: Uint8Array, context: WrapContext): Uint8Array {
  const bound = contextBytes(context)
  const input = new Uint8Array(LABEL.length + bound.length)
  input.set(LABEL)
  input.set(bound, LABEL.length)
  return Uint8Array.from(hmacSha256(dataKey, input))
}
