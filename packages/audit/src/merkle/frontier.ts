import { merkleError } from './errors.ts'
import { emptyRoot, HASH_LENGTH, nodeOf, plain } from './hash.ts'
import { checkBytes, checkHash, checkHashes, count } from './input.ts'

/** How many levels of the tree one tile level spans: a tile is 2^8 hashes wide (C2SP tlog-tiles, "Merkle Tree"). */
export const TILE_HEIGHT = 8

/**
 * All of a tree that is needed to append to it: the roots of the complete subtrees it is made of, the largest and leftmost
 * first. There are as many as `size` has one bits in binary, so 2^53 leaves take at most 53 hashes.
 */
export interface Frontier {
  readonly size: number
  readonly hashes: readonly Uint8Array[]
}

/** A subtree of 256^level leaves that has become complete: hash number `index` of tlog-tiles level `level` (≥ 1). */
export interface CompletedSubtree {
  readonly level: number
  readonly index: number
  readonly hash: Uint8Array
}

/** The frontier of the tree without leaves. */
export const emptyFrontier: Frontier = Object.freeze({ size: 0, hashes: Object.freeze([]) })

function bitCount(size: number): number {
  let ones = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2
  return ones
}

function checkFrontier(frontier: Frontier): void {
  const size = count(frontier.size, 'frontier.size')
  checkHashes(frontier.hashes, 'frontier.hashes')
  if (frontier.hashes.length !== bitCount(size)) {
    throw merkleError('PHI_AUDIT_MERKLE_INPUT', {
      path: 'frontier.hashes',
      detail: 'the number of hashes does not fit the size',
      info: { expected: bitCount(size), found: frontier.hashes.length },
    })
  }
}

/** Folds complete subtrees, the largest first, into the root over all of them (RFC 6962 §2.1). The result is a fresh copy. */
export function foldSubtrees(hashes: readonly Uint8Array[]): Uint8Array {
  let root = hashes[hashes.length - 1]
  if (root === undefined) return emptyRoot()
  for (let i = hashes.length - 2; i >= 0; i--) root = nodeOf(hashes[i] as Uint8Array, root)
  return plain(root)
}

/**
 * The root hash of the tree.
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT when the hashes do not fit the size
 */
export function frontierRoot(frontier: Frontier): Uint8Array {
  checkFrontier(frontier)
  return foldSubtrees(frontier.hashes)
}

/**
 * The frontier as bytes: its hashes end to end. The size is kept apart, since whoever stores a frontier stores the size anyway.
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT when the hashes do not fit the size
 */
export function encodeFrontier(frontier: Frontier): Uint8Array {
  checkFrontier(frontier)
  const bytes = new Uint8Array(frontier.hashes.length * HASH_LENGTH)
  frontier.hashes.forEach((hash, i) => {
    bytes.set(hash, i * HASH_LENGTH)
  })
  return bytes
}

/**
 * Reads what {@link encodeFrontier} wrote. The hashes are copies.
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT when the number of bytes does not fit the size
 */
export function decodeFrontier(size: number | bigint, bytes: Uint8Array): Frontier {
  const leaves = count(size, 'size')
  checkBytes(bytes, 'bytes')
  const expected = bitCount(leaves) * HASH_LENGTH
  if (bytes.length !== expected) {
    throw merkleError('PHI_AUDIT_MERKLE_INPUT', {
      path: 'bytes',
      detail: 'the number of bytes does not fit the size',
      info: { expected, found: bytes.length },
    })
  }
  const hashes = Array.from({ length: bitCount(leaves) }, (_, i) =>
    plain(bytes.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH)),
  )
  return { size: leaves, hashes }
}

/**
 * Grows a tree leaf by leaf and keeps its frontier only. Each push costs one node hash on average, whatever the size.
 *
 * Hashes are kept by reference: do not overwrite a hash that was pushed.
 */
export class FrontierBuilder {
  /**
   * Every subtree of 256^level leaves, level ≥ 1, that pushes have completed, in the order of completion. These are the
   * hashes of the tlog-tiles levels above the leaves. The caller may empty the array.
   */
  readonly completed: CompletedSubtree[] = []
  #size: number
  readonly #stack: Uint8Array[]

  /** @throws PhiError PHI_AUDIT_MERKLE_INPUT when the frontier's hashes do not fit its size */
  constructor(frontier: Frontier = emptyFrontier) {
    checkFrontier(frontier)
    this.#size = frontier.size
    this.#stack = [...frontier.hashes]
  }

  /** The number of leaves. */
  get size(): number {
    return this.#size
  }

  /**
   * Appends a leaf.
   * @throws PhiError PHI_AUDIT_MERKLE_INPUT when it is not a 32-byte hash, or the tree has 2^53 - 1 leaves already
   */
  push(leafHash: Uint8Array): void {
    checkHash(leafHash, 'leafHash')
    if (this.#size === Number.MAX_SAFE_INTEGER) {
      throw merkleError('PHI_AUDIT_MERKLE_INPUT', { path: 'leafHash', detail: 'the tree is full' })
    }
    const stack = this.#stack
    let hash = leafHash
    let height = 0
    // `index` numbers the subtree in hand among those of its height. An odd one is a right child and completes its parent.
    let index = this.#size
    while (index % 2 === 1) {
      hash = nodeOf(stack.pop() as Uint8Array, hash)
      index = (index - 1) / 2
      height++
      if (height % TILE_HEIGHT === 0) this.completed.push({ level: height / TILE_HEIGHT, index, hash: plain(hash) })
    }
    stack.push(hash)
    this.#size++
  }

  /** A snapshot that later pushes do not change. It shares its hashes with the builder. */
  frontier(): Frontier {
    const stack = this.#stack
    // Here and not in push(), where most hashes are soon gone again; in place, so that each is copied once at most.
    stack.forEach((hash, i) => {
      if (hash.constructor !== Uint8Array) stack[i] = plain(hash)
    })
    return { size: this.#size, hashes: [...stack] }
  }

  /** The root hash of the tree as it is now. */
  root(): Uint8Array {
    return foldSubtrees(this.#stack)
  }
}
