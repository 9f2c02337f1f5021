import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'

/*
 * Format phi.audit.spool/v1. Numbers are big-endian.
 *
 *   frame = "PSR1" ‖ length of sealed u32 ‖ sequence u64 ‖ hash of the previous frame [32] ‖ nonce [12] ‖ sealed
 *   sealed = AES-256-GCM(record key, nonce, payload), the tag last; associated data:
 *            "phi.audit.spool/v1/record" ‖ 0x0A ‖ spool id [16] ‖ sequence u64 ‖ hash of the previous frame [32]
 *   hash of a frame = SHA-256(frame); before the first one: SHA-256("phi.audit.spool/v1/genesis" ‖ 0x0A ‖ spool id [16])
 *   record key = HKDF-SHA256(key, salt: spool id, info: "phi.audit.spool/v1/record", 32 bytes); the mark's key likewise with
 *   ".../mark", and the check of 8 bytes in a segment's header with ".../check"
 *
 * A spool has keys of its own, so that random nonces stay far below the 2^32 uses of one key (NIST SP 800-38D §8.3).
 */
const FORMAT = 'phi.audit.spool/v1'
export const ID_BYTES = 16
export const HASH_BYTES = 32
export const CHECK_BYTES = 8
const MAGIC = Buffer.from('PSR1')
const PREVIOUS_AT = 16
const NONCE_AT = PREVIOUS_AT + HASH_BYTES
const NONCE_BYTES = 12
const SEALED_AT = NONCE_AT + NONCE_BYTES
const TAG_BYTES = 16
/** What a record takes beside its payload. */
export const FRAME_OVERHEAD = SEALED_AT + TAG_BYTES
/** The five groups of an event take 65,536 bytes each at most; JSON that is not canonical can be longer by its escapes. */
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024

const CIPHER = 'aes-256-gcm'
const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** The keys of one spool. */
export interface SpoolKeys {
  readonly id: Buffer
  readonly record: Uint8Array
  readonly mark: Uint8Array
  /** The hash "before the first record". */
  readonly genesis: Buffer
  /** Tells a wrong key from damage; stands in the clear at the start of every segment. */
  readonly check: Uint8Array
}

export const newSpoolId = (): string => randomBytes(ID_BYTES).toString('hex')

/** @param id 32 lower-case hexadecimal digits */
export function keysOf(key: Uint8Array, id: string): SpoolKeys {
  const salt = Buffer.from(id, 'hex')
  const derived = (use: string, length = 32) => new Uint8Array(hkdfSync('sha256', key, salt, `${FORMAT}/${use}`, length))
  return {
    id: salt,
    record: derived('record'),
    mark: derived('mark'),
    genesis: sha256(Buffer.from(`${FORMAT}/genesis\n`), salt),
    check: derived('check', CHECK_BYTES),
  }
}

/** Seals bytes under a fresh nonce: nonce, ciphertext, tag. */
export function seal(key: Uint8Array, associated: Uint8Array, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(associated)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Opens what {@link seal} made. @returns undefined when a bit of it, or of what it is bound to, is another */
export function unseal(key: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined
  const end = sealed.length - TAG_BYTES
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(associated)
  decipher.setAuthTag(sealed.subarray(end))
  const plain = decipher.update(sealed.subarray(NONCE_BYTES, end))
  try {
    return Buffer.concat([plain, decipher.final()])
  } catch {
    return undefined
  }
}

const RECORD_DOMAIN = Buffer.from(`${FORMAT}/record\n`)
const MARK_DOMAIN = Buffer.from(`${FORMAT}/mark\n`)

/** What a mark in slot 0 or 1 is bound to. */
export const markBinding = (keys: SpoolKeys, slot: number): Buffer => Buffer.concat([MARK_DOMAIN, keys.id, Buffer.of(slot)])

/** A record on its way to the disk, or from it. */
export interface Frame {
  readonly sequence: number
  readonly previous: Buffer
  readonly hash: Buffer
  readonly payload: Buffer
  /** All of it, in bytes. */
  readonly length: number
}

/** Seals a record. */
export function sealFrame(
  keys: SpoolKeys,
  sequence: number,
  previous: Uint8Array,
  payload: Uint8Array,
): { bytes: Buffer; hash: Buffer } {
  const head = Buffer.alloc(NONCE_AT)
  MAGIC.copy(head)
  head.writeUInt32BE(payload.length + TAG_BYTES, 4)
  head.writeBigUInt64BE(BigInt(sequence), 8)
  head.set(previous, PREVIOUS_AT)
  const bytes = Buffer.concat([head, seal(keys.record, Buffer.concat([RECORD_DOMAIN, keys.id, head.subarray(8)]), payload)])
  return { bytes, hash: sha256(bytes) }
}

/** The record that starts at `at`. @returns undefined when no whole and genuine record of this spool starts there */
export function openFrame(keys: SpoolKeys, bytes: Buffer, at: number): Frame | undefined {
  if (bytes.length - at < FRAME_OVERHEAD || !MAGIC.equals(bytes.subarray(at, at + MAGIC.length))) return undefined
  const sealedLength = bytes.readUInt32BE(at + 4)
  const length = SEALED_AT + sealedLength
  const sequence = bytes.readBigUInt64BE(at + 8)
  if (sealedLength < TAG_BYTES || sealedLength > MAX_PAYLOAD_BYTES + TAG_BYTES || at + length > bytes.length) return undefined
  if (sequence > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
  const frame = bytes.subarray(at, at + length)
  const payload = unseal(
    keys.record,
    Buffer.concat([RECORD_DOMAIN, keys.id, frame.subarray(8, NONCE_AT)]),
    frame.subarray(NONCE_AT),
  )
  if (payload === undefined) return undefined
  return {
    sequence: Number(sequence),
    previous: Buffer.from(frame.subarray(PREVIOUS_AT, NONCE_AT)),
    hash: sha256(frame),
    payload,
    length,
  }
}

/** The next place at or after `from` where a record could start. */
export const nextMagic = (bytes: Buffer, from: number): number => bytes.indexOf(MAGIC, from)
