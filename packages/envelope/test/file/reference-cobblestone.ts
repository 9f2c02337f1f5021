/**
 * Cobblestone-256 written straight from c2sp.org/chunked-encryption, slowly and over node:crypto only, to hold the real one
 * against. Nothing of it is shared with src.
 */
import { createCipheriv, createHmac } from 'node:crypto'

function hkdfExpand(prk: Buffer, info: Buffer, length: number): Buffer {
  let okm = Buffer.alloc(0)
  let previous = Buffer.alloc(0)
  for (let i = 1; okm.length < length; i++) {
    previous = createHmac('sha512', prk)
      .update(Buffer.concat([previous, info, Buffer.from([i])]))
      .digest()
    okm = Buffer.concat([okm, previous])
  }
  return okm.subarray(0, length)
}

const nonceOf = (baseNonce: Buffer, chunk: bigint): Buffer => {
  const sum = BigInt(`0x${baseNonce.toString('hex')}`) ^ chunk
  return Buffer.from(sum.toString(16).padStart(24, '0'), 'hex')
}

export interface ReferenceParts {
  readonly key: Buffer
  readonly baseNonce: Buffer
  readonly commitment: Buffer
}

export function referenceDerive(inputKey: Uint8Array, salt: Uint8Array, context: Uint8Array): ReferenceParts {
  const info = Buffer.concat([Buffer.from('c2sp.org/chunked-encryption@v1+'), Buffer.from('AEAD_AES_256_GCM\0'), salt, context])
  const okm = hkdfExpand(Buffer.from(inputKey), info, 32 + 12 + 32)
  return { key: okm.subarray(0, 32), baseNonce: okm.subarray(32, 44), commitment: okm.subarray(44, 76) }
}

export function referenceChunk({ key, baseNonce }: ReferenceParts, index: bigint, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(baseNonce, index))
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

export function referenceSeal(inputKey: Uint8Array, salt: Uint8Array, plaintext: Uint8Array, context: Uint8Array): Buffer {
  const parts = referenceDerive(inputKey, salt, context)
  const chunks: Buffer[] = []
  for (let at = 0; at <= plaintext.length; at += 16_384) {
    chunks.push(referenceChunk(parts, BigInt(at / 16_384), plaintext.subarray(at, at + 16_384)))
  }
  return Buffer.concat([salt, parts.commitment, ...chunks])
}
