import { sha256, toHex, utf8 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { append, checkpoint, eventAt, makeLog, testLog, testSigner } from '../../test/make-log.ts'
import { codeOf, rewrite, tampered } from '../../test/tampered-store.ts'
import { memorySink } from '../../test/tiles/sinks.ts'
import { twinFiles } from '../../test/tiles/twin.ts'
import { ed25519Signer, formatCheckpoint, signNote } from '../note/index.ts'
import { memoryStore } from '../store/memory.ts'
import type { AuditStore } from '../store/store.ts'
import { exportTiles, openTiles, type TileSink, tilesErrors } from './index.ts'

const keys = [testSigner.vkey]
const sizes = [1, 3, 255, 256, 257, 300, 511, 512, 700, 1050]
const { store, log, notes } = await makeLog(1050, sizes)
const noteOf = (size: number) => notes[sizes.indexOf(size)] as string
const leaves: Uint8Array[] = []
for await (const batch of store.read(log, { from: 0, to: 1050 })) leaves.push(...batch.map(({ leaf }) => utf8(leaf)))

const exported = (to: TileSink, size: number, from: AuditStore = store, resume = true) =>
  exportTiles({ store: from, log, checkpoint: noteOf(size), to, keys, resume })
/** Paths with the lengths and hashes of their files, which compare faster than the files. */
const plain = (files: ReadonlyMap<string, Uint8Array>): Record<string, string> =>
  Object.fromEntries(
    [...files]
      .filter(([path]) => path !== 'checkpoint')
      .map(([path, bytes]) => [path, `${bytes.length} ${toHex(sha256(new Uint8Array(bytes)))}`]),
  )
const twins = new Map(sizes.map((size) => [size, plain(twinFiles(leaves.slice(0, size)))]))
const expected = (size: number) => twins.get(size) as Record<string, string>

describe('exportTiles', () => {
  it.each(sizes)('S6 writes the tiles of %i entries as the specification says, and the checkpoint last', async (size) => {
    const sink = memorySink()
    const report = await exported(sink, size)
    expect(plain(sink.files)).toEqual(expected(size))
    expect(Buffer.from(sink.files.get('checkpoint') as Uint8Array).toString()).toBe(noteOf(size))
    expect(sink.log.at(-1)).toBe('checkpoint')
    const bytes = Object.values(expected(size)).reduce((sum, file) => sum + Number.parseInt(file, 10), 0)
    expect(report).toEqual({ size, previousSize: undefined, published: true, written: sink.files.size - 1, bytes })
  })

  it('goes on where it ended, writes nothing twice, and takes partial tiles away that are whole now', async () => {
    const sink = memorySink()
    const seen = new Set<string>()
    for (const size of sizes) {
      const before = sink.log.length
      const { written } = await exported(sink, size)
      const paths = sink.log.slice(before).filter((path) => !path.startsWith('-') && path !== 'checkpoint')
      expect(paths).toHaveLength(written)
      for (const path of paths) {
        expect(seen.has(path)).toBe(false)
        seen.add(path)
      }
      expect(sink.log.indexOf('checkpoint', before)).toBe(before + written)
      expect(plain(sink.files)).toMatchObject(expected(size))
      expect((await (await openTiles({ read: sink.read, keys })).verify()).verdict).toBe('intact')
    }
    expect([...sink.files.keys()].filter((path) => path.startsWith('tile/0/000.p/'))).toEqual([])
    // What is left beside the last export are partial tiles of tiles that were not whole by then.
    const more = Object.keys(plain(sink.files)).filter((path) => !(path in expected(1050)))
    expect(more.every((path) => /\.p\//.test(path))).toBe(true)
  })

  it('reads from the store only what is new, from the last whole tile on', async () => {
    const sink = memorySink()
    await exported(sink, 700)
    const reads: number[] = []
    const watched: AuditStore = {
      ...store,
      read: (key, range) => {
        reads.push(range.from)
        return store.read(key, range)
      },
    }
    await exported(sink, 1050, watched)
    expect(reads).toEqual([512])
  })

  it('with any sizes on the way ends at the same tiles', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(sizes, { minLength: 1 }), async (some) => {
        const sink = memorySink()
        for (const size of some) await exported(sink, size)
        expect(plain(sink.files)).toMatchObject(expected(some.at(-1) as number))
      }),
      { numRuns: 10 },
    )
  })

  it('publishes nothing when it was published already, and publishes new signatures on the same size', async () => {
    const sink = memorySink()
    await exported(sink, 300)
    expect(await exported(sink, 300)).toEqual({ size: 300, previousSize: 300, published: false, written: 0, bytes: 0 })
    const second = await ed25519Signer.generate('witness.example')
    const [text] = noteOf(300).split('\n\n') as [string]
    const cosigned = await signNote(`${text}\n`, [testSigner, second])
    const report = await exportTiles({ store, log, checkpoint: cosigned, to: sink, keys })
    expect(report).toMatchObject({ published: true, written: 0 })
    expect(Buffer.from(sink.files.get('checkpoint') as Uint8Array).toString()).toBe(cosigned)
  })

  it('leaves a later checkpoint of the same history where it is', async () => {
    const sink = memorySink()
    await exported(sink, 700)
    const before = sink.log.length
    expect(await exported(sink, 300)).toMatchObject({ size: 700, published: false, written: 0 })
    expect(sink.log).toHaveLength(before)
  })

  it('exports an empty log as a checkpoint without tiles, and goes on from it', async () => {
    const empty = memoryStore()
    await empty.open(testLog)
    const sink = memorySink()
    const options = { store: empty, log: testLog, to: sink, keys }
    await exportTiles({ ...options, checkpoint: await checkpoint(empty, testLog) })
    expect([...sink.files.keys()]).toEqual(['checkpoint'])
    await append(empty, testLog, [eventAt(0)], () => 1)
    expect(await exportTiles({ ...options, checkpoint: await checkpoint(empty, testLog) })).toMatchObject({ written: 2 })
    expect((await (await openTiles({ read: sink.read, keys })).verify()).verdict).toBe('intact')
  })

  it('S6 holds no text of an event', async () => {
    const sink = memorySink()
    await exported(sink, 300)
    const everything = Buffer.concat([...sink.files.values()]).toString('latin1')
    // With their quotation marks: three bytes stand in some hash now and then.
    for (const text of ['"u-1"', '"p-3"', 'ProgressNote', '203.0.113.9', 'TREAT', 'therapist'])
      expect(everything).not.toContain(text)
    expect(everything).toContain('phi.audit/v1')
  })
})

describe('exportTiles of a log that was changed', () => {
  const published = async () => {
    const sink = memorySink()
    await exported(sink, 300)
    return { sink, before: plain(sink.files) }
  }

  it('writes nothing when the log does not continue what was published', async () => {
    const rewritten = await tampered(store, log, (rows) => {
      rewrite(rows, 290, (texts) => {
        texts.actor = texts.actor.replace('u-', 'x-')
      })
    })
    const { sink, before } = await published()
    const { head } = rewritten
    expect((await head(log)).size).toBe(1050)
    for (const resume of [true, false])
      expect(await codeOf(() => exported(sink, 700, rewritten, resume))).toBe('PHI_AUDIT_TILES_HISTORY')
    expect(plain(sink.files)).toEqual(before)
  })

  it('does not publish what the checkpoint does not sign, and heals what it wrote before it noticed', async () => {
    const altered = await tampered(store, log, ({ entries }) => {
      const entry = entries[600] as { leaf: string }
      entry.leaf = entry.leaf.replace('T05:06', 'T05:07')
    })
    const { sink, before } = await published()
    expect(await codeOf(() => exported(sink, 700, altered))).toBe('PHI_AUDIT_TILES_SOURCE')
    expect(plain(sink.files)).toMatchObject(before)
    await exported(sink, 700)
    expect(plain(sink.files)).toMatchObject(expected(700))
  })

  it.each([
    ['an entry is missing', (rows: { entries: unknown[] }) => rows.entries.splice(650, 1)],
    ['the tail is missing', (rows: { entries: unknown[] }) => rows.entries.splice(690)],
    ['a tile hash is missing', (rows: { tiles: (string | undefined)[][] }) => rows.tiles[1]?.splice(0, 1, undefined)],
    ['a tile hash is none', (rows: { tiles: (string | undefined)[][] }) => rows.tiles[1]?.splice(0, 1, '%')],
    [
      'a tile hash is another',
      (rows: { tiles: (string | undefined)[][] }) => rows.tiles[1]?.splice(0, 1, 'A'.repeat(43).concat('=')),
    ],
  ])('does not publish when %s', async (_, edit) => {
    const { sink, before } = await published()
    const code = await codeOf(async () => exported(sink, 700, await tampered(store, log, (rows) => void edit(rows as never))))
    expect(['PHI_AUDIT_TILES_SOURCE', 'PHI_AUDIT_TILES_HISTORY']).toContain(code)
    expect(plain(sink.files)).toMatchObject(before)
  })

  it('S6 where something later is published already, holds that, and its own checkpoint, against the log', async () => {
    const other = await makeLog(700, [300, 700], { event: (i) => ({ ...eventAt(i), id: `r-${i}` }) })
    const [other300, other700] = other.notes as [string, string]
    const foreign = memorySink()
    foreign.files.set('checkpoint', utf8(other700))
    expect(await codeOf(() => exported(foreign, 300))).toBe('PHI_AUDIT_TILES_HISTORY')
    const ours = memorySink()
    ours.files.set('checkpoint', utf8(noteOf(700)))
    expect((await exported(ours, 300)).published).toBe(false)
    expect(await codeOf(() => exportTiles({ store, log, checkpoint: other300, to: ours, keys }))).toBe('PHI_AUDIT_TILES_SOURCE')
    for (const sink of [foreign, ours]) expect(sink.log).toEqual([])
  })

  it('names the entry that is missing', async () => {
    const { sink } = await published()
    const short = await tampered(store, log, ({ entries }) => void entries.splice(650, 1))
    await expect(exported(sink, 700, short)).rejects.toMatchObject({ code: 'PHI_AUDIT_TILES_SOURCE', info: { index: 650 } })
  })

  it('passes on that the store is away, which says nothing about the log', async () => {
    const { sink } = await published()
    const away: AuditStore = {
      ...store,
      // biome-ignore lint/correctness/useYield: it fails before the first entry
      async *read() {
        throw Object.assign(new Error('away'), { code: 'ECONNRESET' })
      },
    }
    await expect(exported(sink, 700, away)).rejects.toThrow('away')
  })

  it('with resume: false repairs what was damaged or lost, and nothing else', async () => {
    const sink = memorySink()
    await exported(sink, 700)
    const before = plain(sink.files)
    ;(sink.files.get('tile/0/001') as Uint8Array)[77] = 1
    sink.files.delete('tile/entries/000')
    sink.log.length = 0
    const report = await exported(sink, 700, store, false)
    expect(report).toMatchObject({ written: 2, size: 700 })
    expect(sink.log).toEqual(['tile/entries/000', 'tile/0/001', 'checkpoint'])
    expect(plain(sink.files)).toEqual(before)
  })
})

describe('exportTiles and what it is given', () => {
  it('refuses a checkpoint of another log, by another key, or none', async () => {
    const other = await ed25519Signer.generate(log.origin)
    const text = noteOf(300).split('\n\n')[0] as string
    const elsewhere = await signNote(formatCheckpoint({ origin: 'other.example', size: 1, root: new Uint8Array(32) }), [
      testSigner,
    ])
    for (const note of [await signNote(`${text}\n`, [other]), elsewhere, 'no note', ''])
      expect(await codeOf(() => exportTiles({ store, log, checkpoint: note, to: memorySink(), keys }))).toBe(
        'PHI_AUDIT_TILES_CHECKPOINT',
      )
    expect(await codeOf(() => exportTiles({ store, log, checkpoint: 7 as never, to: memorySink() }))).toBe(
      'PHI_AUDIT_TILES_OPTIONS',
    )
  })

  it('does not overwrite a checkpoint that it cannot read', async () => {
    for (const bytes of [utf8('garbage'), Uint8Array.of(255), utf8('')]) {
      const sink = memorySink(new Map([['checkpoint', bytes]]))
      expect(await codeOf(() => exported(sink, 300))).toBe('PHI_AUDIT_TILES_CHECKPOINT')
      expect(sink.files.get('checkpoint')).toEqual(bytes)
    }
  })

  it('says that the sink failed without what the sink said, and publishes nothing', async () => {
    for (const part of ['read', 'write', 'publish'] as const) {
      const sink: TileSink = {
        ...memorySink(),
        [part]: async () => {
          throw Object.assign(new Error('/home/somebody/secret'), { code: 'ENOSPC' })
        },
      }
      const error = await exported(sink, 3).then(
        () => undefined,
        (failure: unknown) => failure,
      )
      expect(error).toMatchObject({ code: 'PHI_AUDIT_TILES_SINK', retryable: true, info: { errno: 'ENOSPC' } })
      expect(String((error as Error).stack)).not.toContain('somebody')
    }
  })

  it('stops when told to, with the signal’s reason, and lets go of the sink', async () => {
    const stop = new AbortController()
    const sink = memorySink()
    let held = 0
    const to: TileSink = {
      ...sink,
      acquire: async () => {
        held++
        return async () => {
          held--
        }
      },
    }
    const onProgress = () => stop.abort(new Error('enough'))
    const work = exportTiles({ store, log, checkpoint: noteOf(1050), to, keys, signal: stop.signal, onProgress })
    await expect(work).rejects.toThrow('enough')
    expect(held).toBe(0)
    expect(sink.files.has('checkpoint')).toBe(false)
  })
})

describe('the catalogue of tiles', () => {
  it.each(Object.entries(tilesErrors))('%s is a problem and a remedy', (code, { problem, remedy }) => {
    expect(code).toMatch(/^PHI_AUDIT_TILES_[A-Z_]+$/)
    expect(problem).toMatch(/^[A-Z].*[^.]$/)
    expect(remedy).toMatch(/^[A-Z].*\.$/)
  })
})
