import { sha256, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  consistencyProof,
  consistencyProofFromTiles,
  FrontierBuilder,
  frontierFromTiles,
  type HashReader,
  hashLeaf,
  inclusionProof,
  inclusionProofFromTiles,
  rootFromTiles,
  rootOf,
} from './index.ts'

const long = process.env.PHI_LONG === '1'

const leaves = Array.from({ length: 70_000 }, (_, i) => hashLeaf(Uint8Array.of(i & 255, (i >> 8) & 255, i >> 16)))
const levels: Uint8Array[][] = [leaves, [], []]
const builder = new FrontierBuilder()
for (const leaf of leaves) builder.push(leaf)
for (const { level, index, hash } of builder.completed) (levels[level] as Uint8Array[])[index] = hash

/** Hashes as text: comparing thousands of byte arrays one by one takes longer than computing them. */
const hex = (hashes: readonly Uint8Array[]) => hashes.map(toHex).join('\n')

/** Reads from the arrays above, counts, and fails on any read that a tree of this size could not serve. */
function readerFor(size: number): { read: HashReader; reads: () => number } {
  let reads = 0
  const read: HashReader = async (level, from, to) => {
    reads++
    const isServable = to > from && Math.floor(from / 256) === Math.floor((to - 1) / 256) && to * 256 ** level <= size
    if (!isServable) throw new Error(`level ${level}, ${from} to ${to}, is not in the tiles of size ${size}`)
    return (levels[level] as Uint8Array[]).slice(from, to)
  }
  return { read, reads: () => reads }
}

const tileLevels = (size: number) => 1 + Math.floor(Math.log2(size) / 8)

async function checkInclusion(index: number, size: number) {
  const { read, reads } = readerFor(size)
  const proof = await inclusionProofFromTiles({ index, size, read })
  expect(hex(proof)).toBe(hex(inclusionProof({ leafHashes: leaves.slice(0, size), index })))
  expect(reads()).toBeLessThanOrEqual(2 * tileLevels(size))
}

async function checkConsistency(size1: number, size2: number) {
  const { read, reads } = readerFor(size2)
  const proof = await consistencyProofFromTiles({ size1, size2, read })
  expect(hex(proof)).toBe(hex(consistencyProof({ leafHashes: leaves.slice(0, size2), size1 })))
  expect(reads()).toBeLessThanOrEqual(2 * tileLevels(size2))
}

describe('from tiles', () => {
  it('has the root of the leaves at every size up to 600', async () => {
    for (let size = 0; size <= 600; size++) {
      const { read, reads } = readerFor(size)
      expect(await rootFromTiles(size, read)).toEqual(rootOf(leaves.slice(0, size)))
      expect(reads()).toBeLessThanOrEqual(size === 0 ? 0 : tileLevels(size))
    }
  })

  it('S95 has the same proofs as from the leaves, for all of every tree up to 40', async () => {
    for (let size = 1; size <= 40; size++) {
      for (let index = 0; index < size; index++) {
        await checkInclusion(index, size)
        await checkConsistency(index + 1, size)
      }
    }
  })

  it('S95 has the same proofs at sizes up to 600, around the edges of tiles', async () => {
    const step = long ? 1 : 17
    for (let size = 41; size <= 600; size += size > 250 && size < 260 ? 1 : step) {
      const indices = [0, 1, 127, 128, 255, 256, 257, 511, 512, size - 2, size - 1, (size * 7) % 41]
      for (const index of indices.filter((i) => i < size)) {
        await checkInclusion(index, size)
        await checkConsistency(index + 1, size)
      }
    }
  })

  it('S95 has the same root and proofs at random sizes up to 70,000', async () => {
    const sizes = fc.integer({ min: 1, max: 70_000 })
    const interesting = fc.constantFrom(256, 257, 65_535, 65_536, 65_537, 65_536 + 256)
    await fc.assert(
      fc.asyncProperty(fc.oneof(sizes, interesting), fc.nat(), async (size, n) => {
        expect(await rootFromTiles(size, readerFor(size).read)).toEqual(rootOf(leaves.slice(0, size)))
        await checkInclusion(n % size, size)
        await checkConsistency((n % size) + 1, size)
      }),
      { numRuns: long ? 30 : 4 },
    )
  })

  it('has the frontier to continue with', async () => {
    const frontier = await frontierFromTiles(66_000, readerFor(66_000).read)
    const resumed = new FrontierBuilder(frontier)
    for (const leaf of leaves.slice(66_000)) resumed.push(leaf)
    expect(resumed.root()).toEqual(builder.root())
  })

  it('takes a handful of reads in a tree of 2^50 leaves', async () => {
    const same = sha256(new Uint8Array())
    let reads = 0
    const read: HashReader = async (_level, from, to) => {
      reads++
      return Array(to - from).fill(same)
    }
    const size = 2 ** 50 - 1
    expect(await inclusionProofFromTiles({ index: 2n ** 49n + 12_345n, size, read })).toHaveLength(50)
    await consistencyProofFromTiles({ size1: 2 ** 49 + 1, size2: size, read })
    await rootFromTiles(size, read)
    expect(reads).toBeLessThanOrEqual(5 * tileLevels(size))
  })
})

describe('from tiles that are not what they should be', () => {
  const good: HashReader = async (level, from, to) => (levels[level] as Uint8Array[]).slice(from, to)
  const bad: [string, HashReader][] = [
    ['one hash short', async (...args) => (await good(...args)).slice(1)],
    ['one hash more', async (...args) => [...(await good(...args)), leaves[0] as Uint8Array]],
    ['a hash of 31 bytes', async (...args) => (await good(...args)).map((hash) => hash.subarray(1))],
    ['a hole', async (_level, from, to) => Array(to - from)],
    ['nothing', async () => undefined as never],
    ['bytes', async (_level, from, to) => new Uint8Array((to - from) * 32) as never],
  ]

  it.each(bad)('refuses %s', async (_name, read) => {
    const refused = { code: 'PHI_AUDIT_MERKLE_READ', info: { level: expect.any(Number) } }
    await expect(rootFromTiles(300, read)).rejects.toMatchObject(refused)
    await expect(inclusionProofFromTiles({ index: 7, size: 300, read })).rejects.toMatchObject(refused)
    await expect(consistencyProofFromTiles({ size1: 7, size2: 300, read })).rejects.toMatchObject(refused)
  })

  it('refuses malformed numbers before it reads anything', async () => {
    const never: HashReader = () => expect.unreachable()
    const refused = { code: 'PHI_AUDIT_MERKLE_INPUT' }
    for (const size of [-1, 0.5, Number.NaN, 2 ** 53, 2n ** 53n, '3' as never]) {
      await expect(rootFromTiles(size, never)).rejects.toMatchObject(refused)
      await expect(inclusionProofFromTiles({ index: 0, size, read: never })).rejects.toMatchObject(refused)
      await expect(consistencyProofFromTiles({ size1: 1, size2: size, read: never })).rejects.toMatchObject(refused)
    }
    await expect(inclusionProofFromTiles({ index: 5, size: 5, read: never })).rejects.toMatchObject(refused)
    await expect(consistencyProofFromTiles({ size1: 0, size2: 5, read: never })).rejects.toMatchObject(refused)
    await expect(consistencyProofFromTiles({ size1: 6, size2: 5, read: never })).rejects.toMatchObject(refused)
  })

  it('passes on what the reader throws', async () => {
    const error = new Error('away')
    await expect(rootFromTiles(3, () => Promise.reject(error))).rejects.toBe(error)
  })
})
