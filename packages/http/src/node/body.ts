import type { IncomingMessage } from 'node:http'
import { sendContinue } from './expecting.ts'

/**
 * The body of a request as a stream of which nothing is read before somebody reads it, and never more than was asked for. It fails when
 * the client leaves. Cancelling it leaves the rest unread: `send` sees to that.
 */
export function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | undefined
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (chunks === undefined) {
          sendContinue(incoming)
          chunks = incoming.iterator({ destroyOnReturn: false })
        }
        try {
          const next = await chunks.next()
          if (next.done) controller.close()
          else controller.enqueue(next.value)
        } catch {
          controller.error(new DOMException('The client left before the end of the body.', 'AbortError'))
        }
      },
      async cancel() {
        await chunks?.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
