import { createPublicKey, verify as nodeVerify } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ED25519_TORSION_SUBGROUP, ed25519, ed25519_hasher } from '@noble/curves/ed25519.js'
import { fromHex, toHex, utf8 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as noble from './noble.ts'
import * as node from './node.ts'
import { littleEndian } from './strict.ts'

const folder = process.env.PHI_VECTORS ?? fileURLToPath(new URL('../../../../../shared/vectors', import.meta.url))
const wycheproof = `${folder}/aead/ed25519_test.json`

const twins = [
  ['node:crypto', node],
  ['@noble/curves', noble],
] as const

/** RFC 8032 §7.1: secret key, public key, message, signature. TEST 1, 2, 3 and SHA(abc). */
const rfc8032 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
  [
    '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  ],
].map((row) => row.map(fromHex) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array])

describe.each(twins)('Ed25519 with %s', (_name, twin) => {
  it('gives the answers of RFC 8032 §7.1', () => {
    for (const [secretKey, publicKey, message, signature] of rfc8032) {
      expect(toHex(twin.publicKeyOf(secretKey))).toBe(toHex(publicKey))
      expect(toHex(twin.sign(secretKey, message))).toBe(toHex(signature))
      expect(twin.verify(publicKey, message, signature)).toBe(true)
    }
  })

  it.skipIf(!existsSync(wycheproof))('agrees with every Wycheproof vector', () => {
    type Test = { tcId: number; msg: string; sig: string; result: 'valid' | 'invalid' }
    const { testGroups, numberOfTests } = JSON.parse(readFileSync(wycheproof, 'utf8')) as {
      numberOfTests: number
      testGroups: { publicKey: { pk: string }; tests: Test[] }[]
    }
    const wrong: number[] = []
    let count = 0
    for (const { publicKey, tests } of testGroups) {
      for (const { tcId, msg, sig, result } of tests) {
        count++
        if (twin.verify(fromHex(publicKey.pk), fromHex(msg), fromHex(sig)) !== (result === 'valid')) wrong.push(tcId)
      }
    }
    expect(count).toBe(numberOfTests)
    expect(wrong).toEqual([])
  })

  it('makes fresh 32-byte keys and plain Uint8Arrays', () => {
    const secretKey = twin.generateSecretKey()
    expect(secretKey).toHaveLength(32)
    expect(toHex(twin.generateSecretKey())).not.toBe(toHex(secretKey))
    expect(twin.publicKeyOf(secretKey).constructor).toBe(Uint8Array)
    expect(twin.sign(secretKey, new Uint8Array()).constructor).toBe(Uint8Array)
  })

  it('answers false, and never throws, for what is no key, message or signature', () => {
    const [, publicKey, message, signature] = rfc8032[1] as (typeof rfc8032)[0]
    const bad = [new Uint8Array(0), new Uint8Array(31), new Uint8Array(65), 'text', null, undefined, 7, [1, 2], {}] as never[]
    for (const value of bad) {
      expect(twin.verify(value, message, signature)).toBe(false)
      expect(twin.verify(publicKey, value, signature)).toBe(false)
      expect(twin.verify(publicKey, message, value)).toBe(false)
    }
    // 32 bytes that are no point of the curve
    expect(twin.verify(Uint8Array.of(2, ...new Uint8Array(31)), message, signature)).toBe(false)
  })

  it('refuses secret keys that are not 32 bytes', () => {
    for (const bad of [new Uint8Array(31), new Uint8Array(64), 'text' as never, null as never]) {
      expect(() => twin.sign(bad, new Uint8Array())).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_SKEY' }))
      expect(() => twin.publicKeyOf(bad)).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_SKEY' }))
    }
  })
})

describe('both implementations', () => {
  it('agree on random keys and messages, and on one changed bit', () => {
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(bytes32, fc.uint8Array({ maxLength: 300 }), fc.nat(511), (secretKey, message, bit) => {
        const publicKey = node.publicKeyOf(secretKey)
        const signature = node.sign(secretKey, message)
        expect(noble.publicKeyOf(secretKey)).toEqual(publicKey)
        expect(noble.sign(secretKey, message)).toEqual(signature)
        const changed = signature.slice()
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
        for (const [, twin] of twins) {
          expect(twin.verify(publicKey, message, signature)).toBe(true)
          expect(twin.verify(publicKey, message, changed)).toBe(false)
          expect(twin.verify(publicKey, Uint8Array.of(...message, 0), signature)).toBe(false)
        }
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 1_000 : 30 },
    )
  })
})

// Where OpenSSL and @noble/curves differ by themselves. Each case first shows the difference, then that it is gone.
describe('where the libraries differ', () => {
  const { Point } = ed25519
  const { Fn, BASE } = Point
  const scalar = 1_234_567n
  const nonce = 7_654_321n

  const opensslAlone = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => {
    const der = Buffer.concat([fromHex('302a300506032b6570032100'), publicKey])
    return nodeVerify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)
  }
  const nobleAlone = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
    ed25519.verify(signature, message, publicKey, { zip215: false })

  const challenge = (R: Uint8Array, A: Uint8Array, message: Uint8Array) =>
    Fn.create(littleEndian(ed25519_hasher.defaults.hash(Buffer.concat([R, A, message]))))

  it('a key with a part of small order: counts only where the equation holds without the cofactor', () => {
    const torsion = Point.fromHex(ED25519_TORSION_SUBGROUP[1] as string)
    const A = BASE.multiply(scalar).add(torsion).toBytes()
    const R = BASE.multiply(nonce).toBytes()
    const verdicts = Array.from({ length: 40 }, (_, i) => {
      const message = utf8(`message ${i}`)
      const S = Fn.create(nonce + challenge(R, A, message) * scalar)
      const signature = Uint8Array.of(...R, ...Fn.toBytes(S))
      expect(nobleAlone(A, message, signature)).toBe(true)
      const verdict = opensslAlone(A, message, signature)
      for (const [, twin] of twins) expect(twin.verify(A, message, signature)).toBe(verdict)
      return verdict
    })
    expect(verdicts).toContain(false)
  })

  it('an R with a part of small order is refused', () => {
    const A = BASE.multiply(scalar).toBytes()
    const R = BASE.multiply(nonce)
      .add(Point.fromHex(ED25519_TORSION_SUBGROUP[1] as string))
      .toBytes()
    const message = utf8('message')
    const signature = Uint8Array.of(...R, ...Fn.toBytes(Fn.create(nonce + challenge(R, A, message) * scalar)))
    expect(nobleAlone(A, message, signature)).toBe(true)
    expect(opensslAlone(A, message, signature)).toBe(false)
    for (const [, twin] of twins) expect(twin.verify(A, message, signature)).toBe(false)
  })

  // Some releases of OpenSSL take the keys of the following tests and others do not: what counts is that neither twin does.
  it('a key of small order, under which one signature fits every message, is refused', () => {
    const identity = Uint8Array.of(1, ...new Uint8Array(31))
    const signature = Uint8Array.of(...BASE.multiply(nonce).toBytes(), ...Fn.toBytes(nonce))
    for (const message of [utf8('one'), utf8('another')]) {
      expect(nobleAlone(identity, message, signature)).toBe(false)
      for (const [, twin] of twins) expect(twin.verify(identity, message, signature)).toBe(false)
    }
  })

  it('all eight keys of small order are refused, with either sign of x', () => {
    expect(ED25519_TORSION_SUBGROUP).toHaveLength(8)
    for (const key of ED25519_TORSION_SUBGROUP.map(fromHex)) {
      for (let i = 0; i < 40; i++) {
        const message = utf8(`message ${i}`)
        const signature = Uint8Array.of(...BASE.multiply(nonce).toBytes(), ...Fn.toBytes(nonce))
        const otherSign = key.slice()
        otherSign[31] = (otherSign[31] as number) ^ 0x80
        for (const [, twin] of twins) {
          expect(twin.verify(key, message, signature)).toBe(false)
          expect(twin.verify(otherSign, message, signature)).toBe(false)
        }
      }
    }
  })

  it('a key whose y is not reduced is refused', () => {
    // y = p + 1, which is the identity in another spelling.
    const notReduced = Uint8Array.of(0xee, ...new Uint8Array(30).fill(0xff), 0x7f)
    const signature = Uint8Array.of(...BASE.multiply(nonce).toBytes(), ...Fn.toBytes(nonce))
    for (const [, twin] of twins) expect(twin.verify(notReduced, utf8('one'), signature)).toBe(false)
  })
})
