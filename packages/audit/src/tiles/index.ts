/**
 * The log as a static directory of C2SP tlog-tiles, and a reader for any such directory. Tiles hold leaves and hashes, and no text
 * of an event.
 *
 * @module @phi/audit/tiles
 */
export { decodeEntries, encodeEntries, MAX_ENTRY_LENGTH } from './entry-bundle.ts'
export { tilesErrors } from './errors.ts'
export { type ExportTilesOptions, exportTiles, type TilesReport } from './export.ts'
export { type HttpTilesOptions, httpTiles, type TileFetch } from './http.ts'
export { CHECKPOINT_PATH, type TileLevel, tilePath, tileWidth } from './paths.ts'
export {
  type OpenTilesOptions,
  openTiles,
  type ProvenEntry,
  type TileConsistencyProof,
  type TileInclusionProof,
  type TileLog,
} from './reader.ts'
export type { TileSink } from './sink.ts'
export type { ReadTile } from './tile-files.ts'
export type { VerifyTilesOptions } from './verify-tiles.ts'
