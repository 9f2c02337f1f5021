import { cmac as nobleCmac } from '@noble/ciphers/aes.js'
import { fromHex, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { referenceCmac } from '../../test/reference-xaes.ts'
import { onNoble, onNode, twins } from '../../test/twins.ts'
import * as node from '../crypto/node.ts'
import { aesCmac, aesCmacOver, doubled } from './aes-cmac.ts'
import type { AesTwin } from './aes-twin.ts'

const message = fromHex(
  '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51' +
    '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
)
const keys = {
  128: '2b7e151628aed2a6abf7158809cf4f3c',
  192: '8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b',
  256: '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
}
// RFC 4493 §4 for 128 bits; SP 800-38B, examples of appendix D, for 192 and 256.
const known = [
  [128, 0, 'bb1d6929e95937287fa37d129b756746'],
  [128, 16, '070a16b46b4d4144f79bdd9dd04a287c'],
  [128, 40, 'dfa66747de9ae63030ca32611497c827'],
  [128, 64, '51f0bebf7e3b9d92fc49741779363cfe'],
  [192, 0, 'd17ddf46adaacde531cac483de7a9367'],
  [192, 16, '9e99a7bf31e710900662f65e617c5184'],
  [192, 40, '8a1de5be2eb31aad089a82e6ee908b0e'],
  [192, 64, 'a1d5df0eed790f794d77589659f39a11'],
  [256, 0, '028962f61b7bf89efc6b551f4667d983'],
  [256, 16, '28a7023f452e8f82bd4bf28d8c37c35c'],
  [256, 40, 'aaf3d8f1de5640c232f5b169b9c911e6'],
  [256, 64, 'e1992190549f6ed5696a2c056c315410'],
] as const

const aesKeys = fc.constantFrom(16, 24, 32).chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))

describe.each(twins)('AES-CMAC over the $name twin', ({ cmac }) => {
  it.each(known)('AES-%i, %i bytes', (bits, length, tag) => {
    expect(toHex(cmac(fromHex(keys[bits]))(message.subarray(0, length)))).toBe(tag)
  })

  it('is what the plain twin and @noble/ciphers say, message after message under one open context', () => {
    fc.assert(
      fc.property(aesKeys, fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 }), (key, messages) => {
        const mac = cmac(key)
        for (const text of messages) {
          const tag = toHex(mac(text))
          expect(tag).toBe(referenceCmac(key, text).toString('hex'))
          expect(tag).toBe(toHex(nobleCmac(text, key)))
        }
      }),
    )
  })

  it('leaves the message as it was, and reads a view at any offset', () => {
    const mac = cmac(fromHex(keys[256]))
    const held = new Uint8Array(64 + 3)
    held.set(message, 3)
    expect(toHex(mac(held.subarray(3)))).toBe('e1992190549f6ed5696a2c056c315410')
    expect(toHex(held.subarray(3))).toBe(toHex(message))
  })

  it('hands out a tag of its own each time', () => {
    const mac = cmac(fromHex(keys[256]))
    mac(message).fill(0)
    expect(toHex(mac(message))).toBe('e1992190549f6ed5696a2c056c315410')
  })

  it.each([0, 8, 15, 17, 31, 33, 64])('refuses a key of %i bytes', async (length) => {
    expect((await refusal(() => cmac(new Uint8Array(length)))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
  })

  it('refuses text as a key', async () => {
    expect((await refusal(() => cmac('0123456789abcdef' as never))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
  })
})

describe('AES-CMAC', () => {
  it('the exported one is over the twin of this platform', () => {
    expect(toHex(aesCmac(fromHex(keys[256]))(message))).toBe('e1992190549f6ed5696a2c056c315410')
  })

  it('doubles as a 128-bit integer does', () => {
    const reduced = (value: bigint) => ((value << 1n) ^ (value >> 127n === 1n ? 0x87n : 0n)) & ((1n << 128n) - 1n)
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (value) => {
        const hex = (integer: bigint) => integer.toString(16).padStart(32, '0')
        expect(toHex(doubled(fromHex(hex(value))))).toBe(hex(reduced(value)))
      }),
    )
  })

  it('encrypts each block of the message once', () => {
    let blocks = 0
    const counted = (encrypt: (input: Uint8Array) => Uint8Array) => (input: Uint8Array) => {
      blocks += input.length / 16
      return encrypt(input)
    }
    const counting: AesTwin<node.SecretKey> = {
      ...node,
      blockEncryptor: (key) => counted(node.blockEncryptor(key)),
      blockChain: (key) => counted(node.blockChain(key)),
    }
    const mac = aesCmacOver(counting, fromHex(keys[256]))
    expect(blocks).toBe(1)
    mac(new Uint8Array(16 * 10_000 - 5))
    expect(blocks).toBe(1 + 10_000)
  })

  it('a long message has the same tag on both twins', () => {
    const text = Uint8Array.from({ length: process.env.PHI_LONG === '1' ? 1 << 20 : 1 << 16 }, (_, i) => (i * 31) >> 3)
    const key = fromHex(keys[256])
    expect(toHex(onNode.cmac(key)(text))).toBe(toHex(onNoble.cmac(key)(text)))
  })
})
