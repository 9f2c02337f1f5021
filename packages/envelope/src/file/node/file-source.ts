import { type FileHandle, open } from 'node:fs/promises'
import { envelopeError } from '../../errors.ts'
import { errnoOf, type FileSource } from '../source.ts'

/** A {@link FileSource} over a file. Close it when nothing reads from it any more. */
export interface OpenFileSource extends FileSource {
  /** Closes the file, unless it came as a handle: that stays with whoever opened it. */
  close(): Promise<void>
}

/**
 * Reads a file by its path or by a handle that is open for reading. The size is the one it has now.
 * @throws PhiError PHI_ENVELOPE_FILE_SOURCE, with the `errno` in `info`; the path is not told
 */
export async function fileSource(file: string | URL | FileHandle): Promise<OpenFileSource> {
  const isHandle = typeof file === 'object' && 'fd' in file
  let handle: FileHandle | undefined
  try {
    handle = isHandle ? file : await open(file, 'r')
    const stat = await handle.stat()
    if (!stat.isFile()) throw envelopeError('PHI_ENVELOPE_FILE_SOURCE', { detail: 'it is no regular file' })
    return sourceOf(handle, stat.size, !isHandle)
  } catch (error) {
    if (!isHandle) await handle?.close().catch(() => {})
    throw sourceError(error)
  }
}

function sourceOf(handle: FileHandle, size: number, isOurs: boolean): OpenFileSource {
  return {
    size,
    async read(offset, length) {
      const bytes = Buffer.allocUnsafeSlow(length)
      let got = 0
      while (got < length) {
        const { bytesRead } = await handle.read(bytes, got, length - got, offset + got)
        if (bytesRead === 0) break
        got += bytesRead
      }
      return bytes.subarray(0, got)
    },
    async close() {
      if (isOurs) await handle.close()
    },
  }
}

/** What became of a file that is read, without its path. */
function sourceError(error: unknown): Error {
  const isOurs = error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('PHI_')
  return isOurs
    ? error
    : envelopeError('PHI_ENVELOPE_FILE_SOURCE', { detail: 'the file could not be read', info: errnoOf(error) })
}
