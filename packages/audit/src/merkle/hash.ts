import { sha256 } from '@phi/core'
import { checkBytes, checkHash } from './input.ts'

/** The length of every hash in the tree, in bytes. */
export const HASH_LENGTH = 32

/** A copy that is a plain Uint8Array: `sha256` may return a Buffer, which compares, slices and prints differently. */
export const plain = (hash: Uint8Array): Uint8Array => new Uint8Array(hash)

/** The root of the tree without leaves: SHA-256 of the empty string (RFC 6962 §2.1). */
export const emptyRoot = (): Uint8Array => plain(sha256(new Uint8Array(0)))

/**
 * The hash of a leaf: SHA-256(0x00 ‖ data) (RFC 6962 §2.1). The prefix keeps leaves and nodes apart, so that no node can be
 * passed off as a leaf.
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT when `data` is not a Uint8Array
 */
export function hashLeaf(data: Uint8Array): Uint8Array {
  checkBytes(data, 'data')
  const input = new Uint8Array(1 + data.length)
  input.set(data, 1)
  return plain(sha256(input))
}

/**
 * The hash of an interior node: SHA-256(0x01 ‖ left ‖ right) (RFC 6962 §2.1).
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT when either is not a 32-byte Uint8Array
 */
export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  checkHash(left, 'left')
  checkHash(right, 'right')
  return plain(nodeOf(left, right))
}

// One buffer for every node: hashing is synchronous, so nothing can come between filling and reading it.
const nodeInput = new Uint8Array(1 + 2 * HASH_LENGTH)
nodeInput[0] = 0x01

/** {@link hashNode} for hashes that are known to have the right length, and without the copy. */
export function nodeOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeInput.set(left, 1)
  nodeInput.set(right, 1 + HASH_LENGTH)
  return sha256(nodeInput)
}
