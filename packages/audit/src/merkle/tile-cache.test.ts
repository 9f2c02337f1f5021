import { sha256 } from '@phi/core'
import { describe, expect, it } from 'vitest'
import {
  consistencyProofFromTiles,
  FrontierBuilder,
  type HashReader,
  inclusionProof,
  inclusionProofFromTiles,
  rootFromTiles,
  rootOf,
} from './index.ts'
import { TileCache } from './tile-cache.ts'

const LEAVES = 66_000 // more than one tile of level 1
const leafHashes = Array.from({ length: LEAVES }, (_, i) => new Uint8Array(sha256(new TextEncoder().encode(String(i)))))
const builder = new FrontierBuilder()
const levels: Uint8Array[][] = [leafHashes]
for (const hash of leafHashes) builder.push(hash)
for (const { level, index, hash } of builder.completed) {
  levels[level] ??= []
  ;(levels[level] as Uint8Array[])[index] = hash
}

/** Reads from the tree, refuses what is not complete in the first `size` leaves, and counts. */
function source(size = LEAVES) {
  const state = { size, reads: [] as string[], away: false }
  const read: HashReader = async (level, from, to) => {
    state.reads.push(`${level}: ${from}-${to}`)
    if (state.away) throw new Error('away')
    if (to > Math.floor(state.size / 256 ** level)) throw new Error('not there yet')
    return (levels[level] as Uint8Array[]).slice(from, to)
  }
  return { state, read }
}

const SIZES = [1, 2, 3, 255, 256, 257, 511, 512, 700, 4096, 20_480, 65_535, 65_536, 65_537, 65_799, LEAVES]

describe('proofs from tiles that are kept', () => {
  it('S113 are those from tiles that are read each time, and those from the leaves', async () => {
    const { read } = source()
    const tiles = new TileCache(read)
    for (const size of SIZES.toReversed()) {
      expect(await tiles.root(size)).toEqual(await rootFromTiles(size, read))
      const indices = [0, 1, 255, 256, 257, size >> 1, size - 2, size - 1].filter((index) => index >= 0 && index < size)
      for (const index of new Set(indices)) {
        expect(await tiles.inclusionProof(index, size)).toEqual(await inclusionProofFromTiles({ index, size, read }))
      }
      for (const size1 of SIZES.filter((other) => other <= size)) {
        expect(await tiles.consistencyProof(size1, size)).toEqual(await consistencyProofFromTiles({ size1, size2: size, read }))
      }
    }
    const first = leafHashes.slice(0, 700)
    expect(await tiles.root(700)).toEqual(rootOf(first))
    expect(await tiles.inclusionProof(300, 700)).toEqual(inclusionProof({ leafHashes: first, index: 300 }))
  })

  it('take one read a tile, and another only when the tile has grown', async () => {
    const { state, read } = source(600)
    const tiles = new TileCache(read)
    await Promise.all(Array.from({ length: 600 }, (_, index) => tiles.inclusionProof(index, 600)))
    expect(state.reads.toSorted()).toEqual(['0: 0-256', '0: 256-512', '0: 512-600', '1: 0-2'])
    state.size = 610
    expect(await tiles.inclusionProof(520, 610)).toEqual(
      await inclusionProofFromTiles({ index: 520, size: 610, read: source().read }),
    )
    expect(await tiles.inclusionProof(520, 600)).toEqual(
      await inclusionProofFromTiles({ index: 520, size: 600, read: source().read }),
    )
    expect(state.reads.slice(4)).toEqual(['0: 512-610'])
  })

  it('are the same however few tiles are kept', async () => {
    const { state, read } = source()
    const tiles = new TileCache(read, 2)
    for (let index = 0; index < 2000; index += 97) {
      expect(await tiles.inclusionProof(index, LEAVES)).toEqual(
        await inclusionProofFromTiles({ index, size: LEAVES, read: source().read }),
      )
    }
    expect(state.reads.length).toBeGreaterThan(8)
  })

  it('are not spoilt by what is written into an earlier proof', async () => {
    const { read } = source(700)
    const tiles = new TileCache(read)
    for (const hash of await tiles.inclusionProof(5, 700)) hash.fill(0)
    expect(await tiles.inclusionProof(5, 700)).toEqual(await inclusionProofFromTiles({ index: 5, size: 700, read }))
  })

  it('are asked for again when the store was away, and refused when it gives too little', async () => {
    const { state, read } = source(700)
    const tiles = new TileCache(read)
    state.away = true
    await expect(tiles.inclusionProof(5, 700)).rejects.toThrow('away')
    state.away = false
    expect(await tiles.inclusionProof(5, 700)).toHaveLength(10)
    const short = new TileCache(async () => [])
    await expect(short.inclusionProof(5, 700)).rejects.toMatchObject({ code: 'PHI_AUDIT_MERKLE_READ' })
  })
})
