import { foldSubtrees, TILE_HEIGHT } from './frontier.ts'
import { HASH_LENGTH, nodeOf } from './hash.ts'
import { consistencyRanges, inclusionRanges, type LeafRange, subtreesOf } from './ranges.ts'
import { checkRead, type HashReader, sourceOf, TILE_WIDTH } from './tiles.ts'

/** How many tiles a cache holds unless told otherwise: 4 MiB of hashes, the tiles over 65,000 leaves. */
const MAX_TILES = 256

/** A tile with the nodes above its hashes. */
class TileNodes {
  /** Row k holds the roots of the complete subtrees over 2^k of the tile's hashes, end to end. */
  readonly #rows: Uint8Array[] = []

  constructor(hashes: readonly Uint8Array[]) {
    let row = new Uint8Array(hashes.length * HASH_LENGTH)
    hashes.forEach((hash, i) => {
      row.set(hash, i * HASH_LENGTH)
    })
    this.#rows.push(row)
    while (this.#rows.length < TILE_HEIGHT) {
      row = parentsOf(row)
      this.#rows.push(row)
    }
  }

  /** A copy: whoever gets a proof may write into it. */
  hash(row: number, i: number): Uint8Array {
    return (this.#rows[row] as Uint8Array).slice(i * HASH_LENGTH, (i + 1) * HASH_LENGTH)
  }
}

function parentsOf(row: Uint8Array): Uint8Array<ArrayBuffer> {
  const pair = 2 * HASH_LENGTH
  const parents = new Uint8Array(Math.floor(row.length / pair) * HASH_LENGTH)
  for (let i = 0; i * HASH_LENGTH < parents.length; i++) {
    const middle = i * pair + HASH_LENGTH
    parents.set(nodeOf(row.subarray(i * pair, middle), row.subarray(middle, middle + HASH_LENGTH)), i * HASH_LENGTH)
  }
  return parents
}

/** A tile of which `width` hashes were asked for. */
interface HeldTile {
  readonly width: number
  /** Undefined until it is read. */
  nodes: TileNodes | undefined
  readonly reading: Promise<void>
}

type Source = ReturnType<typeof sourceOf>

/**
 * Proofs from tiles that are read once and kept, with the nodes inside them: a proof from tiles at hand takes no hashing but
 * where the tree's right edge is folded. What a log once held it holds for good, so a tile is read again only when more of it
 * is needed than was there; the least recently used ones make room.
 *
 * The proofs are what the tiles say, as they were when they were read. Sizes and indices are the caller's to check.
 */
export class TileCache {
  readonly #read: HashReader
  readonly #maxTiles: number
  /** By level and number, the least recently used first. */
  readonly #tiles = new Map<number, HeldTile>()

  constructor(read: HashReader, maxTiles = MAX_TILES) {
    this.#read = read
    this.#maxTiles = maxTiles
  }

  /** The audit path of leaf `index` in the tree of `size` leaves (RFC 6962 §2.1.1). @throws PhiError PHI_AUDIT_MERKLE_READ */
  inclusionProof(index: number, size: number): Promise<Uint8Array[]> {
    return this.#hashes(inclusionRanges(index, size), size)
  }

  /** The proof between two sizes (RFC 6962 §2.1.2). @throws PhiError PHI_AUDIT_MERKLE_READ */
  consistencyProof(size1: number, size2: number): Promise<Uint8Array[]> {
    return this.#hashes(consistencyRanges(size1, size2), size2)
  }

  /** The root of the tree of `size` leaves. @throws PhiError PHI_AUDIT_MERKLE_READ */
  async root(size: number): Promise<Uint8Array> {
    const [root] = await this.#hashes([{ from: 0, to: size }], size)
    return root as Uint8Array
  }

  async #hashes(ranges: readonly LeafRange[], size: number): Promise<Uint8Array[]> {
    const sources: Source[][] = ranges.map((range) => subtreesOf(range).map(sourceOf))
    // All reads are under way before the first is waited for, and nothing is waited for when there are none.
    const tiles = new Map<number, HeldTile>()
    for (const parts of sources) {
      for (const { level, tile } of parts) {
        const key = keyOf(level, tile)
        if (!tiles.has(key)) tiles.set(key, this.#tile(key, level, tile, size))
      }
    }
    for (const tile of tiles.values()) if (tile.nodes === undefined) await tile.reading
    const hashOf = ({ level, tile, row, at }: Source) => tiles.get(keyOf(level, tile))?.nodes?.hash(row, at) as Uint8Array
    return sources.map((parts) => (parts.length === 1 ? hashOf(parts[0] as Source) : foldSubtrees(parts.map(hashOf))))
  }

  #tile(key: number, level: number, tile: number, size: number): HeldTile {
    const held = this.#tiles.get(key)
    // To the end of the map, where the most recently used ones are.
    this.#tiles.delete(key)
    if (held !== undefined && (held.width === TILE_WIDTH || held.width >= widthOf(level, tile, size))) {
      this.#tiles.set(key, held)
      return held
    }
    const fresh = this.#readTile(key, level, tile * TILE_WIDTH, widthOf(level, tile, size))
    this.#tiles.set(key, fresh)
    for (const oldest of this.#tiles.keys()) {
      if (this.#tiles.size <= this.#maxTiles) break
      this.#tiles.delete(oldest)
    }
    return fresh
  }

  #readTile(key: number, level: number, from: number, width: number): HeldTile {
    const reading = this.#read(level, from, from + width).then((hashes) => {
      checkRead(hashes, level, from, from + width)
      held.nodes = new TileNodes(hashes)
    })
    const held: HeldTile = { width, nodes: undefined, reading }
    // A store that was away is asked again.
    reading.catch(() => {
      if (this.#tiles.get(key) === held) this.#tiles.delete(key)
    })
    return held
  }
}

/** One number for a tile: there are at most seven levels over 2^53 leaves, and 2^45 tiles in the lowest. */
const keyOf = (level: number, tile: number): number => tile * 8 + level

/** How many hashes a tile has in the tree of `size` leaves. */
const widthOf = (level: number, tile: number, size: number): number =>
  Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - tile * TILE_WIDTH)
