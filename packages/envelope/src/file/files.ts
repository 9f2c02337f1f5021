import { parseAs } from '@phi/core'
import { envelopeError } from '../errors.ts'
import type { PurposeKeys } from '../keys/loaded-key.ts'
import { lastChunkOf, sealedLength } from '../primitives/cobblestone-sizes.ts'
import { type ByteStream, byteStream } from './byte-stream.ts'
import { type ByteTransformer, isBytes } from './byte-transformer.ts'
import { type FileBinding, HEADER } from './format.ts'
import { FILE_PREFIX, fileRecognition, opening } from './opening.ts'
import { type FileCall, type FileProgress, filesOptionsSchema, parseCall } from './options.ts'
import { type FileReader, fileReader } from './reader.ts'
import { beginFile, sealing } from './sealing.ts'
import type { FileSource } from './source.ts'
import { countUse } from './use.ts'

/** The name by which a file is known, and to which it is bound: sealed under one, it opens under no other. */
export interface BoundFile {
  /** 1 to 1,024 characters of your choice, known before the file is sealed, such as its primary key. Not stored in the file. */
  readonly file: string
}

/** For collections whose files are bound to no name. */
export interface UnboundFile {
  readonly file?: never
}

export interface FileStreamOptions {
  /** Called after each piece of at most 1 MiB that was handed over. What it throws errors the stream. */
  readonly onProgress?: (progress: FileProgress) => void
  /** Aborts the stream with the signal's reason: nothing more comes out of it, and its buffers are overwritten. */
  readonly signal?: AbortSignal
}

/** Seals and opens files of one collection and one tenant. */
export interface Files<File extends BoundFile | UnboundFile = BoundFile> {
  /** The sealed file: 82 bytes more than the plaintext, and 16 more for every full 16 KiB. @throws PhiError PHI_ENVELOPE_VALUE */
  seal(plaintext: Uint8Array, file: File): Uint8Array
  /** @throws PhiError PHI_ENVELOPE_FILE for whatever does not verify */
  open(sealed: Uint8Array, file: File): Uint8Array
  /** For `pipeThrough`: seals pieces of any size. */
  sealStream(options: File & FileStreamOptions): ByteStream
  /**
   * For `pipeThrough`: opens pieces of any size. Every byte that comes out was verified, in its place; that the file is whole is
   * known when the stream closes. It errors with PHI_ENVELOPE_FILE when anything was altered, cut or added: then discard
   * what came before.
   */
  openStream(options: File & FileStreamOptions): ByteStream
  /** Reads parts of a sealed file where it lies. The signal ends every read that is under way. */
  reader(source: FileSource, options: File & { readonly signal?: AbortSignal }): FileReader
  /** {@link Files.sealStream} step by step, for other kinds of streams. Call `forget` whatever happens. */
  sealer(file: File): ByteTransformer
  /** {@link Files.openStream} step by step. */
  opener(file: File): ByteTransformer
}

interface FilesOptions {
  /** The tenant's or subject's keys of the purpose `file`. */
  readonly keys: PurposeKeys
  /** What kind of files these are, such as `attachment`: 1 to 256 characters. A file of one collection opens in no other. */
  readonly collection: string
}

/**
 * Files under a tenant's keys: each is sealed with Cobblestone-256 (c2sp.org/chunked-encryption) under a key of its own, derived
 * from the data key, a random salt and what the file is bound to: tenant, collection, file id, and the subject where the keys are one
 * patient's.
 *
 * Keys have to be fresh when a file begins; a long stream may go on after.
 * @throws PhiError PHI_ENVELOPE_OPTIONS
 */
export function files(options: FilesOptions & { readonly unboundFile?: false }): Files<BoundFile>
/** Files that are bound to no id: whoever can write to the storage can swap two of them, and both still open. */
export function files(options: FilesOptions & { readonly unboundFile: true }): Files<UnboundFile>
export function files({ keys, ...rest }: FilesOptions & { readonly unboundFile?: boolean }): Files<BoundFile | UnboundFile> {
  const { collection, unboundFile: isUnbound = false } = parseAs(filesOptionsSchema, rest, 'options', (context) =>
    envelopeError('PHI_ENVELOPE_OPTIONS', context),
  )
  if (keys?.purpose !== 'file') {
    throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'options.keys', detail: 'must be keys of the purpose "file"' })
  }
  const { tenant, subject } = keys
  const bindingOf = ({ file }: FileCall): FileBinding => ({ tenant, collection, file, subject })
  const parse = (value: unknown) => parseCall(value, isUnbound)
  const sealer = (call: FileCall) => sealing(keys, beginFile(keys, bindingOf(call)))
  const recognition = (call: FileCall) => fileRecognition(keys, bindingOf(call))
  const opener = (call: FileCall) => opening(recognition(call))
  const stream = (transformer: ByteTransformer, { signal, onProgress }: FileCall) =>
    byteStream(transformer, { signal, onPiece: () => onProgress?.({ bytes: transformer.plaintextBytes() }) })

  return {
    seal(plaintext, file) {
      if (!isBytes(plaintext)) throw envelopeError('PHI_ENVELOPE_VALUE', { detail: 'not a Uint8Array' })
      const { key, prefix, chunks } = beginFile(keys, bindingOf(parse(file)))
      const out = new Uint8Array(HEADER + sealedLength(plaintext.length))
      out.set(prefix)
      chunks.sealInto(out, FILE_PREFIX, 0, plaintext, true)
      chunks.forget()
      countUse(keys, key, { sealed: true, bytes: plaintext.length })
      return out
    },
    open(sealed, file) {
      const call = parse(file)
      const last = isBytes(sealed) ? lastChunkOf(sealed.length - HEADER) : undefined
      if (last === undefined) throw envelopeError('PHI_ENVELOPE_FILE')
      const { chunks, countUse } = recognition(call).recognise(sealed)
      const out = new Uint8Array(last.plaintextLength)
      const length = chunks.openInto(out, 0, 0, sealed.subarray(FILE_PREFIX), true)
      chunks.forget()
      if (length === undefined) throw envelopeError('PHI_ENVELOPE_FILE')
      countUse(length)
      return out
    },
    sealStream(options) {
      const call = parse(options)
      return stream(sealer(call), call)
    },
    openStream(options) {
      const call = parse(options)
      return stream(opener(call), call)
    },
    reader(source, options) {
      const call = parse(options)
      return fileReader(recognition(call), source, call.signal)
    },
    sealer: (file) => sealer(parse(file)),
    opener: (file) => opener(parse(file)),
  }
}
