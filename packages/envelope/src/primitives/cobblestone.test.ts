import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { fromHex, isPhiError, randomBytes, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { describeVectors, readVector } from '../../../core/test/vectors.ts'
import { referenceChunk, referenceDerive, referenceSeal } from '../../test/file/reference-cobblestone.ts'
import * as noble from '../crypto/noble.ts'
import * as node from '../crypto/node.ts'
import { envelopeError } from '../errors.ts'
import { opening, type Recognition } from '../file/opening.ts'
import { fileReader } from '../file/reader.ts'
import { type CobblestoneTwin, cobblestone256, cobblestone256Over, deriveMessage, recogniseMessage } from './cobblestone.ts'
import { CHUNK, CHUNK_LIMIT, lastChunkOf, PREFIX, SEALED_CHUNK, sealedLength, TAG } from './cobblestone-sizes.ts'

/** A twin with its own kind of key hidden, so that one list holds both. */
const twinOf = <Key>(twin: CobblestoneTwin<Key>) => ({
  cobblestone: (key: Uint8Array) => cobblestone256Over(twin, key),
  derive: (key: Uint8Array, salt: Uint8Array, context: Uint8Array) => deriveMessage(twin, twin.importKey(key), salt, context),
  /** A bare message, without the header that files have. */
  recognition: (key: Uint8Array, context: Uint8Array): Recognition => ({
    prefixLength: PREFIX,
    recognise(prefix) {
      cobblestone256Over(twin, key)
      const chunks = recogniseMessage(twin, twin.importKey(key), prefix, context)
      if (chunks === undefined) throw envelopeError('PHI_ENVELOPE_FILE')
      return { chunks, requireKey: () => {}, countUse: () => {} }
    },
  }),
})

const twins = [
  ['node', twinOf(node)],
  ['noble', twinOf(noble)],
] as const

// The salts and messages of the published vectors that fit on a line.
const yellow = fromHex('59454c4c4f57205355424d4152494e452059454c4c4f57205355424d4152494e')
const knownAnswers = [
  [
    'empty',
    '',
    '43a2e39431cbae0389d3fc86adf46f7c3a24de88d9311617e53f3164cc1d5dc738a66b97f0bf786565c31799c2f463d50a7e10046011dc6fc3c939e3a5db7affb6191551669554fb',
    0,
  ],
  [
    'short',
    '',
    'a1a1b56f6db58cd1ede0c5c9db62aef20d3f96a6c594bb9252bb38122de91236502b42a1d7fcab820ffa292940d2f86add212cfa42c38df19d3cc9139ee61a5990d3db57433514229beea49a8a72bd',
    7,
  ],
  [
    'with a context',
    '7465737420636f6e74657874',
    'dbedaefc1c35dc6c0f22b743b03e488747166a51f33479e7ceb8b7e11cc0d2710f624a127501bc4aea7d0af6f83cfe359b9e69415aa537f36adf86eb35b070475baa039bb7791432adbca49578bbd3',
    7,
  ],
] as const

describe.each(twins)('Cobblestone-256 over %s', (_, { cobblestone, derive }) => {
  it.each(knownAnswers)('S18 S20 known answer: %s', (_title, context, message, length) => {
    const scheme = cobblestone(yellow)
    const plaintext = scheme.open(fromHex(message), fromHex(context))
    expect(plaintext.length).toBe(length)
    expect(toHex(scheme.seal(fromHex(message).subarray(0, 24), plaintext, fromHex(context)))).toBe(message)
  })

  it('agrees with a plain reference at every kind of length', () => {
    for (const length of [0, 1, 15, 16, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5]) {
      const [key, salt, plaintext, context] = [randomBytes(32), randomBytes(24), randomBytes(length), randomBytes(length % 7)]
      const sealed = cobblestone(key).seal(salt, plaintext, context)
      expect(toHex(sealed)).toBe(referenceSeal(key, salt, plaintext, context).toString('hex'))
      expect(sealed.length).toBe(sealedLength(length))
      expect(toHex(cobblestone(key).open(sealed, context))).toBe(toHex(plaintext))
    }
  })

  it('numbers chunks with 38 bits, as a plain reference does with big integers', () => {
    const [key, salt, context] = [randomBytes(32), randomBytes(24), randomBytes(3)]
    const message = derive(key, salt, context)
    const parts = referenceDerive(key, salt, context)
    expect(toHex(message.commitment)).toBe(parts.commitment.toString('hex'))
    const numbers = [
      0,
      1,
      255,
      256,
      65_535,
      2 ** 24,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 32 + 1,
      2 ** 37 + 12_345,
      CHUNK_LIMIT - 1,
    ]
    for (const number of numbers) {
      const plaintext = randomBytes(40)
      const out = new Uint8Array(56)
      expect(message.sealInto(out, 0, number, plaintext, true)).toBe(56)
      expect(toHex(out)).toBe(referenceChunk(parts, BigInt(number), plaintext).toString('hex'))
      const back = new Uint8Array(40)
      expect(message.openInto(back, 0, number, out, true)).toBe(40)
      expect(toHex(back)).toBe(toHex(plaintext))
    }
    for (const number of [CHUNK_LIMIT, CHUNK_LIMIT + 1, Number.MAX_SAFE_INTEGER, Number.NaN]) {
      expect(() => message.sealInto(new Uint8Array(16), 0, number, new Uint8Array(0), true)).toThrow('4 PiB')
      expect(() => message.openInto(new Uint8Array(0), 0, number, new Uint8Array(16), true)).toThrow('4 PiB')
    }
  })

  it('a batch with one bad chunk leaves nothing of the good ones', () => {
    const message = derive(randomBytes(32), randomBytes(24), new Uint8Array(0))
    const sealed = new Uint8Array(4 * SEALED_CHUNK)
    message.sealInto(sealed, 0, 9, new Uint8Array(4 * CHUNK).fill(7), false)
    const out = new Uint8Array(4 * CHUNK + 10).fill(1)
    ;(sealed[3 * SEALED_CHUNK + 100] as number) ^= 1
    expect(message.openInto(out, 10, 9, sealed, false)).toBeUndefined()
    expect(out.subarray(0, 10)).toEqual(new Uint8Array(10).fill(1))
    expect(out.includes(7)).toBe(false)
    // A short chunk is the last one, and is not taken for anything else.
    const last = new Uint8Array(TAG + 5)
    message.sealInto(last, 0, 0, new Uint8Array(5), true)
    expect(message.openInto(new Uint8Array(5), 0, 0, last, false)).toBeUndefined()
    expect(message.openInto(new Uint8Array(5), 0, 0, last, true)).toBe(5)
  })

  it('does nothing with a key that was forgotten', () => {
    const message = derive(randomBytes(32), randomBytes(24), new Uint8Array(0))
    message.forget()
    expect(() => message.sealInto(new Uint8Array(16), 0, 0, new Uint8Array(0), true)).toThrow('closed')
    expect(() => message.openInto(new Uint8Array(0), 0, 0, new Uint8Array(16), true)).toThrow('closed')
  })

  it('S18 opens nothing that was altered at any bit, cut, extended or moved', () => {
    const key = randomBytes(32)
    const scheme = cobblestone(key)
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.uint8Array({ maxLength: 20 }),
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 20 }),
        (plaintext, context, position, more) => {
          const sealed = scheme.seal(randomBytes(24), plaintext, context)
          expect(scheme.open(sealed, context)).toEqual(plaintext)
          const altered = sealed.slice()
          const bit = position % (sealed.length * 8)
          ;(altered[bit >> 3] as number) ^= 1 << (bit & 7)
          const wrong = [
            () => scheme.open(altered, context),
            () => scheme.open(sealed.subarray(0, position % sealed.length), context),
            () => scheme.open(sealed.subarray(1), context),
            () => scheme.open(Uint8Array.from([...sealed, ...more]), context),
            () => scheme.open(sealed, Uint8Array.from([...context, ...more])),
            () => cobblestone(randomBytes(32)).open(sealed, context),
          ]
          for (const attempt of wrong) expect(attempt).toThrow(envelopeError('PHI_ENVELOPE_OPEN').message)
        },
      ),
      { numRuns: process.env.PHI_LONG === '1' ? 2_000 : 60 },
    )
  })
})

describe('the one for the platform', () => {
  it('refuses keys and salts of another length, and what is not bytes', async () => {
    for (const length of [0, 16, 24, 31, 33, 64]) {
      expect((await refusal(() => cobblestone256(new Uint8Array(length)))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
    }
    expect((await refusal(() => cobblestone256('x'.repeat(32) as never))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
    const scheme = cobblestone256(randomBytes(32))
    for (const salt of [new Uint8Array(0), new Uint8Array(12), new Uint8Array(25), 'x'.repeat(24) as never]) {
      expect((await refusal(() => scheme.seal(salt, new Uint8Array(3)))).code).toBe('PHI_ENVELOPE_KEY_SIZE')
    }
    expect((await refusal(() => scheme.seal(new Uint8Array(24), 'text' as never))).code).toBe('PHI_ENVELOPE_VALUE')
    expect((await refusal(() => scheme.open('text' as never))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it('keeps no hold of the key bytes it was given', () => {
    const key = randomBytes(32)
    const kept = key.slice()
    const sealed = cobblestone256(kept).seal(randomBytes(24), new Uint8Array(5))
    const scheme = cobblestone256(kept)
    kept.fill(0)
    expect(scheme.open(sealed)).toEqual(new Uint8Array(5))
  })
})

describe('lengths', () => {
  it('of message and plaintext belong together, also beyond 2^32 and up to 4 PiB', () => {
    const limit = CHUNK_LIMIT * CHUNK
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat(200_000),
          fc.maxSafeNat().map((n) => n % limit),
        ),
        (plaintextLength) => {
          const exact = 56n + (BigInt(plaintextLength) / 16_384n) * 16_400n + (BigInt(plaintextLength) % 16_384n) + 16n
          expect(BigInt(sealedLength(plaintextLength))).toBe(exact)
          const last = lastChunkOf(sealedLength(plaintextLength))
          expect(last?.plaintextLength).toBe(plaintextLength)
          expect(last?.index).toBe(Math.floor(plaintextLength / CHUNK))
          expect((last?.offset as number) + (last?.sealedLength as number)).toBe(sealedLength(plaintextLength))
        },
      ),
    )
    expect(lastChunkOf(sealedLength(limit - 1))?.index).toBe(CHUNK_LIMIT - 1)
  })

  it('that no message has are known for that', () => {
    for (let length = 0; length < PREFIX + TAG; length++) expect(lastChunkOf(length)).toBeUndefined()
    for (const chunks of [1, 2, 300, 2 ** 20]) {
      const full = PREFIX + chunks * SEALED_CHUNK
      for (let more = 0; more < TAG; more++) expect(lastChunkOf(full + more)).toBeUndefined()
      expect(lastChunkOf(full + TAG)?.plaintextLength).toBe(chunks * CHUNK)
      expect(lastChunkOf(full - 1)?.plaintextLength).toBe(chunks * CHUNK - 1)
    }
    for (const length of [-1, 72.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, sealedLength(CHUNK_LIMIT * CHUNK)]) {
      expect(lastChunkOf(length)).toBeUndefined()
    }
  })
})

interface Vector {
  readonly tcId: number
  readonly key: string
  readonly ctx: string
  readonly ct: string
  readonly msgLength?: number
  readonly msgSha512?: string
  readonly result: 'valid' | 'invalid'
  readonly flags: readonly string[]
}

const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex')

/** What came out of a stream of pieces before it ended or failed, and whether it kept failing. */
function stream(recognition: Recognition, message: Uint8Array, pieceLength: number) {
  const opener = opening(recognition)
  const released: Uint8Array[] = []
  let failures = 0
  const attempt = (pieces: () => Iterable<Uint8Array>) => {
    try {
      for (const piece of pieces()) released.push(piece.slice())
    } catch (error) {
      if (!isPhiError(error)) throw error
      failures++
    }
  }
  for (let at = 0; at < message.length && failures === 0; at += pieceLength) {
    attempt(() => opener.push(message.subarray(at, at + pieceLength)))
  }
  if (failures === 0) attempt(() => opener.end())
  const isValid = failures === 0
  const before = released.length
  // Whatever is tried afterwards fails, with the right bytes too.
  attempt(() => opener.push(message))
  attempt(() => opener.end())
  expect(failures).toBe(isValid ? 2 : 3)
  expect(released.length).toBe(before)
  return { isValid, plaintext: new Uint8Array(Buffer.concat(released)) }
}

/** Whether the size alone can be read, and the whole by ranges. */
async function ranges(recognition: Recognition, message: Uint8Array) {
  const source = {
    size: message.length,
    read: async (offset: number, length: number) => message.slice(offset, offset + length),
  }
  const reader = fileReader(recognition, source)
  const size = await reader.size().catch((error: unknown) => {
    if (!isPhiError(error, 'PHI_ENVELOPE_FILE') && !isPhiError(error, 'PHI_ENVELOPE_KEY_SIZE')) throw error
  })
  if (size === undefined) return { size, whole: undefined }
  const whole = await reader.read(0, size).catch((error: unknown) => {
    if (!isPhiError(error, 'PHI_ENVELOPE_FILE')) throw error
  })
  return { size, whole }
}

describeVectors('published Cobblestone-256 vectors', 'aead/cobblestone_256_test.json', () => {
  const file = () =>
    JSON.parse(readVector('aead/cobblestone_256_test.json')) as {
      numberOfTests: number
      testGroups: readonly { tests: readonly Vector[] }[]
    }

  it.each(twins)(
    'S18 S20 all of them, at once, in a stream and by ranges, over %s',
    async (_, { cobblestone, recognition }) => {
      const { numberOfTests, testGroups } = file()
      let checked = 0
      for (const { tcId, key, ctx, ct, msgLength = 0, msgSha512, result, flags } of testGroups.flatMap(({ tests }) => tests)) {
        const [keyBytes, context] = [fromHex(key), fromHex(ctx)]
        const message = new Uint8Array(inflateSync(fromHex(ct)))
        const isValid = result === 'valid'
        const seen = (what: string, value: unknown) => ({ tcId, what, value })

        let whole: Uint8Array | undefined
        try {
          whole = cobblestone(keyBytes).open(message, context)
        } catch (error) {
          const code = flags.includes('InvalidKeySize') ? 'PHI_ENVELOPE_KEY_SIZE' : 'PHI_ENVELOPE_OPEN'
          expect(seen('refusal', isPhiError(error, code))).toEqual(seen('refusal', true))
        }
        expect(seen('opens', whole !== undefined)).toEqual(seen('opens', isValid))
        if (whole !== undefined) {
          expect(seen('digest', sha512(whole))).toEqual(seen('digest', msgSha512))
          // Not toEqual: that takes minutes over megabytes.
          const again = cobblestone(keyBytes).seal(message.subarray(0, 24), whole, context)
          expect(seen('seals alike', Buffer.compare(again, message))).toEqual(seen('seals alike', 0))
        }

        // In one write, in writes of a chunk, and (not of megabytes) of odd sizes.
        for (const pieceLength of [Math.max(1, message.length), SEALED_CHUNK, ...(message.length < 50_000 ? [1, 997] : [])]) {
          const streamed = stream(recognition(keyBytes, context), message, pieceLength)
          expect(seen('streams', streamed.isValid)).toEqual(seen('streams', isValid))
          expect(seen('prefix', streamed.plaintext.length <= msgLength)).toEqual(seen('prefix', true))
          if (streamed.plaintext.length === msgLength && msgSha512 !== undefined) {
            expect(seen('prefix digest', sha512(streamed.plaintext))).toEqual(seen('prefix digest', msgSha512))
          }
          // In pieces of a chunk, all of the valid prefix is out before the error.
          if (pieceLength <= SEALED_CHUNK) {
            expect(seen('prefix length', streamed.plaintext.length)).toEqual(seen('prefix length', msgLength))
          }
        }

        const read = await ranges(recognition(keyBytes, context), message)
        expect(seen('size', read.size !== undefined)).toEqual(seen('size', isValid || flags.includes('ValidFinalChunk')))
        expect(seen('ranges', read.whole !== undefined)).toEqual(seen('ranges', isValid))
        if (read.whole !== undefined) expect(seen('range digest', sha512(read.whole))).toEqual(seen('range digest', msgSha512))
        checked++
      }
      expect(checked).toBe(numberOfTests)
      expect(checked).toBe(35)
    },
  )
})
