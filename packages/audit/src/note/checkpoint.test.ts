import { toBase64 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ed25519Signer, formatCheckpoint, openNote, parseCheckpoint, signNote, verifierFromVkey } from './index.ts'

const origin = 'clinic.example/audit'
const root = new Uint8Array(32).fill(7)
const b64 = toBase64(root)
const refused = expect.objectContaining({ code: 'PHI_AUDIT_CHECKPOINT' })

describe('a checkpoint', () => {
  it('has the origin, the size and the root on a line each', () => {
    expect(formatCheckpoint({ origin, size: 20852163, root })).toBe(`${origin}\n20852163\n${b64}\n`)
    expect(formatCheckpoint({ origin, size: -0, root })).toBe(`${origin}\n0\n${b64}\n`)
    expect(parseCheckpoint(`${origin}\n0\n${b64}\n`)).toEqual({ origin, size: 0, root, extensions: [] })
    expect(parseCheckpoint(`${origin}\n9007199254740991\n${b64}\nmore\n`)).toEqual({
      origin,
      size: Number.MAX_SAFE_INTEGER,
      root,
      extensions: ['more'],
    })
  })

  it('S95 round-trips as a signed note', async () => {
    const signer = await ed25519Signer.generate(origin)
    const note = await signNote(formatCheckpoint({ origin, size: 5, root }), [signer])
    const { text } = openNote(note, [verifierFromVkey(signer.vkey)])
    expect(parseCheckpoint(text)).toEqual({ origin, size: 5, root, extensions: [] })
  })

  it('round-trips', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that the format excludes
    const clean = (raw: string) => raw.toWellFormed().replace(/[\u0000-\u001f]/g, '')
    const line = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 60 })
      .map(clean)
      .filter((text) => text !== '')
    fc.assert(
      fc.property(
        line,
        fc.maxSafeNat(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.array(line, { maxLength: 4 }),
        (name, size, hash, more) => {
          const checkpoint = { origin: name, size, root: hash, extensions: more }
          expect(parseCheckpoint(formatCheckpoint(checkpoint))).toEqual(checkpoint)
        },
      ),
    )
  })

  it('what is read is written byte for byte: there is one spelling', () => {
    const text = formatCheckpoint({ origin, size: 10, root })
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(2), fc.string({ maxLength: 2 }), (at, drop, put) => {
        const changed = text.slice(0, at) + put + text.slice(at + drop)
        try {
          expect(formatCheckpoint(parseCheckpoint(changed))).toBe(changed)
        } catch (error) {
          expect(error).toEqual(refused)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    '',
    '\n',
    '\n\n\n',
    `${origin}\n`,
    `${origin}\n5\n`,
    `${origin}\n5\n${b64}`,
    `\n5\n${b64}\n`,
    `${origin}\n\n${b64}\n`,
    `${origin}\n05\n${b64}\n`,
    `${origin}\n00\n${b64}\n`,
    `${origin}\n+5\n${b64}\n`,
    `${origin}\n-5\n${b64}\n`,
    `${origin}\n 5\n${b64}\n`,
    `${origin}\n5.0\n${b64}\n`,
    `${origin}\n5e3\n${b64}\n`,
    `${origin}\n0x5\n${b64}\n`,
    `${origin}\n\u0665\n${b64}\n`,
    `${origin}\n9007199254740992\n${b64}\n`,
    `${origin}\n${'9'.repeat(100_000)}\n${b64}\n`,
    `${origin}\n5\n\n`,
    `${origin}\n5\n${b64.replace('=', '')}\n`,
    `${origin}\n5\n${b64.slice(0, -2)}d=\n`,
    `${origin}\n5\n${toBase64(new Uint8Array(33))}\n`,
    `${origin}\n5\n${toBase64(new Uint8Array(31))}\n`,
    `${origin}\n5\n${toBase64(new Uint8Array(32).fill(255)).replaceAll('/', '_')}\n`,
    `${origin}\n5\n${b64} \n`,
    `${origin}\n5\n${b64}\n\n`,
    `${origin}\n5\n${b64}\nmore\n\nmore\n`,
    `${origin}\r\n5\r\n${b64}\r\n`,
    `${origin}\0\n5\n${b64}\n`,
    `\ud800\n5\n${b64}\n`,
    null,
    undefined,
    7,
    new Uint8Array(64),
  ])('refuses to read %#', (bad) => {
    expect(() => parseCheckpoint(bad as string)).toThrow(refused)
  })

  it('refuses to write what it would not read', () => {
    const good = { origin, size: 5, root }
    for (const bad of ['', 'a\nb', 'a\r', '\ud800', 7 as never]) {
      expect(() => formatCheckpoint({ ...good, origin: bad })).toThrow(refused)
      expect(() => formatCheckpoint({ ...good, extensions: [bad] })).toThrow(refused)
    }
    for (const size of [-1, 1.5, 2 ** 53, Number.NaN, 5n as never, '5' as never]) {
      expect(() => formatCheckpoint({ ...good, size })).toThrow(refused)
    }
    for (const bad of [new Uint8Array(31), new Uint8Array(33), b64 as never]) {
      expect(() => formatCheckpoint({ ...good, root: bad })).toThrow(refused)
    }
  })
})
