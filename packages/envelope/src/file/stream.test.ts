import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileKeys } from '../../test/file/file-keys.ts'
import { cut, pattern, sameBytes, through } from '../../test/file/streams.ts'
import { byteStream } from './byte-stream.ts'
import type { ByteTransformer } from './byte-transformer.ts'
import { files } from './files.ts'

const file = 'scan-5'
const CHUNK = 16_384
const SEALED_CHUNK = CHUNK + 16
const runs = (short: number, long: number) => ({ numRuns: process.env.PHI_LONG === '1' ? long : short })

const setUp = () => {
  const keys = fileKeys()
  return { keys, scans: files({ keys, collection: 'scan' }) }
}
const tick = () => new Promise((resolve) => setTimeout(resolve, 5))

/** Lengths around what matters: nothing, chunks, and the batch of 64 chunks. */
const lengths = fc.oneof(
  fc.nat(200),
  fc.tuple(fc.constantFrom(1, 2, 3, 64, 65), fc.integer({ min: -17, max: 17 })).map(([chunks, more]) => chunks * CHUNK + more),
)
const cuts = fc.array(
  fc.oneof(
    fc.integer({ min: 1, max: 300 }).map((n) => n * 7),
    fc.constantFrom(CHUNK, SEALED_CHUNK, 66, 70_001),
  ),
  {
    minLength: 1,
    maxLength: 5,
  },
)

describe('streams', () => {
  it('S20 seal and open the same bytes in whatever pieces they come, and agree with the whole', async () => {
    const { scans } = setUp()
    await fc.assert(
      fc.asyncProperty(lengths, cuts, cuts, async (length, sealCuts, openCuts) => {
        const plaintext = pattern(length)
        const sealed = await through(scans.sealStream({ file }), cut(plaintext, sealCuts))
        expect(sealed.error).toBeUndefined()
        expect(sameBytes(scans.open(sealed.bytes, { file }), plaintext)).toBe(true)
        const opened = await through(scans.openStream({ file }), cut(sealed.bytes, openCuts))
        expect(opened.error).toBeUndefined()
        expect(sameBytes(opened.bytes, plaintext)).toBe(true)
      }),
      runs(40, 1_500),
    )
  })

  it('an empty file is a file, and no file is none', async () => {
    const { scans } = setUp()
    const sealed = await through(scans.sealStream({ file }), [])
    expect(sealed.bytes.length).toBe(82)
    expect(await through(scans.openStream({ file }), [sealed.bytes])).toMatchObject({ pieces: 0, error: undefined })
    expect(await through(scans.openStream({ file }), [])).toMatchObject({ pieces: 0, error: { code: 'PHI_ENVELOPE_FILE' } })
    // Empty pieces in between are no news.
    const none = new Uint8Array(0)
    expect((await through(scans.openStream({ file }), [none, sealed.bytes, none])).error).toBeUndefined()
  })

  it('S20 hand out nothing that is not at its place in the file, and end in an error', async () => {
    const { scans } = setUp()
    const plaintext = pattern(3 * CHUNK + 100)
    const sealed = scans.seal(plaintext, { file })
    const position = fc.nat(sealed.length * 8 - 1)
    await fc.assert(
      fc.asyncProperty(
        position,
        fc.constantFrom('flip', 'cut', 'extend', 'insert', 'remove'),
        cuts,
        async (bit, how, sizes) => {
          const at = bit >> 3
          const altered =
            how === 'flip'
              ? sealed.map((byte, i) => (i === at ? byte ^ (1 << (bit & 7)) : byte))
              : how === 'cut'
                ? sealed.slice(0, at)
                : how === 'extend'
                  ? Uint8Array.from(Buffer.concat([sealed, sealed.subarray(0, 1 + (at % 20_000))]))
                  : how === 'insert'
                    ? Uint8Array.from(Buffer.concat([sealed.subarray(0, at), Uint8Array.of(0), sealed.subarray(at)]))
                    : Uint8Array.from(Buffer.concat([sealed.subarray(0, at), sealed.subarray(at + 1)]))
          const opened = await through(scans.openStream({ file }), cut(altered, sizes))
          expect(opened.error).toMatchObject({ code: 'PHI_ENVELOPE_FILE' })
          expect(sameBytes(opened.bytes, plaintext.subarray(0, opened.bytes.length))).toBe(true)
          expect(opened.bytes.length % CHUNK).toBe(0)
        },
      ),
      runs(60, 3_000),
    )
  })

  it('refuse another file’s name before anything of it comes out, and a stale or unknown key', async () => {
    const { keys, scans } = setUp()
    const sealed = scans.seal(pattern(CHUNK), { file })
    expect(await through(scans.openStream({ file: 'scan-6' }), [sealed])).toMatchObject({
      pieces: 0,
      error: { code: 'PHI_ENVELOPE_FILE' },
    })
    const late = scans.openStream({ file })
    keys.isStale = true
    expect(await through(late, [sealed])).toMatchObject({ pieces: 0, error: { code: 'PHI_ENVELOPE_STALE' } })
    keys.isStale = false
    keys.revoke(keys.active().id)
    expect(await through(scans.openStream({ file }), [sealed])).toMatchObject({
      pieces: 0,
      error: { code: 'PHI_ENVELOPE_FILE' },
    })
  })

  it('go on after the keys have become stale, and do not fail for what they cannot count', async () => {
    const { keys, scans } = setUp()
    const { readable, writable } = scans.sealStream({ file })
    const collected = new Response(readable as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()
    const writer = writable.getWriter()
    await writer.write(pattern(CHUNK))
    keys.isStale = true
    await writer.write(pattern(10))
    await writer.close()
    keys.isStale = false
    expect(scans.open(new Uint8Array(await collected), { file }).length).toBe(CHUNK + 10)
  })

  it('take no more than the reader asks for', async () => {
    const { scans } = setUp()
    const { readable, writable } = scans.sealStream({ file })
    const writer = writable.getWriter()
    let written = 0
    const writing = (async () => {
      for (let i = 0; i < 20; i++) {
        await writer.write(pattern(CHUNK))
        written++
      }
      await writer.close()
    })()
    await tick()
    expect(written).toBe(0)
    const reader = readable.getReader()
    let got = 0
    for (let i = 1; i <= 10; i++) {
      got += (await reader.read()).value?.length ?? 0
      await tick()
      // The start of the file comes by itself, and each piece after it is one write.
      expect(written).toBeLessThanOrEqual(i)
    }
    for (let next = await reader.read(); !next.done; next = await reader.read()) got += next.value.length
    await writing
    expect(got).toBe(82 + 20 * SEALED_CHUNK)
  })

  it('hand out one large write in pieces of 1 MiB at most, as the reader asks', async () => {
    const { scans } = setUp()
    const plaintext = pattern(300 * CHUNK + 9)
    const sealing = scans.sealStream({ file })
    const writer = sealing.writable.getWriter()
    const writing = writer.write(plaintext).then(() => writer.close())
    const pieces: Uint8Array[] = []
    const reader = sealing.readable.getReader()
    for (let next = await reader.read(); !next.done; next = await reader.read()) pieces.push(next.value)
    await writing
    expect(Math.max(...pieces.map(({ length }) => length))).toBe(64 * SEALED_CHUNK)
    expect(sameBytes(scans.open(Buffer.concat(pieces), { file }), plaintext)).toBe(true)
  })

  it('tell how far they are', async () => {
    const { scans } = setUp()
    const seen: number[] = []
    const sealed = await through(
      scans.sealStream({ file, onProgress: ({ bytes }) => seen.push(bytes) }),
      cut(pattern(2 * CHUNK + 5), [CHUNK]),
    )
    expect(seen).toEqual([CHUNK, 2 * CHUNK, 2 * CHUNK + 5])
    seen.length = 0
    await through(scans.openStream({ file, onProgress: ({ bytes }) => seen.push(bytes) }), cut(sealed.bytes, [SEALED_CHUNK]))
    expect(seen).toEqual([CHUNK, 2 * CHUNK, 2 * CHUNK + 5])
    const failing = scans.sealStream({
      file,
      onProgress() {
        throw new RangeError('from the caller')
      },
    })
    expect((await through(failing, [pattern(CHUNK)])).error).toBeInstanceOf(RangeError)
  })

  it('count a file once, however it ends', async () => {
    const { keys, scans } = setUp()
    const { bytes } = await through(scans.sealStream({ file }), cut(pattern(2 * CHUNK + 5), [999]))
    await through(scans.openStream({ file }), [bytes])
    await through(scans.openStream({ file }), [bytes.subarray(0, 66 + SEALED_CHUNK)])
    const { id } = keys.active()
    expect(keys.uses).toEqual([
      { id, sealed: true, bytes: 2 * CHUNK + 5 },
      { id, sealed: false, bytes: 2 * CHUNK + 5 },
      { id, sealed: false, bytes: CHUNK },
    ])
  })

  it('error for a piece that is not bytes', async () => {
    const { scans } = setUp()
    expect((await through(scans.sealStream({ file }), ['text' as never])).error).toMatchObject({ code: 'PHI_ENVELOPE_VALUE' })
    expect((await through(scans.openStream({ file }), ['text' as never])).error).toMatchObject({ code: 'PHI_ENVELOPE_FILE' })
  })
})

describe('a stream that is given up', () => {
  const large = pattern(130 * CHUNK)
  const kinds = [
    ['sealing', (signal?: AbortSignal) => setUp().scans.sealStream({ file, ...(signal && { signal }) }), () => large],
    [
      'opening',
      (signal?: AbortSignal) => shared.scans.openStream({ file, ...(signal && { signal }) }),
      () => shared.scans.seal(large, { file }),
    ],
  ] as const
  const shared = setUp()

  it.each(kinds)('by its reader, %s: the writer learns of it at once', async (_, open, input) => {
    const { readable, writable } = open()
    const writer = writable.getWriter()
    const writing = writer.write(input())
    const reader = readable.getReader()
    await reader.read()
    const reason = new Error('enough')
    await reader.cancel(reason)
    await expect(writing).rejects.toBe(reason)
    await expect(writer.write(new Uint8Array(1))).rejects.toBe(reason)
    await expect(writer.close()).rejects.toThrow()
  })

  it.each(kinds)(
    'by its writer, %s: the reader gets nothing more, though a write was waiting for it',
    async (_, open, input) => {
      const { readable, writable } = open()
      const reader = readable.getReader()
      const writer = writable.getWriter()
      const writing = writer.write(input())
      await reader.read()
      await tick()
      const reason = new Error('lost the connection')
      const aborting = writer.abort(reason)
      await expect(writing).rejects.toBeDefined()
      await aborting
      await expect(reader.read()).rejects.toBe(reason)
    },
  )

  it.each(kinds)('by a signal, %s: both sides end with its reason', async (_, open, input) => {
    const abort = new AbortController()
    const { readable, writable } = open(abort.signal)
    const reader = readable.getReader()
    const writer = writable.getWriter()
    const writing = writer.write(input())
    await reader.read()
    abort.abort(new Error('shutting down'))
    await expect(writing).rejects.toThrow('shutting down')
    await expect(reader.read()).rejects.toThrow('shutting down')
    await expect(writer.closed).rejects.toThrow('shutting down')
  })

  it.each(kinds)('by a signal before it began, %s', async (_, open, input) => {
    const { readable, writable } = open(AbortSignal.abort(new Error('too late')))
    const writer = writable.getWriter()
    await expect(writer.write(input())).rejects.toThrow('too late')
    await expect(readable.getReader().read()).rejects.toThrow('too late')
    await expect(writer.closed).rejects.toThrow('too late')
  })

  it('once it ended by itself, is no concern of its signal', async () => {
    const { scans } = setUp()
    const abort = new AbortController()
    const { bytes, error } = await through(scans.sealStream({ file, signal: abort.signal }), [pattern(10)])
    abort.abort()
    expect(error).toBeUndefined()
    expect(scans.open(bytes, { file })).toEqual(pattern(10))
  })
})

describe('what waits for a reader', () => {
  /** A transformer that counts how often it was forgotten, and whose one piece can be looked at. */
  const observed = () => {
    const piece = new Uint8Array(100).fill(7)
    let forgotten = 0
    const transformer: ByteTransformer = {
      begin: () => new Uint8Array(0),
      *push() {
        yield piece
      },
      *end() {},
      forget() {
        forgotten++
      },
      plaintextBytes: () => 0,
    }
    return { piece, transformer, forgotten: () => forgotten }
  }

  it.each(['cancel', 'abort', 'signal'])('is overwritten, and the transformer forgets, after a %s', async (how) => {
    const { piece, transformer, forgotten } = observed()
    const abort = new AbortController()
    let pieces = 0
    const { readable, writable } = byteStream(transformer, { signal: abort.signal, onPiece: () => pieces++ })
    const writer = writable.getWriter()
    const writing = writer.write(new Uint8Array(1)).catch(() => 'refused')
    writer.closed.catch(() => {})
    await tick()
    expect(piece[0]).toBe(7)
    if (how === 'cancel') await readable.cancel()
    if (how === 'abort') await writer.abort()
    if (how === 'signal') abort.abort()
    expect(await writing).toBe('refused')
    expect(piece).toEqual(new Uint8Array(100))
    expect([forgotten(), pieces]).toEqual([1, 0])
  })
})

describe('step by step', () => {
  const all = (pieces: Iterable<Uint8Array>) => Buffer.concat([...pieces])
  const steps = (transformer: ByteTransformer, bytes: Uint8Array) =>
    Buffer.concat([transformer.begin(), all(transformer.push(bytes)), all(transformer.end())])

  it('S20 seal and open as the streams do', () => {
    const { scans } = setUp()
    const sealed = steps(scans.sealer({ file }), pattern(CHUNK + 1))
    expect(sameBytes(steps(scans.opener({ file }), sealed), pattern(CHUNK + 1))).toBe(true)
  })

  it('nothing goes in or out once it was forgotten, ended or refused', () => {
    const { scans } = setUp()
    const sealed = scans.seal(pattern(CHUNK + 1), { file })
    for (const [transformer, bytes] of [
      [scans.sealer({ file }), pattern(CHUNK)],
      [scans.opener({ file }), sealed],
    ] as const) {
      transformer.forget()
      expect(() => all(transformer.push(bytes))).toThrow('before')
      expect(() => all(transformer.end())).toThrow('before')
    }
    const ended = scans.sealer({ file })
    all(ended.end())
    expect(() => all(ended.end())).toThrow('before')
    // Forgotten between two pieces: the rest of the same write is refused.
    const opener = scans.opener({ file })
    const pieces = opener.push(scans.seal(pattern(100 * CHUNK), { file }))[Symbol.iterator]()
    expect(pieces.next().value?.length).toBe(64 * CHUNK)
    opener.forget()
    expect(() => pieces.next()).toThrow('closed')
  })
})
