import { randomBytes } from 'node:crypto'
import { constants, lstat, mkdir, open, readdir, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { isPhiError } from '@phi/core'
import { nodeFs, type SpoolFs, writeAll } from '../../spool/file-system.ts'
import { FOREIGN_SILENCE_MS, type Lock, lockDirectory } from '../../spool/lock.ts'
import { errnoOf, readFault, sinkFault, tilesError } from '../errors.ts'
import { CHECKPOINT_PATH } from '../paths.ts'
import type { TileSink } from '../sink.ts'
import type { ReadTile } from '../tile-files.ts'

/** What a tile directory asks of a file system, beside what a spool does. Tests put faults in front of it. */
export interface DirectoryFs extends SpoolFs {
  /** Removes a directory and what is in it. One that is not there is no error. */
  removeTree(path: string): Promise<void>
}

/** Node's file system, with files that others may read: a web server runs as somebody else. Neither tiles nor checkpoints are secret. */
const publicFs: DirectoryFs = {
  ...nodeFs,
  async makeDirectory(name) {
    const path = resolve(name)
    const first = await mkdir(path, { recursive: true, mode: 0o755 })
    if (first !== undefined)
      for (let made = path; made.length >= first.length; made = dirname(made)) await nodeFs.syncDirectory(dirname(made))
    return { shared: false }
  },
  async create(path) {
    const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644)
    return {
      write: async (bytes, position) => (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
      truncate: (length) => handle.truncate(length),
      sync: () => handle.sync(),
      close: () => handle.close(),
    }
  },
  removeTree: (path) => rm(path, { recursive: true, force: true }),
}

export interface DirectorySinkOptions {
  /** @internal */
  readonly fs?: DirectoryFs
}

const STAGING = '.export'
const PART = /^part-[0-9a-f]{16}$/
const PATH = /^(?:checkpoint|tile\/(?:\d{1,2}|entries)(?:\/x\d{3})*\/\d{3}(?:\.p\/\d{1,3})?)$/

/** Only paths of the format: nothing that leads out of the directory. */
function placeOf(directory: string, path: string): string {
  if (!PATH.test(path)) throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'path', detail: 'is no path of tlog-tiles' })
  return join(directory, ...path.split('/'))
}

/** ENOTDIR: something on the way is a file, so below it nothing is there. */
const isAbsent = (error: unknown): boolean => errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR'

async function readOptional(fs: SpoolFs, place: string): Promise<Uint8Array | undefined> {
  try {
    return await fs.read(place)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/**
 * Writes tiles into a directory, which any web server can then serve as it is. It is made when it is not there. Each file is
 * written beside (`.export/`, which need not be served), synced and renamed; the checkpoint comes last, after all directories were
 * synced. One process at a time exports: a second one gets PHI_AUDIT_TILES_BUSY.
 */
export function directorySink(directory: string, { fs = publicFs }: DirectorySinkOptions = {}): TileSink {
  if (typeof directory !== 'string' || directory === '') throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'directory' })
  const staging = join(directory, STAGING)
  /** Directories whose names are not synced yet. */
  const touched = new Set<string>()
  const made = new Set<string>()
  let lock: Lock | undefined

  const makeFor = async (place: string): Promise<void> => {
    const parent = dirname(place)
    if (!made.has(parent)) await fs.makeDirectory(parent)
    made.add(parent)
    touched.add(parent)
  }
  const put = async (place: string, bytes: Uint8Array): Promise<void> => {
    await makeFor(place)
    const part = join(staging, `part-${randomBytes(8).toString('hex')}`)
    try {
      const file = await fs.create(part)
      try {
        await writeAll(file, bytes, 0)
        await file.sync()
      } finally {
        await file.close()
      }
      await fs.rename(part, place)
    } catch (error) {
      await fs.remove(part).catch(() => {})
      throw error
    }
  }
  const sync = async (): Promise<void> => {
    for (const path of touched) {
      await fs.syncDirectory(path)
      touched.delete(path)
    }
  }
  const translated = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw sinkFault(error)
    }
  }

  return {
    read: (path) => translated(() => readOptional(fs, placeOf(directory, path))),
    write: (path, bytes) => translated(() => put(placeOf(directory, path), bytes)),
    publish: (checkpoint) =>
      translated(async () => {
        await sync()
        // A process that slept may have been taken for dead, and another may have published a later checkpoint since.
        if (lock !== undefined && !(await lock.held())) throw tilesError('PHI_AUDIT_TILES_BUSY')
        await put(placeOf(directory, CHECKPOINT_PATH), checkpoint)
        await sync()
      }),
    removePartials: (path) => translated(() => fs.removeTree(`${placeOf(directory, path)}.p`)),
    acquire: () =>
      translated(async () => {
        made.clear()
        touched.clear()
        await fs.makeDirectory(directory)
        await fs.makeDirectory(staging)
        const taken = await lockDirectory(fs, staging, FOREIGN_SILENCE_MS).catch((error: unknown) => {
          if (isPhiError(error, 'PHI_AUDIT_SPOOL_LOCKED')) throw tilesError('PHI_AUDIT_TILES_BUSY')
          // The lock's own errors speak of the spool it was made for.
          if (isPhiError(error)) throw tilesError('PHI_AUDIT_TILES_SINK', { info: error.info })
          throw error
        })
        // What an export that was cut off left half written.
        try {
          for (const name of await fs.list(staging)) if (PART.test(name)) await fs.remove(join(staging, name))
        } catch (error) {
          await taken.release().catch(() => {})
          throw error
        }
        lock = taken
        return () => taken.release()
      }),
  }
}

/** Reads tiles from a directory, for `openTiles`. Follows no links out of it that stand in a file's place. */
export function directoryTiles(directory: string): ReadTile {
  if (typeof directory !== 'string' || directory === '') throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'directory' })
  return async (path) => {
    const place = placeOf(directory, path)
    try {
      const stats = await lstat(place)
      if (!stats.isFile()) throw tilesError('PHI_AUDIT_TILES_READ', { detail: 'it is no regular file' })
      if (stats.size > MAX_FILE) throw tilesError('PHI_AUDIT_TILES_READ', { detail: 'it is too long' })
      return new Uint8Array(await nodeFs.read(place))
    } catch (error) {
      if (!isAbsent(error)) throw readFault(error)
    }
    // A file that is not there is an answer; a directory that is not there is a mistake, or a disk that was not mounted.
    try {
      await readdir(directory)
    } catch (error) {
      throw readFault(error)
    }
    return undefined
  }
}

const MAX_FILE = 256 * 65_537
