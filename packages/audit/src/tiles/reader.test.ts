import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { equalBytes, fromBase64, fromUtf8, utf8 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeLog, testSigner } from '../../test/make-log.ts'
import { codeOf, rewrite, tampered } from '../../test/tampered-store.ts'
import { memorySink } from '../../test/tiles/sinks.ts'
import tessera from '../../test/tiles/tessera-testdata.json' with { type: 'json' }
import { MTH, twinFiles } from '../../test/tiles/twin.ts'
import { hashLeaf, verifyConsistency, verifyInclusion } from '../merkle/index.ts'
import { ed25519Cosigner, ed25519Signer, formatCheckpoint, signNote } from '../note/index.ts'
import { witnessPolicy } from '../witness/index.ts'
import { exportTiles, httpTiles, openTiles, type ReadTile } from './index.ts'

const keys = [testSigner.vkey]
const sizes = [5, 256, 300, 700]
const { store, log, notes } = await makeLog(700, sizes)
const noteOf = (size: number) => notes[sizes.indexOf(size)] as string
const leaves: Uint8Array[] = []
for await (const batch of store.read(log, { from: 0, to: 700 })) leaves.push(...batch.map(({ leaf }) => utf8(leaf)))

async function filesOf(size: number): Promise<Map<string, Uint8Array>> {
  const sink = memorySink()
  await exportTiles({ store, log, checkpoint: noteOf(size), to: sink })
  return sink.files
}
const all = new Map(await Promise.all(sizes.map(async (size) => [size, await filesOf(size)] as const)))
const readOf =
  (files: ReadonlyMap<string, Uint8Array>): ReadTile =>
  async (path) =>
    files.get(path)?.slice()
const reading = (size: number, change?: (files: Map<string, Uint8Array>) => void): ReadTile => {
  const files = new Map([...(all.get(size) as Map<string, Uint8Array>)].map(([path, bytes]) => [path, bytes.slice()]))
  change?.(files)
  return readOf(files)
}
const codes = async (read: ReadTile, options: { leaves?: 'v1' | 'opaque'; trusted?: string[] } = {}) => {
  const report = await (await openTiles({ read, keys })).verify(options)
  return [report.verdict, ...new Set(report.findings.map(({ code }) => code))]
}

describe('openTiles', () => {
  it('S113 hands out entries and proofs that anybody can check against the signed root', async () => {
    const tiles = await openTiles({ read: reading(700), keys })
    expect(tiles).toMatchObject({ origin: log.origin, size: 700, checkpoint: noteOf(700) })
    expect(equalBytes(tiles.root, MTH(leaves))).toBe(true)
    for (const index of [0, 1, 255, 256, 511, 512, 600, 699]) {
      const { leaf, proof } = await tiles.entry(index)
      expect(equalBytes(leaf, leaves[index] as Uint8Array)).toBe(true)
      expect(verifyInclusion({ index, size: 700, leafHash: hashLeaf(leaf), proof, root: tiles.root })).toBe(true)
      expect((await tiles.inclusionProof(index)).proof).toEqual(proof)
    }
    for (const size1 of [1, 5, 255, 256, 257, 512, 699, 700]) {
      const proved = await tiles.consistencyProof(size1)
      expect(equalBytes(proved.root1, MTH(leaves.slice(0, size1)))).toBe(true)
      expect(verifyConsistency(proved)).toBe(true)
    }
    const read: number[] = []
    for await (const { index, leaf } of tiles.entries({ from: 250, to: 520 })) {
      read.push(index)
      expect(equalBytes(leaf, leaves[index] as Uint8Array)).toBe(true)
    }
    expect(read).toEqual(Array.from({ length: 270 }, (_, i) => 250 + i))
  })

  it('refuses indices and sizes outside', async () => {
    const tiles = await openTiles({ read: reading(300), keys })
    for (const attempt of [
      () => tiles.entry(300),
      () => tiles.entry(-1),
      () => tiles.entry(0.5),
      () => tiles.inclusionProof(300),
      () => tiles.consistencyProof(0),
      () => tiles.consistencyProof(301),
      () => tiles.entries({ from: 0, to: 301 }).next(),
      () => tiles.entries({ from: 2, to: 1 }).next(),
    ])
      expect(await codeOf(attempt)).toBe('PHI_AUDIT_TILES_RANGE')
  })

  it('takes a full tile where the partial one is gone', async () => {
    const later = all.get(700) as Map<string, Uint8Array>
    const read = reading(300, (files) => {
      for (const path of [...files.keys()]) if (path.includes('001.p/')) files.delete(path)
      for (const path of ['tile/0/001', 'tile/entries/001']) files.set(path, later.get(path) as Uint8Array)
    })
    const tiles = await openTiles({ read, keys })
    expect(equalBytes((await tiles.entry(299)).leaf, leaves[299] as Uint8Array)).toBe(true)
    expect(await tiles.verify()).toMatchObject({ verdict: 'intact', coverage: { checked: 300, anchoredTo: 300 } })
  })

  it('trusts a checkpoint only by the keys, and only of the log', async () => {
    const stranger = await ed25519Signer.generate('other.example/log')
    const withCheckpoint = (note: string) => reading(5, (files) => files.set('checkpoint', utf8(note)))
    const [text] = noteOf(5).split('\n\n') as [string]
    const foreign = withCheckpoint(await signNote(`${text}\n`, [stranger]))
    expect(await codeOf(() => openTiles({ read: foreign, keys }))).toBe('PHI_AUDIT_NOTE_UNVERIFIED')
    // A known key of another name, such as a witness's, does not make it this log's.
    expect(await codeOf(() => openTiles({ read: foreign, keys: [...keys, stranger.vkey] }))).toBe('PHI_AUDIT_TILES_CHECKPOINT')
    expect((await openTiles({ read: foreign, keys: [stranger.vkey], origin: log.origin })).size).toBe(5)
    expect(await codeOf(() => openTiles({ read: reading(5), keys, origin: 'other' }))).toBe('PHI_AUDIT_TILES_CHECKPOINT')
    expect(await codeOf(() => openTiles({ read: reading(5), keys: [] }))).toBe('PHI_AUDIT_NOTE_UNVERIFIED')
    expect(await codeOf(() => openTiles({ read: withCheckpoint('x'), keys }))).toBe('PHI_AUDIT_NOTE_MALFORMED')
    expect(await codeOf(() => openTiles({ read: async () => undefined, keys }))).toBe('PHI_AUDIT_TILES_MISSING')
    expect(await codeOf(() => openTiles({ read: async () => 'text' as never, keys }))).toBe('PHI_AUDIT_TILES_READ')
    expect(await codeOf(() => openTiles({ read: undefined as never, keys }))).toBe('PHI_AUDIT_TILES_OPTIONS')
    expect(await codeOf(() => openTiles({ read: reading(5), keys, maxTiles: 0 }))).toBe('PHI_AUDIT_TILES_OPTIONS')
  })

  it('must continue every checkpoint that was held from before', async () => {
    const open = (size: number, trusted: string[]) => openTiles({ read: reading(size), keys, trusted })
    expect((await open(700, notes)).size).toBe(700)
    expect(await codeOf(() => open(300, [noteOf(700)]))).toBe('PHI_AUDIT_TILES_HISTORY')
    for (const size of [256, 300, 700]) {
      const root = new Uint8Array(32).fill(3)
      const fork = await signNote(formatCheckpoint({ origin: log.origin, size, root }), [testSigner])
      expect(await codeOf(() => open(700, [fork]))).toBe('PHI_AUDIT_TILES_HISTORY')
    }
  })

  it('says that reading failed without what the reader said', async () => {
    const read: ReadTile = async () => {
      throw new Error('/home/somebody/secret')
    }
    const error = await openTiles({ read, keys }).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: 'PHI_AUDIT_TILES_READ', retryable: true })
    expect(String((error as Error).stack)).not.toContain('somebody')
  })
})

describe('verify of tiles', () => {
  it.each(sizes)('S6 S113 S145 checks %i entries and all tiles', async (size) => {
    const tiles = await openTiles({ read: reading(size), keys })
    const report = await tiles.verify({ trusted: notes.filter((_, i) => (sizes[i] as number) <= size) })
    expect(report).toMatchObject({
      verdict: 'intact',
      coverage: { from: 0, to: size, checked: size, anchoredTo: size, unanchoredTail: 0, withheld: 5 * size },
      findings: [],
      resume: { size, anchoredTo: size },
    })
    expect(await tiles.verify({ leaves: 'opaque' })).toMatchObject({ verdict: 'intact', coverage: { checked: size } })
  })

  it('S113 finds one byte changed anywhere in any file', async () => {
    const files = all.get(5) as Map<string, Uint8Array>
    // Every byte in the long run, every third here, and not the same ones of every file.
    const step = process.env.PHI_LONG === '1' ? 1 : 3
    let changes = 0
    let start = 0
    for (const [path, bytes] of files) {
      for (let at = start++ % step; at < bytes.length; at += step) {
        const read = readOf(
          new Map(files).set(
            path,
            bytes.map((byte, i) => (i === at ? byte ^ (1 << (at % 8)) : byte)),
          ),
        )
        const verdict = await openTiles({ read, keys }).then(
          async (tiles) => (await tiles.verify({ leaves: at % 2 === 0 ? 'v1' : 'opaque' })).verdict,
          () => 'refused',
        )
        if (verdict === 'intact' || (path !== 'checkpoint' && verdict !== 'broken')) expect([path, at, verdict]).toEqual([])
        changes++
      }
    }
    const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0)
    expect(changes).toBeGreaterThanOrEqual(Math.floor(bytes / step) - files.size)
  })

  it('S113 finds one byte changed in a directory of several tiles, and lets no wrong entry out', async () => {
    const files = all.get(300) as Map<string, Uint8Array>
    const paths = [...files.keys()].filter((path) => path !== 'checkpoint')
    const one = fc
      .constantFrom(...paths)
      .chain((path) =>
        fc.tuple(fc.constant(path), fc.nat((files.get(path) as Uint8Array).length - 1), fc.integer({ min: 1, max: 255 })),
      )
    await fc.assert(
      fc.asyncProperty(one, fc.nat(299), async ([path, at, mask], index) => {
        const read = reading(300, (copy) => {
          const bytes = copy.get(path) as Uint8Array
          bytes[at] = (bytes[at] as number) ^ mask
        })
        const tiles = await openTiles({ read, keys })
        expect((await tiles.verify()).verdict).toBe('broken')
        const code = await codeOf(async () => {
          expect(equalBytes((await tiles.entry(index)).leaf, leaves[index] as Uint8Array)).toBe(true)
        })
        expect(['no error', 'PHI_AUDIT_TILES_DAMAGED']).toContain(code)
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 500 : 20 },
    )
  })

  it('S113 S145 hands out no entry and no proof that does not lead to the signed root', async () => {
    const flip = (path: string, at: number) =>
      reading(700, (files) => {
        const bytes = files.get(path) as Uint8Array
        bytes[at] = (bytes[at] as number) ^ 1
      })
    const code = (read: ReadTile, work: (tiles: Awaited<ReturnType<typeof openTiles>>) => Promise<unknown>) =>
      codeOf(async () => work(await openTiles({ read, keys })))
    // A byte of the third entry, behind the lengths and the two entries before it.
    const third = [0, 1].reduce((sum, i) => sum + 2 + (leaves[i] as Uint8Array).length, 0) + 2 + 40
    const entryChanged = flip('tile/entries/000', third)
    expect(await code(entryChanged, (tiles) => tiles.entry(2))).toBe('PHI_AUDIT_TILES_DAMAGED')
    expect(await code(entryChanged, (tiles) => tiles.entry(1))).toBe('no error')
    // The hash of the same entry, on which every proof in that tile leans but that of the entry itself.
    const hashChanged = flip('tile/0/000', 2 * 32)
    for (const index of [2, 3, 255]) {
      expect(await code(hashChanged, (tiles) => tiles.entry(index))).toBe(index === 2 ? 'no error' : 'PHI_AUDIT_TILES_DAMAGED')
      expect(await code(hashChanged, (tiles) => tiles.inclusionProof(index))).toBe('PHI_AUDIT_TILES_DAMAGED')
    }
    // The hash of the whole first tile, on the level above: entries of the others lean on it, and so do proofs between sizes.
    const aboveChanged = flip('tile/1/000.p/2', 0)
    for (const index of [256, 699]) {
      expect(await code(aboveChanged, (tiles) => tiles.entry(index))).toBe('PHI_AUDIT_TILES_DAMAGED')
      expect(await code(aboveChanged, (tiles) => tiles.inclusionProof(index))).toBe('PHI_AUDIT_TILES_DAMAGED')
    }
    for (const size of [300, 513]) {
      expect(await code(aboveChanged, (tiles) => tiles.consistencyProof(size))).toBe('PHI_AUDIT_TILES_DAMAGED')
      expect(await code(reading(700), (tiles) => tiles.consistencyProof(size))).toBe('no error')
    }
  })

  it('names the file’s place', async () => {
    const flip = (path: string, at: number) =>
      reading(700, (files) => {
        const bytes = files.get(path) as Uint8Array
        bytes[at] = (bytes[at] as number) ^ 1
      })
    const findings = async (read: ReadTile) => (await (await openTiles({ read, keys })).verify()).findings
    expect(await findings(flip('tile/0/001', 32 * 9))).toMatchObject([{ code: 'altered-tile', index: 265 }])
    expect(await findings(flip('tile/1/000.p/2', 32))).toMatchObject([
      { code: 'altered-tile', index: 256, between: { from: 256, to: 512 } },
    ])
    const altered = await findings(flip('tile/entries/000', 300))
    expect(altered.every(({ index }) => index === 0)).toBe(true)
    expect(altered.map(({ code }) => code)).toContain('altered-tile')
  })

  it.each([
    ['a tile', 'tile/0/001', ['broken', 'missing-tiles']],
    ['a tile of a higher level', 'tile/1/000.p/2', ['broken', 'missing-tiles']],
    ['a bundle', 'tile/entries/001', ['broken', 'gap', 'unanchored']],
    ['the last bundle', 'tile/entries/002.p/188', ['broken', 'truncated-tail', 'unanchored']],
    ['all but the checkpoint', 'tile/', ['broken', 'truncated-tail', 'empty']],
  ])('finds that %s is missing', async (_, path, expected) => {
    const read = reading(700, (files) => {
      for (const name of [...files.keys()]) if (name.startsWith(path)) files.delete(name)
    })
    expect(await codes(read)).toEqual(expected)
    expect((await codes(read, { leaves: 'opaque' }))[0]).toBe('broken')
  })

  it('finds files that were cut, and bundles that hold more', async () => {
    for (const path of ['tile/0/001', 'tile/entries/001', 'tile/1/000.p/2']) {
      const cut = reading(700, (files) => files.set(path, (files.get(path) as Uint8Array).slice(0, -1)))
      const more = reading(700, (files) => files.set(path, new Uint8Array([...(files.get(path) as Uint8Array), 0])))
      for (const read of [cut, more]) expect((await codes(read))[0]).toBe('broken')
    }
  })

  it('finds a history that was rewritten in every file, against a checkpoint held elsewhere', async () => {
    const forged = await tampered(store, log, (rows) => {
      rewrite(rows, 100, (texts) => {
        texts.actor = texts.actor.replace('u-', 'x-')
      })
    })
    const files = new Map<string, Uint8Array>()
    const lines: Uint8Array[] = []
    for await (const batch of forged.read(log, { from: 0, to: 700 })) lines.push(...batch.map(({ leaf }) => utf8(leaf)))
    for (const [path, bytes] of twinFiles(lines)) files.set(path, bytes)
    const root = new Uint8Array(MTH(lines))
    files.set('checkpoint', utf8(await signNote(formatCheckpoint({ origin: log.origin, size: 700, root }), [testSigner])))
    const read = readOf(files)
    // By itself it is whole: whoever holds the key can sign another history.
    expect(await codes(read)).toEqual(['intact'])
    expect(await codes(read, { trusted: [noteOf(300)] })).toEqual(['broken', 'rewritten-history'])
    expect(await codes(read, { trusted: [noteOf(300)], leaves: 'opaque' })).toEqual(['broken', 'rewritten-history'])
    expect(await codes(read, { trusted: [noteOf(700)] })).toEqual(['broken', 'fork'])
    expect(await codes(reading(300), { trusted: [noteOf(700)] })).toEqual(['broken', 'truncated-tail'])
  })

  it('goes on from an earlier verification, and does not say that it read what it did not', async () => {
    const first = await (await openTiles({ read: reading(300), keys })).verify()
    if (first.resume === undefined) throw new Error('no resume point')
    const from = { verified: first.resume }
    const tiles = await openTiles({ read: reading(700), keys })
    expect(await tiles.verify({ from })).toMatchObject({
      verdict: 'intact',
      coverage: { from: 300, to: 700, checked: 400, anchoredTo: 700 },
    })
    expect((await tiles.verify({ from, trusted: [noteOf(256)] })).verdict).toBe('unverifiable')
    const shorter = await openTiles({ read: reading(256), keys })
    expect((await shorter.verify({ from })).findings).toMatchObject([{ code: 'rollback' }, { code: 'empty' }])
    expect(await codeOf(() => tiles.verify({ from: { verified: { ...first.resume, size: 4 } as never } }))).toBe(
      'PHI_AUDIT_OPTIONS',
    )
  })

  it('asks for the cosignatures of a policy, where there is one', async () => {
    const witness = ed25519Cosigner.fromSecretKey('w.example', new Uint8Array(32).fill(5), { clock: () => 1_000_000 })
    const witnesses = witnessPolicy({ witnesses: [{ name: 'w', vkey: witness.vkey }], quorum: 'w' })
    const tiles = await openTiles({ read: reading(300), keys })
    expect(await tiles.verify({ witnesses })).toMatchObject({ verdict: 'unverifiable', coverage: { anchoredTo: 0 } })
    const [text] = noteOf(300).split('\n\n') as [string]
    const cosigned = utf8(await signNote(`${text}\n`, [testSigner, witness]))
    const witnessed = await openTiles({ read: reading(300, (files) => files.set('checkpoint', cosigned)), keys })
    expect(await witnessed.verify({ witnesses })).toMatchObject({ verdict: 'intact', coverage: { anchoredTo: 300 } })
  })

  it('does not pass over an age that it cannot compute', async () => {
    const tiles = await openTiles({ read: reading(300), keys })
    const now = Date.parse('2026-03-05T00:00:00.000Z')
    expect(await codeOf(() => tiles.verify({ maxAgeMs: 1000 }))).toBe('PHI_AUDIT_OPTIONS')
    expect(await codeOf(() => tiles.verify({ maxAgeMs: 1000, now, leaves: 'opaque' }))).toBe('PHI_AUDIT_TILES_OPTIONS')
    expect((await tiles.verify({ maxAgeMs: 1000, now })).findings.map(({ code }) => code)).toEqual(['stale'])
  })

  it('does not call an empty log intact', async () => {
    const root = new Uint8Array(MTH([]))
    const note = await signNote(formatCheckpoint({ origin: log.origin, size: 0, root }), [testSigner])
    expect(await codes(readOf(new Map([['checkpoint', utf8(note)]])))).toEqual(['unverifiable', 'empty'])
  })

  it('does not take for damage that a file cannot be read, and stops when told to', async () => {
    const read: ReadTile = async (path) => {
      if (path === 'tile/0/001') throw new Error('away')
      return reading(700)(path)
    }
    const tiles = await openTiles({ read, keys })
    expect(await codeOf(() => tiles.verify())).toBe('PHI_AUDIT_TILES_READ')
    const stop = new AbortController()
    await expect(tiles.verify({ signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    )
  })
})

describe('a log of somebody else', () => {
  const published = new Map(
    Object.entries(tessera.files).map(([path, text]) => [
      path,
      text.startsWith('base64:') ? fromBase64(text.slice('base64:'.length)) : utf8(text),
    ]),
  )
  const read = readOf(published)
  // As the log publishes it (testdata/build_log.sh of transparency-dev/tessera).
  const key = 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx'

  it('reads a published tessera log with its entries, proofs and all its checkpoints', async () => {
    const trusted = Array.from({ length: 16 }, (_, i) => fromUtf8(published.get(`checkpoint.${i}`) as Uint8Array))
    const tiles = await openTiles({ read, keys: [key], trusted })
    expect(tiles).toMatchObject({ origin: 'example.com/log/testdata', size: 15 })
    const texts: string[] = []
    for await (const { leaf } of tiles.entries()) texts.push(Buffer.from(leaf).toString())
    expect(texts.slice(0, 3)).toEqual(['one', 'two', 'three'])
    expect(texts).toHaveLength(15)
    expect(await tiles.verify({ leaves: 'opaque' })).toMatchObject({
      verdict: 'intact',
      coverage: { checked: 15, anchoredTo: 15 },
      findings: [],
    })
    // They are no leaves of format v1, and are not taken for some.
    expect((await tiles.verify()).verdict).toBe('broken')
  })

  it('makes the files of the published log byte for byte from its entries', async () => {
    const tiles = await openTiles({ read, keys: [key] })
    const entries: Uint8Array[] = []
    for await (const { leaf } of tiles.entries()) entries.push(leaf)
    for (let size = 1; size <= 15; size++) {
      for (const [path, bytes] of twinFiles(entries.slice(0, size)))
        expect(equalBytes((await read(path)) as Uint8Array, new Uint8Array(bytes))).toBe(true)
    }
  })

  it('reads entries of any bytes, in several tiles, from a twin that shares no code', async () => {
    const entries = Array.from({ length: 600 }, (_, i) => Uint8Array.from({ length: i % 9 }, (_, k) => (i * 31 + k * 7) & 255))
    const signer = await ed25519Signer.generate('foreign.example/log')
    const files = new Map<string, Uint8Array>([...twinFiles(entries)].map(([path, bytes]) => [path, new Uint8Array(bytes)]))
    const text = formatCheckpoint({ origin: signer.name, size: 600, root: new Uint8Array(MTH(entries)), extensions: ['extra'] })
    files.set('checkpoint', utf8(await signNote(text, [signer])))
    const tiles = await openTiles({ read: readOf(files), keys: [signer.vkey] })
    expect((await tiles.verify({ leaves: 'opaque' })).verdict).toBe('intact')
    expect((await tiles.entry(599)).leaf).toEqual(entries[599])
    expect((await tiles.entry(0)).leaf).toEqual(new Uint8Array(0))
  })
})

describe('httpTiles', () => {
  it('reads a log over HTTP, and tells "not there" from "cannot tell"', async () => {
    const files = all.get(300) as Map<string, Uint8Array>
    let fault: { status: number; body?: Uint8Array; headers?: Record<string, string> } | 'drop' | 'hang' | undefined
    const seen: (string | undefined)[] = []
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization)
      if (fault === 'drop') return void request.socket.destroy()
      if (fault === 'hang') return
      if (fault !== undefined) return void response.writeHead(fault.status, fault.headers).end(fault.body)
      const file = files.get((request.url ?? '').replace('/logs/a/', ''))
      response.writeHead(file === undefined ? 404 : 200).end(file)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logs/a`
      const read = httpTiles({ url, fetch, timeoutMs: 2000, headers: { authorization: 'Bearer t' } })
      const tiles = await openTiles({ read, keys })
      expect((await tiles.verify()).verdict).toBe('intact')
      expect(await read('tile/0/009')).toBeUndefined()
      expect(new Set(seen)).toEqual(new Set(['Bearer t']))
      for (const status of [500, 503, 403, 204, 206, 301]) {
        fault = { status, headers: status === 301 ? { location: '/logs/a/checkpoint' } : {} }
        expect(await codeOf(() => read('checkpoint'))).toBe('PHI_AUDIT_TILES_READ')
      }
      fault = { status: 410 }
      expect(await read('checkpoint')).toBeUndefined()
      fault = { status: 200, body: new Uint8Array(1_000_001) }
      expect(await codeOf(() => read('checkpoint'))).toBe('PHI_AUDIT_TILES_READ')
      fault = { status: 200, body: utf8('<html>') }
      expect(await codeOf(() => openTiles({ read, keys }))).toBe('PHI_AUDIT_NOTE_MALFORMED')
      fault = 'drop'
      expect(await codeOf(() => read('checkpoint'))).toBe('PHI_AUDIT_TILES_READ')
      fault = 'hang'
      expect(await codeOf(() => httpTiles({ url, fetch, timeoutMs: 50 })('checkpoint'))).toBe('PHI_AUDIT_TILES_READ')
    } finally {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    }
  })

  it.each([
    'http://log.example/',
    'ftp://log.example/',
    'https://user:secret@log.example/',
    'https://log.example/?key=secret',
    'https://log.example/#x',
    'nothing',
  ])('refuses %s', async (url) => {
    expect(await codeOf(() => httpTiles({ url, fetch }))).toBe('PHI_AUDIT_TILES_OPTIONS')
  })
})
