import { type ErrorContext, errorsOf, fromHex, parseAs, toHex } from '@phi/core'
import { type DataKeyRecord, dataKeySchema, envelopeErrors, type Tombstone, tombstoneSchema } from '@phi/envelope'

export const envelopeError = errorsOf(envelopeErrors)

/** A row of a data key. Numbers come as text, so that no driver rounds one; bytes as hexadecimal digits, so that none wraps them. */
export interface KeyRow {
  readonly id: string
  readonly tenant: string
  readonly purpose: string
  readonly subject: string
  readonly version: string
  readonly state: string
  readonly kms: string
  readonly kek: string
  readonly mechanism: string
  readonly wrapped: string
  readonly commitment: string
  readonly created_at: string
  readonly changed_at: string
  readonly seals: string
  readonly bytes: string
  readonly revision: string
}

export const KEY_COLUMNS = `id, tenant, purpose, subject, version::text, state, kms, kek, mechanism, encode(wrapped, 'hex') as wrapped,
  encode(commitment, 'hex') as commitment, created_at, changed_at, seals::text, bytes::text, revision::text`

export const TOMBSTONE_COLUMNS = `key_id, tenant, purpose, version::text, commitment, destroyed_at, backup_horizon`

export interface TombstoneRow {
  readonly key_id: string
  readonly tenant: string
  readonly purpose: string
  readonly version: string
  readonly commitment: string
  readonly destroyed_at: string
  readonly backup_horizon: string
}

const notStored = (context: ErrorContext) => envelopeError('PHI_ENVELOPE_STORE', context)
const isErased = (state: string): boolean => state === 'destroyed' || state === 'past-backup-horizon'

/** Reads a record of the caller's or of the database's. @throws PhiError PHI_ENVELOPE_STORE */
export function readKey(value: unknown): DataKeyRecord {
  const record = parseAs(dataKeySchema, value, 'dataKey', notStored)
  if (isErased(record.state) !== (record.wrapped.length === 0)) {
    throw notStored({ path: 'dataKey.wrapped', detail: 'must be empty exactly when destroyed' })
  }
  return record
}

/**
 * The subject as the column has it: empty for the tenant's own keys. PostgreSQL keeps no U+0000, and drivers write lone surrogates as
 * one and the same character, by which two subjects would become one.
 * @throws PhiError PHI_ENVELOPE_OPTIONS
 */
export function subjectColumn(subject: string | null): string {
  if (subject === null) return ''
  if (subject === '' || subject.includes('\u0000') || !subject.isWellFormed()) {
    throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'subject', detail: 'must be well-formed text without U+0000' })
  }
  return subject
}

/** In the order of the parameters of `phi.key_insert`. */
export const insertParams = (record: DataKeyRecord): unknown[] => [
  record.tenant,
  record.id,
  record.purpose,
  subjectColumn(record.subject),
  record.version,
  record.state,
  record.kms,
  record.kek,
  record.mechanism,
  toHex(record.wrapped),
  toHex(record.commitment),
  record.createdAt,
  record.changedAt,
  record.usage.seals,
  record.usage.bytes,
  record.revision,
]

/** In the order of the parameters of `phi.key_replace`. */
export const replaceParams = (record: DataKeyRecord, expectedRevision: number): unknown[] => [
  record.id,
  expectedRevision,
  record.state,
  record.kms,
  record.kek,
  record.mechanism,
  toHex(record.wrapped),
  record.changedAt,
]

/** @throws PhiError PHI_ENVELOPE_STORE */
export const keyOfRow = (row: KeyRow): DataKeyRecord =>
  readKey({
    id: row.id,
    tenant: row.tenant,
    purpose: row.purpose,
    subject: row.subject === '' ? null : row.subject,
    version: Number(row.version),
    state: row.state,
    kms: row.kms,
    kek: row.kek,
    mechanism: row.mechanism,
    wrapped: fromHex(row.wrapped),
    commitment: fromHex(row.commitment),
    createdAt: row.created_at,
    changedAt: row.changed_at,
    usage: { seals: Number(row.seals), bytes: Number(row.bytes) },
    revision: Number(row.revision),
  })

/** Reads a tombstone of the caller's or of the database's. @throws PhiError PHI_ENVELOPE_STORE */
export const readTombstone = (value: unknown): Tombstone => parseAs(tombstoneSchema, value, 'tombstone', notStored)

/** @throws PhiError PHI_ENVELOPE_STORE */
export const tombstoneOfRow = (row: TombstoneRow): Tombstone =>
  readTombstone({
    keyId: row.key_id,
    tenant: row.tenant,
    purpose: row.purpose,
    version: Number(row.version),
    commitment: row.commitment,
    destroyedAt: row.destroyed_at,
    backupHorizon: row.backup_horizon,
  })

/** @throws PhiError PHI_ENVELOPE_OPTIONS */
export function checkLimit(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'limit' })
  return limit
}
