import { equalBytes } from '@phi/core'
import { envelopeError } from '../errors.ts'
import { type AesTwin, BLOCK, importAesKey, platformAes } from './aes-twin.ts'

/** Half a block, the unit in which key wrapping counts. */
const SEMIBLOCK = 8
/** RFC 3394 §2.2.3.1 */
const INITIAL_VALUE = new Uint8Array(SEMIBLOCK).fill(0xa6)

/** A key-encryption key in use. Deterministic; synchronous; bytes in and out, none of them kept. */
export interface KeyWrap {
  /** @throws PhiError PHI_ENVELOPE_KEY_SIZE for key data of a length that this mechanism does not wrap */
  wrap(keyData: Uint8Array): Uint8Array
  /** @throws PhiError PHI_ENVELOPE_OPEN for anything but what `wrap` made under the same key */
  unwrap(wrapped: Uint8Array): Uint8Array
}

/**
 * AES Key Wrap (RFC 3394; KW of SP 800-38F): key data of 16 bytes or more, in multiples of 8, becomes 8 bytes longer.
 * @param key 32 bytes for AES-256; 16 and 24 are taken too
 * @throws PhiError PHI_ENVELOPE_KEY_SIZE
 */
export const aesKw = (key: Uint8Array): KeyWrap => aesKwOver(platformAes, key)

/** {@link aesKw} over a platform's AES. @internal */
export function aesKwOver<Key>(twin: AesTwin<Key>, key: Uint8Array): KeyWrap {
  const imported = importAesKey(twin, key)
  const encrypt = twin.blockEncryptor(imported)
  const decrypt = twin.blockDecryptor(imported)
  return {
    wrap(keyData) {
      if (!isSemiblocks(keyData, 2)) {
        throw envelopeError('PHI_ENVELOPE_KEY_SIZE', { detail: 'key data must be 16 bytes or more, in multiples of 8' })
      }
      return wrapSemiblocks(encrypt, INITIAL_VALUE, keyData)
    },
    unwrap(wrapped) {
      if (!isSemiblocks(wrapped, 3)) throw envelopeError('PHI_ENVELOPE_OPEN')
      const { check, keyData } = unwrapSemiblocks(decrypt, wrapped)
      if (!equalBytes(check, INITIAL_VALUE)) {
        keyData.fill(0)
        throw envelopeError('PHI_ENVELOPE_OPEN')
      }
      return keyData
    },
  }
}

/** Whether these are bytes, whole semiblocks of 8, and at least so many of them. */
export const isSemiblocks = (bytes: Uint8Array, atLeast: number): boolean =>
  bytes instanceof Uint8Array && bytes.length % SEMIBLOCK === 0 && bytes.length >= atLeast * SEMIBLOCK

/** The wrapping function W (SP 800-38F §6.1, algorithm 1; RFC 3394 §2.2.1) over two or more semiblocks of data. */
export function wrapSemiblocks(
  encrypt: (block: Uint8Array) => Uint8Array,
  initialValue: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  const out = new Uint8Array(SEMIBLOCK + data.length)
  out.set(data, SEMIBLOCK)
  const block = new Uint8Array(BLOCK)
  block.set(initialValue)
  let step = 0
  for (let round = 0; round < 6; round++) {
    for (let at = SEMIBLOCK; at < out.length; at += SEMIBLOCK) {
      block.set(out.subarray(at, at + SEMIBLOCK), SEMIBLOCK)
      block.set(encrypt(block))
      out.set(block.subarray(SEMIBLOCK), at)
      xorStep(block, ++step)
    }
  }
  out.set(block.subarray(0, SEMIBLOCK))
  return out
}

/** The inverse of {@link wrapSemiblocks}. Nothing is verified yet: the caller holds `check` against what it must be. */
export function unwrapSemiblocks(
  decrypt: (block: Uint8Array) => Uint8Array,
  wrapped: Uint8Array,
): { readonly check: Uint8Array; readonly keyData: Uint8Array } {
  const keyData = Uint8Array.from(wrapped.subarray(SEMIBLOCK))
  const block = new Uint8Array(BLOCK)
  block.set(wrapped.subarray(0, SEMIBLOCK))
  let step = (keyData.length / SEMIBLOCK) * 6
  for (let round = 0; round < 6; round++) {
    for (let at = keyData.length - SEMIBLOCK; at >= 0; at -= SEMIBLOCK) {
      xorStep(block, step--)
      block.set(keyData.subarray(at, at + SEMIBLOCK), SEMIBLOCK)
      block.set(decrypt(block))
      keyData.set(block.subarray(SEMIBLOCK), at)
    }
  }
  const check = block.slice(0, SEMIBLOCK)
  block.fill(0)
  return { check, keyData }
}

/** Adds the step's number to the first semiblock, as a 64-bit big-endian integer. */
function xorStep(block: Uint8Array, step: number): void {
  for (let i = SEMIBLOCK - 1, rest = step; rest > 0; i--, rest = Math.floor(rest / 256)) {
    block[i] = (block[i] as number) ^ (rest % 256)
  }
}
