/**
 * Tile directories on this machine's disk, to export to and to read from. Node only.
 *
 * @module @phi/audit/tiles/node
 */
export { type DirectorySinkOptions, directorySink, directoryTiles } from './directory.ts'
