import type { ByteTransformer } from './byte-transformer.ts'

/** A pair for `pipeThrough`: bytes written to the one side come out of the other, sealed or opened. */
export interface ByteStream {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
}

/**
 * The two sides of a stream over a transformer. A `TransformStream` would not do: in some of today's runtimes it does not tell
 * when its readable side is cancelled, and it takes a written piece whole however slow the reader is.
 *
 * The readable side has no queue: a piece is handed over when the reader asks. Whoever cancels or aborts leaves no plaintext.
 */
export function byteStream(
  transformer: ByteTransformer,
  { signal, onPiece }: { readonly signal?: AbortSignal | undefined; readonly onPiece: () => void },
): ByteStream {
  let stopped: { readonly reason: unknown } | undefined
  let isAsked = false
  let hasBegun = false
  let wake = () => {}
  let output!: ReadableStreamDefaultController<Uint8Array>
  let input!: WritableStreamDefaultController

  const onAbort = () => stop(signal?.reason)
  const stop = (reason: unknown): { readonly reason: unknown } => {
    if (stopped !== undefined) return stopped
    stopped = { reason }
    signal?.removeEventListener('abort', onAbort)
    transformer.forget()
    output.error(reason)
    // While it is being aborted it errors by itself, and some runtimes fail when it is told to.
    if (!input.signal.aborted) input.error(reason)
    wake()
    return stopped
  }
  const handOver = async (piece: Uint8Array) => {
    while (!isAsked && stopped === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    if (stopped !== undefined) {
      piece.fill(0)
      throw stopped.reason
    }
    isAsked = false
    output.enqueue(piece)
  }
  const pass = async (pieces: Iterable<Uint8Array>) => {
    try {
      if (!hasBegun) {
        hasBegun = true
        const head = transformer.begin()
        if (head.length > 0) await handOver(head)
      }
      for (const piece of pieces) {
        await handOver(piece)
        onPiece()
      }
    } catch (error) {
      throw stop(error).reason
    }
  }

  const readable = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        output = controller
      },
      pull() {
        isAsked = true
        wake()
      },
      cancel: (reason) => void stop(reason),
    },
    { highWaterMark: 0 },
  )
  const writable = new WritableStream<Uint8Array>({
    start(controller) {
      input = controller
      // `abort` below waits for the write that is under way, which may wait for a reader that never comes; the signal does not.
      controller.signal.addEventListener('abort', () => stop(controller.signal.reason), { once: true })
    },
    write: (bytes) => pass(transformer.push(bytes)),
    async close() {
      await pass(transformer.end())
      signal?.removeEventListener('abort', onAbort)
      stopped ??= { reason: undefined }
      output.close()
    },
    abort: (reason) => void stop(reason),
  })
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
  return { readable, writable }
}
