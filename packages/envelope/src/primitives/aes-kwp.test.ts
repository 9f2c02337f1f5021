import { createCipheriv, createDecipheriv } from 'node:crypto'
import { fromHex, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { onNoble, onNode, twins } from '../../test/twins.ts'
import { aesKwp } from './aes-kwp.ts'

// RFC 5649 §6
const kek = '5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8'
const known = [
  ['c37b7e6492584340bed12207808941155068f738', '138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a'],
  ['466f7250617369', 'afbeb0f07dfbf5419200f2ccb50bb24f'],
] as const

const key = Uint8Array.from({ length: 32 }, (_, i) => i)
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const kekBytes = fc.constantFrom(16, 24, 32).chain(bytes)
const keyData = fc.uint8Array({ minLength: 1, maxLength: 100 })
const initialValue = Buffer.from('a65959a6', 'hex')

/** Wraps any initial value and padded data: for wrapped keys that an honest wrapper never makes. */
function forged(initial: string, padded: Uint8Array): Uint8Array {
  if (padded.length === 8) {
    const block = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
    return Uint8Array.from(block.update(Buffer.concat([Buffer.from(initial, 'hex'), padded])))
  }
  const native = createCipheriv('id-aes256-wrap', key, Buffer.from(initial, 'hex'))
  return Uint8Array.from(Buffer.concat([native.update(padded), native.final()]))
}

describe.each(twins)('AES Key Wrap with Padding over the $name twin', ({ kwp }) => {
  it.each(known)('S19 RFC 5649 §6: %s', (plain, wrapped) => {
    expect(toHex(kwp(fromHex(kek)).wrap(fromHex(plain)))).toBe(wrapped)
    expect(toHex(kwp(fromHex(kek)).unwrap(fromHex(wrapped)))).toBe(plain)
  })

  it('S19 wraps and unwraps as OpenSSL does', () => {
    fc.assert(
      fc.property(kekBytes, keyData, (key, plain) => {
        const name = `id-aes${key.length * 8}-wrap-pad`
        const wrapped = kwp(key).wrap(plain)
        const native = createCipheriv(name, key, initialValue)
        expect(toHex(wrapped)).toBe(toHex(Buffer.concat([native.update(plain), native.final()])))
        expect(wrapped.length).toBe(Math.ceil(plain.length / 8) * 8 + 8)
        const decipher = createDecipheriv(name, key, initialValue)
        expect(toHex(kwp(key).unwrap(wrapped))).toBe(toHex(Buffer.concat([decipher.update(wrapped), decipher.final()])))
      }),
    )
  })

  it('the key that comes out is its own copy, and as long as it went in', () => {
    for (const length of [1, 7, 8, 9, 15, 16, 17, 32, 64]) {
      const plain = Uint8Array.from({ length }, (_, i) => i + 1)
      const wrapped = kwp(key).wrap(plain)
      const unwrapped = kwp(key).unwrap(wrapped)
      expect(unwrapped.buffer.byteLength).toBe(length)
      wrapped.fill(0)
      plain.fill(0)
      expect([...unwrapped]).toEqual(Array.from({ length }, (_, i) => i + 1))
    }
  })

  it('refuses every single-bit change and every cut, and tells nothing more', async () => {
    const wrap = kwp(key)
    const told = new Set<string>()
    for (const length of [5, 8, 20, 32]) {
      const wrapped = wrap.wrap(new Uint8Array(length).fill(0x41))
      const altered: Uint8Array[] = [Uint8Array.of(...wrapped, 0), Uint8Array.of(...wrapped, ...new Uint8Array(8))]
      for (let end = 0; end < wrapped.length; end++) altered.push(wrapped.subarray(0, end))
      for (let bit = 0; bit < wrapped.length * 8; bit++) {
        const flipped = wrapped.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        altered.push(flipped)
      }
      for (const bad of altered) {
        const { code, message, cause, info } = await refusal(() => wrap.unwrap(bad))
        told.add(JSON.stringify([code, message, cause ?? null, info]))
      }
    }
    expect(told.size).toBe(1)
    expect([...told][0]).toContain('PHI_ENVELOPE_OPEN')
  })

  it.each([
    ['a mark that is off by a bit', 'a65959a700000010', 16],
    ['the initial value of RFC 3394', 'a6a6a6a6a6a6a6a6', 16],
    ['a length of zero', 'a65959a600000000', 16],
    ['a length of zero in one semiblock', 'a65959a600000000', 8],
    ['a length that leaves a whole semiblock of padding', 'a65959a600000008', 16],
    ['a length beyond the data', 'a65959a600000011', 16],
    ['a length beyond the data in one semiblock', 'a65959a600000009', 8],
    ['a length with its highest bit set', 'a65959a680000010', 16],
    ['the greatest length', 'a65959a6ffffffff', 16],
  ])('refuses what is wrapped under the right key with %s', async (_, initial, length) => {
    expect((await refusal(() => kwp(key).unwrap(forged(initial, new Uint8Array(length))))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it('refuses padding that is not zero, wherever it is not', async () => {
    for (const [total, lengths] of [
      [8, [1, 2, 3, 4, 5, 6, 7]],
      [24, [17, 18, 19, 20, 21, 22, 23]],
    ] as const) {
      for (const length of lengths) {
        const initial = `a65959a6${length.toString(16).padStart(8, '0')}`
        expect(kwp(key).unwrap(forged(initial, new Uint8Array(total))).length).toBe(length)
        for (let at = length; at < total; at++) {
          const padded = new Uint8Array(total)
          padded[at] = 1
          expect((await refusal(() => kwp(key).unwrap(forged(initial, padded)))).code).toBe('PHI_ENVELOPE_OPEN')
        }
      }
    }
  })

  it('refuses an initial value by itself, which holds no key', async () => {
    expect((await refusal(() => kwp(key).unwrap(fromHex('a65959a600000000')))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it('refuses another key, and what was wrapped without padding', async () => {
    const wrapped = kwp(key).wrap(key)
    expect((await refusal(() => kwp(new Uint8Array(32)).unwrap(wrapped))).code).toBe('PHI_ENVELOPE_OPEN')
    expect((await refusal(() => kwp(key).unwrap(onNode.kw(key).wrap(key)))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it.each([0, 8, 31, 33, 64])('refuses a key-encryption key of %i bytes', async (length) => {
    expect((await refusal(() => kwp(new Uint8Array(length)))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
  })

  it.each([new Uint8Array(0), '01234567', undefined, null, new ArrayBuffer(24)])('does not wrap %j', async (value) => {
    expect((await refusal(() => kwp(key).wrap(value as never))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
    expect((await refusal(() => kwp(key).unwrap(value as never))).code).toBe('PHI_ENVELOPE_OPEN')
  })
})

describe('AES Key Wrap with Padding', () => {
  it('the exported one is over the twin of this platform', () => {
    expect(toHex(aesKwp(fromHex(kek)).wrap(fromHex(known[0][0])))).toBe(known[0][1])
  })

  it('S19 what one twin wraps, the other unwraps', () => {
    fc.assert(
      fc.property(kekBytes, keyData, (key, plain) => {
        const wrapped = onNode.kwp(key).wrap(plain)
        expect(toHex(onNoble.kwp(key).wrap(plain))).toBe(toHex(wrapped))
        expect(toHex(onNoble.kwp(key).unwrap(wrapped))).toBe(toHex(plain))
      }),
      { numRuns: 30 },
    )
  })
})
