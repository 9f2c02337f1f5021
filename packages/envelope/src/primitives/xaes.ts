import { equalBytes } from '@phi/core'
import { blockEncryptor, gcmOpen, gcmSealInto, importKey, type SecretKey } from '#aead'
import { envelopeError } from '../errors.ts'
import { doubled } from './aes-cmac.ts'
import { BLOCK } from './aes-twin.ts'

/** An AEAD with a nonce of 24 bytes that may be chosen at random for 2^80 messages under one key. */
export interface ExtendedNonceAead {
  /** Bytes that sealing adds. */
  readonly overhead: number
  /** Ciphertext ‖ tag[16], and for the committing variant ‖ commitment[32]. @throws PhiError PHI_ENVELOPE_KEY_SIZE */
  seal(nonce: Uint8Array, plaintext: Uint8Array, aad?: Uint8Array): Uint8Array
  /** The plaintext. @throws PhiError PHI_ENVELOPE_OPEN for whatever does not verify, always alike */
  open(nonce: Uint8Array, sealed: Uint8Array, aad?: Uint8Array): Uint8Array
}

/** The same for callers inside the package, who write into a buffer of their own and say themselves what a failure is. */
export interface AeadCore {
  readonly overhead: number
  sealInto(out: Uint8Array, at: number, nonce: Uint8Array, plaintext: Uint8Array, aad?: Uint8Array): void
  tryOpen(nonce: Uint8Array, sealed: Uint8Array, aad?: Uint8Array): Uint8Array | undefined
}

const KEY = 32
const NONCE = 24
const TAG = 16
const COMMITMENT = 32

/**
 * The blocks to encrypt for a message, but for the nonce: what is fixed is laid out once per key, and a message only XORs its
 * nonce in. The buffers are reused, which is safe because nothing here waits.
 *
 * first:  M1 ⊕ K1 ‖ M2 ⊕ K1                      → the message's key Kx (C2SP XAES-256-GCM, steps 3 to 5)
 *         "XCMT" ‖ N[0..12]                       → E(B), the first block of both commitment CMACs
 * second: E(B) ⊕ N[12..24] ‖ 00010001 ⊕ K1, and the same with 00010002 → the commitment (ePrint 2025/758)
 */
function layout(k1: Uint8Array) {
  const fixed = new Uint8Array(80)
  for (const [at, block] of [
    [0, [0, 1, 0x58, 0]],
    [16, [0, 2, 0x58, 0]],
    [32, [0x58, 0x43, 0x4d, 0x54]],
  ] as const)
    fixed.set(block, at)
  fixed.set([0, 1, 0, 1], 60)
  fixed.set([0, 1, 0, 2], 76)
  for (const at of [0, 16, 48, 64]) for (let i = 0; i < 16; i++) (fixed[at + i] as number) ^= k1[i] as number
  return { fixed, first: fixed.slice(0, 48), second: fixed.slice(48, 80) }
}

interface Derived {
  /** Kx, 32 bytes; a view that the next call of the cipher does not touch. */
  readonly messageKey: Uint8Array
  /** 32 bytes, or empty without commitment. */
  readonly commitment: Uint8Array
}

function deriver(key: SecretKey, committing: boolean): (nonce: Uint8Array) => Derived {
  const encrypt = blockEncryptor(key)
  // The CMAC subkey K1 (SP 800-38B §6.1): E(0) doubled.
  const { fixed, first, second } = layout(doubled(encrypt(new Uint8Array(BLOCK))))
  const none = new Uint8Array(0)

  if (!committing) {
    const blocks = first.subarray(0, 32)
    return (nonce) => {
      for (let i = 0; i < 12; i++) {
        const n = nonce[i] as number
        blocks[4 + i] = (fixed[4 + i] as number) ^ n
        blocks[20 + i] = (fixed[20 + i] as number) ^ n
      }
      return { messageKey: encrypt(blocks), commitment: none }
    }
  }
  return (nonce) => {
    for (let i = 0; i < 12; i++) {
      const n = nonce[i] as number
      first[4 + i] = (fixed[4 + i] as number) ^ n
      first[20 + i] = (fixed[20 + i] as number) ^ n
      first[36 + i] = n
    }
    const out = encrypt(first)
    for (let i = 0; i < 16; i++) {
      const chained = (out[32 + i] as number) ^ (i < 12 ? (nonce[12 + i] as number) : 0)
      second[i] = (fixed[48 + i] as number) ^ chained
      second[16 + i] = (fixed[64 + i] as number) ^ chained
    }
    return { messageKey: out.subarray(0, 32), commitment: encrypt(second) }
  }
}

function aeadCore(key: SecretKey, committing: boolean): AeadCore {
  const derive = deriver(key, committing)
  const overhead = TAG + (committing ? COMMITMENT : 0)
  return {
    overhead,
    sealInto(out, at, nonce, plaintext, aad) {
      const { messageKey, commitment } = derive(nonce)
      gcmSealInto(out, at, messageKey, nonce.subarray(12), plaintext, aad)
      out.set(commitment, at + plaintext.length + TAG)
      messageKey.fill(0)
    },
    tryOpen(nonce, sealed, aad) {
      const end = sealed.length - overhead + TAG
      if (end < TAG) return undefined
      const { messageKey, commitment } = derive(nonce)
      // The commitment first: a ciphertext made for another key is refused before it is decrypted.
      const plaintext =
        committing && !equalBytes(sealed.subarray(end), commitment)
          ? undefined
          : gcmOpen(messageKey, nonce.subarray(12), committing ? sealed.subarray(0, end) : sealed, aad)
      messageKey.fill(0)
      return plaintext
    },
  }
}

/** @internal */
export const xaesCore = (key: SecretKey): AeadCore => aeadCore(key, false)
/** @internal */
export const kcXaesCore = (key: SecretKey): AeadCore => aeadCore(key, true)

const isNonce = (nonce: Uint8Array): boolean => nonce instanceof Uint8Array && nonce.length === NONCE

function checked(key: Uint8Array, make: (key: SecretKey) => AeadCore): ExtendedNonceAead {
  if (!(key instanceof Uint8Array) || key.length !== KEY) {
    throw envelopeError('PHI_ENVELOPE_KEY_SIZE', { detail: 'the key must be 32 bytes' })
  }
  const core = make(importKey(key))
  return {
    overhead: core.overhead,
    seal(nonce, plaintext, aad) {
      if (!isNonce(nonce)) throw envelopeError('PHI_ENVELOPE_KEY_SIZE', { detail: 'the nonce must be 24 bytes' })
      if (!(plaintext instanceof Uint8Array))
        throw envelopeError('PHI_ENVELOPE_VALUE', { detail: 'the plaintext must be bytes' })
      const out = new Uint8Array(plaintext.length + core.overhead)
      core.sealInto(out, 0, nonce, plaintext, aad)
      return out
    },
    open(nonce, sealed, aad) {
      if (!isNonce(nonce) || !(sealed instanceof Uint8Array)) throw envelopeError('PHI_ENVELOPE_OPEN')
      const plaintext = core.tryOpen(nonce, sealed, aad)
      if (plaintext === undefined) throw envelopeError('PHI_ENVELOPE_OPEN')
      // A plain array of its own: what was decrypted does not lie in a pool beside other data.
      return Uint8Array.from(plaintext)
    },
  }
}

/**
 * XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM of SP 800-38D under a key derived per message by the counter KDF of SP 800-108
 * with CMAC. Does not commit to its key.
 * @param key 32 bytes, uniformly random
 */
export const xaes256Gcm = (key: Uint8Array): ExtendedNonceAead => checked(key, xaesCore)

/**
 * KC-XAES-256-GCM (ePrint 2025/758): XAES-256-GCM followed by a commitment of 32 bytes, CMAC of the nonce under the key for two
 * counters. No two keys open one ciphertext.
 * @param key 32 bytes, uniformly random
 */
export const kcXaes256Gcm = (key: Uint8Array): ExtendedNonceAead => checked(key, kcXaesCore)
