/** Chunks that are sealed or opened in one go: 1 MiB of plaintext. */
export const BATCH = 64

/**
 * The steps of a stream, whatever kind of stream it is. Each yields a piece of at most 1 MiB at a time, so that the stream can
 * wait for its reader between two of them. Where a step throws, the file is done for and every later step throws too.
 */
export interface ByteTransformer {
  /** What stands before all else in the output; may be empty. */
  begin(): Uint8Array
  push(bytes: Uint8Array): Iterable<Uint8Array>
  /** What is left, and the end of the file. */
  end(): Iterable<Uint8Array>
  /** Overwrites what is buffered and drops the derived key. Nothing goes in or out afterwards. */
  forget(): void
  /** Bytes of plaintext that went through so far. */
  plaintextBytes(): number
}

/** Whether a value is a Uint8Array, of this realm or of another. */
export const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'
