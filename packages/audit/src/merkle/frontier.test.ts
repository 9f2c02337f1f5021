import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFrontier, emptyFrontier, encodeFrontier, FrontierBuilder, frontierRoot, hashNode, rootOf } from './index.ts'

const leavesOf = (size: number): Uint8Array[] =>
  Array.from({ length: size }, (_, i) => new Uint8Array(createHash('sha256').update(`leaf ${i}`).digest()))

/** The root over 2^n hashes, row by row, without the frontier. */
function rowRoot(hashes: Uint8Array[]): Uint8Array {
  if (hashes.length === 1) return hashes[0] as Uint8Array
  const half = hashes.length / 2
  return hashNode(rowRoot(hashes.slice(0, half)), rowRoot(hashes.slice(half)))
}

function built(leafHashes: Uint8Array[], from = emptyFrontier): FrontierBuilder {
  const builder = new FrontierBuilder(from)
  for (const hash of leafHashes) builder.push(hash)
  return builder
}

const refused = expect.objectContaining({ code: 'PHI_AUDIT_MERKLE_INPUT' })

describe('the frontier', () => {
  const leaves = leavesOf(700)

  it('S145 has the root of the tree at every size, and as many hashes as the size has one bits', () => {
    const builder = new FrontierBuilder()
    for (let size = 0; size <= 600; size++) {
      const frontier = builder.frontier()
      expect(frontier.size).toBe(size)
      expect(frontier.hashes.length).toBe(size.toString(2).replaceAll('0', '').length)
      if (size % 7 === 0 || size < 40) {
        expect(builder.root()).toEqual(rootOf(leaves.slice(0, size)))
        expect(frontierRoot(frontier)).toEqual(builder.root())
      }
      builder.push(leaves[size] as Uint8Array)
    }
  })

  it('of no leaves has the hash of the empty string as its root', () => {
    expect(frontierRoot(emptyFrontier)).toEqual(new Uint8Array(createHash('sha256').digest()))
    expect(new FrontierBuilder().root()).toEqual(new Uint8Array(createHash('sha256').digest()))
  })

  it('continues from a snapshot, and from bytes, as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.nat(700), fc.nat(700), (a, b) => {
        const [stop, size] = a < b ? [a, b] : [b, a]
        const before = built(leaves.slice(0, stop)).frontier()
        const read = decodeFrontier(stop, encodeFrontier(before))
        expect(read.hashes).toEqual(before.hashes)
        const whole = built(leaves.slice(0, size))
        const resumed = built(leaves.slice(stop, size), read)
        expect(resumed.frontier().hashes).toEqual(whole.frontier().hashes)
        expect(resumed.completed).toEqual(whole.completed.filter(({ index }) => (index + 1) * 256 > stop))
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 1_000 : 40 },
    )
  })

  it('snapshots do not change with later pushes, and roots are copies', () => {
    const builder = built(leaves.slice(0, 8))
    const snapshot = builder.frontier()
    const root = builder.root()
    expect(root).not.toBe(snapshot.hashes[0])
    root.fill(0)
    frontierRoot(snapshot).fill(0)
    built([leaves[8] as Uint8Array], snapshot)
    builder.push(leaves[8] as Uint8Array)
    expect(snapshot).toEqual({ size: 8, hashes: [rowRoot(leaves.slice(0, 8))] })
    expect(builder.root()).toEqual(rootOf(leaves.slice(0, 9)))
  })

  it('decodes copies, also from a Buffer', () => {
    const bytes = Buffer.from(encodeFrontier(built(leaves.slice(0, 3)).frontier()))
    const read = decodeFrontier(3n, bytes)
    const root = frontierRoot(read)
    bytes.fill(0)
    expect(frontierRoot(read)).toEqual(root)
  })

  it('collects the hashes of every tile level above the leaves as they complete', () => {
    const many = leavesOf(65_536 + 300)
    const builder = built(many)
    const level1 = builder.completed.filter(({ level }) => level === 1)
    expect(level1.map(({ index }) => index)).toEqual(Array.from({ length: 257 }, (_, i) => i))
    for (const index of [0, 1, 128, 255, 256]) {
      expect(level1[index]?.hash).toEqual(rowRoot(many.slice(index * 256, (index + 1) * 256)))
    }
    const level2 = builder.completed.filter(({ level }) => level === 2)
    expect(level2).toEqual([{ level: 2, index: 0, hash: rowRoot(level1.slice(0, 256).map(({ hash }) => hash)) }])
    expect(builder.completed).toHaveLength(258)
    expect(builder.root()).toEqual(rootOf(many))
  })

  it('counts beyond 2^32 leaves without losing one', () => {
    const hash = leaves[0] as Uint8Array
    const size = 2 ** 40 + 255
    const builder = new FrontierBuilder({ size, hashes: Array(9).fill(hash) })
    builder.push(hash)
    expect(builder.size).toBe(2 ** 40 + 256)
    expect(builder.frontier().hashes).toHaveLength(2)
    expect(builder.completed).toEqual([{ level: 1, index: 2 ** 32, hash: expect.any(Uint8Array) }])
  })

  it('refuses a leaf beyond 2^53 - 1', () => {
    const hash = leaves[0] as Uint8Array
    const full = new FrontierBuilder({ size: Number.MAX_SAFE_INTEGER, hashes: Array(53).fill(hash) })
    expect(() => full.push(hash)).toThrow(refused)
  })

  it('refuses hashes that do not fit the size', () => {
    const frontier = built(leaves.slice(0, 5)).frontier()
    const bytes = encodeFrontier(frontier)
    for (const size of [0, 1, 7, -5, 1.5, 2 ** 53, 2n ** 60n]) {
      expect(() => decodeFrontier(size, bytes)).toThrow(refused)
      expect(() => frontierRoot({ ...frontier, size: size as number })).toThrow(refused)
      expect(() => encodeFrontier({ ...frontier, size: size as number })).toThrow(refused)
      expect(() => new FrontierBuilder({ ...frontier, size: size as number })).toThrow(refused)
    }
    expect(() => decodeFrontier(5, bytes.subarray(1))).toThrow(refused)
    expect(() => decodeFrontier(5, 'bytes' as never)).toThrow(refused)
    expect(() => frontierRoot({ size: 1, hashes: [new Uint8Array(31)] })).toThrow(refused)
    expect(() => new FrontierBuilder().push(new Uint8Array(31))).toThrow(refused)
    expect(() => new FrontierBuilder().push('leaf' as never)).toThrow(refused)
  })
})
