/**
 * The Merkle tree of RFC 6962 (the same as RFC 9162's): root hashes, inclusion and consistency proofs, their verification, the
 * frontier to append with, and proofs from C2SP tlog-tiles.
 *
 * @module @phi/audit/merkle
 */
export { merkleErrors } from './errors.ts'
export {
  type CompletedSubtree,
  decodeFrontier,
  emptyFrontier,
  encodeFrontier,
  type Frontier,
  FrontierBuilder,
  frontierRoot,
} from './frontier.ts'
export { hashLeaf, hashNode } from './hash.ts'
export {
  consistencyProofFromTiles,
  frontierFromTiles,
  type HashReader,
  inclusionProofFromTiles,
  rootFromTiles,
} from './tiles.ts'
export { consistencyProof, inclusionProof, rootOf } from './tree.ts'
export { verifyConsistency, verifyInclusion } from './verify.ts'
