import { constants, type FileHandle, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** An open file. Every position is given: nothing is appended "at the end", wherever that is by now. */
export interface SpoolFile {
  /** Writes some of the bytes. @returns how many; fewer than given is not an error */
  write(bytes: Uint8Array, position: number): Promise<number>
  truncate(length: number): Promise<void>
  /** Resolves when the file's bytes and length are on the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** What a spool asks of a file system. Tests put faults in front of it. */
export interface SpoolFs {
  /** Makes a directory that its owner alone can enter, if it is not there. @returns whether others can enter it */
  makeDirectory(path: string): Promise<{ readonly shared: boolean }>
  list(path: string): Promise<readonly string[]>
  read(path: string): Promise<Uint8Array>
  /** Makes a file that its owner alone can read. @throws EEXIST */
  create(path: string): Promise<SpoolFile>
  /** Opens a file for writing. @throws ENOENT */
  open(path: string): Promise<SpoolFile>
  rename(from: string, to: string): Promise<void>
  /** Removes a file. One that is not there is no error. */
  remove(path: string): Promise<void>
  /** Length in bytes. @throws ENOENT */
  size(path: string): Promise<number>
  /** Makes new, renamed and removed names of a directory durable. */
  syncDirectory(path: string): Promise<void>
}

const fileOf = (handle: FileHandle): SpoolFile => ({
  write: async (bytes, position) => (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
  truncate: (length) => handle.truncate(length),
  sync: () => handle.sync(),
  close: () => handle.close(),
})

/** Windows has no bits for group and others, and does not open directories. */
const isPosix = process.platform !== 'win32'

async function syncDirectory(path: string): Promise<void> {
  if (!isPosix) return
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Node's file system. */
export const nodeFs: SpoolFs = {
  async makeDirectory(name) {
    const path = resolve(name)
    const first = await mkdir(path, { recursive: true, mode: 0o700 })
    // Each name on the way is kept by the directory above it.
    if (first !== undefined)
      for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made))
    return { shared: isPosix && ((await lstat(path)).mode & 0o077) !== 0 }
  },
  list: (path) => readdir(path),
  read: (path) => readFile(path),
  create: async (path) => fileOf(await open(path, 'wx', 0o600)),
  // Never through a link that somebody put in the file's place.
  open: async (path) => fileOf(await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0))),
  rename,
  remove: (path) => rm(path, { force: true }),
  size: async (path) => (await lstat(path)).size,
  syncDirectory,
}

/**
 * Writes all bytes, in as many calls as it takes.
 * @throws what the file system throws; ENOSPC where it takes nothing without a word
 */
export async function writeAll(file: SpoolFile, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const written = await file.write(bytes.subarray(done), position + done)
    if (!(written > 0)) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' })
    done += written
  }
}
