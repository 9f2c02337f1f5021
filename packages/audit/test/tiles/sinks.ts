import type { TileSink } from '../../src/tiles/index.ts'
import type { DirectoryFs } from '../../src/tiles/node/directory.ts'
import type { MemoryDisk } from '../spool/disk.ts'

/** A directory in memory. */
export interface MemorySink extends TileSink {
  readonly files: Map<string, Uint8Array>
  /** Paths in the order in which they were written; a removal begins with a minus. */
  readonly log: string[]
}

export function memorySink(files = new Map<string, Uint8Array>()): MemorySink {
  const log: string[] = []
  return {
    files,
    log,
    read: async (path) => files.get(path)?.slice(),
    write: async (path, bytes) => {
      log.push(path)
      files.set(path, bytes.slice())
    },
    publish: async (checkpoint) => {
      log.push('checkpoint')
      files.set('checkpoint', checkpoint.slice())
    },
    removePartials: async (path) => {
      log.push(`-${path}`)
      for (const name of [...files.keys()]) if (name.startsWith(`${path}.p/`)) files.delete(name)
    },
  }
}

/** A disk in memory as a file system for a directory sink. */
export const diskFs = (disk: MemoryDisk): DirectoryFs => ({
  ...disk.fs,
  removeTree: async (path) => {
    for (const name of [...disk.names.keys()]) if (name.startsWith(`${path}/`)) await disk.fs.remove(name)
  },
})

/** The files of a disk below a directory, as a reader of tiles. */
export const diskTiles =
  (disk: MemoryDisk, directory: string) =>
  async (path: string): Promise<Uint8Array | undefined> => {
    const inode = disk.names.get(`${directory}/${path}`)
    return inode === undefined ? undefined : new Uint8Array(inode.bytes)
  }
