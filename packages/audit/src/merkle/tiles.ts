import { merkleError } from './errors.ts'
import { type Frontier, foldSubtrees, frontierRoot, TILE_HEIGHT } from './frontier.ts'
import { HASH_LENGTH, nodeOf, plain } from './hash.ts'
import { checkBelow, checkSizes, count } from './input.ts'
import { consistencyRanges, inclusionRanges, type LeafRange, type Subtree, subtreesOf } from './ranges.ts'

/** How many hashes a tile holds. */
export const TILE_WIDTH = 2 ** TILE_HEIGHT

/**
 * Reads the hashes with index in [from, to) of one level of tiles (C2SP tlog-tiles). Hash `i` of level `l` is the root of the
 * complete subtree over the leaves [i × 256^l, (i + 1) × 256^l); level 0 holds the leaf hashes.
 *
 * One call never spans two tiles, so it asks for at most 256 hashes, and only for subtrees that are complete in the tree.
 */
export type HashReader = (level: number, from: number, to: number) => Promise<readonly Uint8Array[]>

/**
 * The root hash of the tree of `size` leaves, from its tiles. One read a tile level.
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT when the size is malformed, PHI_AUDIT_MERKLE_READ when hashes are missing
 */
export async function rootFromTiles(size: number | bigint, read: HashReader): Promise<Uint8Array> {
  return frontierRoot(await frontierFromTiles(size, read))
}

/**
 * The frontier of the tree of `size` leaves, from its tiles, to go on appending or checking from there.
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT when the size is malformed, PHI_AUDIT_MERKLE_READ when hashes are missing
 */
export async function frontierFromTiles(size: number | bigint, read: HashReader): Promise<Frontier> {
  const leaves = count(size, 'size')
  const subtrees = subtreesOf({ from: 0, to: leaves })
  const hashOf = await readSubtrees(subtrees, read)
  return { size: leaves, hashes: subtrees.map(hashOf).map(plain) }
}

/**
 * The audit path of a leaf (RFC 6962 §2.1.1) from the tiles of the tree: equal to `inclusionProof` over the leaf hashes. At
 * most two reads a tile level.
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT unless index < size, PHI_AUDIT_MERKLE_READ when hashes are missing
 */
export async function inclusionProofFromTiles(args: {
  index: number | bigint
  size: number | bigint
  read: HashReader
}): Promise<Uint8Array[]> {
  const index = count(args.index, 'index')
  const size = count(args.size, 'size')
  checkBelow(index, size, 'index', 'must be below the size of the tree')
  return hashRanges(inclusionRanges(index, size), args.read)
}

/**
 * The consistency proof between two sizes (RFC 6962 §2.1.2) from the tiles of the later tree: equal to `consistencyProof` over
 * the leaf hashes. At most two reads a tile level.
 * @throws PhiError PHI_AUDIT_MERKLE_INPUT unless 0 < size1 ≤ size2, PHI_AUDIT_MERKLE_READ when hashes are missing
 */
export async function consistencyProofFromTiles(args: {
  size1: number | bigint
  size2: number | bigint
  read: HashReader
}): Promise<Uint8Array[]> {
  const size1 = count(args.size1, 'size1')
  const size2 = count(args.size2, 'size2')
  checkSizes(size1, size2)
  return hashRanges(consistencyRanges(size1, size2), args.read)
}

async function hashRanges(ranges: readonly LeafRange[], read: HashReader): Promise<Uint8Array[]> {
  const subtrees = ranges.map(subtreesOf)
  const hashOf = await readSubtrees(subtrees.flat(), read)
  return subtrees.map((parts) => foldSubtrees(parts.map(hashOf)))
}

/**
 * Where a subtree's hash comes from: a run of hashes in one tile, to be folded. That makes it number `at` of the tile's complete
 * subtrees over 2^`row` hashes.
 */
export function sourceOf({ height, index }: Subtree) {
  const level = Math.floor(height / TILE_HEIGHT)
  const row = height % TILE_HEIGHT
  const width = 1 << row
  const from = index * width
  const tile = Math.floor(from / TILE_WIDTH)
  return { level, from, to: from + width, tile, row, at: index - (tile * TILE_WIDTH) / width }
}

/** Reads what the subtrees need, one read for each tile that any of them touches, and returns how to look a hash up. */
async function readSubtrees(subtrees: readonly Subtree[], read: HashReader): Promise<(subtree: Subtree) => Uint8Array> {
  const runs = new Map<string, { level: number; from: number; to: number }>()
  for (const { level, from, to, tile } of subtrees.map(sourceOf)) {
    const key = `${level}/${tile}`
    const run = runs.get(key)
    // The hashes between two runs of one tile lie inside the tree as well: what is complete at a level has no gaps.
    if (run === undefined) runs.set(key, { level, from, to })
    else runs.set(key, { level, from: Math.min(run.from, from), to: Math.max(run.to, to) })
  }
  const tiles = new Map(
    await Promise.all(
      [...runs].map(async ([key, { level, from, to }]) => {
        const hashes = await read(level, from, to)
        checkRead(hashes, level, from, to)
        return [key, { from, hashes }] as const
      }),
    ),
  )
  return (subtree) => {
    const { level, from, to, tile } = sourceOf(subtree)
    const held = tiles.get(`${level}/${tile}`) as { from: number; hashes: readonly Uint8Array[] }
    return foldComplete(held.hashes.slice(from - held.from, to - held.from))
  }
}

export function checkRead(hashes: unknown, level: number, from: number, to: number): void {
  let isWhole = Array.isArray(hashes) && hashes.length === to - from
  // Not every(), which steps over the holes of a sparse array.
  if (isWhole) for (const hash of hashes as unknown[]) isWhole &&= hash instanceof Uint8Array && hash.length === HASH_LENGTH
  if (!isWhole) throw merkleError('PHI_AUDIT_MERKLE_READ', { info: { level, from, to } })
}

/** The root over 2^n hashes. */
function foldComplete(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes
  while (row.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i < row.length; i += 2) above.push(nodeOf(row[i] as Uint8Array, row[i + 1] as Uint8Array))
    row = above
  }
  return row[0] as Uint8Array
}
