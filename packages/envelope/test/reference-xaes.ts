import { createCipheriv, createDecipheriv } from 'node:crypto'

/**
 * A plain twin of CMAC, XAES-256-GCM and KC-XAES-256-GCM, written from the specifications with `node:crypto` alone: nothing is kept
 * between calls and nothing is shared with `src`. Slow on purpose; tests hold `src` equal to it.
 */

const block = (bytes: Buffer, at: number) => bytes.subarray(at, at + 16)
const xor = (a: Uint8Array, b: Uint8Array) => Buffer.from(a.map((byte, i) => byte ^ (b[i] as number)))

/** One AES block by itself (FIPS 197). */
function aes(key: Uint8Array, input: Uint8Array): Buffer {
  const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false)
  return Buffer.concat([cipher.update(input), cipher.final()])
}

/** (block << 1) reduced by R128, as one 128-bit integer (SP 800-38B §6.1 steps 2 and 3). */
function shifted(input: Uint8Array): Buffer {
  const value = BigInt(`0x${Buffer.from(input).toString('hex')}`) << 1n
  const reduced = value >> 128n === 1n ? (value ^ 0x87n) & ((1n << 128n) - 1n) : value
  return Buffer.from(reduced.toString(16).padStart(32, '0'), 'hex')
}

/** CMAC of SP 800-38B §6.2: the chain over the whole blocks, the last one masked with a subkey. */
export function referenceCmac(key: Uint8Array, message: Uint8Array): Buffer {
  const k1 = shifted(aes(key, Buffer.alloc(16)))
  const k2 = shifted(k1)
  const count = Math.max(1, Math.ceil(message.length / 16))
  const isWhole = message.length === count * 16
  const padded = isWhole ? Buffer.from(message) : Buffer.concat([message, Buffer.of(0x80), Buffer.alloc(16)])
  let chain: Buffer = Buffer.alloc(16)
  for (let i = 0; i < count; i++) {
    const next = xor(chain, block(padded, i * 16))
    chain = aes(key, i === count - 1 ? xor(next, isWhole ? k1 : k2) : next)
  }
  return chain
}

/** SP 800-108r1 §4.1, counter mode with CMAC-AES-256, a 16-bit counter before the fixed input, and no length field. */
function counterKdf(key: Uint8Array, label: string, context: Uint8Array, length: number): Buffer {
  const fixed = Buffer.concat([Buffer.from(label, 'latin1'), Buffer.of(0), context])
  const parts: Buffer[] = []
  for (let i = 1; parts.length * 16 < length; i++) {
    const counter = Buffer.alloc(2)
    counter.writeUInt16BE(i)
    parts.push(referenceCmac(key, Buffer.concat([counter, fixed])))
  }
  return Buffer.concat(parts).subarray(0, length)
}

/** XAES-256-GCM (C2SP): ciphertext ‖ tag[16]. */
export function referenceXaesSeal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Buffer {
  const derived = counterKdf(key, 'X', nonce.subarray(0, 12), 32)
  const cipher = createCipheriv('aes-256-gcm', derived, nonce.subarray(12)).setAAD(aad)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** The plaintext, or undefined. */
export function referenceXaesOpen(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Buffer | undefined {
  if (sealed.length < 16) return undefined
  const derived = counterKdf(key, 'X', nonce.subarray(0, 12), 32)
  const decipher = createDecipheriv('aes-256-gcm', derived, nonce.subarray(12)).setAAD(aad)
  decipher.setAuthTag(sealed.subarray(sealed.length - 16))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - 16)), decipher.final()])
  } catch {
    return undefined
  }
}

/** The 32-byte key commitment of KC-XAES-256-GCM (ePrint 2025/758): CMAC of "XCMT" ‖ nonce ‖ 0x0001 ‖ i for i = 1, 2. */
export function referenceCommitment(key: Uint8Array, nonce: Uint8Array): Buffer {
  const part = (end: string) =>
    referenceCmac(key, Buffer.concat([Buffer.from('XCMT', 'latin1'), nonce, Buffer.from(end, 'hex')]))
  return Buffer.concat([part('00010001'), part('00010002')])
}

/** KC-XAES-256-GCM: ciphertext ‖ tag[16] ‖ commitment[32]. */
export function referenceKcXaesSeal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Buffer {
  return Buffer.concat([referenceXaesSeal(key, nonce, plaintext, aad), referenceCommitment(key, nonce)])
}
