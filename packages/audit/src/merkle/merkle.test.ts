import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  consistencyProof,
  hashLeaf,
  hashNode,
  inclusionProof,
  merkleErrors,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './index.ts'

const runs = process.env.PHI_LONG === '1' ? 5_000 : 120

// The plain twin: RFC 6962 §2.1 word for word, recursive, on node:crypto alone.

type Bytes = Uint8Array
const H = (...parts: Bytes[]): Bytes => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
const node = (left: Bytes, right: Bytes) => H(Uint8Array.of(1), left, right)
const largestPowerBelow = (n: number): number => (n <= 2 ? 1 : 2 * largestPowerBelow(Math.ceil(n / 2)))
const same = (a: Bytes | undefined, b: Bytes | undefined) => Buffer.from(a ?? []).equals(Buffer.from(b ?? []))

/** §2.1 MTH, from leaf hashes. */
function MTH(D: Bytes[]): Bytes {
  if (D.length === 0) return H()
  if (D.length === 1) return D[0] as Bytes
  const k = largestPowerBelow(D.length)
  return node(MTH(D.slice(0, k)), MTH(D.slice(k)))
}

/** §2.1.1 PATH. */
function PATH(m: number, D: Bytes[]): Bytes[] {
  if (D.length === 1) return []
  const k = largestPowerBelow(D.length)
  return m < k ? [...PATH(m, D.slice(0, k)), MTH(D.slice(k))] : [...PATH(m - k, D.slice(k)), MTH(D.slice(0, k))]
}

/** §2.1.2 SUBPROOF. */
function SUBPROOF(m: number, D: Bytes[], b: boolean): Bytes[] {
  if (m === D.length) return b ? [] : [MTH(D)]
  const k = largestPowerBelow(D.length)
  return m <= k
    ? [...SUBPROOF(m, D.slice(0, k), b), MTH(D.slice(k))]
    : [...SUBPROOF(m - k, D.slice(k), false), MTH(D.slice(0, k))]
}

/** The verification that PATH implies: the same recursion, taking hashes from the proof where PATH puts them in. */
function twinInclusion(index: number, size: number, leafHash: Bytes, proof: Bytes[], root: Bytes): boolean {
  const rest = [...proof]
  const rebuild = (m: number, n: number): Bytes => {
    if (n === 1) return leafHash
    const k = largestPowerBelow(n)
    const below = m < k ? rebuild(m, k) : rebuild(m - k, n - k)
    const sibling = rest.shift() ?? new Uint8Array()
    return m < k ? node(below, sibling) : node(sibling, below)
  }
  return index < size && same(rebuild(index, size), root) && rest.length === 0
}

/** The verification that SUBPROOF implies: rebuilds both roots at once. */
function twinConsistency(size1: number, size2: number, root1: Bytes, root2: Bytes, proof: Bytes[]): boolean {
  const rest = [...proof]
  const next = () => rest.shift() ?? new Uint8Array()
  const rebuild = (m: number, n: number, b: boolean): [Bytes, Bytes] => {
    if (m === n) {
      const known = b ? root1 : next()
      return [known, known]
    }
    const k = largestPowerBelow(n)
    if (m <= k) {
      const [before, after] = rebuild(m, k, b)
      return [before, node(after, next())]
    }
    const [before, after] = rebuild(m - k, n - k, false)
    const left = next()
    return [node(left, before), node(left, after)]
  }
  if (size1 > size2) return false
  const [before, after] = rebuild(size1, size2, true)
  return same(before, root1) && same(after, root2) && rest.length === 0
}

const leaves: Bytes[] = Array.from({ length: 300 }, (_, i) => H(Uint8Array.of(0, i & 255, i >> 8)))
const leavesOf = (size: number): Bytes[] => leaves.slice(0, size)
function flip(hash: Bytes, bit: number): Bytes {
  const changed = new Uint8Array(hash)
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
  return changed
}

const treeAndLeaf = fc
  .integer({ min: 1, max: 200 })
  .chain((size) => fc.record({ size: fc.constant(size), index: fc.nat(size - 1) }))
const twoSizes = fc
  .integer({ min: 1, max: 200 })
  .chain((size2) => fc.record({ size1: fc.integer({ min: 1, max: size2 }), size2: fc.constant(size2) }))
const bit = fc.nat(255)

describe('hashes of the tree', () => {
  it('S113 is SHA-256 with a prefix that tells leaves from nodes', () => {
    const data = Uint8Array.of(1, 2, 3)
    expect(hashLeaf(data)).toEqual(H(Uint8Array.of(0), data))
    expect(hashLeaf(new Uint8Array(0))).toEqual(H(Uint8Array.of(0)))
    const [left, right] = leavesOf(2) as [Bytes, Bytes]
    expect(hashNode(left, right)).toEqual(node(left, right))
    expect(same(hashNode(left, right), hashLeaf(Buffer.concat([left, right])))).toBe(false)
  })

  it('does not keep or change its inputs', () => {
    const [left, right] = leavesOf(2) as [Bytes, Bytes]
    const first = hashNode(left, right)
    const copy = first.slice()
    hashNode(right, left)
    expect(first).toEqual(copy)
    expect([left, right]).toEqual(leavesOf(2))
  })
})

describe('against the plain twin', () => {
  it('has the same root for every size up to 300', () => {
    for (let size = 0; size <= 300; size++) expect(rootOf(leavesOf(size))).toEqual(MTH(leavesOf(size)))
  })

  it('S95 has the same inclusion proofs for every leaf of every size up to 40', () => {
    for (let size = 1; size <= 40; size++) {
      const leafHashes = leavesOf(size)
      for (let index = 0; index < size; index++) {
        expect(inclusionProof({ leafHashes, index })).toEqual(PATH(index, leafHashes))
      }
    }
  })

  it('S95 has the same consistency proofs between all sizes up to 40', () => {
    const leafHashes = leavesOf(40)
    for (let size2 = 1; size2 <= 40; size2++) {
      for (let size1 = 1; size1 <= size2; size1++) {
        const proof = SUBPROOF(size1, leafHashes.slice(0, size2), true)
        expect(consistencyProof({ leafHashes, size1, size2 })).toEqual(proof)
      }
    }
    expect(consistencyProof({ leafHashes, size1: 7 })).toEqual(consistencyProof({ leafHashes, size1: 7, size2: 40 }))
  })

  // A proof does not bind a size by itself: the path of leaf 0 is the same in trees of 3 and 4 leaves. Where the twin takes a
  // changed number, so must we, and nowhere else.
  it('judges inclusion proofs with changed numbers as the twin does', () => {
    fc.assert(
      fc.property(treeAndLeaf, treeAndLeaf, ({ index, size }, other) => {
        const leafHashes = leavesOf(size)
        const leafHash = leafHashes[index] as Bytes
        const root = MTH(leafHashes)
        const proof = PATH(index, leafHashes)
        for (const [i, n] of [
          [other.index, size],
          [index, other.size],
          [other.index, other.size],
          [index, size + 1],
          [index + 1, size],
        ] as const) {
          const verdict = verifyInclusion({ index: i, size: n, leafHash, proof, root })
          expect(verdict).toBe(twinInclusion(i, n, leafHash, proof, root))
          if (n === size && i !== index) expect(verdict).toBe(false)
        }
      }),
      { numRuns: runs },
    )
  })

  it('judges consistency proofs with changed numbers as the twin does', () => {
    fc.assert(
      fc.property(twoSizes, twoSizes, ({ size1, size2 }, other) => {
        const leafHashes = leavesOf(size2)
        const root1 = MTH(leafHashes.slice(0, size1))
        const root2 = MTH(leafHashes)
        const proof = SUBPROOF(size1, leafHashes, true)
        for (const [m, n] of [
          [other.size1, size2],
          [size1, other.size2],
          [other.size1, other.size2],
          [size1 + 1, size2],
          [size1, size2 + 1],
          [size2, size1],
        ] as const) {
          expect(verifyConsistency({ size1: m, size2: n, root1, root2, proof })).toBe(
            twinConsistency(m, n, root1, root2, proof),
          )
        }
      }),
      { numRuns: runs },
    )
  })
})

describe('inclusion', () => {
  it('S95 any leaf of any tree proves', () => {
    fc.assert(
      fc.property(treeAndLeaf, ({ index, size }) => {
        const leafHashes = leavesOf(size)
        const args = {
          index,
          size,
          leafHash: leafHashes[index] as Bytes,
          proof: inclusionProof({ leafHashes, index }),
          root: rootOf(leafHashes),
        }
        expect(verifyInclusion(args)).toBe(true)
        expect(verifyInclusion({ ...args, index: BigInt(index), size: BigInt(size) })).toBe(true)
      }),
      { numRuns: runs },
    )
  })

  it('S95 one changed bit anywhere disproves it', () => {
    fc.assert(
      fc.property(treeAndLeaf, bit, fc.nat(), ({ index, size }, at, which) => {
        const leafHashes = leavesOf(size)
        const leafHash = leafHashes[index] as Bytes
        const proof = inclusionProof({ leafHashes, index })
        const args = { index, size, leafHash, proof, root: rootOf(leafHashes) }
        expect(verifyInclusion({ ...args, leafHash: flip(leafHash, at) })).toBe(false)
        expect(verifyInclusion({ ...args, root: flip(args.root, at) })).toBe(false)
        const changed = which % Math.max(proof.length, 1)
        const altered = proof.map((hash, i) => (i === changed ? flip(hash, at) : hash))
        expect(verifyInclusion({ ...args, proof: altered })).toBe(proof.length === 0)
      }),
      { numRuns: runs },
    )
  })

  it('a missing, further, or swapped hash disproves it', () => {
    const leafHashes = leavesOf(11)
    const proof = inclusionProof({ leafHashes, index: 5 })
    const args = { index: 5, size: 11, leafHash: leafHashes[5] as Bytes, proof, root: rootOf(leafHashes) }
    expect(verifyInclusion({ ...args, proof: [] })).toBe(false)
    expect(verifyInclusion({ ...args, proof: proof.slice(1) })).toBe(false)
    expect(verifyInclusion({ ...args, proof: proof.slice(0, -1) })).toBe(false)
    expect(verifyInclusion({ ...args, proof: [...proof, args.root] })).toBe(false)
    expect(verifyInclusion({ ...args, proof: [args.root, ...proof] })).toBe(false)
    expect(verifyInclusion({ ...args, proof: proof.toReversed() })).toBe(false)
  })

  it('is false for an index outside the tree', () => {
    const [leafHash] = leavesOf(1) as [Bytes]
    expect(verifyInclusion({ index: 0, size: 1, leafHash, proof: [], root: leafHash })).toBe(true)
    expect(verifyInclusion({ index: 1, size: 1, leafHash, proof: [], root: leafHash })).toBe(false)
    expect(verifyInclusion({ index: 0, size: 0, leafHash, proof: [], root: leafHash })).toBe(false)
    expect(verifyInclusion({ index: 2n ** 64n - 1n, size: 1n, leafHash, proof: [], root: leafHash })).toBe(false)
  })
})

describe('consistency', () => {
  it('S95 S145 every tree continues every smaller one, and one changed bit anywhere disproves it', () => {
    fc.assert(
      fc.property(twoSizes, bit, fc.nat(), ({ size1, size2 }, at, which) => {
        const leafHashes = leavesOf(size2)
        const proof = consistencyProof({ leafHashes, size1 })
        const args = { size1, size2, root1: rootOf(leafHashes.slice(0, size1)), root2: rootOf(leafHashes), proof }
        expect(verifyConsistency(args)).toBe(true)
        expect(verifyConsistency({ ...args, size1: BigInt(size1), size2: BigInt(size2) })).toBe(true)
        expect(verifyConsistency({ ...args, root1: flip(args.root1, at) })).toBe(false)
        expect(verifyConsistency({ ...args, root2: flip(args.root2, at) })).toBe(false)
        const changed = which % Math.max(proof.length, 1)
        const altered = proof.map((hash, i) => (i === changed ? flip(hash, at) : hash))
        expect(verifyConsistency({ ...args, proof: altered })).toBe(proof.length === 0)
        expect(verifyConsistency({ ...args, proof: [...proof, args.root1] })).toBe(false)
        if (proof.length > 0) expect(verifyConsistency({ ...args, proof: proof.slice(1) })).toBe(false)
        if (proof.length > 0) expect(verifyConsistency({ ...args, proof: [] })).toBe(false)
      }),
      { numRuns: runs },
    )
  })

  it('S95 a rewritten entry cannot be hidden: no proof fits both the old root and the new', () => {
    fc.assert(
      fc.property(twoSizes, fc.nat(), ({ size1, size2 }, at) => {
        const leafHashes = leavesOf(size2)
        const rewritten = leafHashes.map((hash, i) => (i === at % size1 ? flip(hash, 0) : hash))
        const root1 = rootOf(leafHashes.slice(0, size1))
        const root2 = rootOf(rewritten)
        for (const leaves of [leafHashes, rewritten]) {
          const proof = consistencyProof({ leafHashes: leaves, size1 })
          expect(verifyConsistency({ size1, size2, root1, root2, proof })).toBe(false)
        }
      }),
      { numRuns: runs },
    )
  })

  it('is false when the first tree is the larger', () => {
    const [root1, root2] = leavesOf(2) as [Bytes, Bytes]
    expect(verifyConsistency({ size1: 2, size2: 1, root1, root2, proof: [] })).toBe(false)
    expect(verifyConsistency({ size1: 1, size2: 0, root1, root2, proof: [] })).toBe(false)
    expect(verifyConsistency({ size1: 2, size2: 1, root1, root2: root1, proof: [root1] })).toBe(false)
  })

  it('is false for a proof where the sizes are equal and none is needed', () => {
    const [root] = leavesOf(1) as [Bytes]
    expect(verifyConsistency({ size1: 4, size2: 4, root1: root, root2: root, proof: [] })).toBe(true)
    expect(verifyConsistency({ size1: 4, size2: 4, root1: root, root2: root, proof: [root] })).toBe(false)
  })
})

describe('sizes near the limits', () => {
  const [hash, other] = leavesOf(2) as [Bytes, Bytes]

  it('answers at once', () => {
    const long = Array.from({ length: 10_000 }, () => hash)
    for (const size of [2n ** 63n, 2n ** 63n - 1n, 2n ** 64n - 1n, Number.MAX_SAFE_INTEGER]) {
      for (const proof of [[], long.slice(0, 63), long.slice(0, 64), long]) {
        for (const index of [0n, 1n, BigInt(size) / 2n, BigInt(size) - 1n]) {
          expect(verifyInclusion({ index, size, leafHash: hash, proof, root: other })).toBe(false)
          const size1 = index + 1n
          if (size1 === BigInt(size)) continue
          expect(verifyConsistency({ size1, size2: size, root1: hash, root2: other, proof })).toBe(false)
        }
      }
    }
  })

  it('proves the first and the last leaf of a tree of 2^63 leaves that are all the same', () => {
    const proof: Bytes[] = []
    let root = hash
    for (let height = 0; height < 63; height++) {
      proof.push(root)
      root = node(root, root)
    }
    const size = 2n ** 63n
    for (const index of [0n, size / 3n, size - 1n])
      expect(verifyInclusion({ index, size, leafHash: hash, proof, root })).toBe(true)
    expect(verifyInclusion({ index: size, size, leafHash: hash, proof, root })).toBe(false)
    expect(verifyConsistency({ size1: 1n, size2: size, root1: hash, root2: root, proof })).toBe(true)
    expect(
      verifyConsistency({ size1: size / 2n, size2: size, root1: proof[62] as Bytes, root2: root, proof: [proof[62] as Bytes] }),
    ).toBe(true)
  })
})

describe('malformed input', () => {
  const leafHashes = leavesOf(5)
  const root = rootOf(leafHashes)
  const leafHash = leafHashes[1] as Bytes
  const inclusion = { index: 1, size: 5, leafHash, proof: inclusionProof({ leafHashes, index: 1 }), root }
  const consistency = {
    size1: 2,
    size2: 5,
    root1: rootOf(leafHashes.slice(0, 2)),
    root2: root,
    proof: consistencyProof({ leafHashes, size1: 2 }),
  }
  const refused = expect.objectContaining({ code: 'PHI_AUDIT_MERKLE_INPUT' })
  const badHashes = [
    new Uint8Array(31),
    new Uint8Array(33),
    new Uint8Array(0),
    new Uint16Array(32),
    Array(32).fill(0),
    'hash',
    null,
  ]
  const badNumbers = [-1, -1n, 1.5, Number.NaN, Infinity, 2 ** 53, 2n ** 64n, '1', null, undefined]
  // biome-ignore lint/suspicious/noExplicitAny: these inputs are wrong on purpose
  const wrong = (value: unknown): any => value

  it.each(badHashes)('refuses %o as a hash', (bad) => {
    const calls = [
      () => verifyInclusion({ ...inclusion, leafHash: wrong(bad) }),
      () => verifyInclusion({ ...inclusion, root: wrong(bad) }),
      () => verifyInclusion({ ...inclusion, proof: [wrong(bad)] }),
      () => verifyConsistency({ ...consistency, root1: wrong(bad) }),
      () => verifyConsistency({ ...consistency, root2: wrong(bad) }),
      () => verifyConsistency({ ...consistency, proof: [wrong(bad)] }),
      () => rootOf([leafHash, wrong(bad)]),
      () => inclusionProof({ leafHashes: [wrong(bad)], index: 0 }),
      () => consistencyProof({ leafHashes: [wrong(bad)], size1: 1 }),
      () => hashNode(leafHash, wrong(bad)),
      () => hashNode(wrong(bad), leafHash),
    ]
    for (const call of calls) expect(call).toThrow(refused)
  })

  it.each(badNumbers)('refuses %s as a number', (bad) => {
    const calls = [
      () => verifyInclusion({ ...inclusion, index: wrong(bad) }),
      () => verifyInclusion({ ...inclusion, size: wrong(bad) }),
      () => verifyConsistency({ ...consistency, size1: wrong(bad) }),
      () => verifyConsistency({ ...consistency, size2: wrong(bad) }),
      () => inclusionProof({ leafHashes, index: wrong(bad) }),
      () => consistencyProof({ leafHashes, size1: wrong(bad) }),
    ]
    for (const call of calls) expect(call).toThrow(refused)
  })

  it.each([null, undefined, 'proof', {}, new Uint8Array(32), Array(1)])('refuses %o as a proof', (bad) => {
    expect(() => verifyInclusion({ ...inclusion, proof: wrong(bad) })).toThrow(refused)
    expect(() => verifyConsistency({ ...consistency, proof: wrong(bad) })).toThrow(refused)
    expect(() => rootOf(wrong(bad))).toThrow(refused)
  })

  it('refuses size1 = 0, because every tree continues the empty one', () => {
    const root1 = rootOf([])
    for (const size1 of [0, 0n, -0]) {
      expect(() => verifyConsistency({ ...consistency, size1, root1, proof: [] })).toThrow(refused)
      expect(() => verifyConsistency({ ...consistency, size1, size2: 0, root1, root2: root1, proof: [] })).toThrow(refused)
      expect(() => consistencyProof({ leafHashes, size1 })).toThrow(refused)
    }
  })

  it('refuses to prove what is not in the tree', () => {
    expect(() => inclusionProof({ leafHashes, index: 5 })).toThrow(refused)
    expect(() => inclusionProof({ leafHashes: [], index: 0 })).toThrow(refused)
    expect(() => consistencyProof({ leafHashes, size1: 3, size2: 2 })).toThrow(refused)
    expect(() => consistencyProof({ leafHashes, size1: 3, size2: 6 })).toThrow(refused)
    expect(() => hashLeaf(wrong('leaf'))).toThrow(refused)
  })

  it('says which argument it was, in words that hold no value', () => {
    const { problem, remedy } = merkleErrors.PHI_AUDIT_MERKLE_INPUT
    expect(() => verifyInclusion({ ...inclusion, index: -17 })).toThrow(
      `${problem} (at index): must lie between 0 and 2^64 - 1. ${remedy}`,
    )
  })
})
