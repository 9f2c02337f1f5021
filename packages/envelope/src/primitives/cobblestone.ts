import { equalBytes, utf8 } from '@phi/core'
import { gcmOpen, gcmSealInto, hmac512, importKey, type SecretKey } from '#aead'
import { envelopeError } from '../errors.ts'
import { giveBack } from '../give-back.ts'
import {
  CHUNK,
  CHUNK_LIMIT,
  COMMITMENT,
  lastChunkOf,
  PREFIX,
  SALT,
  SEALED_CHUNK,
  sealedLength,
  TAG,
} from './cobblestone-sizes.ts'
import { hkdfExpandSha512 } from './hkdf.ts'

/** The algorithms of one platform that the scheme is made of, so that tests can run it over either twin. @internal */
export interface CobblestoneTwin<Key> {
  importKey(bytes: Uint8Array): Key
  hmac512(key: Key, data: Uint8Array): Uint8Array
  gcmSealInto(out: Uint8Array, at: number, key: Key, nonce: Uint8Array, plaintext: Uint8Array): void
  gcmOpen(key: Key, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined
}

/** The algorithms of the platform this runs on. @internal */
export const platformTwin: CobblestoneTwin<SecretKey> = { importKey, hmac512, gcmSealInto, gcmOpen }

/** The chunks of one message, under the key and nonce that were derived for it alone. @internal */
export interface MessageChunks {
  /** 32 bytes, as they have to stand after the salt. */
  readonly commitment: Uint8Array
  /**
   * Seals the chunks from number `first` on into `out` and returns how many bytes it wrote. All are full, unless `isLast` says
   * that the last one of the message is among them: that one is short, and empty where the plaintext ends with a full chunk.
   */
  sealInto(out: Uint8Array, at: number, first: number, plaintext: Uint8Array, isLast: boolean): number
  /**
   * Opens the chunks from number `first` on into `out` and returns how many bytes it wrote, or undefined if any of them does not
   * verify; then nothing that it wrote is left in `out`. The same holds for `isLast` as when sealing.
   */
  openInto(out: Uint8Array, at: number, first: number, sealed: Uint8Array, isLast: boolean): number | undefined
  /** Overwrites the derived key where the platform lets it. No chunk can be sealed or opened afterwards. */
  forget(): void
}

const INFO = utf8('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0')
const KEY = 32
const NONCE = 12

/** `key ‖ base nonce ‖ commitment` of a message (c2sp.org/chunked-encryption, "Key derivation"). @internal */
export function deriveMessage<Key>(
  twin: CobblestoneTwin<Key>,
  inputKey: Key,
  salt: Uint8Array,
  context: Uint8Array,
): MessageChunks {
  const info = new Uint8Array(INFO.length + SALT + context.length)
  info.set(INFO)
  info.set(salt, INFO.length)
  info.set(context, INFO.length + SALT)
  const derived = hkdfExpandSha512((data) => twin.hmac512(inputKey, data), info, KEY + NONCE + COMMITMENT)
  const keyBytes = derived.slice(0, KEY)
  const baseNonce = derived.slice(KEY, KEY + NONCE)
  const commitment = derived.slice(KEY + NONCE)
  derived.fill(0)
  let key: Key | undefined = twin.importKey(keyBytes)
  keyBytes.fill(0)

  const nonce = new Uint8Array(NONCE)
  /** The base nonce with the chunk's number XORed into its last five bytes. One buffer serves all: nothing here waits. */
  const nonceOf = (index: number): Uint8Array => {
    if (!(index < CHUNK_LIMIT)) throw envelopeError('PHI_ENVELOPE_FILE', { detail: 'more than 4 PiB' })
    nonce.set(baseNonce)
    // Bitwise operators see 32 bits only, so the fifth byte is taken by division.
    nonce[7] = (nonce[7] as number) ^ Math.floor(index / 2 ** 32)
    for (let i = 0; i < 4; i++) nonce[8 + i] = (nonce[8 + i] as number) ^ (index >>> (24 - 8 * i))
    return nonce
  }
  const held = (): Key => {
    if (key === undefined) throw envelopeError('PHI_ENVELOPE_FILE', { detail: 'the message was closed' })
    return key
  }

  return {
    commitment,
    sealInto(out, at, first, plaintext, isLast) {
      const messageKey = held()
      const full = Math.floor(plaintext.length / CHUNK)
      let to = at
      for (let i = 0; i < full + (isLast ? 1 : 0); i++) {
        const chunk = plaintext.subarray(i * CHUNK, (i + 1) * CHUNK)
        twin.gcmSealInto(out, to, messageKey, nonceOf(first + i), chunk)
        to += chunk.length + TAG
      }
      return to - at
    },
    openInto(out, at, first, sealed, isLast) {
      const messageKey = held()
      const full = Math.floor(sealed.length / SEALED_CHUNK)
      let to = at
      // A short chunk is the last one, and the last one is short.
      let isGood = isLast || sealed.length === full * SEALED_CHUNK
      for (let i = 0; isGood && i < full + (isLast ? 1 : 0); i++) {
        const chunk = sealed.subarray(i * SEALED_CHUNK, (i + 1) * SEALED_CHUNK)
        const plaintext = twin.gcmOpen(messageKey, nonceOf(first + i), chunk)
        isGood = plaintext !== undefined
        if (plaintext === undefined) break
        out.set(plaintext, to)
        to += plaintext.length
        plaintext.fill(0)
        giveBack(plaintext)
      }
      if (isGood) return to - at
      out.fill(0, at, to)
      return undefined
    },
    forget() {
      if (key instanceof Uint8Array) key.fill(0)
      key = undefined
      baseNonce.fill(0)
    },
  }
}

/** A whole message at once. Synchronous; bytes in and out, none of them kept. */
export interface Cobblestone256 {
  /**
   * Salt ‖ commitment[32] ‖ chunks: 72 bytes more than the plaintext, and 16 more for every full 16 KiB.
   * @param salt 24 bytes that never come twice under one key; random ones do
   * @throws PhiError PHI_ENVELOPE_KEY_SIZE, PHI_ENVELOPE_VALUE
   */
  seal(salt: Uint8Array, plaintext: Uint8Array, context?: Uint8Array): Uint8Array
  /** The plaintext. @throws PhiError PHI_ENVELOPE_OPEN for whatever does not verify, always alike */
  open(message: Uint8Array, context?: Uint8Array): Uint8Array
}

/**
 * Cobblestone-256 of c2sp.org/chunked-encryption: HKDF-Expand-SHA-512 (RFC 5869; SP 800-108) makes a key, a nonce and a key
 * commitment for each message, and AES-256-GCM (SP 800-38D) seals it in chunks of 16 KiB.
 * @param key 32 bytes, uniformly random
 * @throws PhiError PHI_ENVELOPE_KEY_SIZE
 */
export const cobblestone256 = (key: Uint8Array): Cobblestone256 => cobblestone256Over(platformTwin, key)

const NOTHING = new Uint8Array(0)

/** {@link cobblestone256} over a platform's algorithms. @internal */
export function cobblestone256Over<Key>(twin: CobblestoneTwin<Key>, key: Uint8Array): Cobblestone256 {
  if (!(key instanceof Uint8Array) || key.length !== KEY) {
    throw envelopeError('PHI_ENVELOPE_KEY_SIZE', { detail: 'the key must be 32 bytes' })
  }
  const inputKey = twin.importKey(key)
  return {
    seal(salt, plaintext, context = NOTHING) {
      if (!(salt instanceof Uint8Array) || salt.length !== SALT) {
        throw envelopeError('PHI_ENVELOPE_KEY_SIZE', { detail: 'the salt must be 24 bytes' })
      }
      if (!(plaintext instanceof Uint8Array && context instanceof Uint8Array)) {
        throw envelopeError('PHI_ENVELOPE_VALUE', { detail: 'not a Uint8Array' })
      }
      const message = deriveMessage(twin, inputKey, salt, context)
      const out = new Uint8Array(sealedLength(plaintext.length))
      out.set(salt)
      out.set(message.commitment, SALT)
      message.sealInto(out, PREFIX, 0, plaintext, true)
      message.forget()
      return out
    },
    open(sealed, context = NOTHING) {
      if (!(sealed instanceof Uint8Array && context instanceof Uint8Array)) throw envelopeError('PHI_ENVELOPE_OPEN')
      const plaintext = openMessage(twin, inputKey, sealed, context)
      if (plaintext === undefined) throw envelopeError('PHI_ENVELOPE_OPEN')
      return plaintext
    },
  }
}

/**
 * The chunks of a message by its first 56 bytes, or undefined where its commitment does not hold: a message made for another key or
 * context is refused before any of it is decrypted. @internal
 */
export function recogniseMessage<Key>(
  twin: CobblestoneTwin<Key>,
  inputKey: Key,
  prefix: Uint8Array,
  context: Uint8Array,
): MessageChunks | undefined {
  const chunks = deriveMessage(twin, inputKey, prefix.subarray(0, SALT), context)
  if (equalBytes(chunks.commitment, prefix.subarray(SALT, PREFIX))) return chunks
  chunks.forget()
  return undefined
}

function openMessage<Key>(
  twin: CobblestoneTwin<Key>,
  inputKey: Key,
  message: Uint8Array,
  context: Uint8Array,
): Uint8Array | undefined {
  const last = lastChunkOf(message.length)
  if (last === undefined) return undefined
  const chunks = recogniseMessage(twin, inputKey, message, context)
  if (chunks === undefined) return undefined
  const out = new Uint8Array(last.plaintextLength)
  const length = chunks.openInto(out, 0, 0, message.subarray(PREFIX), true)
  chunks.forget()
  return length === undefined ? undefined : out
}
