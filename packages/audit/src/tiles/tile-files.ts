import { HASH_LENGTH } from '../merkle/hash.ts'
import { TILE_WIDTH } from '../merkle/tiles.ts'
import { decodeEntries, decodeFirst } from './entry-bundle.ts'
import { readFault, tilesError } from './errors.ts'
import { tilePath, tileWidth } from './paths.ts'

/** The bytes at a path of a tile directory; undefined when nothing is there. Whoever cannot tell throws. */
export type ReadTile = (path: string) => Promise<Uint8Array | undefined>

/** Reads a file. @throws PhiError of ours as it is, PHI_AUDIT_TILES_READ for anything else */
export async function readBytes(read: ReadTile, path: string): Promise<Uint8Array | undefined> {
  let bytes: Uint8Array | undefined
  try {
    bytes = await read(path)
  } catch (error) {
    throw readFault(error)
  }
  if (bytes !== undefined && !(bytes instanceof Uint8Array))
    throw tilesError('PHI_AUDIT_TILES_READ', { detail: 'the reader returned no bytes' })
  return bytes
}

/** The files of a tile directory as the checkpoint of one size calls for them. Nothing that they say is proved here. */
export class TileFiles {
  readonly size: number
  readonly #read: ReadTile

  constructor(read: ReadTile, size: number) {
    this.#read = read
    this.size = size
  }

  /**
   * All hashes of a tile, as many as the checkpoint calls for.
   * @throws PhiError PHI_AUDIT_TILES_MISSING, PHI_AUDIT_TILES_DAMAGED when the file has another length, PHI_AUDIT_TILES_READ
   */
  async hashes(level: number, index: number): Promise<Uint8Array[]> {
    const width = tileWidth(level, index, this.size)
    const { bytes, isFull } = await this.#file(level, index, width)
    if (bytes.length !== HASH_LENGTH * (isFull ? TILE_WIDTH : width)) throw damaged(level, index)
    return Array.from({ length: width }, (_, i) => new Uint8Array(bytes.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH)))
  }

  /** All entries of a bundle, as many as the checkpoint calls for. @throws as hashes does */
  async entries(index: number): Promise<Uint8Array[]> {
    const width = tileWidth(0, index, this.size)
    const { bytes, isFull } = await this.#file('entries', index, width)
    const entries = isFull ? decodeFirst(bytes, width)?.entries : decodeEntries(bytes, width)
    // A full one must be one in full, also where only a part of it is asked for.
    if (entries === undefined || (isFull && decodeEntries(bytes, TILE_WIDTH) === undefined)) throw damaged('entries', index)
    return entries
  }

  /** The partial file, or the full one that has taken its place since (C2SP tlog-tiles, "Partial Tiles"). */
  async #file(level: number | 'entries', index: number, width: number): Promise<{ bytes: Uint8Array; isFull: boolean }> {
    if (width < 1) throw tilesError('PHI_AUDIT_TILES_RANGE', { info: { level, tile: index } })
    if (width < TILE_WIDTH) {
      const bytes = await readBytes(this.#read, tilePath(level, index, width))
      if (bytes !== undefined) return { bytes, isFull: false }
    }
    const bytes = await readBytes(this.#read, tilePath(level, index))
    if (bytes === undefined) throw tilesError('PHI_AUDIT_TILES_MISSING', { info: { level, tile: index } })
    return { bytes, isFull: true }
  }
}

const damaged = (level: number | 'entries', index: number) =>
  tilesError('PHI_AUDIT_TILES_DAMAGED', { detail: 'a file does not have its length', info: { level, tile: index } })
