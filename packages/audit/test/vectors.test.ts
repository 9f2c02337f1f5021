import { readFileSync, writeFileSync } from 'node:fs'
import { fromBase64, isPhiError, toBase64, utf8 } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { bundleRecords, makeBundle, readBundle, verifyBundle } from '../src/evidence/bundle.ts'
import { exportLines, verifyLines } from '../src/evidence/jsonl.ts'
import { commitment, groupNames } from '../src/group.ts'
import { entryHash, GENESIS_HASH, leafText, parseLeaf } from '../src/leaf.ts'
import {
  consistencyProof,
  emptyFrontier,
  FrontierBuilder,
  frontierRoot,
  hashLeaf,
  inclusionProof,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../src/merkle/index.ts'
import { ed25519Signer, formatCheckpoint, openNote, parseCheckpoint, signNote, verifierFromVkey } from '../src/note/index.ts'
import { readRecord } from '../src/record.ts'
import { isCanonicalObject } from '../src/verify/canonical.ts'
import { verifyLog } from '../src/verify/verify.ts'
import { codeOf, storeOf } from './tampered-store.ts'
import { type Vectors, vectorsText } from './twin.ts'

const file = new URL('../vectors/v1.json', import.meta.url)
if (process.env.PHI_WRITE_VECTORS === '1') writeFileSync(file, vectorsText())
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors

const { key, origin, entries, roots } = vectors
const hashes = entries.map(({ hash }) => fromBase64(hash))
const log = { tenant: 'vectors', origin }
const last = vectors.checkpoints.at(-1) as Vectors['checkpoints'][number]
const store = storeOf({
  entries: entries.map(({ index, leaf, open }) => ({ index, leaf, open })),
  head: {
    size: entries.length,
    lastHash: entries.at(-1)?.hash as string,
    recordedAt: entries.at(-1)?.recordedAt as string,
    frontier: vectors.frontiers.at(-1) as string[],
  },
  checkpoints: vectors.checkpoints.map(({ note }) => note),
  tiles: [],
})

describe('the published vectors of format v1', () => {
  it('are what the plain twin writes (set PHI_WRITE_VECTORS=1 to write them anew)', () => {
    expect(readFileSync(file, 'utf8')).toBe(vectorsText())
  })

  it('have every group once with content and once without', () => {
    for (const name of groupNames) {
      const texts = entries.map(({ open }) => open[name].json)
      expect(texts.some((json) => json.length > 2)).toBe(true)
      if (name !== 'event' && name !== 'actor') expect(texts).toContain('{}')
    }
  })

  it('S145 "SHA-256 checksums, immutable audit logs": commitments, leaves and entry hashes agree', () => {
    let previous = GENESIS_HASH
    for (const entry of entries) {
      let lines = ''
      for (const name of groupNames) {
        const { salt, json } = entry.open[name]
        expect(commitment(name, fromBase64(salt), json)).toBe(entry.commitments[name])
        expect(isCanonicalObject(json)).toBe(true)
        lines += `${name} ${entry.commitments[name]}\n`
      }
      expect(leafText(origin, entry.index, entry.recordedAt, previous, lines)).toBe(entry.leaf)
      expect(parseLeaf(entry.leaf)).toEqual({
        origin,
        index: entry.index,
        recordedAt: entry.recordedAt,
        previous,
        commitments: entry.commitments,
      })
      expect(entryHash(entry.leaf)).toBe(entry.hash)
      expect(toBase64(hashLeaf(utf8(entry.leaf)))).toBe(entry.hash)
      previous = entry.hash
    }
  })

  it('roots and frontiers agree at every size', () => {
    const builder = new FrontierBuilder(emptyFrontier)
    for (let size = 0; size <= hashes.length; size++) {
      expect(toBase64(rootOf(hashes.slice(0, size)))).toBe(roots[size])
      expect(toBase64(frontierRoot(builder.frontier()))).toBe(roots[size])
      expect(builder.frontier().hashes.map(toBase64)).toEqual(vectors.frontiers[size])
      if (size < hashes.length) builder.push(hashes[size] as Uint8Array)
    }
  })

  it('inclusion and consistency proofs agree, and verify', () => {
    for (const { index, size, proof } of vectors.inclusion) {
      const leafHashes = hashes.slice(0, size)
      expect(inclusionProof({ leafHashes, index }).map(toBase64)).toEqual(proof)
      const root = fromBase64(roots[size] as string)
      const leafHash = hashes[index] as Uint8Array
      expect(verifyInclusion({ index, size, leafHash, proof: proof.map(fromBase64), root })).toBe(true)
    }
    for (const { size1, size2, proof } of vectors.consistency) {
      expect(consistencyProof({ leafHashes: hashes, size1, size2 }).map(toBase64)).toEqual(proof)
      const [root1, root2] = [fromBase64(roots[size1] as string), fromBase64(roots[size2] as string)]
      expect(verifyConsistency({ size1, size2, root1, root2, proof: proof.map(fromBase64) })).toBe(true)
    }
  })

  it('roots and tile hashes of a tree wider than a tile agree', () => {
    const builder = new FrontierBuilder(emptyFrontier)
    const wanted = new Map(vectors.large.roots.map(({ size, root }) => [size, root]))
    for (let i = 0; i < 600; i++) {
      builder.push(hashLeaf(utf8(`leaf ${i}`)))
      if (wanted.has(i + 1)) expect(toBase64(builder.root())).toBe(wanted.get(i + 1))
    }
    expect(builder.completed.map(({ level, index, hash }) => [level, index, toBase64(hash)])).toEqual(
      vectors.large.tiles.map((hash, index) => [1, index, hash]),
    )
  })

  it('checkpoints are signed byte for byte, and open', async () => {
    const signer = ed25519Signer.fromSecretKey(key.name, Uint8Array.from(Buffer.from(key.seed, 'hex')))
    expect(signer.vkey).toBe(key.vkey)
    for (const { size, note } of vectors.checkpoints) {
      const root = fromBase64(roots[size] as string)
      expect(await signNote(formatCheckpoint({ origin, size, root }), [signer])).toBe(note)
      const { text } = openNote(note, [verifierFromVkey(key.vkey)])
      expect(parseCheckpoint(text)).toEqual({ origin, size, root, extensions: [] })
    }
  })

  it('the log verifies from a store', async () => {
    const report = await verifyLog(store, log, { keys: [key.vkey] })
    expect(report).toMatchObject({ verdict: 'intact', coverage: { checked: entries.length, anchoredTo: entries.length } })
  })

  it('every entry reads as a genuine record', () => {
    for (const { index, leaf, open, hash, recordedAt } of entries) {
      expect(readRecord({ index, leaf, open })).toMatchObject({
        index,
        hash,
        recordedAt,
        origin,
        genuine: true,
        withheld: [],
        altered: [],
      })
    }
  })

  it('the bundle is made as published, and verifies', async () => {
    const published = readBundle(vectors.bundle)
    const open = (index: number) =>
      groupNames.filter((name) => published.entries.find((entry) => entry.index === index)?.open[name])
    const indices = published.entries.map(({ index }) => index)
    expect(await makeBundle({ store, log, checkpointNote: last.note, indices, open })).toEqual(published)
    expect(verifyBundle(vectors.bundle, { keys: [key.vkey] })).toMatchObject({
      verdict: 'intact',
      coverage: { from: 0, to: 20, checked: 4, anchoredTo: 20, withheld: 0 + 3 + 5 + 4 },
      findings: [],
    })
    expect(bundleRecords(published).map(({ withheld }) => withheld.length)).toEqual([0, 3, 5, 4])
  })

  it('the JSON lines are written as published, and verify', async () => {
    let written = ''
    for await (const line of exportLines(store, log, last.note)) written += line
    expect(written).toBe(vectors.jsonl)
    const report = await verifyLines(linesOf(vectors.jsonl), { keys: [key.vkey] })
    expect(report).toMatchObject({ verdict: 'intact', coverage: { checked: 20, anchoredTo: 20 }, findings: [] })
  })
})

const linesOf = (text: string): string[] => text.split(/(?<=\n)/)

describe('what the vectors say must be refused', () => {
  it.each(vectors.notCanonical)('a group text that is not canonical: %s', (json) => {
    expect(isCanonicalObject(json)).toBe(false)
  })

  it.each(vectors.notLeaves)('a text that is no leaf: %j', async (text) => {
    expect(await codeOf(() => parseLeaf(text))).toBe('PHI_AUDIT_FORMAT')
  })

  it.each(vectors.bundlesBroken)('a bundle: $why', ({ bundle, code }) => {
    const { verdict, findings } = verifyBundle(bundle, { keys: [key.vkey] })
    expect(verdict).toBe('broken')
    expect(findings.map((finding) => finding.code)).toContain(code)
  })

  it.each(vectors.bundlesUnverifiable)('a bundle that says too little: $why', ({ bundle, code }) => {
    const { verdict, findings } = verifyBundle(bundle, { keys: [key.vkey] })
    expect(verdict).toBe('unverifiable')
    expect(findings.map((finding) => finding.code)).toEqual([code])
  })

  it.each(vectors.bundlesRefused)('a text that is no bundle: $why', ({ bundle }) => {
    expect.assertions(2)
    try {
      verifyBundle(bundle, { keys: [key.vkey] })
    } catch (error) {
      expect(isPhiError(error, 'PHI_AUDIT_FORMAT')).toBe(true)
      // The parser's own message would quote the text.
      expect((error as Error).cause).toBeUndefined()
    }
  })

  it.each(vectors.jsonlBroken)('JSON lines: $why', async (vector) => {
    const { verdict, findings } = await verifyLines(linesOf(vector.jsonl), { keys: [key.vkey] })
    expect(verdict).toBe('broken')
    const found = findings.find(({ code }) => code === vector.code)
    expect(found).toBeDefined()
    if ('index' in vector) expect(found?.index).toBe(vector.index)
  })
})
