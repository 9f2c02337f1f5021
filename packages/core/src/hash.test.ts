import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeVectors, readVector } from '../test/vectors.ts'
import * as noble from './crypto/noble.ts'
import * as node from './crypto/node.ts'
import { fromHex, hmacSha256, randomBytes, sha256, sha256Base64, toBase64, toHex, utf8 } from './index.ts'

const twins = [
  ['node', node],
  ['noble', noble],
] as const

/** Bytes of every length that starts, fills or ends a block, from a fixed seed: byte i of n is a mix of both. */
const sample = (length: number) => Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 2654435761) ^ (length * 97)) >>> 11)

describe.each(twins)('known answers (%s)', (_, crypto) => {
  // FIPS 180-4 examples published by NIST: one block, two blocks, one million a's; and the empty message.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('S113 S145 SHA-256 of %.12j', (text, digest) => {
    expect(toHex(crypto.sha256(utf8(text)))).toBe(digest)
    expect(crypto.sha256Base64(utf8(text))).toBe(toBase64(fromHex(digest)))
  })

  // RFC 4231, test cases 1 to 4, 6 and 7; case 5 truncates the output.
  it.each([
    [1, '0b'.repeat(20), toHex(utf8('Hi There')), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      2,
      toHex(utf8('Jefe')),
      toHex(utf8('what do ya want for nothing?')),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [3, 'aa'.repeat(20), 'dd'.repeat(50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
    [
      4,
      '0102030405060708090a0b0c0d0e0f10111213141516171819',
      'cd'.repeat(50),
      '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
    ],
    [
      6,
      'aa'.repeat(131),
      toHex(utf8('Test Using Larger Than Block-Size Key - Hash Key First')),
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
    [
      7,
      'aa'.repeat(131),
      toHex(
        utf8(
          'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
        ),
      ),
      '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    ],
  ])('HMAC-SHA-256, RFC 4231 case %d', (_case, key, data, tag) => {
    expect(toHex(crypto.hmacSha256(fromHex(key), fromHex(data)))).toBe(tag)
  })
})

interface WycheproofFile {
  readonly numberOfTests: number
  readonly testGroups: readonly {
    readonly tagSize: number
    readonly tests: readonly { tcId: number; key: string; msg: string; tag: string; result: 'valid' | 'invalid' }[]
  }[]
}

describeVectors('Wycheproof HMAC-SHA-256', 'aead/hmac_sha256_test.json', () => {
  it.each(twins)('%s accepts exactly the valid tags', (_, crypto) => {
    const file = JSON.parse(readVector('aead/hmac_sha256_test.json')) as WycheproofFile
    let checked = 0
    for (const { tagSize, tests } of file.testGroups) {
      for (const { tcId, key, msg, tag, result } of tests) {
        const computed = toHex(crypto.hmacSha256(fromHex(key), fromHex(msg)).subarray(0, tagSize / 8))
        expect({ tcId, result: computed === tag ? 'valid' : 'invalid' }).toEqual({ tcId, result })
        checked++
      }
    }
    expect(checked).toBe(file.numberOfTests)
    expect(checked).toBeGreaterThan(100)
  })
})

describe('the twins', () => {
  it('S113 S145 SHA-256 is the same in Node and elsewhere, for every length from 0 to 300', () => {
    for (let length = 0; length <= 300; length++) {
      const data = sample(length)
      const digest = toHex(node.sha256(data))
      expect(toHex(noble.sha256(data))).toBe(digest)
      expect(noble.sha256Base64(data)).toBe(node.sha256Base64(data))
      expect(createHash('sha256').update(data).digest('hex')).toBe(digest)
    }
  })

  it('SHA-256 in parts is SHA-256 of the whole, however it is cut', () => {
    for (const crypto of [node, noble]) {
      for (const cuts of [[], [0], [1, 1, 200], [64, 64], [63, 2, 1000]]) {
        const parts = crypto.sha256Parts()
        const pieces = cuts.map((length, i) => new Uint8Array(length).fill(i + 1))
        for (const piece of pieces) parts.update(piece)
        const whole = Uint8Array.from(pieces.flatMap((piece) => [...piece]))
        expect(toHex(parts.digest())).toBe(toHex(sha256(whole)))
      }
    }
  })

  it('HMAC-SHA-256 is the same in Node and elsewhere, for every length of key and data from 0 to 300', () => {
    for (let length = 0; length <= 300; length++) {
      const [key, data] = [sample(length), sample(300 - length)]
      const tag = toHex(node.hmacSha256(key, data))
      expect(toHex(noble.hmacSha256(key, data))).toBe(tag)
      expect(createHmac('sha256', key).update(data).digest('hex')).toBe(tag)
    }
  })

  it('both are the same on random and on big inputs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.uint8Array({ maxLength: 200 }), (data, key) => {
        expect(toHex(noble.sha256(data))).toBe(toHex(node.sha256(data)))
        expect(toHex(noble.hmacSha256(key, data))).toBe(toHex(node.hmacSha256(key, data)))
      }),
    )
    for (const length of [65_535, 65_536, 1_000_003, 8_388_608]) {
      const data = sample(length)
      expect(toHex(noble.sha256(data))).toBe(toHex(node.sha256(data)))
      expect(toHex(noble.hmacSha256(data.subarray(0, 100), data))).toBe(toHex(node.hmacSha256(data.subarray(0, 100), data)))
    }
  })

  it('hash a view into a larger buffer as the bytes it shows', () => {
    const whole = sample(500)
    for (const crypto of [node, noble]) {
      expect(toHex(crypto.sha256(whole.subarray(3, 203)))).toBe(toHex(crypto.sha256(whole.slice(3, 203))))
    }
  })
})

describe('the chosen implementation', () => {
  it("is Node's in Node", () => {
    expect(sha256).toBe(node.sha256)
    expect(hmacSha256).toBe(node.hmacSha256)
    expect(sha256Base64).toBe(node.sha256Base64)
    expect(randomBytes).toBe(node.randomBytes)
  })

  it.each(twins)('random bytes of %s: as many as asked, past the limit of one call, and not the same twice', (_, crypto) => {
    for (const length of [0, 1, 16, 65_536, 65_537, 200_000]) expect(crypto.randomBytes(length).length).toBe(length)
    expect(toHex(crypto.randomBytes(32))).not.toBe(toHex(crypto.randomBytes(32)))
    // All 256 values show up in every part: none is left at zero.
    const big = crypto.randomBytes(200_000)
    for (const start of [0, 65_536, 131_072]) expect(new Set(big.subarray(start, start + 60_000)).size).toBe(256)
  })
})
