import { FrontierBuilder } from './frontier.ts'
import { checkBelow, checkHashes, checkSizes, count } from './input.ts'
import { consistencyRanges, inclusionRanges, type LeafRange } from './ranges.ts'

/**
 * The root hash over leaf hashes, MTH(D[n]) of RFC 6962 §2.1. Without leaves it is SHA-256 of the empty string.
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT when a leaf hash is not a 32-byte Uint8Array
 */
export function rootOf(leafHashes: readonly Uint8Array[]): Uint8Array {
  checkHashes(leafHashes, 'leafHashes')
  return rootOfRange(leafHashes, { from: 0, to: leafHashes.length })
}

function rootOfRange(leafHashes: readonly Uint8Array[], { from, to }: LeafRange): Uint8Array {
  const builder = new FrontierBuilder()
  for (let i = from; i < to; i++) builder.push(leafHashes[i] as Uint8Array)
  return builder.root()
}

/**
 * The audit path of a leaf, from its sibling up to the root (RFC 6962 §2.1.1).
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT when `index` is not below the number of leaves, or a hash is malformed
 */
export function inclusionProof(args: { leafHashes: readonly Uint8Array[]; index: number | bigint }): Uint8Array[] {
  const { leafHashes } = args
  checkHashes(leafHashes, 'leafHashes')
  const index = count(args.index, 'index')
  checkBelow(index, leafHashes.length, 'index', 'must be below the number of leaves')
  return inclusionRanges(index, leafHashes.length).map((range) => rootOfRange(leafHashes, range))
}

/**
 * The proof that the tree over the first `size2` leaves (default: all) continues the tree over the first `size1` (RFC 6962
 * §2.1.2). Empty when the sizes are equal.
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT unless 0 < size1 ≤ size2 ≤ number of leaves, or when a hash is malformed
 */
export function consistencyProof(args: {
  leafHashes: readonly Uint8Array[]
  size1: number | bigint
  size2?: number | bigint
}): Uint8Array[] {
  const { leafHashes } = args
  checkHashes(leafHashes, 'leafHashes')
  const size1 = count(args.size1, 'size1')
  const size2 = count(args.size2 ?? leafHashes.length, 'size2')
  checkBelow(size2, leafHashes.length + 1, 'size2', 'must not be above the number of leaves')
  checkSizes(size1, size2)
  return consistencyRanges(size1, size2).map((range) => rootOfRange(leafHashes, range))
}
