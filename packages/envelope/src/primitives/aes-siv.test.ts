import { createCipheriv, getCiphers } from 'node:crypto'
import { aessiv as nobleSiv } from '@noble/ciphers/aes.js'
import { fromHex, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { onNoble, onNode, twins } from '../../test/twins.ts'
import { aesSiv } from './aes-siv.ts'

// RFC 5297, appendix A.1 (deterministic) and A.2 (nonce-based; the nonce is the last associated data).
const known = [
  {
    name: 'RFC 5297 A.1',
    key: 'fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
    associatedData: ['101112131415161718191a1b1c1d1e1f2021222324252627'],
    plaintext: '112233445566778899aabbccddee',
    sealed: '85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c',
  },
  {
    name: 'RFC 5297 A.2',
    key: '7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f',
    associatedData: [
      '00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100',
      '102030405060708090a0',
      '09f911029d74e35bd84156c5635688c0',
    ],
    plaintext: '7468697320697320736f6d6520706c61696e7465787420746f20656e6372797074207573696e67205349562d414553',
    sealed:
      '7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d',
  },
]

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const sivKeys = fc.constantFrom(32, 48, 64).chain(bytes)
const texts = fc.uint8Array({ maxLength: 80 })
const lists = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 })
const key = Uint8Array.from({ length: 64 }, (_, i) => i)

/** Arrays, not views of Node's Buffer: what comes out must be the same kind on every platform. */
const plain = (value: Uint8Array) => value.constructor === Uint8Array

describe.each(twins)('AES-SIV over the $name twin', ({ siv }) => {
  it.each(known)('S18 $name', ({ key, associatedData, plaintext, sealed }) => {
    const cipher = siv(fromHex(key))
    expect(toHex(cipher.seal(fromHex(plaintext), ...associatedData.map(fromHex)))).toBe(sealed)
    expect(toHex(cipher.open(fromHex(sealed), ...associatedData.map(fromHex)))).toBe(plaintext)
  })

  it('S18 S89 seals as @noble/ciphers does, and opens what it sealed', () => {
    fc.assert(
      fc.property(sivKeys, texts, lists, (key, text, list) => {
        const cipher = siv(key)
        const sealed = cipher.seal(text, ...list)
        expect(toHex(sealed)).toBe(toHex(nobleSiv(key, ...list).encrypt(text)))
        expect(sealed.length).toBe(16 + text.length)
        expect(toHex(cipher.open(sealed, ...list))).toBe(toHex(text))
        expect(plain(sealed) && plain(cipher.open(sealed, ...list))).toBe(true)
      }),
    )
  })

  it('S18 seals every length from 0 to 100 bytes as @noble/ciphers does, with and without associated data', () => {
    const text = Uint8Array.from({ length: 100 }, (_, i) => i * 7)
    for (let length = 0; length <= text.length; length++) {
      for (const list of [[], [text.subarray(0, (length * 3) % 50)]]) {
        const sealed = siv(key).seal(text.subarray(0, length), ...list)
        expect(toHex(sealed)).toBe(toHex(nobleSiv(key, ...list).encrypt(text.subarray(0, length))))
        expect(toHex(siv(key).open(sealed, ...list))).toBe(toHex(text.subarray(0, length)))
      }
    }
  })

  it('is deterministic, and keeps nothing between calls', () => {
    const [one, other] = [siv(key), siv(key)]
    fc.assert(
      fc.property(fc.array(fc.tuple(texts, lists), { maxLength: 5 }), (calls) => {
        for (const [text, list] of calls) expect(toHex(one.seal(text, ...list))).toBe(toHex(siv(key).seal(text, ...list)))
        for (const [text, list] of calls) expect(toHex(other.open(one.seal(text, ...list), ...list))).toBe(toHex(text))
      }),
      { numRuns: 30 },
    )
  })

  it('leaves its input as it was, and does not follow it: key, plaintext, associated data, sealed bytes', () => {
    const [ownKey, text, aad] = [key.slice(), Uint8Array.from([1, 2, 3]), Uint8Array.from([4, 5])]
    const cipher = siv(ownKey)
    const sealed = cipher.seal(text, aad)
    expect([toHex(ownKey), [...text], [...aad]]).toEqual([toHex(key), [1, 2, 3], [4, 5]])
    const opened = cipher.open(sealed, aad)
    ownKey.fill(0)
    text.fill(0)
    expect([...opened]).toEqual([1, 2, 3])
    sealed.fill(0)
    expect([...opened]).toEqual([1, 2, 3])
    expect(toHex(cipher.seal(Uint8Array.from([1, 2, 3]), aad))).toBe(toHex(siv(key).seal(Uint8Array.from([1, 2, 3]), aad)))
  })

  it('does not follow a key that came in a Buffer either', () => {
    const ownKey = Buffer.from(key)
    const cipher = siv(ownKey)
    const before = toHex(cipher.seal(Uint8Array.of(1), Uint8Array.of(2)))
    ownKey.fill(0)
    expect(toHex(cipher.seal(Uint8Array.of(1), Uint8Array.of(2)))).toBe(before)
  })

  it('refuses every single-bit change, every cut, every byte added, and tells nothing more', async () => {
    const cipher = siv(key)
    const list = [Uint8Array.of(7, 7), Uint8Array.of(8)]
    for (const length of [0, 1, 15, 16, 17, 33]) {
      const sealed = cipher.seal(new Uint8Array(length).fill(0x41), ...list)
      const altered = [sealed.subarray(1), Uint8Array.of(...sealed, 0), Uint8Array.of(0, ...sealed)]
      for (let end = 0; end < sealed.length; end++) altered.push(sealed.subarray(0, end))
      for (let bit = 0; bit < sealed.length * 8; bit++) {
        const flipped = sealed.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        altered.push(flipped)
      }
      const told = new Set<string>()
      for (const bad of altered) {
        const { code, message, cause, info } = await refusal(() => cipher.open(bad, ...list))
        told.add(JSON.stringify([code, message, cause ?? null, info]))
      }
      expect(told.size).toBe(1)
      expect([...told][0]).toContain('PHI_ENVELOPE_OPEN')
    }
  })

  it('binds the list of associated data: its order, its count, and where each one ends', async () => {
    const cipher = siv(key)
    const text = Uint8Array.of(1, 2, 3)
    const [a, b, none] = [Uint8Array.of(1), Uint8Array.of(2), new Uint8Array(0)]
    const variants = [[], [none], [none, none], [a], [a, none], [none, a], [a, b], [b, a], [Uint8Array.of(1, 2)], [a, b, none]]
    expect(new Set(variants.map((list) => toHex(cipher.seal(text, ...list)))).size).toBe(variants.length)
    for (const sealedFor of variants) {
      const sealed = cipher.seal(text, ...sealedFor)
      for (const openedFor of variants) {
        if (openedFor === sealedFor) expect([...cipher.open(sealed, ...openedFor)]).toEqual([1, 2, 3])
        else expect((await refusal(() => cipher.open(sealed, ...openedFor))).code).toBe('PHI_ENVELOPE_OPEN')
      }
    }
  })

  it('S91 does not open under any other key', async () => {
    const sealed = siv(key).seal(Uint8Array.of(1))
    for (const at of [0, 31, 32, 63]) {
      const other = key.slice()
      other[at] = (other[at] as number) ^ 1
      expect((await refusal(() => siv(other).open(sealed))).code).toBe('PHI_ENVELOPE_OPEN')
    }
  })

  it('takes 126 associated data, the most that RFC 5297 §7 allows, and seals with no more', async () => {
    const cipher = siv(key)
    const list = Array.from({ length: 126 }, (_, i) => Uint8Array.of(i))
    const sealed = cipher.seal(Uint8Array.of(9), ...list)
    expect([...cipher.open(sealed, ...list)]).toEqual([9])
    const more = [...list, Uint8Array.of(0)]
    expect((await refusal(() => cipher.seal(Uint8Array.of(9), ...more))).code).toBe('PHI_ENVELOPE_OPTIONS')
    expect((await refusal(() => cipher.open(sealed, ...more))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it.each([0, 16, 31, 33, 63, 65, 128])('refuses a key of %i bytes', async (length) => {
    expect((await refusal(() => siv(new Uint8Array(length)))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
  })

  it.each(['text', ['1'], undefined, null, { length: 20 }, new ArrayBuffer(20)])(
    'refuses what is not bytes: %j',
    async (value) => {
      const cipher = siv(key)
      const sealed = cipher.seal(Uint8Array.of(1))
      expect((await refusal(() => cipher.seal(value as never))).code).toBe('PHI_ENVELOPE_VALUE')
      expect((await refusal(() => cipher.seal(Uint8Array.of(1), value as never))).code).toBe('PHI_ENVELOPE_VALUE')
      expect((await refusal(() => cipher.open(value as never))).code).toBe('PHI_ENVELOPE_OPEN')
      expect((await refusal(() => cipher.open(sealed, value as never))).code).toBe('PHI_ENVELOPE_OPEN')
      expect((await refusal(() => siv(value as never))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
    },
  )
})

describe('AES-SIV', () => {
  it('the exported one is over the twin of this platform', () => {
    const [first] = known as [(typeof known)[0]]
    expect(toHex(aesSiv(fromHex(first.key)).seal(fromHex(first.plaintext), ...first.associatedData.map(fromHex)))).toBe(
      first.sealed,
    )
  })

  it('S18 what one twin seals, the other opens, whatever the length and wherever it lies in memory', {
    timeout: 300_000,
  }, () => {
    const numRuns = process.env.PHI_LONG === '1' ? 500 : 60
    const long = fc.uint8Array({ maxLength: process.env.PHI_LONG === '1' ? 20_000 : 1000, size: 'max' })
    fc.assert(
      fc.property(sivKeys, long, lists, fc.nat(3), (key, text, list, offset) => {
        const [a, b] = [onNode.siv(key), onNoble.siv(key)]
        const shifted = new Uint8Array(offset + text.length)
        shifted.set(text, offset)
        const sealed = a.seal(shifted.subarray(offset), ...list)
        expect(toHex(b.seal(shifted.subarray(offset), ...list))).toBe(toHex(sealed))
        const moved = new Uint8Array(offset + sealed.length)
        moved.set(sealed, offset)
        expect(toHex(b.open(moved.subarray(offset), ...list))).toBe(toHex(text))
      }),
      { numRuns },
    )
  })

  // From Node 26 on; older ones are built without it.
  it.skipIf(!getCiphers().includes('aes-256-siv'))(
    'seals as the aes-256-siv of this OpenSSL does (skipped where it has none: before Node 26)',
    () => {
      type Native = {
        setAAD(data: Uint8Array): unknown
        update(data: Uint8Array): Buffer
        final(): Buffer
        getAuthTag(): Buffer
      }
      fc.assert(
        fc.property(bytes(64), fc.uint8Array({ minLength: 1, maxLength: 200 }), texts, (key, text, aad) => {
          const cipher = createCipheriv('aes-256-siv' as string, key, null) as unknown as Native
          cipher.setAAD(aad)
          const body = Buffer.concat([cipher.update(text), cipher.final()])
          expect(toHex(aesSiv(key).seal(text, aad))).toBe(toHex(Buffer.concat([cipher.getAuthTag(), body])))
        }),
      )
    },
  )
})
