import { fromUtf8, utf8 } from '@phi/core'
import * as ed25519 from '#ed25519'
import { parseCheckpoint } from './checkpoint.ts'
import { noteError } from './errors.ts'
import { type NoteAlgorithm, type NoteAlgorithms, parseVkey, type Signer, type Verifier } from './keys.ts'
import type { NoteSignature, ParsedNote } from './note.ts'

/** A timestamped Ed25519 cosignature, `cosignature/v1` (C2SP tlog-cosignature, "Ed25519 signed message"). */
export const COSIGNATURE_ED25519_TYPE = 0x04
/** A timestamped ML-DSA-44 cosignature, `subtree/v1` (C2SP tlog-cosignature, "ML-DSA-44 signed message"). */
export const COSIGNATURE_ML_DSA_44_TYPE = 0x06

/** The width of the timestamp in front of a cosignature, in bytes. */
const TIME_LENGTH = 8
const MAX_TIME = 2n ** 63n - 1n

/** Checks cosignatures by one key. */
export interface CosignatureVerifier extends Verifier {
  readonly type: typeof COSIGNATURE_ED25519_TYPE | typeof COSIGNATURE_ML_DSA_44_TYPE
  /** One key under two names is one witness: compare these. */
  readonly publicKey: Uint8Array
}

/** Signs checkpoints together with the time at which it does so. */
export interface Cosigner extends Signer {
  readonly type: CosignatureVerifier['type']
  readonly verifier: CosignatureVerifier
  /** Signs with the time of its clock. */
  sign(message: Uint8Array): Promise<Uint8Array> | Uint8Array
  /** Signs with a stated time, in milliseconds since 1970-01-01T00:00:00Z; what is below a second is dropped. */
  signAt(message: Uint8Array, time: number): Promise<Uint8Array> | Uint8Array
}

/**
 * The time of a cosignature, in milliseconds since 1970-01-01T00:00:00Z: whole seconds are signed. 0 is no time: the signer
 * then does not say that this is the largest tree it has seen. Undefined when the bytes cannot be a cosignature. Times far
 * beyond any calendar can come out, so compare before you format.
 */
export function cosignatureTime(signature: Uint8Array): number | undefined {
  if (signature.length <= TIME_LENGTH) return undefined
  const seconds = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0)
  return seconds > MAX_TIME ? undefined : Number(seconds) * 1000
}

/** Whole seconds of a time in milliseconds. @throws PhiError PHI_AUDIT_COSIGNATURE */
export function secondsOf(time: number): bigint {
  const seconds = Math.floor(time / 1000)
  if (!Number.isSafeInteger(seconds) || seconds < 0) {
    throw noteError('PHI_AUDIT_COSIGNATURE', { path: 'time', detail: 'must be milliseconds since 1970' })
  }
  return BigInt(seconds)
}

/** The `timestamped_signature` structure: the time in eight bytes, then the signature. */
export function timestamped(seconds: bigint, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(TIME_LENGTH + signature.length)
  new DataView(bytes.buffer).setBigUint64(0, seconds)
  bytes.set(signature, TIME_LENGTH)
  return bytes
}

/** Takes a `timestamped_signature` apart. Undefined when it is too short, or its time above 2^63 - 1. */
export function untimestamped(bytes: Uint8Array): { seconds: bigint; signature: Uint8Array } | undefined {
  if (cosignatureTime(bytes) === undefined) return undefined
  const seconds = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)
  return { seconds, signature: bytes.subarray(TIME_LENGTH) }
}

/** What an Ed25519 cosigner signs: two lines in front of the whole text of the note. */
export function ed25519CosignedMessage(seconds: bigint, text: Uint8Array): Uint8Array {
  const head = utf8(`cosignature/v1\ntime ${seconds}\n`)
  const message = new Uint8Array(head.length + text.length)
  message.set(head)
  message.set(text, head.length)
  return message
}

/**
 * What an ML-DSA-44 cosigner signs: the `cosigned_message` structure, for the tree (start 0) or a subtree.
 * @throws PhiError PHI_AUDIT_COSIGNATURE when a name does not fit its one length byte, or the hash is not 32 bytes
 */
export function subtreeMessage(parts: {
  readonly cosigner: string
  readonly seconds: bigint
  readonly origin: string
  readonly start: bigint
  readonly end: bigint
  readonly hash: Uint8Array
}): Uint8Array {
  const { seconds, start, end, hash } = parts
  const [cosigner, origin] = [utf8(parts.cosigner), utf8(parts.origin)]
  for (const name of [cosigner, origin]) {
    if (name.length < 1 || name.length > 255) {
      throw noteError('PHI_AUDIT_COSIGNATURE', { detail: 'key names and origins have 1 to 255 bytes' })
    }
  }
  if (hash.length !== 32) throw noteError('PHI_AUDIT_COSIGNATURE', { path: 'hash', detail: 'must be 32 bytes' })
  // Only a whole tree can be the largest one that was seen.
  if (start !== 0n && seconds !== 0n) throw noteError('PHI_AUDIT_COSIGNATURE', { path: 'time', detail: 'a subtree has none' })
  const label = utf8('subtree/v1\n\0')
  const message = new Uint8Array(label.length + 1 + cosigner.length + 8 + 1 + origin.length + 8 + 8 + 32)
  const view = new DataView(message.buffer)
  let at = 0
  const put = (bytes: Uint8Array) => {
    message.set(bytes, at)
    at += bytes.length
  }
  const putUint64 = (value: bigint) => {
    view.setBigUint64(at, value)
    at += 8
  }
  put(label)
  put(Uint8Array.of(cosigner.length))
  put(cosigner)
  putUint64(seconds)
  put(Uint8Array.of(origin.length))
  put(origin)
  putUint64(start)
  putUint64(end)
  put(hash)
  return message
}

/**
 * The same for a checkpoint's text. Extension lines are not part of what is signed, so a text that has any is refused: it would
 * look signed as a whole.
 * @throws PhiError PHI_AUDIT_COSIGNATURE, PHI_AUDIT_CHECKPOINT when the text is none
 */
export function checkpointSubtreeMessage(cosigner: string, seconds: bigint, text: Uint8Array): Uint8Array {
  const { origin, size, root, extensions } = parseCheckpoint(fromUtf8(text))
  if (extensions.length > 0) {
    throw noteError('PHI_AUDIT_COSIGNATURE', { detail: 'ML-DSA-44 cosignatures do not cover extension lines' })
  }
  return subtreeMessage({ cosigner, seconds, origin, start: 0n, end: BigInt(size), hash: root })
}

/** Whether a text is a checkpoint. A cosigner says something about a log's tree, and about no other text. */
function isCheckpoint(text: Uint8Array): boolean {
  try {
    parseCheckpoint(fromUtf8(text))
    return true
  } catch {
    return false
  }
}

/** How Ed25519 cosignatures (type 0x04) are verified. */
const ed25519CosignatureAlgorithm: NoteAlgorithm = Object.freeze({
  publicKeyLength: 32,
  verify(publicKey: Uint8Array, message: Uint8Array, bytes: Uint8Array) {
    const parts = untimestamped(bytes)
    if (parts === undefined || !isCheckpoint(message)) return false
    return ed25519.verify(publicKey, ed25519CosignedMessage(parts.seconds, message), parts.signature)
  },
})

/**
 * The verifier of a cosigner's key. Ed25519 (type 0x04) is built in; ML-DSA-44 (type 0x06) comes with `algorithms` from
 * `@phi/audit/ml-dsa`. A log's own key (type 0x01) is refused, and so is every other type.
 * @throws PhiError PHI_AUDIT_VKEY, or PHI_AUDIT_VKEY_TYPE when it is no key for cosignatures, or its type is not known
 */
export function cosignatureVerifier(
  vkey: string,
  options: { readonly algorithms?: NoteAlgorithms | undefined } = {},
): CosignatureVerifier {
  const { name, keyId, type, publicKey } = parseVkey(vkey)
  if (type !== COSIGNATURE_ED25519_TYPE && type !== COSIGNATURE_ML_DSA_44_TYPE) {
    throw noteError('PHI_AUDIT_VKEY_TYPE', { detail: 'it is no key for cosignatures', info: { type } })
  }
  const algorithm = type === COSIGNATURE_ED25519_TYPE ? ed25519CosignatureAlgorithm : options.algorithms?.[type]
  if (algorithm === undefined) throw noteError('PHI_AUDIT_VKEY_TYPE', { info: { type } })
  if (publicKey.length !== algorithm.publicKeyLength) {
    throw noteError('PHI_AUDIT_VKEY', { detail: 'the public key does not have the length of its type', info: { type } })
  }
  return Object.freeze<CosignatureVerifier>({
    name,
    keyId,
    type,
    publicKey,
    verify: (message, signature) => {
      try {
        return algorithm.verify(publicKey, message, signature, name) === true
      } catch {
        return false
      }
    },
  })
}

/** A cosignature line by a known key. */
export interface Cosignature {
  readonly verifier: CosignatureVerifier
  readonly line: NoteSignature
  readonly valid: boolean
  /** Milliseconds since 1970-01-01T00:00:00Z. 0 where there is none. */
  readonly time: number
}

/** The cosignatures on a note by the given keys, each line checked. Lines by other keys are left out. */
export function cosignaturesOf(note: ParsedNote, verifiers: readonly CosignatureVerifier[]): Cosignature[] {
  const message = utf8(note.text)
  const found: Cosignature[] = []
  for (const line of note.signatures) {
    for (const verifier of verifiers) {
      if (verifier.name !== line.name || verifier.keyId !== line.keyId) continue
      const valid = verifier.verify(message, line.signature)
      found.push({ verifier, line, valid, time: valid ? (cosignatureTime(line.signature) ?? 0) : 0 })
    }
  }
  return found
}
