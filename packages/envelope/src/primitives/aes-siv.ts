import { equalBytes } from '@phi/core'
import { envelopeError } from '../errors.ts'
import { aesCmacOver, doubled, xorInto } from './aes-cmac.ts'
import { type AesTwin, BLOCK, importAesKey, platformAes, requireKeySize } from './aes-twin.ts'

/** S2V takes at most 127 strings under a 128-bit block (RFC 5297 §7), and the plaintext is the last of them. */
const MAX_ASSOCIATED_DATA = 126

/** A deterministic authenticated cipher. Synchronous; bytes in and out, none of them kept. */
export interface AesSiv {
  /**
   * The synthetic IV, 16 bytes, and the ciphertext, as long as the plaintext. The list of associated data counts, not only its
   * bytes: `seal(p)` and `seal(p, empty)` differ.
   * @throws PhiError PHI_ENVELOPE_VALUE for anything but bytes, PHI_ENVELOPE_OPTIONS for more than 126 associated data
   */
  seal(plaintext: Uint8Array, ...associatedData: readonly Uint8Array[]): Uint8Array
  /** The plaintext, when the sealed bytes and the same list of associated data belong together. @throws PhiError PHI_ENVELOPE_OPEN */
  open(sealed: Uint8Array, ...associatedData: readonly Uint8Array[]): Uint8Array
}

/**
 * AES-SIV (RFC 5297). Equal plaintexts under equal associated data have equal ciphertexts: that is what it is for, and what it
 * tells whoever sees two of them. With a value that never repeats as the last associated data it is a nonce-based cipher (§3).
 * @param key 64 bytes for AES-256: the CMAC key, then the CTR key. 32 (AES-128) and 48 (AES-192) are taken too
 * @throws PhiError PHI_ENVELOPE_KEY_SIZE
 */
export const aesSiv = (key: Uint8Array): AesSiv => aesSivOver(platformAes, key)

/** {@link aesSiv} over a platform's AES. @internal */
export function aesSivOver<Key>(twin: AesTwin<Key>, key: Uint8Array): AesSiv {
  requireKeySize(key, 2)
  const cmac = aesCmacOver(twin, key.subarray(0, key.length / 2))
  const ctrKey = importAesKey(twin, key.subarray(key.length / 2))
  const start = cmac(new Uint8Array(BLOCK))

  /** S2V (§2.4) of the associated data and the plaintext: a tag over all of them and over where each ends. */
  const s2v = (plaintext: Uint8Array, associatedData: readonly Uint8Array[]): Uint8Array => {
    let sum: Uint8Array = start
    for (const part of associatedData) {
      sum = doubled(sum)
      xorInto(sum, cmac(part))
    }
    if (plaintext.length < BLOCK) {
      const padded = doubled(sum)
      xorInto(padded, plaintext)
      padded[plaintext.length] = (padded[plaintext.length] as number) ^ 0x80
      return cmac(padded)
    }
    const ended = Uint8Array.from(plaintext)
    xorInto(ended.subarray(ended.length - BLOCK), sum)
    const tag = cmac(ended)
    ended.fill(0)
    return tag
  }

  return {
    seal(plaintext, ...associatedData) {
      if (!areBytes(plaintext, associatedData)) throw envelopeError('PHI_ENVELOPE_VALUE', { detail: 'not a Uint8Array' })
      if (associatedData.length > MAX_ASSOCIATED_DATA) {
        throw envelopeError('PHI_ENVELOPE_OPTIONS', { detail: 'more than 126 associated data' })
      }
      const iv = s2v(plaintext, associatedData)
      const out = new Uint8Array(BLOCK + plaintext.length)
      out.set(iv)
      out.set(twin.aesCtr(ctrKey, counterOf(iv), plaintext), BLOCK)
      return out
    },

    open(sealed, ...associatedData) {
      const possible = areBytes(sealed, associatedData) && associatedData.length <= MAX_ASSOCIATED_DATA
      if (!possible || sealed.length < BLOCK) throw envelopeError('PHI_ENVELOPE_OPEN')
      const iv = sealed.subarray(0, BLOCK)
      const decrypted = twin.aesCtr(ctrKey, counterOf(iv), sealed.subarray(BLOCK))
      const plaintext = new Uint8Array(decrypted.buffer, decrypted.byteOffset, decrypted.byteLength)
      if (!equalBytes(iv, s2v(plaintext, associatedData))) {
        plaintext.fill(0)
        throw envelopeError('PHI_ENVELOPE_OPEN')
      }
      return plaintext
    },
  }
}

/** The first counter block: the IV with bits 31 and 63 cleared, so that no carry crosses a 32-bit word (§2.5). */
function counterOf(iv: Uint8Array): Uint8Array {
  const counter = Uint8Array.from(iv)
  counter[8] = (counter[8] as number) & 0x7f
  counter[12] = (counter[12] as number) & 0x7f
  return counter
}

/** Text or numbers from an untyped caller would be sealed as something else than they are. */
const areBytes = (first: Uint8Array, others: readonly Uint8Array[]): boolean =>
  first instanceof Uint8Array && others.every((other) => other instanceof Uint8Array)
