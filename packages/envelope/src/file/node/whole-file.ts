import { envelopeError } from '../../errors.ts'
import { CHUNK, lastChunkOf, SEALED_CHUNK, sealedLength } from '../../primitives/cobblestone-sizes.ts'
import { BATCH, type ByteTransformer } from '../byte-transformer.ts'
import type { BoundFile, FileStreamOptions, Files, UnboundFile } from '../files.ts'
import { HEADER } from '../format.ts'
import { FILE_PREFIX } from '../opening.ts'
import { readExactly } from '../source.ts'
import { fileSource, type OpenFileSource } from './file-source.ts'
import { type Output, replaceFile } from './replace-file.ts'
import { fileOf } from './transforms.ts'

export interface WholeFile {
  readonly plaintextBytes: number
  readonly sealedBytes: number
}

/**
 * Seals the file `from` into the file `to`, which may be the same: it is written under a temporary name in its folder and renamed
 * when it is whole and on the disk, with mode 0600. Whatever fails leaves `to` as it was.
 * @throws PhiError PHI_ENVELOPE_FILE_SOURCE where a file cannot be read or changes meanwhile, PHI_ENVELOPE_FILE_TARGET where it cannot be written; paths are not told
 * @throws PhiError PHI_ENVELOPE_STALE, PHI_ENVELOPE_NO_KEY; the signal's own reason when it is aborted
 */
export async function sealFile<File extends BoundFile | UnboundFile>(
  files: Files<File>,
  from: string | URL,
  to: string | URL,
  options: File & FileStreamOptions,
): Promise<WholeFile> {
  return withSource(from, async (source) => {
    const transformer = files.sealer(fileOf(options))
    await throughTransformer(transformer, source, to, {
      ...options,
      first: BATCH * CHUNK,
      next: BATCH * CHUNK,
      total: source.size,
      isInputSecret: true,
    })
    return { plaintextBytes: source.size, sealedBytes: HEADER + sealedLength(source.size) }
  })
}

/**
 * Opens the sealed file `from` into the file `to` as {@link sealFile} does: plaintext stands under the final name only when the whole
 * file verified, to its end. Until then the verified part of it stands under the temporary name, with mode 0600.
 * @throws PhiError PHI_ENVELOPE_FILE for whatever does not verify; and as {@link sealFile}
 */
export async function openFile<File extends BoundFile | UnboundFile>(
  files: Files<File>,
  from: string | URL,
  to: string | URL,
  options: File & FileStreamOptions,
): Promise<WholeFile> {
  return withSource(from, async (source) => {
    const transformer = files.opener(fileOf(options))
    const last = lastChunkOf(source.size - HEADER)
    if (last === undefined) throw envelopeError('PHI_ENVELOPE_FILE')
    await throughTransformer(transformer, source, to, {
      ...options,
      // From here on reads begin and end with a chunk, and nothing has to be copied to put one together.
      first: FILE_PREFIX,
      next: BATCH * SEALED_CHUNK,
      total: last.plaintextLength,
      isInputSecret: false,
    })
    return { plaintextBytes: last.plaintextLength, sealedBytes: source.size }
  })
}

async function withSource<T>(from: string | URL, work: (source: OpenFileSource) => Promise<T>): Promise<T> {
  const source = await fileSource(from)
  try {
    return await work(source)
  } finally {
    await source.close().catch(() => {})
  }
}

interface Passage extends FileStreamOptions {
  /** Bytes of the first read, and of each after it. */
  readonly first: number
  readonly next: number
  /** Of plaintext. */
  readonly total: number
  /** Which side is plaintext, and is overwritten as soon as it was used. */
  readonly isInputSecret: boolean
}

async function throughTransformer(transformer: ByteTransformer, source: OpenFileSource, to: string | URL, passage: Passage) {
  try {
    passage.signal?.throwIfAborted()
    await replaceFile(to, (output) => pump(transformer, source, output, passage))
  } finally {
    transformer.forget()
  }
}

/** Reads the next piece and writes the last one while this one is sealed or opened. */
async function pump(transformer: ByteTransformer, source: OpenFileSource, output: Output, passage: Passage): Promise<void> {
  const { first, next, total, isInputSecret, onProgress, signal } = passage
  let at = 0
  const read = (): Promise<Uint8Array> | undefined => {
    const length = Math.min(at === 0 ? first : next, source.size - at)
    if (length === 0) return undefined
    at += length
    return settled(readExactly(source, at - length, length, signal))
  }
  let writing: Promise<void> = Promise.resolve()
  const write = async (pieces: Iterable<Uint8Array>) => {
    for (const piece of pieces) {
      await writing
      writing = settled(output.write(piece).finally(() => !isInputSecret && piece.fill(0)))
      onProgress?.({ bytes: transformer.plaintextBytes(), total })
    }
  }

  let reading: Promise<Uint8Array> | undefined
  try {
    const head = transformer.begin()
    if (head.length > 0) writing = settled(output.write(head))
    for (reading = read(); reading !== undefined; ) {
      const bytes = await reading
      reading = read()
      await write(transformer.push(bytes))
      if (isInputSecret) bytes.fill(0)
    }
    if ((await source.read(source.size, 1)).length > 0) {
      throw envelopeError('PHI_ENVELOPE_FILE_SOURCE', { detail: 'the file grew while it was read' })
    }
    await write(transformer.end())
    signal?.throwIfAborted()
  } finally {
    await Promise.allSettled([reading, writing])
  }
  await writing
}

/** Lets a promise fail before anybody waits for it. Who does wait still sees the error. */
function settled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {})
  return work
}
