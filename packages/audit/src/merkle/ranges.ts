/**
 * Which part of the leaves each hash of a proof stands for. The shapes of RFC 6962 §2.1.1 and §2.1.2 are worked out here once,
 * without hashes, so that proofs from leaf hashes and proofs from tiles cannot differ in shape.
 */
export interface LeafRange {
  /** The first leaf of the range. */
  readonly from: number
  /** One past its last leaf. */
  readonly to: number
}

/** A complete subtree: the `index`-th of those with 2^`height` leaves, counted from the left. */
export interface Subtree {
  readonly height: number
  readonly index: number
}

/** The largest power of two smaller than n, the split point `k` of RFC 6962 §2.1; n > 1. */
function splitPoint(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** PATH(m, D[n]) of RFC 6962 §2.1.1: the sibling ranges from the leaf up to the root. Needs index < size. */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  const siblings: LeafRange[] = []
  let from = 0
  let to = size
  while (to - from > 1) {
    const split = from + splitPoint(to - from)
    if (index < split) {
      siblings.push({ from: split, to })
      to = split
    } else {
      siblings.push({ from, to: split })
      from = split
    }
  }
  return siblings.reverse()
}

/** PROOF(m, D[n]) of RFC 6962 §2.1.2. Needs 0 < size1 ≤ size2. */
export function consistencyRanges(size1: number, size2: number): LeafRange[] {
  const ranges: LeafRange[] = []
  let from = 0
  let to = size2
  while (to !== size1) {
    const split = from + splitPoint(to - from)
    if (size1 <= split) {
      ranges.push({ from: split, to })
      to = split
    } else {
      ranges.push({ from, to: split })
      from = split
    }
  }
  // SUBPROOF's flag b: where the old tree as a whole is a subtree of the new one, the verifier has its root already.
  if (from > 0) ranges.push({ from, to })
  return ranges.reverse()
}

/** The complete subtrees that make up a range of a proof, or a whole tree (`from` 0), the largest first. */
export function subtreesOf({ from, to }: LeafRange): Subtree[] {
  const subtrees: Subtree[] = []
  let height = 0
  let width = 1
  for (; width * 2 <= to - from; width *= 2) height++
  for (let at = from; at < to; width /= 2) {
    if (width <= to - at) {
      // INVARIANT: `from` is a multiple of the range's largest width, so every index is whole.
      subtrees.push({ height, index: at / width })
      at += width
    }
    height--
  }
  return subtrees
}
