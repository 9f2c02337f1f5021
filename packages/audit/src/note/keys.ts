import { fromBase64, fromHex, sha256, toBase64, utf8 } from '@phi/core'
import * as ed25519 from '#ed25519'
import { noteError } from './errors.ts'

/** Ed25519 over the note text (C2SP signed-note, "Signature types"). */
export const ED25519_TYPE = 0x01

/** Checks signatures by one key. The key is identified by `name` and `keyId` together. */
export interface Verifier {
  readonly name: string
  /** The first four bytes of the key's hash, as a big-endian uint32. An identifier, not a cryptographic commitment. */
  readonly keyId: number
  /** The signature type, for example 0x01 for Ed25519. */
  readonly type: number
  /** The public key, where it is known: a key under two names is one key. */
  readonly publicKey?: Uint8Array
  /** Whether the signature is valid for the message, the UTF-8 bytes of the note's text. */
  verify(message: Uint8Array, signature: Uint8Array): boolean
}

/** Signs notes with one key. The key may live elsewhere, for example in a key service: `sign` may be asynchronous. */
export interface Signer {
  readonly name: string
  readonly keyId: number
  /** The signature type, 0x01 (Ed25519) where absent. */
  readonly type?: number
  /** The public half, to hand to those who verify. */
  readonly vkey: string
  /** Checks its signatures. Needed where the type is not 0x01, which is built in. */
  readonly verifier?: Verifier
  /** The signature over the UTF-8 bytes of the note's text, without the key id. */
  sign(message: Uint8Array): Promise<Uint8Array> | Uint8Array
}

/** How one signature type is verified. */
export interface NoteAlgorithm {
  /** The length of its public keys in bytes. Keys of another length are refused; without it every length is passed on. */
  readonly publicKeyLength?: number
  /** Whether the signature is valid. A throw counts as false. `name` is the key's name, to which some types commit. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array, name: string): boolean
}

/** Signature types by their identifier byte. */
export type NoteAlgorithms = Readonly<Record<number, NoteAlgorithm>>

/** A verifier key taken apart. */
export interface ParsedVkey {
  readonly name: string
  readonly keyId: number
  readonly type: number
  readonly publicKey: Uint8Array
}

const ed25519Algorithm: NoteAlgorithm = { publicKeyLength: 32, verify: ed25519.verify }

/** Whether a text can name a key: not empty, no Unicode space, no "+", no control character (C2SP signed-note, "Format"). */
export function isKeyName(name: unknown): name is string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that the format excludes
  return typeof name === 'string' && name.isWellFormed() && /^[^\u0000-\u001f+\p{White_Space}]+$/u.test(name)
}

/**
 * The key id: the first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key), as a big-endian uint32 (C2SP signed-note,
 * "Signatures").
 */
export function keyIdOf(name: string, type: number, publicKey: Uint8Array): number {
  const head = utf8(`${name}\n`)
  const input = new Uint8Array(head.length + 1 + publicKey.length)
  input.set(head)
  input[head.length] = type
  input.set(publicKey, head.length + 1)
  const hash = sha256(input)
  return new DataView(hash.buffer, hash.byteOffset, hash.byteLength).getUint32(0)
}

/** A key id as it is written in keys: eight lower-case hexadecimal digits. */
export const hex8 = (keyId: number): string => keyId.toString(16).padStart(8, '0')

/** A key with its type in front, in base64. */
export function typed(type: number, key: Uint8Array): string {
  const bytes = new Uint8Array(1 + key.length)
  bytes[0] = type
  bytes.set(key, 1)
  return toBase64(bytes)
}

/**
 * Takes apart the `hash+base64` of a key text. The hash is taken as written; what it is the hash of differs between verifier
 * and signer keys. Undefined when it is malformed.
 */
export function parseTail(tail: string): { keyId: number; type: number; key: Uint8Array } | undefined {
  const [, hex, base64] = /^([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(tail) ?? []
  if (hex === undefined || base64 === undefined) return undefined
  try {
    const [type, ...key] = fromBase64(base64)
    if (type === undefined || key.length === 0) return undefined
    return { keyId: new DataView(fromHex(hex).buffer).getUint32(0), type, key: Uint8Array.from(key) }
  } catch {
    return undefined
  }
}

/** Post-quantum public keys take a few kB in base64; a text far longer than that is no key. */
export const MAX_KEY_TEXT = 16_384

/**
 * Writes a verifier key: `name+keyid+base64(type ‖ public key)`, the form of Go's sumdb/note.
 * @throws PhiError PHI_AUDIT_VKEY when the name, type or key is malformed
 */
export function formatVkey(key: { name: string; type?: number; publicKey: Uint8Array }): string {
  const { name, type = ED25519_TYPE, publicKey } = key
  if (!isKeyName(name)) throw noteError('PHI_AUDIT_VKEY', { path: 'name', detail: 'not a key name' })
  if (!Number.isInteger(type) || type < 0 || type > 255) {
    throw noteError('PHI_AUDIT_VKEY', { path: 'type', detail: 'must be one byte' })
  }
  if (!(publicKey instanceof Uint8Array) || publicKey.length === 0 || (type === ED25519_TYPE && publicKey.length !== 32)) {
    throw noteError('PHI_AUDIT_VKEY', { path: 'publicKey', detail: 'must be a Uint8Array of the length that the type has' })
  }
  return `${name}+${hex8(keyIdOf(name, type, publicKey))}+${typed(type, publicKey)}`
}

/**
 * Takes a verifier key apart and checks that its key id belongs to it. Any signature type is read.
 * @throws PhiError PHI_AUDIT_VKEY
 */
export function parseVkey(vkey: string): ParsedVkey {
  if (typeof vkey !== 'string' || vkey.length > MAX_KEY_TEXT) {
    throw noteError('PHI_AUDIT_VKEY', { detail: 'must be a text of at most 16,384 characters' })
  }
  const plus = vkey.indexOf('+')
  const name = vkey.slice(0, Math.max(plus, 0))
  const tail = parseTail(vkey.slice(plus + 1))
  if (!isKeyName(name) || tail === undefined) {
    throw noteError('PHI_AUDIT_VKEY', { detail: 'not in the form name+key id+base64' })
  }
  const { keyId, type, key: publicKey } = tail
  if (type === ED25519_TYPE && publicKey.length !== 32) {
    throw noteError('PHI_AUDIT_VKEY', { detail: 'an Ed25519 public key has 32 bytes' })
  }
  if (keyIdOf(name, type, publicKey) !== keyId) {
    throw noteError('PHI_AUDIT_VKEY', { detail: 'the key id does not belong to the name and key' })
  }
  return { name, keyId, type, publicKey }
}

/**
 * The verifier for a verifier key. Ed25519 (type 0x01) is built in; other types are refused unless `algorithms` knows them.
 * @throws PhiError PHI_AUDIT_VKEY, or PHI_AUDIT_VKEY_TYPE when the type is not known
 */
export function verifierFromVkey(vkey: string, options: { algorithms?: NoteAlgorithms } = {}): Verifier {
  const { name, keyId, type, publicKey } = parseVkey(vkey)
  const algorithm = type === ED25519_TYPE ? ed25519Algorithm : options.algorithms?.[type]
  if (algorithm === undefined) throw noteError('PHI_AUDIT_VKEY_TYPE', { info: { type } })
  if (algorithm.publicKeyLength !== undefined && publicKey.length !== algorithm.publicKeyLength) {
    throw noteError('PHI_AUDIT_VKEY', { detail: 'the public key does not have the length of its type', info: { type } })
  }
  return Object.freeze({
    name,
    keyId,
    type,
    publicKey,
    verify: (message: Uint8Array, signature: Uint8Array) => algorithm.verify(publicKey, message, signature, name),
  })
}

export const SKEY_HEAD = 'PRIVATE+KEY+'

/**
 * Writes an Ed25519 signer key: `PRIVATE+KEY+name+keyid+base64(0x01 ‖ secret key)`, the form of Go's sumdb/note. The result is
 * a secret.
 * @throws PhiError PHI_AUDIT_SKEY when the name or the key is malformed
 */
export function formatSkey(key: { name: string; secretKey: Uint8Array }): string {
  const { name, secretKey } = key
  if (!isKeyName(name)) throw noteError('PHI_AUDIT_SKEY', { path: 'name', detail: 'not a key name' })
  const keyId = keyIdOf(name, ED25519_TYPE, ed25519.publicKeyOf(secretKey))
  return `${SKEY_HEAD}${name}+${hex8(keyId)}+${typed(ED25519_TYPE, secretKey)}`
}

/**
 * Takes an Ed25519 signer key apart and checks that its key id, which is that of the public key, belongs to it.
 * @throws PhiError PHI_AUDIT_SKEY; the message says nothing of the key
 */
export function parseSkey(skey: string): { name: string; keyId: number; secretKey: Uint8Array } {
  if (typeof skey !== 'string' || skey.length > MAX_KEY_TEXT || !skey.startsWith(SKEY_HEAD)) {
    throw noteError('PHI_AUDIT_SKEY', { detail: 'must be a text that starts with PRIVATE+KEY+' })
  }
  const rest = skey.slice(SKEY_HEAD.length)
  const plus = rest.indexOf('+')
  const name = rest.slice(0, Math.max(plus, 0))
  const tail = parseTail(rest.slice(plus + 1))
  if (!isKeyName(name) || tail === undefined) {
    throw noteError('PHI_AUDIT_SKEY', { detail: 'not in the form PRIVATE+KEY+name+key id+base64' })
  }
  const { keyId, type, key: secretKey } = tail
  if (type !== ED25519_TYPE) throw noteError('PHI_AUDIT_SKEY', { detail: 'not an Ed25519 key', info: { type } })
  if (keyIdOf(name, type, ed25519.publicKeyOf(secretKey)) !== keyId) {
    throw noteError('PHI_AUDIT_SKEY', { detail: 'the key id does not belong to the name and key' })
  }
  return { name, keyId, secretKey }
}
