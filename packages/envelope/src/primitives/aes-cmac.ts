import { type AesTwin, BLOCK, importAesKey, platformAes } from './aes-twin.ts'

/** The 16-byte tag of a message of any length. The same message has the same tag. */
export type Cmac = (message: Uint8Array) => Uint8Array

/**
 * AES-CMAC (SP 800-38B, RFC 4493) under a key of 16, 24 or 32 bytes. The cipher's context stays open between messages, and the
 * time is linear in the message's length.
 * @throws PhiError PHI_ENVELOPE_KEY_SIZE
 * @internal
 */
export const aesCmac = (key: Uint8Array): Cmac => aesCmacOver(platformAes, key)

/** {@link aesCmac} over a platform's AES. @internal */
export function aesCmacOver<Key>(twin: AesTwin<Key>, key: Uint8Array): Cmac {
  const imported = importAesKey(twin, key)
  const chain = twin.blockChain(imported)
  // The subkeys of SP 800-38B §6.1: K1 for a message whose last block is whole, K2 for one whose last block is padded.
  const k1 = doubled(twin.blockEncryptor(imported)(new Uint8Array(BLOCK)))
  const k2 = doubled(k1)

  return (message) => {
    const isWhole = message.length > 0 && message.length % BLOCK === 0
    const blocks = new Uint8Array(isWhole ? message.length : message.length - (message.length % BLOCK) + BLOCK)
    blocks.set(message)
    if (!isWhole) blocks[message.length] = 0x80
    xorInto(blocks.subarray(blocks.length - BLOCK), isWhole ? k1 : k2)
    const tag = Uint8Array.from(chain(blocks))
    blocks.fill(0)
    return tag
  }
}

/**
 * A block times x in GF(2^128) (`dbl` of RFC 5297 §2.3, the subkey step of SP 800-38B §6.1). The carry is masked in, not branched
 * on: the block is secret.
 */
export function doubled(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(BLOCK)
  for (let i = 0; i < BLOCK; i++) out[i] = ((block[i] as number) << 1) | ((block[i + 1] ?? 0) >> 7)
  out[BLOCK - 1] = (out[BLOCK - 1] as number) ^ (0x87 & -((block[0] as number) >> 7))
  return out
}

/** Adds `other` to `target` bit by bit, in place. */
export function xorInto(target: Uint8Array, other: Uint8Array): void {
  for (let i = 0; i < other.length; i++) target[i] = (target[i] as number) ^ (other[i] as number)
}
