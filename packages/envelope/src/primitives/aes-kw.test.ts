import { createCipheriv, createDecipheriv } from 'node:crypto'
import { fromHex, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { onNoble, onNode, twins } from '../../test/twins.ts'
import * as node from '../crypto/node.ts'
import { aesKw, wrapSemiblocks } from './aes-kw.ts'

const kek = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
const data = '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f'
// RFC 3394 §4.1 to §4.6: bytes of the key-encryption key, bytes of the key data, what is wrapped.
const known = [
  [16, 16, '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5'],
  [24, 16, '96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d'],
  [32, 16, '64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7'],
  [24, 24, '031d33264e15d33268f24ec260743edce1c6c7ddee725a936ba814915c6762d2'],
  [32, 24, 'a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1'],
  [32, 32, '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21'],
] as const

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const kekBytes = fc.constantFrom(16, 24, 32).chain(bytes)
const keyData = fc.integer({ min: 2, max: 12 }).chain((semiblocks) => bytes(semiblocks * 8))
const initialValue = Buffer.alloc(8, 0xa6)

describe.each(twins)('AES Key Wrap over the $name twin', ({ kw }) => {
  it.each(known)('S19 RFC 3394: a key of %i bytes wraps %i bytes', (kekLength, length, wrapped) => {
    const wrap = kw(fromHex(kek).subarray(0, kekLength))
    expect(toHex(wrap.wrap(fromHex(data).subarray(0, length)))).toBe(wrapped)
    expect(toHex(wrap.unwrap(fromHex(wrapped)))).toBe(data.slice(0, length * 2))
  })

  it('S19 wraps and unwraps as OpenSSL does', () => {
    fc.assert(
      fc.property(kekBytes, keyData, (key, plain) => {
        const name = `id-aes${key.length * 8}-wrap`
        const wrapped = kw(key).wrap(plain)
        const native = createCipheriv(name, key, initialValue)
        expect(toHex(wrapped)).toBe(toHex(Buffer.concat([native.update(plain), native.final()])))
        const decipher = createDecipheriv(name, key, initialValue)
        expect(toHex(kw(key).unwrap(wrapped))).toBe(toHex(Buffer.concat([decipher.update(wrapped), decipher.final()])))
      }),
    )
  })

  it('counts its steps beyond one byte and beyond two', () => {
    for (const semiblocks of [44, process.env.PHI_LONG === '1' ? 11_000 : 100]) {
      const plain = Uint8Array.from({ length: semiblocks * 8 }, (_, i) => i)
      const native = createCipheriv('id-aes256-wrap', fromHex(kek), initialValue)
      expect(toHex(kw(fromHex(kek)).wrap(plain))).toBe(toHex(Buffer.concat([native.update(plain), native.final()])))
    }
  })

  it('refuses every single-bit change and every cut, and tells nothing more', async () => {
    const wrap = kw(fromHex(kek))
    const wrapped = wrap.wrap(fromHex(data))
    const altered: Uint8Array[] = [Uint8Array.of(...wrapped, 0), Uint8Array.of(...wrapped, ...new Uint8Array(8))]
    for (let end = 0; end < wrapped.length; end++) altered.push(wrapped.subarray(0, end))
    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      const flipped = wrapped.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      altered.push(flipped)
    }
    const told = new Set<string>()
    for (const bad of altered) {
      const { code, message, cause, info } = await refusal(() => wrap.unwrap(bad))
      told.add(JSON.stringify([code, message, cause ?? null, info]))
    }
    expect(told.size).toBe(1)
    expect([...told][0]).toContain('PHI_ENVELOPE_OPEN')
  })

  it('refuses an initial value that differs in any one bit, wrapped under the right key', async () => {
    for (let bit = 0; bit < 64; bit++) {
      const initial = Uint8Array.from(initialValue)
      initial[bit >> 3] = (initial[bit >> 3] as number) ^ (1 << (bit & 7))
      const native = createCipheriv('id-aes256-wrap', fromHex(kek), initial)
      const wrapped = Buffer.concat([native.update(fromHex(data)), native.final()])
      expect((await refusal(() => kw(fromHex(kek)).unwrap(wrapped))).code).toBe('PHI_ENVELOPE_OPEN')
    }
  })

  it('refuses what holds no key, or one of 8 bytes, however well it was wrapped', async () => {
    expect((await refusal(() => kw(fromHex(kek)).unwrap(initialValue))).code).toBe('PHI_ENVELOPE_OPEN')
    const short = wrapSemiblocks(node.blockEncryptor(node.importKey(fromHex(kek))), initialValue, new Uint8Array(8))
    expect((await refusal(() => kw(fromHex(kek)).unwrap(short))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it('refuses another key, and what was wrapped with padding', async () => {
    const wrapped = kw(fromHex(kek)).wrap(fromHex(data))
    expect((await refusal(() => kw(new Uint8Array(32)).unwrap(wrapped))).code).toBe('PHI_ENVELOPE_OPEN')
    const padded = onNode.kwp(fromHex(kek)).wrap(fromHex(data))
    expect((await refusal(() => kw(fromHex(kek)).unwrap(padded))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it.each([0, 1, 7, 8, 15, 17, 33])('does not wrap key data of %i bytes', async (length) => {
    expect((await refusal(() => kw(fromHex(kek)).wrap(new Uint8Array(length)))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
  })

  it.each([0, 8, 31, 33, 64])('refuses a key-encryption key of %i bytes', async (length) => {
    expect((await refusal(() => kw(new Uint8Array(length)))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
  })

  it.each(['0123456789abcdef01234567', undefined, null, new ArrayBuffer(24)])(
    'refuses what is not bytes: %j',
    async (value) => {
      expect((await refusal(() => kw(fromHex(kek)).wrap(value as never))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
      expect((await refusal(() => kw(fromHex(kek)).unwrap(value as never))).code).toBe('PHI_ENVELOPE_OPEN')
      expect((await refusal(() => kw(value as never))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
    },
  )
})

describe('AES Key Wrap', () => {
  it('the exported one is over the twin of this platform', () => {
    expect(toHex(aesKw(fromHex(kek)).wrap(fromHex(data)))).toBe(known[5][2])
  })

  it('S19 what one twin wraps, the other unwraps', () => {
    fc.assert(
      fc.property(kekBytes, keyData, (key, plain) => {
        const wrapped = onNode.kw(key).wrap(plain)
        expect(toHex(onNoble.kw(key).wrap(plain))).toBe(toHex(wrapped))
        expect(toHex(onNoble.kw(key).unwrap(wrapped))).toBe(toHex(plain))
      }),
      { numRuns: 30 },
    )
  })
})
