import { TILE_WIDTH } from '../merkle/tiles.ts'
import { tilesError } from './errors.ts'

/** Where a log's newest checkpoint stands (C2SP tlog-tiles, "Checkpoints"). */
export const CHECKPOINT_PATH = 'checkpoint'

/** A level of tile hashes, or the bundles of entries beside level 0. */
export type TileLevel = number | 'entries'

/** The number of a tile in path elements of three digits; all but the last begin with an x (tlog-tiles, "Merkle Tree"). */
function indexPath(index: number): string {
  const digits = String(index)
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0')
  const elements = padded.match(/\d{3}/g) as string[]
  return elements.map((element, i) => (i < elements.length - 1 ? `x${element}` : element)).join('/')
}

/**
 * The path of a tile or entry bundle, without a leading slash: `tile/0/x001/x234/067`, and with `.p/<width>` where it is partial.
 * @param width how many hashes or entries, 1 to 256; 256 is a full one
 * @throws PhiError PHI_AUDIT_TILES_OPTIONS
 */
export function tilePath(level: TileLevel, index: number, width: number = TILE_WIDTH): string {
  // Level 63 is the highest that the format has (C2SP tlog-tiles, "Merkle Tree").
  const isLevel = level === 'entries' || (Number.isInteger(level) && level >= 0 && level <= 63)
  if (!isLevel) throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'level' })
  if (!Number.isSafeInteger(index) || index < 0) throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'index' })
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH)
    throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'width' })
  const full = `tile/${level}/${indexPath(index)}`
  return width === TILE_WIDTH ? full : `${full}.p/${width}`
}

/** How many hashes a tile has in the tree of `size` leaves; 0 or less: it is not there. */
export const tileWidth = (level: number, index: number, size: number): number =>
  Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH)

/** The levels of tiles that a tree of `size` leaves has. 256 leaves make a second level of one hash. */
export function levelsOf(size: number): number {
  let levels = 0
  for (let rest = size; rest >= 1; rest = Math.floor(rest / TILE_WIDTH)) levels++
  return levels
}
