import { equalBytes } from '@phi/core'
import { merkleError } from './errors.ts'
import { nodeOf } from './hash.ts'
import { checkBytes, checkHash, checkHashes, uint64 } from './input.ts'

const isOdd = (n: bigint): boolean => (n & 1n) === 1n

/**
 * Whether `proof` shows that the leaf is number `index` of the tree of `size` leaves with the given root (RFC 9162 §2.1.3.2,
 * the same tree as RFC 6962). A well-formed proof that shows something else is false, and so is an index outside the tree.
 * Takes at most 64 steps whatever the size.
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT when a hash is not a 32-byte Uint8Array, or a number is not an integer from 0 to
 * 2^64 - 1 (bigint, or number up to 2^53 - 1)
 */
export function verifyInclusion(args: {
  index: number | bigint
  size: number | bigint
  leafHash: Uint8Array
  proof: readonly Uint8Array[]
  root: Uint8Array
}): boolean {
  const { leafHash, proof, root } = args
  const index = uint64(args.index, 'index')
  const size = uint64(args.size, 'size')
  checkHash(leafHash, 'leafHash')
  checkHash(root, 'root')
  checkHashes(proof, 'proof')
  if (index >= size) return false

  // fn, sn and r of RFC 9162 §2.1.3.2, steps 2 to 5.
  let node = index
  let last = size - 1n
  let hash = leafHash
  for (const sibling of proof) {
    if (last === 0n) return false
    if (isOdd(node) || node === last) {
      hash = nodeOf(sibling, hash)
      while (!isOdd(node) && node !== 0n) {
        node >>= 1n
        last >>= 1n
      }
    } else {
      hash = nodeOf(hash, sibling)
    }
    node >>= 1n
    last >>= 1n
  }
  return last === 0n && equalBytes(hash, root)
}

/**
 * Whether `proof` shows that the tree of `size2` leaves continues the tree of `size1` leaves: nothing was altered or taken
 * away, only appended (RFC 9162 §2.1.4.2). A well-formed proof that shows something else is false, and so is size1 > size2.
 * Takes at most 64 steps whatever the sizes.
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT when size1 is 0 (every tree continues the empty one, so a true would say nothing),
 * a hash is not a 32-byte Uint8Array (save equal roots at equal sizes), or a number is not an integer from 0 to 2^64 - 1
 */
export function verifyConsistency(args: {
  size1: number | bigint
  size2: number | bigint
  root1: Uint8Array
  root2: Uint8Array
  proof: readonly Uint8Array[]
}): boolean {
  const { root1, root2, proof } = args
  const size1 = uint64(args.size1, 'size1')
  const size2 = uint64(args.size2, 'size2')
  checkBytes(root1, 'root1')
  checkBytes(root2, 'root2')
  checkHashes(proof, 'proof')
  if (size1 === 0n) {
    throw merkleError('PHI_AUDIT_MERKLE_INPUT', {
      path: 'size1',
      detail: 'must be above 0, because every tree is consistent with the empty one',
    })
  }
  // A tree is consistent with itself whatever its root is. The published vectors hold this with roots that are no hashes.
  if (size1 === size2 && proof.length === 0 && equalBytes(root1, root2)) return true
  checkHash(root1, 'root1')
  checkHash(root2, 'root2')
  if (size1 >= size2) return false

  // Step 2: a first tree that is one complete subtree is itself the first hash of the path.
  const isComplete = (size1 & (size1 - 1n)) === 0n
  const [seed, ...path] = isComplete ? [root1, ...proof] : proof
  if (seed === undefined) return false

  // fn, sn, fr and sr of steps 3 to 6.
  let node = size1 - 1n
  let last = size2 - 1n
  while (isOdd(node)) {
    node >>= 1n
    last >>= 1n
  }
  let hash1 = seed
  let hash2 = seed
  for (const sibling of path) {
    if (last === 0n) return false
    if (isOdd(node) || node === last) {
      hash1 = nodeOf(sibling, hash1)
      hash2 = nodeOf(sibling, hash2)
      while (!isOdd(node) && node !== 0n) {
        node >>= 1n
        last >>= 1n
      }
    } else {
      hash2 = nodeOf(hash2, sibling)
    }
    node >>= 1n
    last >>= 1n
  }
  return last === 0n && equalBytes(hash1, root1) && equalBytes(hash2, root2)
}
