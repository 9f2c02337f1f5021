import { envelopeError } from '../errors.ts'
import { isSemiblocks, type KeyWrap, unwrapSemiblocks, wrapSemiblocks } from './aes-kw.ts'
import { type AesTwin, BLOCK, importAesKey, platformAes } from './aes-twin.ts'

/** The fixed half of the alternative initial value (RFC 5649 §3); the other half is the length of the key data. */
const MARK = 0xa65959a6
const MAX_KEY_DATA = 0xffff_ffff

/**
 * AES Key Wrap with Padding (RFC 5649; KWP of SP 800-38F): key data of 1 byte to 4 GiB − 1 is padded to a multiple of 8 and
 * becomes 8 bytes longer. This is `CKM_AES_KEY_WRAP_KWP` and what HSMs and cloud KMS take for key import.
 * @param key 32 bytes for AES-256; 16 and 24 are taken too
 * @throws PhiError PHI_ENVELOPE_KEY_SIZE
 */
export const aesKwp = (key: Uint8Array): KeyWrap => aesKwpOver(platformAes, key)

/** {@link aesKwp} over a platform's AES. @internal */
export function aesKwpOver<Key>(twin: AesTwin<Key>, key: Uint8Array): KeyWrap {
  const imported = importAesKey(twin, key)
  const encrypt = twin.blockEncryptor(imported)
  const decrypt = twin.blockDecryptor(imported)
  return {
    wrap(keyData) {
      if (!(keyData instanceof Uint8Array) || keyData.length === 0 || keyData.length > MAX_KEY_DATA) {
        throw envelopeError('PHI_ENVELOPE_KEY_SIZE', { detail: 'key data must be 1 byte to 4 GiB - 1' })
      }
      const block = new Uint8Array(BLOCK)
      const view = new DataView(block.buffer)
      view.setUint32(0, MARK)
      view.setUint32(4, keyData.length)
      if (keyData.length <= 8) {
        // One semiblock is too short for the wrapping function: it is encrypted together with the initial value (§4.1).
        block.set(keyData, 8)
        const out = Uint8Array.from(encrypt(block))
        block.fill(0)
        return out
      }
      const padded = new Uint8Array(Math.ceil(keyData.length / 8) * 8)
      padded.set(keyData)
      const out = wrapSemiblocks(encrypt, block.subarray(0, 8), padded)
      padded.fill(0)
      return out
    },

    unwrap(wrapped) {
      if (!isSemiblocks(wrapped, 2)) throw envelopeError('PHI_ENVELOPE_OPEN')
      const { check, keyData } = wrapped.length === BLOCK ? halves(decrypt(wrapped)) : unwrapSemiblocks(decrypt, wrapped)
      const length = verifiedLength(check, keyData)
      const out = length === undefined ? undefined : keyData.slice(0, length)
      keyData.fill(0)
      if (out === undefined) throw envelopeError('PHI_ENVELOPE_OPEN')
      return out
    },
  }
}

const halves = (block: Uint8Array) => ({
  check: Uint8Array.from(block.subarray(0, 8)),
  keyData: Uint8Array.from(block.subarray(8)),
})

/**
 * The length that stands in the initial value, when the mark, the length and every byte of the padding are right (RFC 5649 §3). All
 * three are looked at whatever the others say, so that the time does not tell which one was wrong.
 */
function verifiedLength(check: Uint8Array, padded: Uint8Array): number | undefined {
  const view = new DataView(check.buffer, check.byteOffset)
  const length = view.getUint32(4)
  const padding = padded.length - length
  let wrong = view.getUint32(0) ^ MARK
  wrong |= Number(padding < 0) | Number(padding > 7)
  for (let i = 0; i < 7; i++) wrong |= (padded[padded.length - 1 - i] as number) & -Number(i < padding)
  return wrong === 0 ? length : undefined
}
