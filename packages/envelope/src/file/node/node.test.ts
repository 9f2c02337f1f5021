import { truncateSync } from 'node:fs'
import { mkdtemp, open, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { fileKeys } from '../../../test/file/file-keys.ts'
import { cut, pattern, sameBytes } from '../../../test/file/streams.ts'
import { files } from '../files.ts'
import { fileSource, openFile, openTransform, sealFile, sealTransform } from './index.ts'

const file = 'export-2026'
const CHUNK = 16_384
const SEALED_CHUNK = CHUNK + 16

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phi-file-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const setUp = () => {
  const keys = fileKeys()
  return { keys, exports: files({ keys, collection: 'export' }) }
}
/** A fresh folder for each test, to see what is left in it. */
const inFolder = () => mkdtemp(join(folder, 't-'))

function collector(options: { slow?: boolean } = {}) {
  const pieces: Uint8Array[] = []
  const sink = new Writable({
    highWaterMark: 1,
    write(bytes: Uint8Array, _encoding, done) {
      pieces.push(Uint8Array.from(bytes))
      if (options.slow) setTimeout(done, 1)
      else done()
    },
  })
  return { sink, pieces, bytes: () => new Uint8Array(Buffer.concat(pieces)) }
}

describe('transforms', () => {
  it('S20 seal and open in a pipeline what the whole is, in whatever pieces', async () => {
    const { exports } = setUp()
    const lengths = fc.oneof(fc.nat(300), fc.constantFrom(CHUNK - 1, CHUNK, 2 * CHUNK, 65 * CHUNK + 7))
    await fc.assert(
      fc.asyncProperty(lengths, fc.integer({ min: 1, max: 2_000 }), async (length, n) => {
        const plaintext = pattern(length)
        const [sealed, opened] = [collector(), collector()]
        await pipeline(Readable.from(cut(plaintext, [n * 31])), sealTransform(exports, { file }), sealed.sink)
        expect(sameBytes(exports.open(sealed.bytes(), { file }), plaintext)).toBe(true)
        await pipeline(Readable.from(cut(sealed.bytes(), [n * 17, 66])), openTransform(exports, { file }), opened.sink)
        expect(sameBytes(opened.bytes(), plaintext)).toBe(true)
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 500 : 25 },
    )
  })

  it('destroy a pipeline over a file that was altered or cut, and hand out only the start of it', async () => {
    const { exports } = setUp()
    const plaintext = pattern(4 * CHUNK)
    const sealed = exports.seal(plaintext, { file })
    const altered = sealed.slice()
    ;(altered[66 + 2 * SEALED_CHUNK + 9] as number) ^= 4
    for (const bytes of [
      altered,
      sealed.subarray(0, 66 + 2 * SEALED_CHUNK),
      sealed.subarray(0, 50),
      Buffer.concat([sealed, sealed]),
    ]) {
      const opened = collector()
      const error = await refusal(pipeline(Readable.from(cut(bytes, [5_000])), openTransform(exports, { file }), opened.sink))
      expect(error.code).toBe('PHI_ENVELOPE_FILE')
      expect(opened.sink.writableFinished).toBe(false)
      expect(sameBytes(opened.bytes(), plaintext.subarray(0, opened.bytes().length))).toBe(true)
    }
  })

  it('wait for a slow reader in the middle of a large write', async () => {
    const { exports } = setUp()
    const plaintext = pattern(600 * CHUNK)
    const seen: number[] = []
    const transform = sealTransform(exports, { file, onProgress: ({ bytes }) => seen.push(bytes) })
    transform.write(plaintext)
    transform.end()
    await new Promise((resolve) => setTimeout(resolve, 20))
    // Without a reader only the queue is filled.
    expect(seen.length).toBeLessThan(3)
    const sealed = collector({ slow: true })
    await pipeline(transform, sealed.sink)
    expect(seen.at(-1)).toBe(plaintext.length)
    expect(sameBytes(exports.open(sealed.bytes(), { file }), plaintext)).toBe(true)
  })

  it('end with the signal, with a source that fails and with a sink that fails; nothing comes out afterwards', async () => {
    const { exports, keys } = setUp()
    const sealed = exports.seal(pattern(40 * CHUNK), { file })
    for (const make of [
      (signal?: AbortSignal) => sealTransform(exports, { file, ...(signal && { signal }) }),
      (signal?: AbortSignal) => openTransform(exports, { file, ...(signal && { signal }) }),
    ]) {
      const abort = new AbortController()
      const slow = collector({ slow: true })
      const endless = async function* () {
        for (const piece of cut(sealed, [SEALED_CHUNK])) {
          if (slow.pieces.length > 3) abort.abort()
          yield piece
        }
      }
      await expect(pipeline(endless(), make(abort.signal), slow.sink)).rejects.toMatchObject({ name: 'AbortError' })
      const count = slow.pieces.length
      await new Promise((resolve) => setTimeout(resolve, 10))
      expect(slow.pieces.length).toBe(count)

      const failing = async function* () {
        yield sealed.subarray(0, 20_000)
        throw new Error('the network went away')
      }
      await expect(pipeline(failing(), make(), collector().sink)).rejects.toThrow('the network went away')
      const full = new Writable({ write: (_bytes, _encoding, done) => done(new Error('the disk is full')) })
      await expect(pipeline(Readable.from(cut(sealed, [9_999])), make(), full)).rejects.toThrow('the disk is full')
    }
    // Each was counted once all the same, as far as it got: one at once, three times sealing and three times opening.
    expect(keys.uses.filter((use) => use.sealed).length).toBe(4)
    expect(keys.uses.filter((use) => !use.sealed).length).toBe(3)
  })

  it('refuse options that files refuse', async () => {
    const { exports } = setUp()
    expect((await refusal(() => sealTransform(exports, { file: '' }))).code).toBe('PHI_ENVELOPE_OPTIONS')
    expect((await refusal(() => openTransform(exports, {} as never))).code).toBe('PHI_ENVELOPE_OPTIONS')
    const unbound = files({ keys: fileKeys(), collection: 'export', unboundFile: true })
    const sealed = collector()
    await pipeline(Readable.from([pattern(5)]), sealTransform(unbound, {}), sealed.sink)
    expect(unbound.open(sealed.bytes(), {})).toEqual(pattern(5))
  })
})

describe('a file as a source', () => {
  it('S20 is read by ranges, by its path, its URL or a handle, which stays open', async () => {
    const { exports } = setUp()
    const plaintext = pattern(10 * CHUNK + 3)
    const path = join(await inFolder(), 'sealed')
    await writeFile(path, exports.seal(plaintext, { file }))
    const handle = await open(path, 'r')
    for (const from of [path, pathToFileURL(path), handle]) {
      const source = await fileSource(from)
      const reader = exports.reader(source, { file })
      expect(await reader.size()).toBe(plaintext.length)
      expect(sameBytes(await reader.read(CHUNK - 5, 3 * CHUNK + 5), plaintext.subarray(CHUNK - 5, 3 * CHUNK + 5))).toBe(true)
      await source.close()
    }
    expect((await handle.stat()).isFile()).toBe(true)
    await handle.close()
  })

  it('that shrank or went away is an error of the source', async () => {
    const { exports } = setUp()
    const path = join(await inFolder(), 'sealed')
    await writeFile(path, exports.seal(pattern(3 * CHUNK), { file }))
    const source = await fileSource(path)
    const reader = exports.reader(source, { file })
    await reader.size()
    await truncate(path, 1_000)
    expect((await refusal(reader.read(0, 1))).code).toBe('PHI_ENVELOPE_FILE_SOURCE')
    await source.close()
    expect((await refusal(reader.read(0, 1))).code).toBe('PHI_ENVELOPE_FILE_SOURCE')
    const missing = await refusal(fileSource(join(folder, 'jane-roe')))
    expect(missing).toMatchObject({ code: 'PHI_ENVELOPE_FILE_SOURCE', info: { errno: 'ENOENT' } })
    expect(`${missing.stack}${missing.cause}`).not.toContain('jane-roe')
    expect((await refusal(fileSource(folder))).code).toBe('PHI_ENVELOPE_FILE_SOURCE')
  })
})

describe('whole files', () => {
  it('S18 S20 are sealed and opened into files of mode 0600, with progress, and nothing else is left', async () => {
    const { exports, keys } = setUp()
    for (const length of [0, 1, CHUNK, 64 * CHUNK, 64 * CHUNK + 1, 200 * CHUNK + 5]) {
      const at = await inFolder()
      const [plain, sealed, opened] = ['plain', 'sealed', 'opened'].map((name) => join(at, name)) as [string, string, string]
      const plaintext = pattern(length)
      await writeFile(plain, plaintext)
      const seen: [number, number | undefined][] = []
      const onProgress = ({ bytes, total }: { bytes: number; total?: number }) => seen.push([bytes, total])
      const size = 82 + length + 16 * Math.floor(length / CHUNK)
      expect(await sealFile(exports, plain, pathToFileURL(sealed), { file, onProgress })).toEqual({
        plaintextBytes: length,
        sealedBytes: size,
      })
      expect(seen.at(-1)).toEqual([length, length])
      expect(seen.length).toBe(Math.floor(length / (64 * CHUNK)) + (length % (64 * CHUNK) >= CHUNK ? 1 : 0) + 1)
      expect((await stat(sealed)).size).toBe(size)
      expect(sameBytes(exports.open(await readFile(sealed), { file }), plaintext)).toBe(true)
      seen.length = 0
      expect(await openFile(exports, pathToFileURL(sealed), opened, { file, onProgress })).toEqual({
        plaintextBytes: length,
        sealedBytes: size,
      })
      expect(sameBytes(await readFile(opened), plaintext)).toBe(true)
      if (length > 0) expect(seen.at(-1)).toEqual([length, length])
      if (process.platform !== 'win32') {
        expect((await stat(sealed)).mode & 0o777).toBe(0o600)
        expect((await stat(opened)).mode & 0o777).toBe(0o600)
      }
      expect((await readdir(at)).sort()).toEqual(['opened', 'plain', 'sealed'])
    }
    expect(keys.uses.filter(({ sealed }) => sealed).length).toBe(6)
  })

  it('S18 are sealed in place, and replace a link rather than what it points to', async () => {
    const { exports } = setUp()
    const at = await inFolder()
    const path = join(at, 'note')
    await writeFile(path, pattern(CHUNK))
    await sealFile(exports, path, path, { file })
    expect(exports.open(await readFile(path), { file }).length).toBe(CHUNK)
    const [link, target] = [join(at, 'link'), join(at, 'target')]
    await writeFile(target, 'kept')
    await symlink(target, link)
    await openFile(exports, path, link, { file })
    expect(await readFile(target, 'utf8')).toBe('kept')
    expect(sameBytes(await readFile(link), pattern(CHUNK))).toBe(true)
  })

  it('S20 a bad file leaves what was there, and no temporary file', async () => {
    const { exports } = setUp()
    const at = await inFolder()
    const [path, target] = [join(at, 'sealed'), join(at, 'opened')]
    const sealed = exports.seal(pattern(300 * CHUNK), { file })
    const altered = sealed.slice()
    ;(altered[altered.length - 1] as number) ^= 1
    const wrong = [
      altered,
      sealed.subarray(0, 66 + 200 * SEALED_CHUNK),
      sealed.subarray(0, 30),
      Buffer.concat([sealed, sealed]),
    ]
    for (const bytes of wrong) {
      await writeFile(path, bytes)
      await writeFile(target, 'as it was')
      expect((await refusal(openFile(exports, path, target, { file }))).code).toBe('PHI_ENVELOPE_FILE')
      expect(await readFile(target, 'utf8')).toBe('as it was')
      expect((await readdir(at)).sort()).toEqual(['opened', 'sealed'])
    }
    await writeFile(path, sealed)
    expect((await refusal(openFile(exports, path, target, { file: 'another' }))).code).toBe('PHI_ENVELOPE_FILE')
    expect(await readFile(target, 'utf8')).toBe('as it was')
  })

  it('an abort in the middle ends with its reason and leaves nothing', async () => {
    const { exports } = setUp()
    const at = await inFolder()
    const [plain, sealed] = [join(at, 'plain'), join(at, 'sealed')]
    await writeFile(plain, pattern(500 * CHUNK))
    await writeFile(sealed, exports.seal(pattern(500 * CHUNK), { file }))
    const before = await readFile(sealed)
    for (const work of [sealFile, openFile]) {
      for (const afterCalls of [0, 1, 3]) {
        const abort = new AbortController()
        const reason = new Error('shutting down')
        let calls = 0
        if (afterCalls === 0) abort.abort(reason)
        const onProgress = () => {
          calls++
          if (calls === afterCalls) abort.abort(reason)
        }
        const [from, to] = work === sealFile ? [plain, join(at, 'new')] : [sealed, join(at, 'new')]
        await expect(work(exports, from, to, { file, signal: abort.signal, onProgress })).rejects.toBe(reason)
        expect((await readdir(at)).sort()).toEqual(['plain', 'sealed'])
      }
    }
    expect(sameBytes(await readFile(sealed), before)).toBe(true)
  })

  it('a file that changes while it is sealed, and a folder that cannot be written, are told without their paths', async () => {
    const { exports } = setUp()
    const at = await inFolder()
    const plain = join(at, 'jane-roe')
    for (const [how, size] of [
      ['shrinks', 65 * CHUNK],
      ['grows', 200 * CHUNK + 1],
    ] as const) {
      await writeFile(plain, pattern(200 * CHUNK))
      let isFirst = true
      const onProgress = () => {
        if (isFirst) truncateSync(plain, size)
        isFirst = false
      }
      const error = await refusal(sealFile(exports, plain, join(at, 'sealed'), { file, onProgress }))
      expect([how, error.code]).toEqual([how, 'PHI_ENVELOPE_FILE_SOURCE'])
      expect(await readdir(at)).toEqual(['jane-roe'])
    }
    const nowhere = await refusal(sealFile(exports, plain, join(at, 'no-such-folder-jane-roe', 'x'), { file }))
    expect(nowhere).toMatchObject({ code: 'PHI_ENVELOPE_FILE_TARGET', info: { errno: 'ENOENT' } })
    const taken = await refusal(sealFile(exports, plain, at, { file }))
    expect(taken.code).toBe('PHI_ENVELOPE_FILE_TARGET')
    for (const error of [nowhere, taken])
      expect(`${error.stack}${error.cause}${JSON.stringify(error)}`).not.toContain('jane-roe')
    const keysGone = setUp()
    keysGone.keys.isStale = true
    expect((await refusal(sealFile(keysGone.exports, plain, join(at, 'sealed'), { file }))).code).toBe('PHI_ENVELOPE_STALE')
    expect(await readdir(at)).toEqual(['jane-roe'])
  })
})
