import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { fileKeys } from '../../test/file/file-keys.ts'
import { pattern, sameBytes } from '../../test/file/streams.ts'
import { virtualBytes, virtualFile } from '../../test/file/virtual-file.ts'
import { files } from './files.ts'
import type { FileSource } from './source.ts'

const file = 'recording-3'
const collection = 'recording'
const CHUNK = 16_384
const SEALED_CHUNK = CHUNK + 16
const MiB = 2 ** 20
const GiB = 2 ** 30
const isLong = process.env.PHI_LONG === '1'

const setUp = (length = 5 * CHUNK + 100) => {
  const keys = fileKeys()
  const recordings = files({ keys, collection })
  const plaintext = pattern(length)
  const sealed = recordings.seal(plaintext, { file })
  keys.uses.length = 0
  return { keys, recordings, plaintext, sealed }
}

const sourceOf = (bytes: Uint8Array): FileSource & { reads: number } => ({
  size: bytes.length,
  reads: 0,
  async read(offset, length) {
    this.reads++
    return bytes.slice(offset, offset + length)
  },
})

async function collect(stream: ReadableStream<Uint8Array>): Promise<{ bytes: Uint8Array; lengths: number[]; error: unknown }> {
  const pieces: Uint8Array[] = []
  let error: unknown
  const reader = stream.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) pieces.push(next.value)
  } catch (caught) {
    error = caught
  }
  return { bytes: new Uint8Array(Buffer.concat(pieces)), lengths: pieces.map(({ length }) => length), error }
}

describe('a reader of parts', () => {
  it('S20 reads every range as it stands in the file, at once and as a stream', async () => {
    for (const length of [0, 1, CHUNK - 1, CHUNK, 2 * CHUNK, 130 * CHUNK + 1]) {
      const { recordings, plaintext, sealed } = setUp(length)
      const reader = recordings.reader(sourceOf(sealed), { file })
      expect(await reader.size()).toBe(length)
      await fc.assert(
        fc.asyncProperty(fc.nat(length), fc.nat(length), async (a, b) => {
          const [start, end] = a < b ? [a, b] : [b, a]
          const expected = plaintext.subarray(start, end)
          expect(sameBytes(await reader.read(start, end), expected)).toBe(true)
          const streamed = await collect(reader.stream({ start, end }))
          expect(streamed.error).toBeUndefined()
          expect(sameBytes(streamed.bytes, expected)).toBe(true)
        }),
        { numRuns: isLong ? 300 : 12 },
      )
      expect(sameBytes((await collect(reader.stream())).bytes, plaintext)).toBe(true)
    }
  })

  it('hands out bytes beside which no others lie', async () => {
    const { recordings, sealed } = setUp()
    const part = await recordings.reader(sourceOf(sealed), { file }).read(10, 20)
    expect(part.buffer.byteLength).toBe(10)
  })

  it('refuses ranges outside the file', async () => {
    const { recordings, sealed, plaintext } = setUp()
    const reader = recordings.reader(sourceOf(sealed), { file })
    const size = plaintext.length
    for (const [start, end] of [
      [-1, 1],
      [0, size + 1],
      [size + 1, size + 1],
      [5, 4],
      [0.5, 2],
      [0, Number.NaN],
      [0, Number.POSITIVE_INFINITY],
      ['0' as never, 4],
    ] as const) {
      expect((await refusal(reader.read(start, end))).code).toBe('PHI_ENVELOPE_FILE_RANGE')
      expect((await collect(reader.stream({ start, end }))).error).toMatchObject({ code: 'PHI_ENVELOPE_FILE_RANGE' })
    }
    expect((await reader.read(size, size)).length).toBe(0)
    expect((await collect(reader.stream({ start: size }))).lengths).toEqual([])
  })

  it('reads only the chunks of the range, the start and the last chunk, and those two once', async () => {
    const keys = fileKeys()
    const recordings = files({ keys, collection })
    const source = virtualFile(keys, { tenant: keys.tenant, collection, file, subject: undefined }, GiB + 5)
    const reader = recordings.reader(source, { file })
    const at = 700 * MiB + 3
    expect(sameBytes(await reader.read(at, at + 4_096), virtualBytes(at, at + 4_096))).toBe(true)
    expect(source.reads).toEqual([
      { offset: 0, length: 66 },
      { offset: 66 + 65_536 * SEALED_CHUNK, length: 21 },
      { offset: 66 + Math.floor(at / CHUNK) * SEALED_CHUNK, length: SEALED_CHUNK },
    ])
    await reader.read(at + CHUNK - 5, at + CHUNK + 5)
    expect(source.reads.length).toBe(4)
    expect((await refusal(reader.read(0, GiB + 5))).code).toBe('PHI_ENVELOPE_FILE_RANGE')
  })

  it('S20 is right beyond 2^32 and up to the last byte of 4 PiB', async () => {
    const keys = fileKeys()
    const recordings = files({ keys, collection })
    for (const size of [2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 5 * GiB + 12_345, 2 ** 46 + CHUNK, 2 ** 52 - 1]) {
      const source = virtualFile(keys, { tenant: keys.tenant, collection, file, subject: undefined }, size)
      const reader = recordings.reader(source, { file })
      expect(await reader.size()).toBe(size)
      const places = [0, 2 ** 31 - 3, 2 ** 32 - 10, 2 ** 32 - CHUNK, size - 70_000].filter((at) => at + 20 <= size)
      for (const at of places) expect(sameBytes(await reader.read(at, at + 20), virtualBytes(at, at + 20))).toBe(true)
      const tail = await collect(reader.stream({ start: size - 3 * MiB }))
      expect(sameBytes(tail.bytes, virtualBytes(size - 3 * MiB, size))).toBe(true)
    }
  })

  it(`S20 streams ${isLong ? '1 GiB' : '64 MiB'} with one read of at most 1 MiB under way, and reads every byte once`, async () => {
    const keys = fileKeys()
    const size = isLong ? GiB : 64 * MiB
    const source = virtualFile(keys, { tenant: keys.tenant, collection, file, subject: undefined }, size)
    const reader = files({ keys, collection }).reader(source, { file })
    await reader.size()
    const before = source.reads.length
    const progress: number[] = []
    const stream = reader.stream({ onProgress: ({ bytes, total }) => progress.push(bytes === total ? -1 : bytes) }).getReader()
    let at = 0
    let largest = 0
    for (let next = await stream.read(); !next.done; next = await stream.read()) {
      if (!sameBytes(next.value, virtualBytes(at, at + next.value.length))) throw new Error('wrong bytes')
      at += next.value.length
      largest = Math.max(largest, next.value.buffer.byteLength)
    }
    expect(at).toBe(size)
    expect(largest).toBe(MiB)
    const reads = source.reads.slice(before)
    expect(reads.reduce((sum, { length }) => sum + length, 0)).toBe(source.size - 66 - 16)
    expect(Math.max(...reads.map(({ length }) => length))).toBe(64 * SEALED_CHUNK)
    // The two that authenticate the size may go out together; the stream's own come one after the other.
    expect(source.mostAtOnce()).toBeLessThanOrEqual(2)
    expect(progress.length).toBe(size / MiB)
    expect(progress.at(-1)).toBe(-1)
  }, 600_000)

  it('reads nothing before it is asked, and nothing more once it was cancelled', async () => {
    const { recordings, sealed, keys } = setUp(200 * CHUNK)
    const source = sourceOf(sealed)
    const stream = recordings.reader(source, { file }).stream()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(source.reads).toBe(0)
    const reader = stream.getReader()
    await reader.read()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(source.reads).toBe(3)
    await reader.cancel()
    expect(source.reads).toBe(3)
    expect(keys.uses).toEqual([{ id: keys.active().id, sealed: false, bytes: 64 * CHUNK }])
  })

  it('counts each read once, and asks for fresh keys before it', async () => {
    const { recordings, sealed, keys } = setUp()
    const reader = recordings.reader(sourceOf(sealed), { file })
    const { id } = keys.active()
    await reader.read(5, 25)
    await collect(reader.stream({ start: 100, end: 200 }))
    expect(keys.uses).toEqual([
      { id, sealed: false, bytes: 20 },
      { id, sealed: false, bytes: 100 },
    ])
    keys.isStale = true
    expect((await refusal(reader.read(0, 1))).code).toBe('PHI_ENVELOPE_STALE')
    expect((await refusal(reader.size())).code).toBe('PHI_ENVELOPE_STALE')
    expect((await collect(reader.stream())).error).toMatchObject({ code: 'PHI_ENVELOPE_STALE' })
    keys.isStale = false
    expect((await reader.read(0, 1)).length).toBe(1)
    keys.revoke(id)
    expect((await refusal(reader.read(0, 1))).code).toBe('PHI_ENVELOPE_FILE')
  })
})

describe('a source that is not what it should be', () => {
  it('S20 cut, extended or altered anywhere, hands out no byte that is not the file’s', async () => {
    const { recordings, sealed, plaintext } = setUp(3 * CHUNK + 50)
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length * 8 - 1), fc.constantFrom('flip', 'cut', 'extend'), async (bit, how) => {
        const at = bit >> 3
        const altered =
          how === 'flip'
            ? sealed.map((byte, i) => (i === at ? byte ^ (1 << (bit & 7)) : byte))
            : how === 'cut'
              ? sealed.slice(0, at)
              : Buffer.concat([sealed, sealed.subarray(0, 1 + (at % 20_000))])
        const reader = recordings.reader(sourceOf(altered), { file })
        expect((await refusal(reader.read(0, plaintext.length))).code).toBe('PHI_ENVELOPE_FILE')
        const streamed = await collect(reader.stream())
        expect(streamed.error).toMatchObject({ code: 'PHI_ENVELOPE_FILE' })
        expect(sameBytes(streamed.bytes, plaintext.subarray(0, streamed.bytes.length))).toBe(true)
        // A file whose length does not hold is refused even where the range itself is intact.
        if (how !== 'flip') expect((await refusal(reader.read(0, 1))).code).toBe('PHI_ENVELOPE_FILE')
      }),
      { numRuns: isLong ? 3_000 : 60 },
    )
  })

  it('is refused for another name, and when it holds something else', async () => {
    const { recordings, sealed } = setUp()
    expect((await refusal(recordings.reader(sourceOf(sealed), { file: 'recording-4' }).size())).code).toBe('PHI_ENVELOPE_FILE')
    expect((await refusal(recordings.reader(sourceOf(pattern(500)), { file }).size())).code).toBe('PHI_ENVELOPE_FILE')
    expect((await refusal(recordings.reader(sourceOf(new Uint8Array(0)), { file }).size())).code).toBe('PHI_ENVELOPE_FILE')
  })

  it('answers short, long, with no bytes or not at all: PHI_ENVELOPE_FILE_SOURCE, without its words', async () => {
    const { recordings, sealed } = setUp()
    const answers: [string, (offset: number, length: number) => unknown][] = [
      ['short', (offset, length) => sealed.slice(offset, offset + length - 1)],
      ['long', (offset, length) => sealed.slice(offset, offset + length + 1)],
      ['empty', () => new Uint8Array(0)],
      ['text', (_, length) => 'x'.repeat(length)],
      ['nothing', () => undefined],
      ['array', (_, length) => new Array(length).fill(0)],
      ['words', (_, length) => new Uint16Array(length)],
      [
        'throws',
        () => {
          throw Object.assign(new Error('no such blob: /patients/jane-roe'), { code: 'ENOENT', path: '/patients/jane-roe' })
        },
      ],
    ]
    for (const [title, answer] of answers) {
      const reader = recordings.reader({ size: sealed.length, read: async (o, l) => answer(o, l) as Uint8Array }, { file })
      for (const attempt of [
        reader.size(),
        reader.read(0, 1),
        collect(reader.stream()).then(({ error }) => Promise.reject(error)),
      ]) {
        const error = await refusal(attempt)
        expect([title, error.code, error.retryable]).toEqual([title, 'PHI_ENVELOPE_FILE_SOURCE', true])
        expect(`${error.stack}${JSON.stringify(error)}${String(error.cause)}`).not.toContain('jane')
        if (title === 'throws') expect(error.info).toEqual({ errno: 'ENOENT' })
      }
    }
    for (const size of [-1, 0.5, Number.NaN, undefined, '82', 2 ** 60]) {
      expect((await refusal(() => recordings.reader({ size: size as number, read: async () => sealed }, { file }))).code).toBe(
        'PHI_ENVELOPE_FILE_SOURCE',
      )
    }
  })

  it('answers a later range with the bytes of an earlier one, or of another file: refused', async () => {
    const { recordings, sealed } = setUp()
    const other = recordings.seal(pattern(5 * CHUNK + 100), { file })
    for (const bytes of [sealed.subarray(0, 66 + SEALED_CHUNK), other]) {
      let calls = 0
      const source: FileSource = {
        size: sealed.length,
        read: async (offset, length) => {
          calls++
          if (calls <= 2) return sealed.slice(offset, offset + length)
          const from = bytes === other ? offset : 66
          return bytes.slice(from, from + length)
        },
      }
      const reader = recordings.reader(source, { file })
      expect((await refusal(reader.read(CHUNK, CHUNK + 1))).code).toBe('PHI_ENVELOPE_FILE')
    }
  })

  it('is asked again after it failed once', async () => {
    const { recordings, sealed, plaintext } = setUp()
    let isDown = true
    const reader = recordings.reader(
      {
        size: sealed.length,
        async read(offset, length) {
          if (isDown) throw new Error('down')
          return sealed.slice(offset, offset + length)
        },
      },
      { file },
    )
    expect((await refusal(reader.size())).code).toBe('PHI_ENVELOPE_FILE_SOURCE')
    isDown = false
    expect(await reader.size()).toBe(plaintext.length)
  })

  it('gets the signal, and an aborted read ends with its reason', async () => {
    const { recordings, sealed } = setUp()
    const abort = new AbortController()
    const signals: unknown[] = []
    const reader = recordings.reader(
      {
        size: sealed.length,
        async read(offset, length, signal) {
          signals.push(signal)
          if (signals.length <= 2) return sealed.slice(offset, offset + length)
          return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('closed the socket'))))
        },
      },
      { file, signal: abort.signal },
    )
    await reader.size()
    const reading = reader.read(0, 10)
    const streaming = collect(reader.stream())
    await new Promise((resolve) => setTimeout(resolve, 5))
    const reason = new Error('the request ended')
    abort.abort(reason)
    await expect(reading).rejects.toBe(reason)
    expect((await streaming).error).toBe(reason)
    await expect(reader.size()).rejects.toBe(reason)
    expect(signals.every((signal) => signal === abort.signal)).toBe(true)
  })
})
