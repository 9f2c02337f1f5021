import { envelopeError } from '../errors.ts'
import { CHUNK, lastChunkOf, PREFIX, SEALED_CHUNK } from '../primitives/cobblestone-sizes.ts'
import { BATCH } from './byte-transformer.ts'
import type { KnownMessage, Recognition } from './opening.ts'
import type { FileProgress } from './options.ts'
import { type FileSource, readExactly } from './source.ts'

/** The most that `read` returns at once: 1 GiB. */
const READ_LIMIT = 2 ** 30

/**
 * Reads parts of a sealed file and fetches only the chunks that hold them, of 16 KiB each. Before the first part is handed out the
 * last chunk is authenticated, and with it the size, so that a file that was cut is refused wherever one reads.
 */
export interface FileReader {
  /** Bytes of plaintext. @throws PhiError PHI_ENVELOPE_FILE, PHI_ENVELOPE_FILE_SOURCE, PHI_ENVELOPE_STALE */
  size(): Promise<number>
  /**
   * The plaintext from `start` to before `end`.
   * @throws PhiError PHI_ENVELOPE_FILE_RANGE for a range that is not inside the file, or of more than 1 GiB (stream that instead)
   * @throws PhiError PHI_ENVELOPE_FILE, PHI_ENVELOPE_FILE_SOURCE, PHI_ENVELOPE_STALE
   */
  read(start: number, end: number): Promise<Uint8Array>
  /**
   * The same as a stream, for any length: reads up to 1 MiB at a time, when its reader asks. What `read` throws, the stream errors
   * with. Progress counts the plaintext of the range.
   */
  stream(range?: FileRange): ReadableStream<Uint8Array>
}

export interface FileRange {
  /** Default 0. */
  readonly start?: number
  /** Default the size of the file. */
  readonly end?: number
  readonly onProgress?: (progress: FileProgress) => void
}

interface SizedFile extends KnownMessage {
  readonly size: number
}

export function fileReader({ prefixLength, recognise }: Recognition, source: FileSource, signal?: AbortSignal): FileReader {
  const length = source.size
  if (!Number.isSafeInteger(length) || length < 0)
    throw envelopeError('PHI_ENVELOPE_FILE_SOURCE', { detail: 'it tells no size' })
  let recognised: Promise<SizedFile> | undefined

  const headerLength = prefixLength - PREFIX

  const authenticate = async (): Promise<SizedFile> => {
    const last = lastChunkOf(length - headerLength)
    if (last === undefined) throw envelopeError('PHI_ENVELOPE_FILE')
    const [prefix, sealed] = await Promise.all([
      readExactly(source, 0, prefixLength, signal),
      readExactly(source, headerLength + last.offset, last.sealedLength, signal),
    ])
    const message = recognise(prefix)
    const out = new Uint8Array(CHUNK)
    const opened = message.chunks.openInto(out, 0, last.index, sealed, true)
    out.fill(0)
    if (opened === undefined) throw envelopeError('PHI_ENVELOPE_FILE')
    return { ...message, size: last.plaintextLength }
  }
  /** The file, recognised once; and its key, which may have been revoked since, every time. */
  const known = async (): Promise<SizedFile> => {
    signal?.throwIfAborted()
    recognised ??= authenticate()
    try {
      const file = await recognised
      file.requireKey()
      return file
    } catch (error) {
      // A storage that was out of reach may be back the next time.
      recognised = undefined
      throw error
    }
  }
  const rangeIn = ({ size }: SizedFile, start: number, end: number) => {
    const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end <= size
    if (!isRange) throw envelopeError('PHI_ENVELOPE_FILE_RANGE')
  }
  /** The plaintext from `start` to before `end`, which lie in at most {@link BATCH} chunks. */
  const readBatch = async ({ chunks, size }: SizedFile, start: number, end: number): Promise<Uint8Array> => {
    const first = Math.floor(start / CHUNK)
    const stop = Math.ceil(end / CHUNK)
    const plaintextEnd = Math.min(stop * CHUNK, size)
    const isLast = plaintextEnd < stop * CHUNK
    const sealedEnd = isLast ? length : prefixLength + stop * SEALED_CHUNK
    const offset = prefixLength + first * SEALED_CHUNK
    const sealed = await readExactly(source, offset, sealedEnd - offset, signal)
    const out = new Uint8Array(plaintextEnd - first * CHUNK)
    if (chunks.openInto(out, 0, first, sealed, isLast) === undefined) throw envelopeError('PHI_ENVELOPE_FILE')
    return out.subarray(start - first * CHUNK, end - first * CHUNK)
  }
  /** Where the batch that begins with `at` ends: on a border of chunks, or with the range. */
  const batchEnd = (at: number, end: number) => Math.min((Math.floor(at / CHUNK) + BATCH) * CHUNK, end)

  return {
    size: async () => (await known()).size,
    async read(start, end) {
      const file = await known()
      rangeIn(file, start, end)
      if (end - start > READ_LIMIT) throw envelopeError('PHI_ENVELOPE_FILE_RANGE', { detail: 'more than 1 GiB at once' })
      const out = new Uint8Array(end - start)
      try {
        for (let at = start; at < end; ) {
          const next = batchEnd(at, end)
          const piece = await readBatch(file, at, next)
          out.set(piece, at - start)
          new Uint8Array(piece.buffer).fill(0)
          at = next
        }
      } catch (error) {
        out.fill(0)
        throw error
      }
      file.countUse(out.length)
      return out
    },
    stream({ start = 0, end, onProgress } = {}) {
      let file: SizedFile | undefined
      let at = start
      let until = 0
      let isCounted = false
      const count = () => {
        if (!isCounted) file?.countUse(at - start)
        isCounted = true
      }
      return new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            try {
              if (file === undefined) {
                const found = await known()
                until = end ?? found.size
                rangeIn(found, start, until)
                file = found
              }
              if (at < until) {
                const next = batchEnd(at, until)
                const piece = await readBatch(file, at, next)
                if (isCounted) return void new Uint8Array(piece.buffer).fill(0)
                at = next
                controller.enqueue(piece)
                onProgress?.({ bytes: at - start, total: until - start })
              }
              if (at === until) {
                count()
                controller.close()
              }
            } catch (error) {
              count()
              throw error
            }
          },
          cancel: count,
        },
        { highWaterMark: 0 },
      )
    },
  }
}
