import { hmacSha256, toHex, utf8 } from '@phi/core'
import { retentionError } from '../../errors.ts'

const RECORD = 'phi.retention/disposition-record/v1'
const OPENING = 'phi.retention/disposition-opening/v1'
const SCOPE = 'phi.retention/disposition-key-scope/v1'
const COMMITMENT = 'phi.retention/disposition-salt/v1'

/** Bytes in a salt, and in an opening. */
export const SALT_BYTES = 32

/** Texts one after the other, each with its length before it, so that no two lists of texts read alike. */
function message(texts: readonly string[]): Uint8Array {
  const parts = texts.map(utf8)
  const out = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0))
  const view = new DataView(out.buffer)
  let at = 0
  for (const part of parts) {
    view.setUint32(at, part.length)
    out.set(part, at + 4)
    at += 4 + part.length
  }
  return out
}

const isSecret = (bytes: unknown): bytes is Uint8Array => bytes instanceof Uint8Array && bytes.length === SALT_BYTES

/** @throws PhiError PHI_RETENTION_OPTIONS */
export function checkSalt(salt: unknown, path: string): asserts salt is Uint8Array {
  if (!isSecret(salt)) throw retentionError('PHI_RETENTION_OPTIONS', { path, detail: `must be ${SALT_BYTES} bytes` })
}

/**
 * What the owner of the salt shows to prove that one record stands in a certificate: HMAC-SHA-256(salt, label, id), 32 bytes. It opens
 * this record and tells nothing about any other, so the salt itself need not be shown.
 * @throws PhiError PHI_RETENTION_OPTIONS
 */
export function recordOpening(salt: Uint8Array, recordId: string): Uint8Array {
  checkSalt(salt, 'salt')
  return hmacSha256(salt, message([OPENING, recordId]))
}

/** How a certificate names a record, for whoever has its id and its opening: 64 hexadecimal digits. */
export const digestOf = (opening: Uint8Array, recordId: string): string =>
  toHex(hmacSha256(opening, message([RECORD, recordId])))

/**
 * How a certificate names a record. Ids are few enough, or regular enough, to try them all, and a certificate goes to outsiders. So the
 * digest is keyed twice: the salt stays with the owner, and each record has a key of its own made from it.
 */
export const recordDigest = (salt: Uint8Array, recordId: string): string => digestOf(recordOpening(salt, recordId), recordId)

/** How a certificate names a tenant's or a subject's keys. */
export const scopeDigest = (salt: Uint8Array, { tenant, subject }: { tenant: string; subject?: string | undefined }): string =>
  toHex(hmacSha256(salt, message(subject === undefined ? [SCOPE, tenant] : [SCOPE, tenant, subject])))

/** Tells whether a salt is the one of a certificate, and nothing else. */
export const saltCommitment = (salt: Uint8Array): string => toHex(hmacSha256(salt, message([COMMITMENT])))
