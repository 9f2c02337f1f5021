import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isPhiError, randomBytes, toHex } from '@phi/core'
import { envelopeError } from '../../errors.ts'
import { errnoOf } from '../source.ts'

/** Where a file's bytes go, one piece after the other. */
export interface Output {
  write(bytes: Uint8Array): Promise<void>
}

/**
 * Writes a file under a temporary name in the same folder, brings it to the disk, and renames it at the end: under the final name
 * there is the old file or the whole new one, with mode 0600. When anything fails the temporary file is emptied and removed;
 * only the end of the process itself leaves one, named `.phi-<16 hexadecimal digits>.tmp`.
 * @throws what `fill` throws; PhiError PHI_ENVELOPE_FILE_TARGET with the `errno` where the folder cannot be written
 */
export async function replaceFile<T>(to: string | URL, fill: (output: Output) => Promise<T>): Promise<T> {
  const path = typeof to === 'string' ? to : fileURLToPath(to)
  const folder = dirname(path)
  const temporary = join(folder, `.phi-${toHex(randomBytes(8))}.tmp`)
  const handle = await written(open(temporary, 'wx', 0o600))
  try {
    const result = await fill({ write: (bytes) => written(writeAll(handle, bytes)) })
    await written(handle.sync())
    await written(handle.close())
    await written(rename(temporary, path))
    await syncFolder(folder)
    return result
  } catch (error) {
    // Each by itself: what fails of it must not hide why the file was not written.
    await handle.truncate(0).catch(() => {})
    await handle.close().catch(() => {})
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten
}

/** Makes the rename itself last. Windows has no such call for folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await written(open(folder, 'r'))
  try {
    await written(handle.sync())
  } finally {
    await handle.close()
  }
}

async function written<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (isPhiError(error)) throw error
    throw envelopeError('PHI_ENVELOPE_FILE_TARGET', { info: errnoOf(error) })
  }
}
