import { shake128 } from '@noble/hashes/sha3.js'
import { fromHex, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { describeVectors, readVector } from '../../../core/test/vectors.ts'
import { referenceCommitment, referenceKcXaesSeal, referenceXaesOpen, referenceXaesSeal } from '../../test/reference-xaes.ts'
import { kcXaes256Gcm, xaes256Gcm } from './xaes.ts'

const FILE = 'aead/xaes_256_gcm.json'

interface XaesVector {
  readonly comment: string
  readonly key: string
  readonly nonce: string
  readonly plaintext: string
  readonly aad: string
  readonly ciphertext: string
}
interface KcVector {
  readonly key: string
  readonly nonce: string
  readonly plaintext: string
  readonly aad: string
  readonly ct: string
  readonly tag: string
  readonly kc: string
}
interface File {
  readonly vectors: readonly XaesVector[]
  readonly accumulated: { readonly expectedHash: Readonly<Record<string, string>> }
  readonly kcVectors: { readonly vectors: readonly KcVector[] }
}
const vectors = () => JSON.parse(readVector(FILE)) as File

/**
 * The accumulated test of the specification: keys, nonces, plaintexts and associated data out of one SHAKE-128, the ciphertexts
 * into another. Hands back its 32 bytes of output.
 */
function accumulated(
  iterations: number,
  seal: (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array) => Uint8Array,
): string {
  const random = shake128.create({})
  const sum = shake128.create({ dkLen: 32 })
  const oneOf = (length: number) => random.xof(length)
  const vector = () => oneOf(oneOf(1)[0] as number)
  for (let i = 0; i < iterations; i++) {
    const [key, nonce, plaintext, aad] = [oneOf(32), oneOf(24), vector(), vector()]
    sum.update(seal(key, nonce, plaintext, aad))
  }
  return toHex(sum.digest())
}

/** Seals, and fails unless what was sealed opens again. */
function sealedAndOpened(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const aead = xaes256Gcm(key)
  const sealed = aead.seal(nonce, plaintext, aad)
  if (toHex(aead.open(nonce, sealed, aad)) !== toHex(plaintext)) throw new Error('does not open')
  return sealed
}

describeVectors('XAES-256-GCM, the published vectors', FILE, () => {
  it('S18 known answers, both ways', () => {
    const { vectors: list } = vectors()
    expect(list.map(({ comment }) => comment)).toEqual(['MSB1(L)=0', 'MSB1(L)=1'])
    for (const { key, nonce, plaintext, aad, ciphertext } of list) {
      const aead = xaes256Gcm(fromHex(key))
      expect(toHex(aead.seal(fromHex(nonce), fromHex(plaintext), fromHex(aad)))).toBe(ciphertext)
      expect(toHex(aead.open(fromHex(nonce), fromHex(ciphertext), fromHex(aad)))).toBe(plaintext)
      expect(referenceXaesSeal(fromHex(key), fromHex(nonce), fromHex(plaintext), fromHex(aad)).toString('hex')).toBe(ciphertext)
    }
  })

  it('S18 the accumulated hash of 10,000 random messages', () => {
    const expected = vectors().accumulated.expectedHash['10000'] as string
    expect(expected).toMatch(/^[0-9a-f]{64}$/)
    expect(accumulated(10_000, sealedAndOpened)).toBe(expected)
  })

  it('the plain twin has the same accumulated hash', () => {
    expect(accumulated(10_000, referenceXaesSeal)).toBe(vectors().accumulated.expectedHash['10000'])
  })

  it('S18 known answers of KC-XAES-256-GCM, both ways', () => {
    const { vectors: list } = vectors().kcVectors
    expect(list.length).toBe(3)
    for (const { key, nonce, plaintext, aad, ct, tag, kc } of list) {
      const aead = kcXaes256Gcm(fromHex(key))
      expect(toHex(aead.seal(fromHex(nonce), fromHex(plaintext), fromHex(aad)))).toBe(ct + tag + kc)
      expect(toHex(aead.open(fromHex(nonce), fromHex(ct + tag + kc), fromHex(aad)))).toBe(plaintext)
      expect(referenceCommitment(fromHex(key), fromHex(nonce)).toString('hex')).toBe(kc)
    }
  })
})

// The specification prints this hash; it takes some minutes.
it.skipIf(process.env.PHI_LONG !== '1')(
  'S18 the accumulated hash of 1,000,000 random messages (npm run test:long)',
  { timeout: 1_800_000 },
  () => {
    expect(accumulated(1_000_000, sealedAndOpened)).toBe('2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15')
  },
)

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const texts = fc.uint8Array({ maxLength: 300, size: 'max' })
const numRuns = process.env.PHI_LONG === '1' ? 5000 : 300

describe('against the plain twin', { timeout: 300_000 }, () => {
  it('S18 S89 XAES-256-GCM seals and opens as the specification reads, message after message under one key', () => {
    fc.assert(
      fc.property(bytes(32), fc.array(fc.tuple(bytes(24), texts, texts), { minLength: 1, maxLength: 4 }), (key, messages) => {
        const aead = xaes256Gcm(key)
        for (const [nonce, text, aad] of messages) {
          const sealed = aead.seal(nonce, text, aad)
          expect(toHex(sealed)).toBe(referenceXaesSeal(key, nonce, text, aad).toString('hex'))
          expect(toHex(aead.open(nonce, sealed, aad))).toBe(toHex(text))
          expect(referenceXaesOpen(key, nonce, sealed, aad)?.toString('hex')).toBe(toHex(text))
        }
      }),
      { numRuns },
    )
  })

  it('S18 S89 KC-XAES-256-GCM is the same with the commitment after it', () => {
    fc.assert(
      fc.property(bytes(32), fc.array(fc.tuple(bytes(24), texts, texts), { minLength: 1, maxLength: 4 }), (key, messages) => {
        const aead = kcXaes256Gcm(key)
        for (const [nonce, text, aad] of messages) {
          const sealed = aead.seal(nonce, text, aad)
          expect(toHex(sealed)).toBe(referenceKcXaesSeal(key, nonce, text, aad).toString('hex'))
          expect(toHex(aead.open(nonce, sealed, aad))).toBe(toHex(text))
        }
      }),
      { numRuns },
    )
  })

  it('left out, the associated data is empty', () => {
    const [key, nonce, text, none] = [new Uint8Array(32), new Uint8Array(24), Uint8Array.of(1, 2, 3), new Uint8Array(0)]
    for (const aead of [xaes256Gcm(key), kcXaes256Gcm(key)]) {
      expect(toHex(aead.seal(nonce, text))).toBe(toHex(aead.seal(nonce, text, none)))
      expect(toHex(aead.open(nonce, aead.seal(nonce, text), none))).toBe('010203')
    }
  })
})

describe.each([
  ['XAES-256-GCM', xaes256Gcm, 16],
  ['KC-XAES-256-GCM', kcXaes256Gcm, 48],
] as const)('%s', (_, make, overhead) => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i)
  const nonce = Uint8Array.from({ length: 24 }, (_, i) => 100 + i)
  const aad = Uint8Array.of(9, 9)
  const aead = make(key)
  const flip = (input: Uint8Array, bit: number) => {
    const out = input.slice()
    out[bit >> 3] = (out[bit >> 3] as number) ^ (1 << (bit & 7))
    return out
  }

  it('refuses every single-bit change, every cut, every byte added, and tells nothing more', async () => {
    const told = new Set<string>()
    for (const length of [0, 1, 32]) {
      const sealed = aead.seal(nonce, new Uint8Array(length).fill(0x41), aad)
      expect(sealed.length).toBe(length + overhead)
      const calls = [
        () => aead.open(nonce, Uint8Array.of(...sealed, 0), aad),
        () => aead.open(nonce, sealed, Uint8Array.of(9)),
        () => aead.open(nonce, sealed),
      ]
      for (let end = 0; end < sealed.length; end++) calls.push(() => aead.open(nonce, sealed.subarray(0, end), aad))
      for (let bit = 0; bit < sealed.length * 8; bit++) calls.push(() => aead.open(nonce, flip(sealed, bit), aad))
      for (let bit = 0; bit < 24 * 8; bit++) calls.push(() => aead.open(flip(nonce, bit), sealed, aad))
      for (const call of calls) {
        const { code, message, cause, info } = await refusal(call)
        told.add(JSON.stringify([code, message, cause ?? null, info]))
      }
      expect(aead.open(nonce, sealed, aad).length).toBe(length)
    }
    expect(told.size).toBe(1)
    expect([...told][0]).toContain('PHI_ENVELOPE_OPEN')
  })

  it('S91 does not open under a key that differs in one bit', async () => {
    const sealed = aead.seal(nonce, Uint8Array.of(1, 2, 3), aad)
    for (let bit = 0; bit < 256; bit++) {
      expect((await refusal(() => make(flip(key, bit)).open(nonce, sealed, aad))).code).toBe('PHI_ENVELOPE_OPEN')
    }
  })

  it.each([0, 16, 24, 31, 33, 64])('refuses a key of %i bytes', async (length) => {
    expect((await refusal(() => make(new Uint8Array(length)))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
  })

  it.each([0, 12, 23, 25])('does not seal under a nonce of %i bytes', async (length) => {
    expect((await refusal(() => aead.seal(new Uint8Array(length), Uint8Array.of(1)))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
    const sealed = aead.seal(nonce, Uint8Array.of(1))
    expect((await refusal(() => aead.open(new Uint8Array(length), sealed))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it('does not follow its input: key, nonce, plaintext, and what an earlier call handed out', () => {
    const [ownKey, ownNonce, text] = [key.slice(), nonce.slice(), Uint8Array.of(1, 2, 3)]
    const own = make(ownKey)
    const sealed = own.seal(ownNonce, text, aad)
    const before = toHex(sealed)
    const opened = own.open(ownNonce, sealed, aad)
    ownKey.fill(0)
    own.seal(new Uint8Array(24), new Uint8Array(3))
    expect(toHex(sealed)).toBe(before)
    sealed.fill(0)
    text.fill(0)
    expect([...opened]).toEqual([1, 2, 3])
    expect(toHex(own.seal(nonce, Uint8Array.of(1, 2, 3), aad))).toBe(before)
  })
})

it('KC-XAES-256-GCM: a ciphertext that GCM opens under two keys opens under one only', async () => {
  // Whoever knows both keys can make XAES-256-GCM ciphertexts that verify under either; the commitment names one key.
  const [one, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const nonce = new Uint8Array(24).fill(3)
  const forOther = referenceXaesSeal(other, nonce, Uint8Array.of(1), new Uint8Array(0))
  const mixed = Buffer.concat([forOther, referenceCommitment(one, nonce)])
  expect([...xaes256Gcm(other).open(nonce, forOther)]).toEqual([1])
  expect((await refusal(() => kcXaes256Gcm(other).open(nonce, mixed))).code).toBe('PHI_ENVELOPE_OPEN')
  expect((await refusal(() => kcXaes256Gcm(one).open(nonce, mixed))).code).toBe('PHI_ENVELOPE_OPEN')
})
